"""A comparison as Markdown, as CSV and as Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firth.errors import OptionError, did_you_mean
from firth.report.comparison import comparison_section
from firth.report.words import words
from firth.results.comparison import Compared
from firth.results.files import replacing

SUFFIXES = (".md", ".csv", ".parquet")


def markdown(compared: Compared, *, language: str = "en") -> str:
    """Return a comparison as a Markdown table under a heading, with what it rests on."""
    say = words(language)
    section = comparison_section(compared, say)
    lines = [f"### {escape(section['title'])}", "", escape(section["lead"]), ""]
    lines += table(section["head"], section["rows"], section["numeric"])
    lines += ["", *(f"- {escape(note)}" for note in section["notes"])]
    return "\n".join(lines).rstrip() + "\n"


def table(head: list[str], rows: list[list[str]], numeric: list[bool]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = ["| " + " | ".join(escape(cell) for cell in head) + " |"]
    lines.append("|" + "|".join("---:" if right else "---" for right in numeric[: len(head)]) + "|")
    return lines + ["| " + " | ".join(escape(cell) for cell in row) + " |" for row in rows]


def escape(text: str) -> str:
    """Return text that Markdown shows as it is."""
    text = " ".join(str(text).split())
    for sign in "\\`*_|<>[]":
        text = text.replace(sign, f"\\{sign}")
    return text


def save_comparison(
    compared: Sequence[Compared], path: str | Path, *, language: str = "en"
) -> Path:
    """Write comparisons; the suffix says how.

    Args:
        compared: At least one.
        path: ``.md``, ``.csv`` or ``.parquet``; a row a score and run in the latter two, nothing
            rounded.
        language: Of the Markdown.

    Raises:
        OptionError: Another suffix, or a place that cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise OptionError(
            f"a comparison cannot be written to {path.name!r}; the name may end in "
            f"{', '.join(SUFFIXES)} or .html.{did_you_mean(suffix, SUFFIXES)}"
        )
    rows = [row for one in compared for row in one.rows()]
    try:
        with replacing(path) as staging:
            if suffix == ".parquet":
                _write_parquet(rows, staging)
            elif suffix == ".csv":
                staging.write_text(_csv(rows), encoding="utf-8")
            else:
                texts = [markdown(one, language=language) for one in compared]
                staging.write_text("\n".join(texts), encoding="utf-8")
    except OSError as error:
        raise OptionError(f"cannot write {path}: {error.strerror}") from error
    return path


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    found = dict.fromkeys(key for row in rows for key in row)
    return [key for key in found if any(row.get(key) is not None for row in rows)]


def csv_of(compared: Sequence[Compared]) -> str:
    """Return a row a score and run as CSV, nothing rounded."""
    return _csv([row for one in compared for row in one.rows()])


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, _columns(rows), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _write_parquet(rows: Sequence[dict[str, Any]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {key: [row.get(key) for row in rows] for key in _columns(rows)}
    pq.write_table(pa.table(columns), path)
