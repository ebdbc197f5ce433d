"""Smaller training sets for a learning curve, each of them held in the next.

Every class has its share in every subset, and at least one sequence. Sequences are taken one by
one, not by groups: a small subset should be as varied as it can be, and nothing of it is tested on.
"""

from __future__ import annotations

from collections.abc import Sequence

from firth.errors import OptionError
from firth.text.digest import digest
from firth.text.sequence_groups import Bundle, key_of, strata
from firth.text.sequences import SequenceSet


def nested_subsets(
    data: SequenceSet, train: Sequence[int], sizes: Sequence[int], seed: int = 0
) -> dict[int, tuple[int, ...]]:
    """Return size -> places, ascending.

    Args:
        data: The sequences.
        train: Places of the training sequences.
        sizes: How many of them.
        seed: Makes another choice.

    Raises:
        OptionError: A size is too large, or too small for the number of classes.
    """
    own = [
        Bundle((place,), digest(seed, key_of(data.examples[place]), number))
        for number, place in _numbered(data, train)
    ]
    by_stratum = {
        stratum: sorted(some, key=lambda one: one.key)
        for stratum, some in strata(data, own).items()
    }
    least = len(by_stratum) if data.target == "class" else 1
    for size in sizes:
        if not least <= size <= len(own):
            raise OptionError(
                f"training size {size:,}: legal are {least:,} "
                + ("(one of each class) " if least > 1 else "")
                + f"to {len(own):,}, the training sequences there are"
            )
    order = _interleaved([[one.members[0] for one in some] for some in by_stratum.values()])
    return {size: tuple(sorted(order[:size])) for size in sizes}


def _numbered(data: SequenceSet, train: Sequence[int]) -> list[tuple[int, int]]:
    """Return (how many times its sequence came before, place): repeats need keys of their own."""
    seen: dict[tuple[str, ...], int] = {}
    found: list[tuple[int, int]] = []
    for place in train:
        symbols = data.examples[place].symbols
        seen[symbols] = seen.get(symbols, -1) + 1
        found.append((seen[symbols], place))
    return found


def _interleaved(rows: Sequence[Sequence[int]]) -> list[int]:
    """Return all places, such that every beginning has its share of each row.

    One of each row comes first, then always of the row that is furthest behind.
    """
    total = sum(map(len, rows))
    taken = [0] * len(rows)
    order: list[int] = []
    largest = sorted(range(len(rows)), key=lambda at: -len(rows[at]))
    while len(order) < total:
        if len(order) < len(rows):
            at = largest[len(order)]
        else:
            at = max(
                (at for at in largest if taken[at] < len(rows[at])),
                key=lambda at: len(rows[at]) * (len(order) + 1) / total - taken[at],
            )
        order.append(rows[at][taken[at]])
        taken[at] += 1
    return order
