"""Rows as they are read become examples: every one is checked, and what is odd is counted.

What is wrong (an empty sequence, a label that is no number where numbers are to be predicted, an
unknown split) is named with its line. What is odd but legal is kept and counted: repeated
sequences, those of them with different labels, repeated ids, letters of both cases, characters in
no k-mer.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

from firth.errors import InputError
from firth.text.sequences import Example, SequenceSet, Target, as_split, check_target
from firth.text.symbol_cuts import Cut, parse_cut

# Labels that are mostly different numbers are to be predicted as numbers.
_MANY_ROWS = 20
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True)
class RawRow:
    """A row as a file has it: nothing of it is checked yet."""

    where: str
    sequence: Any
    label: Any = None
    split: Any = None
    group: Any = None
    name: Any = None


@dataclass
class _Counts:
    """What is odd but legal."""

    rows: int = 0
    ungrouped: int = 0
    left_over: int = 0
    names: Counter[str] = field(default_factory=Counter[str])


def collect(
    rows: Iterable[RawRow],
    name: str,
    *,
    target: str = "class",
    symbols: str = "characters",
    upper: bool = False,
) -> SequenceSet:
    """Check rows and make a data set of them.

    Args:
        rows: In the order of the file.
        name: What results call the data.
        target: ``class``, ``number`` or ``none``.
        symbols: What is a symbol; see `firth.text.symbol_cuts`.
        upper: Whether small letters are read as capitals, as in soft-masked DNA.

    Raises:
        InputError: There is no row, or one is wrong: it is named.
        OptionError: An argument is not legal.
    """
    kind, cut = check_target(target), parse_cut(symbols)
    counts = _Counts()
    examples = tuple(_example(row, kind, cut, upper, counts) for row in rows)
    if not examples:
        raise InputError(f"{name} holds no sequence")
    if counts.ungrouped == counts.rows:
        counts.ungrouped = 0
    unmarked = next((one for one in examples if one.split is None), None)
    if unmarked is not None and any(one.split is not None for one in examples):
        raise InputError(
            f"{unmarked.where}: no split, though other rows have one; write train, dev or test"
        )
    found = SequenceSet(name, examples, kind, cut.name)
    _refuse_numbers_as_classes(found)
    return replace(found, notes=tuple(_notes(found, cut, counts)))


def _example(row: RawRow, target: Target, cut: Cut, upper: bool, counts: _Counts) -> Example:
    where = row.where
    symbols = _symbols(row, cut, upper, counts)
    group = _text(row.group)
    name = _text(row.name)
    split = _text(row.split)
    counts.rows += 1
    counts.ungrouped += group is None
    if name is not None:
        counts.names[name] += 1
    return Example(
        symbols, None if target == "none" else _label(row.label, target, where), where,
        None if split is None else as_split(split, where), group, name,
    )  # fmt: skip


def _symbols(row: RawRow, cut: Cut, upper: bool, counts: _Counts) -> tuple[str, ...]:
    if isinstance(row.sequence, list | tuple):
        cells = cast("list[Any] | tuple[Any, ...]", row.sequence)
        if not all(isinstance(cell, str | int) and str(cell).strip() for cell in cells):
            raise InputError(f"{row.where}: a sequence that is a list holds texts or whole numbers")
        found = tuple(str(cell).strip() for cell in cells)
        if not found:
            raise InputError(f"{row.where}: the sequence is empty")
        return tuple(cell.upper() for cell in found) if upper else found
    text = _text(row.sequence)
    if text is None:
        raise InputError(f"{row.where}: the sequence is empty")
    if upper:
        text = text.upper()
    found = cut.symbols(text, row.where)
    counts.left_over += bool(cut.left_over(text))
    return found


def _text(cell: Any) -> str | None:
    text = "" if cell is None else str(cell).strip()
    return text or None


def _label(cell: Any, target: Target, where: str) -> str | float:
    if isinstance(cell, list | dict):
        raise InputError(f"{where}: the label is a {type(cell).__name__}; give a text or a number")
    text = _text(cell)
    if text is None:
        raise InputError(f"{where}: the label is empty")
    if target == "class":
        return text
    if not _is_number(text) or not math.isfinite(float(text)):
        comma = "," in text and _is_number(text.replace(",", "."))
        hint = "write a point, not a comma" if comma else "give a number, or predict classes"
        raise InputError(f"{where}: label {text!r} is not a number; {hint}")
    return float(text)


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _refuse_numbers_as_classes(data: SequenceSet) -> None:
    classes = data.classes
    if len(data) < _MANY_ROWS or 2 * len(classes) <= len(data):
        return
    if all(map(_is_number, classes)):
        raise InputError(
            f"{data.name}: {len(classes):,} different numbers in {len(data):,} labels; to predict "
            "numbers say so (target number)"
        )


def _notes(data: SequenceSet, cut: Cut, counts: _Counts) -> Iterator[str]:
    if repeated := data.repeated:
        yield f"{repeated:,} of {len(data):,} sequences stood there before"
    if data.target != "none" and (disagreeing := data.disagreeing):
        yield f"sequences that stand there with different labels: {disagreeing:,}; all were kept"
    if again := counts.names.total() - len(counts.names):
        yield f"{again:,} ids stood there before"
    if counts.ungrouped:
        yield f"{counts.ungrouped:,} sequences are in no group; each stands for itself"
    if counts.left_over:
        yield (
            f"{counts.left_over:,} sequences end in characters that are in no {cut.k}-mer (stride "
            f"{cut.stride})"
        )
    letters = {symbol for symbol in data.alphabet if symbol.upper() != symbol}
    if both := sorted(
        letters & {symbol.lower() for symbol in data.alphabet if not symbol.islower()}
    ):
        yield (
            f"{len(both):,} symbols occur as small and as capital letters ({' '.join(both[:8])}) "
            "and are told apart; read them in capitals if case means nothing"
        )
