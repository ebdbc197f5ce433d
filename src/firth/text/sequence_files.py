"""Read a file of sequences: a table or FASTA, its columns named by the user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from firth.errors import InputError, did_you_mean
from firth.text.fasta import LAYOUT, fasta_rows
from firth.text.sequence_rows import RawRow, collect
from firth.text.sequences import SequenceSet, check_target
from firth.text.symbol_cuts import parse_cut
from firth.text.tables import Row, checked_lines, rows_of

# Columns that are read where they are, without being named.
OPTIONAL: tuple[str, ...] = ("split", "group", "id")
_ENDS = (
    ".gz",
    ".csv",
    ".tsv",
    ".txt",
    ".jsonl",
    ".ndjson",
    ".json",
    ".fasta",
    ".faa",
    ".fna",
    ".fa",
)


def read_sequences(
    path: str | Path,
    *,
    sequence: str = "sequence",
    label: str = "label",
    split: str | None = None,
    group: str | None = None,
    name: str | None = None,
    target: str = "class",
    symbols: str = "characters",
    upper: bool = False,
    header: str = LAYOUT,
) -> SequenceSet:
    """Read a file.

    Args:
        path: CSV, TSV, JSON lines or FASTA; which of them shows in its first line.
        sequence: Column of the sequence.
        label: Column of the label; not looked for when the target is ``none``.
        split: Column of the split. By default ``split`` if there is one; ``""`` leaves it alone.
        group: Column of the group, by default ``group``, in the same way.
        name: Column of the name, by default ``id``, in the same way.
        target: ``class``, ``number`` or ``none``.
        symbols: What is a symbol: ``characters``, ``blanks``, ``kmers:K`` or ``kmers:K:STRIDE``.
        upper: Whether small letters are read as capitals.
        header: FASTA: what the fields of a header line are.

    Raises:
        InputError: The file cannot be read, has no such column, or a line is wrong: it is named.
        OptionError: An argument is not legal.
    """
    kind = check_target(target)
    parse_cut(symbols)
    wanted = {"sequence": sequence} | ({"label": label} if kind != "none" else {})
    extra = dict(zip(OPTIONAL, (split, group, name), strict=True))
    rows = _raw(open_rows(path, header), path, wanted, extra)
    return collect(rows, set_name(path), target=kind, symbols=symbols, upper=upper)


def open_rows(path: str | Path, header: str = LAYOUT) -> Iterator[tuple[int, Row]]:
    """Yield (line number, column -> cell) of a table or of FASTA.

    In FASTA where some headers name a split, those that name none are for training.

    Raises:
        InputError: The file cannot be read, or a line is wrong: it is named.
        OptionError: The layout of the headers is wrong.
    """
    lines = checked_lines(path)
    first = next(lines, None)
    if first is None:
        raise InputError(f"{path} is empty: it should hold sequences")
    lines = chain([first], lines)
    if not first[1].startswith(">"):
        yield from rows_of(lines, path)
        return
    rows = list(fasta_rows(lines, path, header))
    marked = any("split" in row for _, row in rows)
    for number, row in rows:
        yield number, {"split": "train"} | row if marked else row


def set_name(path: str | Path) -> str:
    """Return what results call a file: its name without what it ends in."""
    name = Path(path).name
    while (stem := Path(name)).suffix.lower() in _ENDS:
        name = stem.stem
    return name or str(path)


def _raw(
    rows: Iterator[tuple[int, Row]],
    path: str | Path,
    wanted: Mapping[str, str],
    extra: Mapping[str, str | None],
) -> Iterator[RawRow]:
    columns: dict[str, str] | None = None
    for number, row in rows:
        where = f"{path}, line {number}"
        if columns is None:
            columns = _columns(row, path, wanted, extra)
        # FASTA and JSON may leave out in one line what another has.
        cells: dict[str, Any] = {role: row.get(column) for role, column in columns.items()}
        for role in wanted:
            if columns[role] not in row:
                raise InputError(f"{where}: no `{columns[role]}`")
        yield RawRow(
            where, cells["sequence"], cells.get("label"), cells.get("split"), cells.get("group"),
            cells.get("id"),
        )  # fmt: skip


def _columns(
    row: Row, path: str | Path, wanted: Mapping[str, str], extra: Mapping[str, str | None]
) -> dict[str, str]:
    """Return role -> column, by the first row."""
    found = {role: _find(row, column, path) for role, column in wanted.items()}
    for role, column in extra.items():
        if column:
            found[role] = _find(row, column, path)
        elif column is None:
            found[role] = next((own for own in row if own.lower() == role), role)
    return found


def _find(row: Row, column: str, path: str | Path) -> str:
    """Return a column's name as the file spells it."""
    if column in row:
        return column
    for own in row:
        if own.lower() == column.lower():
            return own
    names = [own for own in row if own]
    listed = ", ".join(names)
    listed = listed if len(listed) <= 80 else listed[:79] + "…"
    raise InputError(
        f"{path}: no column `{column}`; there are {listed or 'none'}.{did_you_mean(column, names)}"
    )
