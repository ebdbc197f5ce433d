"""FASTA with labels in the header lines.

    DeepLoc     ``>Q9H400 Cell.membrane-M test``: a name, a label, and ``test`` on test sequences
                only; all others are training ones (Almagro Armenteros et al. 2017)
    FLIP        ``>Sequence1 TARGET=0.12 SET=train VALIDATION=False``: columns by name (Dallago et
                al. 2021)
    others      by a layout such as ``id|label`` or ``id _ label``: ``_`` passes over a field

A sequence may go over many lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from firth.errors import InputError, OptionError, did_you_mean
from firth.text.tables import Line

LAYOUT = "id label split"
FIELDS = ("id", "label", "split", "group", "_")
_NAMED = re.compile(r"([A-Za-z_]\w*)=(\S*)")


def check_layout(layout: str) -> tuple[str, ...]:
    """Return the fields of a layout.

    Raises:
        OptionError: It has an unknown field, or one twice.
    """
    fields = tuple(layout.replace("|", " ").split())
    for field in fields:
        if field not in FIELDS:
            raise OptionError(
                f"FASTA header {layout!r}: {field!r} is no field; legal are {', '.join(FIELDS)}"
                f".{did_you_mean(field, FIELDS)}"
            )
        if field != "_" and fields.count(field) > 1:
            raise OptionError(f"FASTA header {layout!r}: {field!r} stands there twice")
    if not fields:
        raise OptionError(f"FASTA header {layout!r}: legal are {', '.join(FIELDS)}")
    return fields


def fasta_rows(
    lines: Iterator[Line], path: str | Path, layout: str = LAYOUT
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (number of the header line, column -> cell), the sequence as ``sequence``.

    Fields that a header does not have are left out.

    Args:
        lines: (number, line), none of them blank; the first begins with ``>``.
        path: What complaints call the file.
        layout: What the fields of a header are, blanks or ``|`` between.

    Raises:
        InputError: A header does not fit the layout; its line is named.
        OptionError: The layout is wrong.
    """
    fields = check_layout(layout)
    separator = "|" if "|" in layout else None
    header: tuple[int, dict[str, str]] | None = None
    parts: list[str] = []
    for number, line in lines:
        if not line.startswith(">"):
            parts.append(line.strip())
            continue
        if header is not None:
            yield header[0], header[1] | {"sequence": "".join(parts)}
        header = number, _header(line[1:], fields, separator, f"{path}, line {number}", layout)
        parts = []
    if header is not None:
        yield header[0], header[1] | {"sequence": "".join(parts)}


def _header(
    text: str, fields: Sequence[str], separator: str | None, where: str, layout: str
) -> dict[str, str]:
    cells = [cell.strip() for cell in text.split(separator)]
    named = [_NAMED.fullmatch(cell) for cell in cells[1:]]
    if named and all(named):
        return {"id": cells[0]} | {one[1].lower(): one[2] for one in named if one}
    if len(cells) > len(fields):
        raise InputError(
            f"{where}: the header has {len(cells)} fields, but the layout {layout!r} has "
            f"{len(fields)}; say what they are, such as {'id _ label'!r}"
        )
    found = zip(fields, cells, strict=False)
    return {field: cell for field, cell in found if field != "_" and cell}
