"""Splits: nothing that belongs together is torn apart, shares are kept, a seed says it all."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.text.sequence_groups import bundles, strata
from firth.text.sequence_subsets import nested_subsets
from firth.text.sequences import Example, SequenceSet
from firth.text.splits import NAMES, make_splits


def made(rows, target="class"):
    """(sequence, label, group, split) -> a data set."""
    examples = [
        Example(tuple(text), label, f"line {number}", *rest[::-1])
        for number, (text, label, *rest) in enumerate(rows, start=2)
    ]
    return SequenceSet("made", tuple(examples), target)


def many(n_groups=40, labels="xy", largest=3):
    return made(
        [
            (f"{group:b}/{member}", labels[group % len(labels)], f"g{group}", None)
            for group in range(n_groups)
            for member in range(1 + group % largest)
        ]
    )


ROWS = st.lists(
    st.tuples(
        st.text("AC", min_size=1, max_size=5),
        st.sampled_from("xyz"),
        st.one_of(st.none(), st.sampled_from("1234567")),
        st.none(),
    ),
    min_size=12,
    max_size=60,
)
SHARES = st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.25, 0.25), (0.7, 0.0, 0.3), (0.34, 0.33, 0.33)])


def split_or_reject(data, shares, seed):
    """Few groups, or one large one, can be impossible to split: other data are drawn then."""
    try:
        return make_splits(data, shares, seed)
    except InputError:
        reject()


@settings(deadline=None, max_examples=40)
@given(ROWS, SHARES, st.integers(0, 99))
def test_nothing_is_torn_apart(rows, shares, seed):
    data = made(rows)
    found = split_or_reject(data, shares, seed)
    assert sorted(found.train + found.dev + found.test) == list(range(len(data)))
    home = {place: name for name in NAMES for place in found[name]}
    for relation in ("group", "symbols"):
        homes = {}
        for place, one in enumerate(data.examples):
            key = getattr(one, relation)
            assert key is None or homes.setdefault(key, home[place]) == home[place]


@settings(deadline=None, max_examples=40)
@given(ROWS, SHARES, st.integers(0, 99))
def test_every_stratum_has_its_share_within_one_bundle(rows, shares, seed):
    data = made(rows)
    found = split_or_reject(data, shares, seed)
    for own in strata(data, bundles(data)).values():
        members = {place for one in own for place in one.members}
        largest = max(len(one.members) for one in own)
        for share, name in zip(shares, NAMES, strict=True):
            got = len(members & set(found[name]))
            assert abs(got - share * len(members)) <= largest + 1e-9


@settings(deadline=None, max_examples=30)
@given(ROWS, st.integers(0, 99), st.randoms(use_true_random=False))
def test_a_seed_and_the_content_say_it_all(rows, seed, random):
    """The order of the rows does not matter, but for rows that are the same."""
    data = made(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    other = replace(data, examples=tuple(data.examples[at] for at in order))
    one = split_or_reject(data, (0.6, 0.2, 0.2), seed)
    two = make_splits(other, (0.6, 0.2, 0.2), seed)
    assert one == make_splits(data, (0.6, 0.2, 0.2), seed)
    for name in NAMES:
        assert sorted(one[name]) == sorted(order[place] for place in two[name])


def test_seeds_differ_and_large_groups_are_tested_on_too():
    data = many(60, largest=5)
    tests = {make_splits(data, seed=seed).test for seed in range(20)}
    assert len(tests) == 20
    sizes = {
        Counter(data.examples[at].group for at in test)[f"g{n}"]
        for test in tests
        for n in range(60)
    }
    assert sizes == {0, 1, 2, 3, 4, 5}


def test_shares_of_many_single_sequences():
    data = made([(f"{n:b}", "xxxxxxxxyz"[n % 10], None, None) for n in range(1000)])
    found = make_splits(data)
    assert [len(found[name]) for name in NAMES] == [800, 100, 100]
    for name in NAMES:
        labels = Counter(data.examples[at].label for at in found[name])
        assert labels["y"] == labels["z"] == len(found[name]) / 10
    assert found.notes == ()


def test_rare_classes():
    rows = [(f"{n:b}", "x", None, None) for n in range(40)]
    two = [("AB", "two", None, None), ("BA", "two", None, None)]
    found = make_splits(made(rows + two))
    assert [[at in own for at in (40, 41)].count(True) for own in (found.train, found.test)] == [
        1,
        1,
    ]
    assert found.notes == ()
    single = make_splits(made([*rows, *two, ("A", "one", None, None)]))
    assert 42 in single.train
    assert single.notes == (
        "no test data of 1 of 3 classes (one; 1 sequences): no score speaks of them",
    )


def test_a_class_in_one_group_is_trained_on_and_counted():
    rows = [(f"{n:b}", "x", None, None) for n in range(40)]
    found = make_splits(made(rows + [(f"z{n}", "y", "piece", None) for n in range(6)]))
    assert set(range(40, 46)) <= set(found.train)
    assert found.notes == (
        "no test data of 1 of 2 classes (y; 6 sequences): no score speaks of them",
    )


def test_a_group_of_several_labels_counts_to_its_rarest():
    rows = [("AC", "x", None, None), ("AC", "y", None, None), ("A", "x", None, None)]
    data = made([*rows, ("C", "x", None, None)])
    assert {name: [one.members for one in own] for name, own in strata(data, bundles(data)).items()} == {
        "x": [(2,), (3,)], "y": [(0, 1)],
    }  # fmt: skip


def test_groups_that_share_a_sequence_stay_together():
    rows = [(f"{n:b}", "xy"[n % 2], f"g{n // 2}", None) for n in range(40)]
    rows += [("same", "x", "g0", None), ("same", "x", "g9", None)]
    data = made(rows)
    for seed in range(5):
        found = make_splits(data, seed=seed)
        assert len({at in found.test for at in (0, 1, 18, 19, 40, 41)}) == 1
    assert found.notes == (
        "2 groups share a sequence with another group and stay together with it",
    )


def test_numbers_are_split_by_their_size():
    data = made([(f"{n:b}", float(n), None, None) for n in range(200)], "number")
    found = make_splits(data, seed=3)
    for name in ("dev", "test"):
        bins = Counter(int(data.examples[at].label) // 20 for at in found[name])
        assert bins == Counter(dict.fromkeys(range(10), 2))
    equal = made([(f"{n:b}", float(n > 150), None, None) for n in range(200)], "number")
    assert len(make_splits(equal).test) == pytest.approx(20, abs=2)


def test_marked_splits_are_left_as_they_are():
    rows = [(f"{n:b}", "xy"[n % 2], None, ("train", "dev", "test")[n % 3]) for n in range(30)]
    found = make_splits(made(rows), seed=1)
    assert found.test == tuple(range(2, 30, 3))
    assert found == replace(make_splits(made(rows), seed=2), seed=1)
    without = [(*row[:3], "train" if row[3] == "dev" else row[3]) for row in rows]
    cut = make_splits(made(without), seed=1)
    assert cut.test == found.test
    assert len(cut.dev) in (2, 3)
    assert cut.notes == (
        f"no row is marked dev: {len(cut.dev)} of 20 training sequences were taken for it",
    )
    assert make_splits(made(without), (0.9, 0.0, 0.1)).dev == ()


def test_what_stands_on_both_sides_of_marked_splits_is_counted():
    rows = [(f"{n:b}", "xy"[n % 2], None, "train") for n in range(20)]
    rows += [("0", "x", None, "test"), ("z", "y", None, "test"), ("1", "y", None, "dev")]
    found = make_splits(made(rows))
    assert found.notes == (
        "1 of 2 test sequences also stand in train, as the data mark them; they were kept",
        "1 of 1 dev sequences also stand in train, as the data mark them; they were kept",
    )


def test_what_cannot_be_split():
    rows = [("A", "x", "g", "train"), ("C", "y", "h", "train"), ("G", "x", "g", "test")]
    with pytest.raises(InputError, match="line 4: group 'g' is in test, but in train at line 2"):
        make_splits(made(rows))
    with pytest.raises(InputError, match=r"no row is marked test \(train 2\)"):
        make_splits(made(rows[:2]))
    with pytest.raises(InputError, match=r"no row is marked train \(test 1\)"):
        make_splits(made(rows[2:]))
    with pytest.raises(InputError, match="all 8 train sequences have the label 'x'"):
        make_splits(made([(f"{n:b}", "x", None, None) for n in range(10)]))
    with pytest.raises(InputError, match=r"no sequence is left for test: 2 sequences in 1 groups"):
        make_splits(made([("A", "x", "g", None), ("C", "y", "g", None)]), (0.8, 0.0, 0.2))
    with pytest.raises(InputError, match="no sequence is left for dev: .* shares 0.8, 0.1, 0.1"):
        make_splits(made([("A", "x", None, None), ("C", "x", None, None)]))
    with pytest.raises(InputError, match="has no labels"):
        make_splits(made([("A", None, None, None)], "none"))
    numbers = [(f"{n:b}", float(n), None, "train") for n in range(9)]
    with pytest.raises(InputError, match="all 2 test sequences have the label 1.0"):
        make_splits(made([*numbers, ("x", 1.0, None, "test"), ("y", 1.0, None, "test")], "number"))
    for shares in (
        (0.8, 0.2),
        (0.8, 0.1, 0.2),
        (1.0, 0.0, 0.0),
        (0.0, 0.5, 0.5),
        (1.2, -0.1, -0.1),
    ):
        with pytest.raises(OptionError, match="shares .*: legal are three shares"):
            make_splits(many(), shares)


@settings(deadline=None, max_examples=30)
@given(ROWS, st.integers(0, 9))
def test_subsets_are_nested_and_keep_the_classes(rows, seed):
    data = made(rows)
    train = range(0, len(rows), 2)
    counts = Counter(data.examples[at].label for at in train)
    sizes = sorted({len(counts), (len(counts) + len(train)) // 2, len(train)})
    found = nested_subsets(data, train, sizes, seed)
    assert found == nested_subsets(data, train, sizes[::-1], seed)
    assert [len(found[size]) for size in sizes] == sizes
    for smaller, larger in pairwise(sizes):
        assert set(found[smaller]) <= set(found[larger])
    assert set(found[len(train)]) == set(train)
    for size in sizes:
        got = Counter(data.examples[at].label for at in found[size])
        assert set(got) == set(counts)
        # A class that is owed less than the one it always gets takes it from the others.
        slack = len(counts)
        assert all(abs(got[one] - counts[one] * size / len(train)) <= slack for one in counts)


def test_subsets_that_cannot_be():
    data = many()
    train = make_splits(data).train
    assert nested_subsets(data, train, [2], 0) != nested_subsets(data, train, [2], 1)
    for size in (1, len(train) + 1):
        with pytest.raises(
            OptionError, match=rf"training size {size}: legal are 2 .*to {len(train)}"
        ):
            nested_subsets(data, train, [size])
