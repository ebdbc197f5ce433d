"""What ``firth cbow`` shows on a terminal: ranked words, and scores beside their controls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from firth.cli.tables import NONE, interval

if TYPE_CHECKING:
    from firth.results.schema import Result, Score

_KINDS: dict[str, dict[str, str]] = {
    "3CosAdd": {"scorer": "3CosAdd"},
    "3CosMul": {"scorer": "3CosMul"},
    "b only": {"control": "b_only"},
}


def print_ranked(title: str, rows: list[dict[str, Any]], key: str) -> None:
    """Print words with a number each, the highest first."""
    console = Console(highlight=False, markup=False)
    console.print(title, soft_wrap=True)
    widest = max((cell_len(row["word"]) for row in rows), default=0)
    for row in rows:
        pad = " " * (widest - cell_len(row["word"]))
        console.print(f"  {row['word']}{pad}  {row[key]:.4f}", soft_wrap=True)


def print_evaluation(result: Result) -> None:
    """Print the correlations, then the analogies of each data set by group."""
    console = Console(highlight=False)
    covered = result.rows("coverage", arm=None)
    pairs = [one for one in covered if one.unit == "word pair"]
    if pairs:
        table = Table(title=f"{result.model.name} · word pairs [95 % interval]", box=SIMPLE)
        for head in ("data set", "Spearman", "scored", "of"):
            table.add_column(head, justify="left" if head == "data set" else "right")
        for one in pairs:
            rows = result.rows("spearman", word=one.word)
            said = interval(rows[0]) if rows else NONE
            table.add_row(one.word, said, str(round(one.value * one.n)), str(one.n))
        console.print(table)
    for one in covered:
        if one.unit == "question":
            _print_analogies(result, one, console)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}"
    console.print(f"[dim]{stamp}[/dim]")


def _print_analogies(result: Result, cover: Score, console: Console) -> None:
    table = Table(
        title=f"{cover.word} · {result.model.name} · analogies answered right", box=SIMPLE
    )
    for head in ("group", *_KINDS, "asked", "of"):
        table.add_column(head, justify="left" if head == "group" else "right")
    for row in result.tables["questions"]:
        if row["dataset"] != cover.word:
            continue
        group = str(row["group"])
        cells = [
            f"{one.value:.3f}" if one else NONE
            for one in _accuracies(result, cover, group).values()
        ]
        table.add_row(group, *cells, str(row["known"]), str(row["questions"]))
    console.print(table)
    for arm, said in (("micro", "all questions"), ("macro", "mean of groups")):
        scores = _accuracies(result, cover, arm)
        cells = [f"{kind} {interval(one) if one else NONE}" for kind, one in scores.items()]
        console.print(f"{said}: {', '.join(cells)}", soft_wrap=True, markup=False)
    asked = round(cover.value * cover.n)
    console.print(
        f"asked: {asked} of {cover.n}; b only answers with the nearest neighbour of the third word",
        soft_wrap=True,
    )


def _accuracies(result: Result, cover: Score, arm: str) -> dict[str, Score | None]:
    found: dict[str, Score | None] = {}
    for kind, fields in _KINDS.items():
        rows = result.rows("accuracy", word=cover.word, arm=arm, **fields)
        found[kind] = rows[0] if rows else None
    return found
