"""A comparison as a person reads it on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from firth.results.comparison import Compared

# Columns of a terminal that has room for the interval of every value.
WIDE = 140


def print_comparison(compared: Compared, language: str = "en") -> None:
    """Print the rows, what was found, and what they rest on."""
    from firth.report.comparison import (
        SIGNS,
        difference_of,
        lead,
        marked,
        name_of,
        notes,
        p_of,
        title_of,
        value_of,
    )
    from firth.report.words import words

    console, say = Console(highlight=False), words(language)
    wide = console.width >= WIDE
    table = Table(title=escape(title_of(compared, say)), box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column(escape(say["comparison"]["score"]))
    for side in compared.sides:
        table.add_column(escape(side.name), justify="right")
        if side is not compared.sides[0]:
            table.add_column(escape(say["comparison"]["difference"]), justify="right")
            table.add_column(escape(say["comparison"]["p"]), justify="right")
    for line in compared.lines:
        row = [name_of(line, compared, say), value_of(line.values[0], say, wide)]
        for at, (value, one) in enumerate(zip(line.values[1:], line.contrasts, strict=True), 1):
            row.append(f"{value_of(value, say, wide)} {SIGNS[line.mark(at)]}".strip())
            row += [difference_of(one), p_of(one, say)]
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)
    for line in marked(compared, say):
        console.print(escape(line), soft_wrap=True)
    for note in (lead(compared, say), *notes(compared, say)):
        console.print(f"[dim]{escape(note)}[/dim]", soft_wrap=True)
