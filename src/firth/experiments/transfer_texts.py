"""Which sequences `firth.experiments.transfer` learns from, and how a result reads them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from firth.errors import InputError, OptionError, did_you_mean
from firth.text.fasta import LAYOUT
from firth.text.published_sequences import FORMATS, read_deeploc, read_flip, read_published
from firth.text.sequence_files import read_sequences
from firth.text.sequences import SequenceSet, as_split, join

PLAIN = "table"


@dataclass(frozen=True)
class SequenceSource:
    """Files, and how they are read.

    Attributes:
        files: ``FILE``, or one a split: ``train=FILE``, ``dev=FILE``, ``test=FILE``.
        format: ``table`` (CSV, TSV, JSON lines or FASTA), or a published set of
            `firth.text.published_sequences`.
        sequence: Column of the sequence.
        label: Column of the label.
        split: Column of the split; None for ``split`` if there is one, empty for none. With the
            format ``flip``: which of its splits.
        group: Column of the group, in the same way.
        target: ``class`` or ``number``.
        symbols: What is a symbol (`firth.text.symbol_cuts`).
        upper: Whether small letters are read as capitals.
        header: FASTA: what the fields of a header line are.
        labels: With the format ``deeploc``: ``place`` or ``full``.
    """

    files: tuple[str, ...]
    format: str = PLAIN
    sequence: str = "sequence"
    label: str = "label"
    split: str | None = None
    group: str | None = None
    target: str = "class"
    symbols: str = "characters"
    upper: bool = False
    header: str = LAYOUT
    labels: str = "place"

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> SequenceSource:
        """Return what `as_dict` gave."""
        own: dict[str, Any] = {**config, "files": tuple(config["files"])}
        return cls(**own)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON would give them back."""
        return asdict(self) | {"files": list(self.files)}

    def read(self) -> SequenceSet:
        """Read the sequences.

        Raises:
            InputError: A file cannot be read, or a line is wrong: it is named.
            OptionError: The format does not exist, or takes other files.
        """
        if self.format == "flip" and len(self.files) == 1:
            return read_flip(self.files[0], self.split)
        if self.format == "deeploc" and 1 <= len(self.files) <= 2:
            return read_deeploc(*self.files, labels=self.labels)
        if self.format != PLAIN:
            legal = (PLAIN, *FORMATS)
            if self.format not in legal:
                raise OptionError(
                    f"format {self.format!r}: legal are {', '.join(legal)}"
                    f".{did_you_mean(self.format, legal)}"
                )
            return read_published(self.format, self.files)
        return self._table()

    def _table(self) -> SequenceSet:
        if not self.files:
            raise OptionError("no file: give a CSV, TSV, JSON lines or FASTA file of sequences")
        named = [one.partition("=") for one in self.files]
        if len(self.files) == 1 and not named[0][1]:
            return self._file(self.files[0])
        paths: dict[str, str] = {}
        for (split, equals, path), given in zip(named, self.files, strict=True):
            if not equals or not path:
                raise OptionError(
                    f"{given}: of several files say what each is for, such as train=FILE test=FILE"
                )
            to = as_split(split, given, OptionError)
            if to in paths:
                raise OptionError(f"{given}: {to} was given before")
            paths[to] = path
        if "train" not in paths or "test" not in paths:
            raise InputError(f"{', '.join(paths)}: of several files train and test are needed")
        sets = {split: self._file(path) for split, path in paths.items()}
        return join(sets, "+".join(own.name for own in sets.values()))

    def _file(self, path: str) -> SequenceSet:
        return read_sequences(
            path, sequence=self.sequence, label=self.label, split=self.split, group=self.group,
            target=self.target, symbols=self.symbols, upper=self.upper, header=self.header,
        )  # fmt: skip


def parse_shares(given: str) -> tuple[float, float, float]:
    """Read ``0.8,0.1,0.1``.

    Raises:
        OptionError: These are not three numbers.
    """
    try:
        train, dev, test = (float(one) for one in given.split(","))
    except ValueError as error:
        raise OptionError(
            f"shares {given!r}: give three numbers, of train, dev and test, such as 0.8,0.1,0.1"
        ) from error
    return train, dev, test


def parse_numbers(name: str, given: Sequence[str]) -> tuple[float, ...]:
    """Read numbers, each alone or several with commas between.

    Raises:
        OptionError: One is none.
    """
    found: list[float] = []
    for one in ",".join(given).split(","):
        try:
            found.append(float(one))
        except ValueError as error:
            raise OptionError(f"{name} {one!r}: it is no number") from error
    return tuple(found)
