"""What ``firth align sentences`` shows on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from firth.cli.tables import interval, short_interval

if TYPE_CHECKING:
    from firth.results.schema import Cell, Result

METRIC = "retrieval_accuracy"
SIMILARITIES = ("raw", "margin", "centred", "csls")
FAILED = 5
# Columns that fit beside the layer in eighty letters.
MOST_COLUMNS = 4


def print_retrieval(result: Result) -> None:
    """Print for each pair of languages the accuracy over layers, the finding and its controls."""
    console = Console(highlight=False)
    for text in result.tables["texts"]:
        _print_pair(result, str(text["pair"]), console)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}, {result.model.revision}"
    console.print(f"[dim]{stamp}[/dim]")


def _print_pair(result: Result, pair: str, console: Console) -> None:
    ways = list(dict.fromkeys(row.direction for row in result.rows(METRIC, pair=pair)))
    _print_layers(result, pair, ways, console)
    for way in ways:
        about = {"pair": pair, "direction": way}
        chosen = {row.similarity: row for row in result.rows(METRIC, arm="best_on_half", **about)}
        best = chosen.get("centred") or chosen.get("raw")
        if best is not None:
            beside = [
                f"{kind} {one.value:.3f} at layer {one.layer}"
                for kind in SIMILARITIES
                if (one := chosen.get(kind)) is not None and one is not best
            ]
            console.print(
                f"finding: {way}: layer {best.layer} is best on one half of the sentences; on the "
                f"other half {interval(best)} find their translation first "
                f"({'; '.join([f'{best.similarity}, n = {best.n}', *beside])})",
                soft_wrap=True,
            )
        controls = [
            f"{row.control}{f' ({row.similarity})' if row.similarity else ''} {row.value:.4f}"
            for row in result.rows(METRIC, **about)
            if row.control is not None
        ]
        console.print(f"control: {way}: {', '.join(controls)}", soft_wrap=True)
    for row in [row for row in result.tables["failures"] if row["pair"] == pair][:FAILED]:
        wanted = row["translation"]
        first = str(wanted[0]) if isinstance(wanted, list) else str(wanted)
        console.print(
            f"fail: {row['text']} -> {row['retrieved']}, not {first} (rank {_rank(row['rank'])})",
            soft_wrap=True,
            markup=False,
        )
    _print_published(result, ways, console)


def _rank(cell: Cell) -> str:
    return f"{float(str(cell)):.0f}"


def _print_layers(result: Result, pair: str, ways: list[str | None], console: Console) -> None:
    kinds = [kind for kind in SIMILARITIES if result.rows(METRIC, pair=pair, similarity=kind)]
    columns = [(ways[0], kind) for kind in kinds]
    if len(kinds) < MOST_COLUMNS:
        columns.append((ways[1], kinds[-1]))
    table = Table(
        title=f"{result.model.name} · {pair} · retrieval accuracy [95 % interval]",
        box=SIMPLE,
        padding=0,
    )
    table.add_column("layer", justify="right", no_wrap=True)
    for at, (way, kind) in enumerate(columns):
        named = at == 0 or at >= len(kinds)
        table.add_column(f"{way} {kind}" if named else kind, justify="right", no_wrap=True)
    own = {"pair": pair, "arm": None, "control": None}
    for row in result.rows(METRIC, direction=ways[0], similarity="raw", **own):
        cells = [
            short_interval(
                result.rows(METRIC, direction=way, similarity=kind, layer=row.layer, **own)[0]
            )
            for way, kind in columns
        ]
        table.add_row(str(row.layer), *cells)
    console.print(table)


def _print_published(result: Result, ways: list[str | None], console: Console) -> None:
    """Print what others published of these directions, and what to mind before comparing."""
    rows = [row for row in result.tables["published"] if row["pair"] in ways]
    said: list[str] = []
    for row in rows:
        console.print(
            f"beside: {row['pair']} {row['model']} {str(row['metric']).replace('_', ' ')} "
            f"{float(str(row['value'])):.3f} ({row['source']})",
            soft_wrap=True,
            markup=False,
        )
        note = str(row["note"] or "")
        if note and note not in said:
            said.append(note)
            console.print(f"mind: {row['model']}: {note}", soft_wrap=True, markup=False)
