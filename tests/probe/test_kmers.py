"""K-mer counts against counting by hand and by a plain loop."""

from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.errors import OptionError
from firth.probe.kmers import KmerSpace, highest_order, is_aligned


def rows(*texts):
    return [np.array(["ACGT".index(letter) for letter in text], dtype=np.int64) for text in texts]


def plain(text, order, *, placed):
    return [
        Counter((text[at : at + k], at if placed else None) for at in range(len(text) - k + 1))
        for k in range(1, order + 1)
    ]


def test_by_hand():
    space = KmerSpace.of(rows("AACT", "ACT", "GAT"), 4, 2)
    # A, C, AC and CT; AA, GA, AT and G stand in one sequence only, and each has one T.
    assert [own.tolist() for own in space.columns] == [[0, 1], [1, 7]]
    counts = space.counts(rows("AAAC", "CG", "")).toarray()
    np.testing.assert_allclose(counts, [[log(4), log(2), log(2), 0], [0, log(2), 0, 0], [0] * 4])
    placed = KmerSpace.of(rows("AAC", "AAG", "CAG", "CAC"), 4, 1, placed=True)
    # position * 4 + letter; A at position 1 stands in all of them.
    assert placed.columns[0].tolist() == [0, 1, 9, 10]


def test_a_single_sequence_and_nothing_in_common():
    assert KmerSpace.of(rows("AC"), 4, 3).width == 0
    assert KmerSpace.of(rows("AA", "CC"), 4, 1).columns[0].tolist() == [0, 1]
    assert KmerSpace.of([], 4, 2).counts(rows("AC")).shape == (1, 0)
    assert KmerSpace.of(rows("A", "CC"), 4, 5).width == 3  # A, C and CC: the rest is longer


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text("ACGT", max_size=9), min_size=2, max_size=6), st.integers(1, 4),
       st.booleans())  # fmt: skip
def test_counts_are_those_of_a_plain_loop(texts, order, placed):
    space = KmerSpace.of(rows(*texts), 4, order, placed=placed)
    found = space.counts(rows(*texts)).toarray()
    at = 0
    for k, codes in enumerate(space.columns, start=1):
        counted = [plain(text, order, placed=placed)[k - 1] for text in texts]
        kmers = sorted({own for one in counted for own in one},
                       key=lambda own: (own[1] or 0, [*map("ACGT".index, own[0])]))  # fmt: skip
        having = {own: [one[own] for one in counted] for own in kmers}
        least = 2 if any(sum(map(bool, own)) >= 2 for own in having.values()) else 1
        kept = [own for own in having.values() if sum(map(bool, own)) >= least and len({*own}) > 1]
        assert len(codes) == len(kept)
        for own in kept:
            np.testing.assert_allclose(found[:, at], np.log1p(own))
            at += 1
    assert at == space.width == found.shape[1]


def test_only_the_most_common_are_kept(monkeypatch):
    monkeypatch.setattr("firth.probe.kmers.MOST", 2)
    space = KmerSpace.of(rows("ACG", "ACG", "AC", "GT", "T"), 4, 1)
    assert [own.tolist() for own in space.columns] == [[0, 1]]


def test_how_long_k_mers_may_be():
    assert [highest_order(n) for n in (2, 4, 8, 20, 79, 5000)] == [6, 6, 6, 4, 3, 2]
    for order in (0, 40):
        with pytest.raises(OptionError, match=f"k-mers of {order} among 4 symbols"):
            KmerSpace.of(rows("AC"), 4, order)
    assert is_aligned(rows("AC", "GT"))
    assert not is_aligned(rows("AC", "G"))
