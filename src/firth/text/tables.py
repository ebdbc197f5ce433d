"""Rows of a table with named columns: CSV, TSV or JSON lines, each with its line's number.

    CSV         a header line; commas or semicolons; a cell may stand in double quotes, ``""`` is
                one quote in it, and no cell goes over a line's end
    TSV         a header line; tabs; no quoting
    JSON lines  one object a line

Which of them it is shows in the first line, not in the name, so that a pipe can be read. All may be
packed by gzip.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from firth.errors import InputError, first_line
from firth.text.files import read_lines

# Characters of a line. Genomes are longer, but a row of a table is to be read as one sequence.
LONGEST = 10_000_000
SEPARATORS = ("\t", ",", ";")
_QUOTED = re.compile(r'\s*"([^"]*(?:""[^"]*)*)"\s*')

Row = Mapping[str, Any]
Line = tuple[int, str]


def checked_lines(path: str | Path) -> Iterator[Line]:
    """Yield (number, line) of a file, blank lines left out; no line is longer than `LONGEST`.

    Raises:
        InputError: The file cannot be read or is not UTF-8, or a line is too long.
    """
    for number, line in read_lines(path):
        if len(line) > LONGEST:
            raise InputError(
                f"{path}, line {number}: {len(line):,} characters; a line holds at most "
                f"{LONGEST:,}: cut it into several rows"
            )
        if line.strip():
            yield number, line


def rows_of(lines: Iterator[Line], path: str | Path) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a table whose lines are read already.

    Args:
        lines: (number, line), none of them blank.
        path: What complaints call the file.

    Raises:
        InputError: A line is wrong; it is named.
    """
    first = next(lines, None)
    if first is None:
        raise InputError(f"{path} is empty: it should hold a header line and a row a line")
    opening = first[1].lstrip()[:1]
    if opening == "[":
        raise InputError(
            f"{path}, line {first[0]}: a JSON list; write JSON lines, one object a line"
        )
    if opening == "{":
        return _objects(chain([first], lines), path)
    return _cells(first, lines, path)


def _objects(lines: Iterable[Line], path: str | Path) -> Iterator[tuple[int, Row]]:
    for number, line in lines:
        try:
            row: Any = json.loads(line)
            if "\\u" in line:  # half of a pair of surrogates is no character
                json.dumps(row, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}, line {number}: not JSON: {first_line(error)}") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number}: not an object")
        yield number, row


def _cells(header: Line, lines: Iterable[Line], path: str | Path) -> Iterator[tuple[int, Row]]:
    number, line = header
    where = f"{path}, line {number}"
    if "\r" in line:
        raise InputError(f"{where}: lines end in CR alone; convert the line ends to LF first")
    separator = max(SEPARATORS, key=line.count)
    names = split_line(line, separator, where)
    for name in names:
        if name and names.count(name) > 1:
            raise InputError(f"{where}: two columns are called {name!r}; rename one of them")
    for number, line in lines:
        cells = split_line(line, separator, f"{path}, line {number}")
        if len(cells) != len(names):
            raise InputError(
                f"{path}, line {number}: {len(cells)} cells, but the header has {len(names)}"
            )
        yield number, dict(zip(names, cells, strict=True))


def split_line(line: str, separator: str, where: str) -> list[str]:
    """Return the cells of a line, blanks around them removed.

    The module ``csv`` refuses cells of more than 131,072 characters; sequences may be longer.

    Raises:
        InputError: A quote is not closed, or something stands behind it.
    """
    if separator == "\t" or '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    cells: list[str] = []
    at = 0
    while True:
        quoted = _QUOTED.match(line, at)
        if quoted is None:
            end = line.find(separator, at)
            end = len(line) if end < 0 else end
            cell = line[at:end].strip()
            if cell.startswith('"'):
                raise InputError(f"{where}: a quote opens at character {at + 1} and is not closed")
            cells.append(cell)
        else:
            end = quoted.end()
            if not line.startswith(separator, end) and end < len(line):
                raise InputError(f"{where}: something stands behind the quote at character {end}")
            cells.append(quoted[1].replace('""', '"').strip())
        if end >= len(line):
            return cells
        at = end + len(separator)
