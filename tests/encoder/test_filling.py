"""Decoding on a model of a few tokens whose every answer is known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from firth.encoder.cloze import Query, Read
from firth.encoder.filling import Fill, best, fill, score_words

MASK, V = 0, 6


class Toy:
    """Log-probabilities that depend on all other tokens, through a random table."""

    def __init__(self, seed: int = 0) -> None:
        self.rng_seed = seed
        self.asked = 0

    def row(self, ids: Sequence[int], position: int) -> torch.Tensor:
        seed = [self.rng_seed, position, *[int(one) for one in ids]]
        logits = torch.from_numpy(np.random.default_rng(seed).normal(size=V) * 2)
        logits[MASK] = -9.0
        return logits.log_softmax(0)

    def predict(self, queries: Sequence[Query], read: Read[Any]) -> list[list[Any]]:
        self.asked += 1
        found = []
        for index, query in enumerate(queries):
            rows = [self.row(query.ids.tolist(), int(p)) for p in query.positions]
            owners = [(index, slot) for slot in range(len(rows))]
            found.append(list(read(torch.stack(rows), owners)) if rows else [])
        return found


def text(*ids: int) -> Query:
    array = np.array(ids, dtype=np.int64)
    return Query(array, np.flatnonzero(array == MASK))


TEXTS = [text(1, 0, 2, 0, 0), text(0, 3), text(4, 5), text(0, 0, 0, 0)]


def conditional_sum(toy: Toy, query: Query, one: Fill) -> float:
    """Fill again in the fill's own order, and add up."""
    ids, total = query.ids.copy(), 0.0
    for blank in one.order:
        position = int(query.positions[blank])
        total += float(toy.row(ids.tolist(), position)[one.ids[blank]])
        ids[position] = one.ids[blank]
    return total


@pytest.mark.parametrize("decode", ["left-to-right", "easiest-first", "beam"])
def test_the_joint_is_the_sum_of_conditionals(decode: str) -> None:
    toy = Toy()
    for query, fills in zip(TEXTS, fill(toy, TEXTS, decode), strict=True):
        for one in fills:
            assert sorted(one.order) == list(range(len(query.positions)))
            assert MASK not in one.ids
            assert one.joint == pytest.approx(conditional_sum(toy, query, one))


def test_independent_takes_each_best_alone() -> None:
    toy = Toy()
    for query, fills in zip(TEXTS, fill(toy, TEXTS, "independent"), strict=True):
        rows = [toy.row(query.ids.tolist(), int(p)) for p in query.positions]
        assert fills[0].ids == [int(row.argmax()) for row in rows]
        assert fills[0].joint == pytest.approx(sum(float(row.max()) for row in rows))


def test_easiest_first_takes_the_most_certain() -> None:
    toy = Toy()
    for query, fills in zip(TEXTS, fill(toy, TEXTS, "easiest-first"), strict=True):
        ids = query.ids.copy()
        for blank in fills[0].order:
            positions = query.positions[ids[query.positions] == MASK]
            peaks = [float(toy.row(ids.tolist(), int(p)).max()) for p in positions]
            assert int(positions[int(np.argmax(peaks))]) == int(query.positions[blank])
            ids[query.positions[blank]] = fills[0].ids[blank]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_beam_is_never_worse_than_greedy(seed: int, width: int) -> None:
    toy = Toy(seed)
    greedy = fill(toy, TEXTS, "left-to-right")
    beams = fill(toy, TEXTS, "beam", width=width)
    for one, beam in zip(greedy, beams, strict=True):
        assert beam[0].joint >= one[0].joint - 1e-9
        assert len(beam) <= width
        joints = [each.joint for each in beam]
        assert joints == sorted(joints, reverse=True)
        assert len({tuple(each.ids) for each in beam}) == len(beam)


def test_a_wide_beam_finds_the_best_of_all() -> None:
    toy = Toy()
    query = text(1, 0, 0)
    every = []
    for pair in itertools.product(range(V), repeat=2):
        first = float(toy.row([1, 0, 0], 1)[pair[0]])
        every.append(first + float(toy.row([1, pair[0], 0], 2)[pair[1]]))
    assert fill(toy, [query], "beam", width=V)[0][0].joint == pytest.approx(max(every))


@pytest.mark.parametrize("decode", ["independent", "left-to-right", "easiest-first", "beam"])
def test_order_and_batches_do_not_matter(decode: str) -> None:
    toy = Toy()
    together = fill(toy, TEXTS, decode)
    backwards = fill(toy, TEXTS[::-1], decode)[::-1]
    alone = [fill(toy, [query], decode)[0] for query in TEXTS]
    assert together == backwards == alone


def test_restricted_choices_keep_their_probability() -> None:
    toy = Toy()
    allowed = torch.tensor([False, False, True, True, False, False])
    query = text(1, 0)
    rows = toy.row([1, 0], 1)
    one = fill(toy, [query], "left-to-right", top=5, allowed=allowed)[0][0]
    assert set(one.choices[0].ids) == {2, 3}
    assert one.joint == pytest.approx(float(rows[2:4].max()))
    full = toy.predict([query], best(99))[0][0]
    assert len(full.ids) == V


def test_texts_share_their_calls() -> None:
    toy = Toy()
    fill(toy, TEXTS * 10, "easiest-first")
    assert toy.asked == 4  # as many as the most blanks of a text


def test_words_are_scored_left_to_right_in_masks_of_their_own() -> None:
    toy = Toy()
    query = text(1, 0, 2, 0)
    scores = score_words(toy, query, 0, [[3], [4, 5], [4, 1, 2], [4, 5]])
    assert scores[0] == pytest.approx(float(toy.row([1, 0, 2, 0], 1)[3]))
    pair = float(toy.row([1, 0, 0, 2, 0], 1)[4]) + float(toy.row([1, 4, 0, 2, 0], 2)[5])
    assert scores[1] == pytest.approx(pair)
    assert scores[1] == scores[3]
    triple = float(toy.row([1, 0, 0, 0, 2, 0], 1)[4])
    triple += float(toy.row([1, 4, 0, 0, 2, 0], 2)[1]) + float(toy.row([1, 4, 1, 0, 2, 0], 3)[2])
    assert scores[2] == pytest.approx(triple)
