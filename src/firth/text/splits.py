"""Training, development and test data: as the data say, or made by a seed.

No group crosses a split, and no repeated sequence (`firth.text.sequence_groups`). In splits that
are made, each stratum's share is what was asked, within one bundle. Which bundle goes where depends
on the seed and on what it holds, not on the order of the file. A class of two bundles or more is
both trained and tested on.

Where the data mark training and test, both are left as they are. Development data, if none are
marked, are cut out of the training data. A sequence that stands on both sides of a published split
stays there, so that scores can be compared, and is counted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from firth.errors import InputError, OptionError
from firth.text.digest import digest
from firth.text.sequence_groups import Bundle, bundles, strata
from firth.text.sequences import SequenceSet, Split

SHARES = (0.8, 0.1, 0.1)
NAMES: tuple[Split, ...] = get_args(Split)
# Names of classes in one note.
_LISTED = 6

Shares = tuple[float, float, float]
Places = tuple[int, ...]
Marked = dict[Split, Places]


@dataclass(frozen=True)
class Splits:
    """The places of the examples of each split, ascending.

    Attributes:
        train: Learnt from.
        dev: Settings are chosen on it; may be empty.
        test: Scored.
        seed: What it was made by.
        notes: What a reader of scores should know.
    """

    train: Places
    dev: Places
    test: Places
    seed: int
    notes: tuple[str, ...] = ()

    def __getitem__(self, split: Split) -> Places:
        """Return the places of a split, by its name."""
        return {"train": self.train, "dev": self.dev, "test": self.test}[split]


def make_splits(data: SequenceSet, shares: Shares = SHARES, seed: int = 0) -> Splits:
    """Return the splits of a data set.

    Args:
        data: The sequences, with labels.
        shares: Of train, dev and test. With marked splits only those of train and dev matter, and
            those only when no dev is marked.
        seed: Makes another split.

    Raises:
        InputError: A group crosses a marked split, a split would be empty, or there is nothing to
            tell apart in one.
        OptionError: The shares are no shares.
    """
    check_shares(shares)
    if data.target == "none":
        raise InputError(f"{data.name} has no labels: there is nothing to train or to test")
    notes: list[str] = []
    marked: Marked = {name: _marked(data, name) for name in NAMES}
    if any(marked.values()):
        places = _as_marked(data, marked, shares, seed, notes)
    else:
        groups = bundles(data)
        notes += _merged(data, groups)
        places = _assign(data, groups, shares, seed)
    _check(data, places, shares)
    notes += _missing_classes(data, places)
    return Splits(places[0], places[1], places[2], seed, tuple(notes))


def check_shares(shares: Sequence[float]) -> None:
    """Refuse what are no shares of train, dev and test.

    Raises:
        OptionError: They are not three, not positive (dev may be 0), or do not sum to 1.
    """
    legal = "legal are three shares of train, dev and test that sum to 1, such as 0.8, 0.1, 0.1"
    if len(shares) != 3 or any(not 0 <= one <= 1 for one in shares):
        raise OptionError(f"shares {_spelt(shares)}: {legal}")
    if abs(sum(shares) - 1) > 1e-6 or not shares[0] or not shares[2]:
        raise OptionError(f"shares {_spelt(shares)}: {legal}; only that of dev may be 0")


def _spelt(shares: Sequence[float]) -> str:
    return ", ".join(f"{one:g}" for one in shares)


def _marked(data: SequenceSet, name: Split) -> Places:
    return tuple(at for at, one in enumerate(data.examples) if one.split == name)


def _as_marked(
    data: SequenceSet, marked: Marked, shares: Shares, seed: int, notes: list[str]
) -> tuple[Places, Places, Places]:
    for name in ("train", "test"):
        if not marked[name]:
            there = ", ".join(f"{own} {len(marked[own]):,}" for own in NAMES if marked[own])
            raise InputError(
                f"{data.name}: no row is marked {name} ({there}); mark some, or leave the column "
                "of the split out and have all splits made"
            )
    _refuse_crossing(data)
    train, dev, test = (marked[name] for name in NAMES)
    notes += _leaks(data, marked)
    if not dev and shares[1]:
        groups = bundles(data, train)
        both = shares[0] + shares[1]
        train, dev, _ = _assign(data, groups, (shares[0] / both, shares[1] / both, 0.0), seed)
        notes.append(
            f"no row is marked dev: {len(dev):,} of {len(train) + len(dev):,} training sequences "
            "were taken for it"
        )
    return train, dev, test


def _refuse_crossing(data: SequenceSet) -> None:
    first: dict[str, tuple[Split | None, str]] = {}
    for one in data.examples:
        if one.group is None:
            continue
        split, where = first.setdefault(one.group, (one.split, one.where))
        if split != one.split:
            raise InputError(
                f"{one.where}: group {one.group!r} is in {one.split}, but in {split} at {where}; a "
                "group must stay in one split"
            )


def _leaks(data: SequenceSet, marked: Marked) -> Iterator[str]:
    pairs: tuple[tuple[Split, Split], ...] = (("test", "train"), ("dev", "train"), ("test", "dev"))
    for name, other in pairs:
        known = {data.examples[at].symbols for at in marked[other]}
        n = sum(data.examples[at].symbols in known for at in marked[name])
        if n:
            yield (
                f"{n:,} of {len(marked[name]):,} {name} sequences also stand in {other}, as the "
                "data mark them; they were kept"
            )


def _assign(
    data: SequenceSet, groups: Sequence[Bundle], shares: Shares, seed: int
) -> tuple[Places, Places, Places]:
    """Give every bundle to a split.

    In each stratum bundles come in the order of their hash. One goes to a split that still lacks at
    least its size, drawn by how much each lacks: no split gets too much, and large bundles are not
    sent to training by rule. If none lacks so much, it goes where most is lacking over all strata.
    """
    total = [share * sum(len(one.members) for one in groups) for share in shares]
    given: list[list[int]] = [[], [], []]
    for stratum, own in strata(data, groups).items():
        draw = random.Random(f"{seed}/{stratum}")
        lacking = [share * sum(len(one.members) for one in own) for share in shares]
        ordered = sorted(own, key=lambda one: digest(seed, one.key))
        for bundle, to in _seated(ordered, shares, lacking):
            size = len(bundle.members)
            if to is None:
                fits = [at for at in range(3) if lacking[at] >= size]
                if fits:
                    to = draw.choices(fits, [lacking[at] for at in fits])[0]
                else:
                    short = [at for at in range(3) if lacking[at] > 1e-9] or [0]
                    to = max(short, key=lambda at: total[at] - len(given[at]))
            lacking[to] -= size
            given[to] += bundle.members
    train, dev, test = (tuple(sorted(own)) for own in given)
    return train, dev, test


def _seated(
    ordered: Sequence[Bundle], shares: Shares, lacking: Sequence[float]
) -> Iterator[tuple[Bundle, int | None]]:
    """Yield the bundles of a stratum and, for two of them, where they surely go.

    The first that fits into the test data goes there (the smallest if none does), and the first
    of the others is trained on: a class of two bundles is then both learnt and tested.
    """
    fitting = [one for one in ordered if len(one.members) <= lacking[2]]
    test: Bundle | None = None
    if shares[2] and len(ordered) > 1:
        test = fitting[0] if fitting else min(ordered, key=lambda one: len(one.members))
    train = next(one for one in ordered if one is not test)
    yield train, 0
    if test is not None:
        yield test, 2
    yield from ((one, None) for one in ordered if one is not test and one is not train)


def _merged(data: SequenceSet, groups: Sequence[Bundle]) -> Iterator[str]:
    n = 0
    for one in groups:
        names = {data.examples[at].group for at in one.members} - {None}
        n += len(names) if len(names) > 1 else 0
    if n:
        yield f"{n:,} groups share a sequence with another group and stay together with it"


def _check(data: SequenceSet, places: Sequence[Places], shares: Shares) -> None:
    for name, own in zip(NAMES, places, strict=True):
        if not own and (name != "dev" or shares[1]):
            raise InputError(
                f"{data.name}: no sequence is left for {name}: {len(data):,} sequences in "
                f"{len(bundles(data)):,} groups are too few or too unequal for the shares "
                f"{_spelt(shares)}"
            )
    for name, own in zip(NAMES, places, strict=True):
        labels = {data.examples[at].label for at in own}
        if len(labels) == 1 and (name == "train" or (data.target == "number" and name == "test")):
            raise InputError(
                f"{data.name}: all {len(own):,} {name} sequences have the label "
                f"{labels.pop()!r}: there is nothing to tell apart"
            )


def _missing_classes(data: SequenceSet, places: Sequence[Places]) -> Iterator[str]:
    if data.target != "class":
        return
    counts = [Counter(str(data.examples[at].label) for at in own) for own in places]
    says = (("train", 0, "they can never be answered"), ("test", 2, "no score speaks of them"))
    for name, at, meaning in says:
        lost = [one for one in data.classes if not counts[at][one]]
        if lost:
            n = sum(count[one] for one in lost for count in counts)
            yield (
                f"no {name} data of {len(lost)} of {len(data.classes)} classes ({_names(lost)}; "
                f"{n:,} sequences): {meaning}"
            )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    return shown + (" …" if len(names) > _LISTED else "")
