"""Sequences of symbols that are not text, with what is to be told of them: a class or a number.

DNA, proteins, music: a table (`firth.text.tables`) or FASTA (`firth.text.fasta`), plain or packed
by gzip, with the columns

    sequence   its symbols (`firth.text.symbol_cuts`); in JSON also a list
    label      a class, or a number
    split      ``train``, ``dev`` or ``test``; optional
    group      what must stay together and is scored together, such as a piece of music; optional
    id         a name; optional

or others that the user names. How rows are checked is in `firth.text.sequence_rows`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

from firth.errors import InputError, OptionError, did_you_mean

Split = Literal["train", "dev", "test"]
Target = Literal["class", "number", "none"]
TARGETS: tuple[Target, ...] = get_args(Target)
SPLITS: Mapping[str, Split] = {
    "train": "train", "training": "train", "dev": "dev", "development": "dev", "val": "dev",
    "valid": "dev", "validation": "dev", "test": "test",
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A sequence.

    Attributes:
        symbols: What it is made of.
        label: Its class, or a number; None where nobody says.
        where: The file and the line that it stands in.
        split: What it is for, where the data say so.
        group: What it is a part of.
        name: Its id.
    """

    symbols: tuple[str, ...]
    label: str | float | None
    where: str
    split: Split | None = None
    group: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class SequenceSet:
    """A data set of sequences.

    Attributes:
        name: What results call it.
        examples: In the order of the files.
        target: ``class``, ``number``, or ``none`` where there are no labels.
        symbols: How sequences were cut, as `parse_cut` reads it.
        notes: What was counted.
    """

    name: str
    examples: tuple[Example, ...]
    target: Target = "class"
    symbols: str = "characters"
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.examples)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Every class, in alphabetical order; empty where numbers are to be told, or nothing."""
        if self.target != "class":
            return ()
        return tuple(sorted({str(one.label) for one in self.examples}))

    @cached_property
    def alphabet(self) -> tuple[str, ...]:
        """Every symbol, in alphabetical order."""
        return tuple(sorted({symbol for one in self.examples for symbol in one.symbols}))

    @property
    def repeated(self) -> int:
        """Number of rows whose sequence stood there before."""
        return len(self) - len({one.symbols for one in self.examples})

    @property
    def disagreeing(self) -> int:
        """Number of different sequences that stand there with different labels."""
        labels: defaultdict[tuple[str, ...], set[str | float | None]] = defaultdict(set)
        for one in self.examples:
            labels[one.symbols].add(one.label)
        return sum(len(own) > 1 for own in labels.values())

    def lines(self) -> Iterator[str]:
        """Yield a line for every example: what the sha256 of the data is made of."""
        for one in self.examples:
            cells = (" ".join(one.symbols), one.label, one.split, one.group)
            yield "\t".join("" if cell is None else str(cell) for cell in cells)


def check_target(target: str) -> Target:
    """Return what is to be told of a sequence.

    Raises:
        OptionError: There is no such kind.
    """
    for legal in TARGETS:
        if target == legal:
            return legal
    raise OptionError(
        f"target {target!r}: legal are {', '.join(TARGETS)}.{did_you_mean(target, TARGETS)}"
    )


def join(sets: Mapping[str, SequenceSet], name: str) -> SequenceSet:
    """Return one data set of several files, one a split.

    Args:
        sets: ``train``, ``dev`` or ``test`` -> its sequences, whatever split they name themselves.
        name: What results call the data.

    Raises:
        OptionError: A split has an unknown name, or the files were read in different ways.
    """
    examples: list[Example] = []
    notes: list[str] = []
    for split, own in sets.items():
        to = as_split(split, f"split {split!r}", OptionError)
        examples += [replace(one, split=to) for one in own.examples]
        notes += [f"{own.name}: {note}" for note in own.notes]
    first, *others = sets.values()
    if any((own.target, own.symbols) != (first.target, first.symbols) for own in others):
        raise OptionError(f"{name}: files to be joined must be read in one way, not in several")
    return SequenceSet(name, tuple(examples), first.target, first.symbols, tuple(notes))


def as_split(
    given: str, where: str, error: type[InputError] | type[OptionError] = InputError
) -> Split:
    """Return the split of a name: ``val`` and ``validation`` are ``dev``.

    Raises:
        InputError: There is no such split (or what else ``error`` is).
    """
    found = SPLITS.get(given.strip().lower())
    if found is None:
        raise error(
            f"{where}: split {given!r}; legal are train, dev and test"
            f".{did_you_mean(given, SPLITS)} If another column holds the split, name it"
        )
    return found
