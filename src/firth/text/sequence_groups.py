"""Which sequences must stay together in a split, and which are alike in label.

*Together.* Sequences of one group, and sequences that are the same symbol by symbol: if one of
them was learnt, the others are no test. Both relations are followed to their end: two groups that
share a sequence stay together.

*Strata.* A split keeps the shares of the classes. A bundle whose sequences have several labels
counts to the rarest of them (as Sechidis, Tsoumakas & Vlahavas 2011 begin with the rarest). Numbers
are ranked and cut into bins of equal size.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from firth.text.digest import digest
from firth.text.sequences import Example, SequenceSet

BINS = 10
# A bin of numbers has at least so many bundles.
_LEAST_IN_BIN = 5


@dataclass(frozen=True)
class Bundle:
    """Sequences that stay together.

    Attributes:
        members: Their places in the data, ascending.
        key: Says what they are, whatever their places.
    """

    members: tuple[int, ...]
    key: bytes


def key_of(example: Example) -> bytes:
    """Return the hash of a sequence's symbols."""
    return digest("\n".join(example.symbols))


def bundles(data: SequenceSet, chosen: Sequence[int] | None = None) -> list[Bundle]:
    """Return what must stay together, in the order of first appearance.

    Args:
        data: The sequences.
        chosen: The places of those that are looked at; all by default.
    """
    places = list(range(len(data))) if chosen is None else list(chosen)
    parent = {place: place for place in places}

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[tuple[str, object], int] = {}
    for place in places:
        one = data.examples[place]
        links: list[tuple[str, object]] = [("symbols", one.symbols)]
        if one.group is not None:
            links.append(("group", one.group))
        for link in links:
            parent[root(place)] = root(first.setdefault(link, place))
    found: defaultdict[int, list[int]] = defaultdict(list)
    for place in places:
        found[root(place)].append(place)
    return [
        Bundle(tuple(own), min(key_of(data.examples[place]) for place in own))
        for own in found.values()
    ]


def strata(data: SequenceSet, groups: Sequence[Bundle]) -> dict[str, list[Bundle]]:
    """Return the bundles of each stratum, in the order of its name.

    Args:
        data: The sequences.
        groups: What stays together.
    """
    found: defaultdict[str, list[Bundle]] = defaultdict(list)
    if data.target == "class":
        sizes = Counter(data.examples[place].label for one in groups for place in one.members)
        for one in groups:
            labels = {str(data.examples[place].label) for place in one.members}
            found[min(labels, key=lambda label: (sizes[label], label))].append(one)
    elif data.target == "number":
        for one, stratum in zip(groups, _bins(data, groups), strict=True):
            found[stratum].append(one)
    else:
        found[""] = list(groups)
    return dict(sorted(found.items()))


def _bins(data: SequenceSet, groups: Sequence[Bundle]) -> list[str]:
    """Return which bin of numbers each bundle is in; equal numbers are in one bin."""

    def mean(one: Bundle) -> float:
        numbers = [float(data.examples[place].label or 0.0) for place in one.members]
        return sum(numbers) / len(numbers)

    means = [mean(one) for one in groups]
    n_bins = max(1, min(BINS, len(groups) // _LEAST_IN_BIN))
    ordered = sorted(means)
    below = {value: at for at, value in reversed(list(enumerate(ordered)))}
    return [f"{below[value] * n_bins // len(groups):02d}" for value in means]
