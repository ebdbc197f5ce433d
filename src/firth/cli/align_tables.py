"""What ``firth align`` shows on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from firth.cli.tables import interval, short_interval

if TYPE_CHECKING:
    from firth.results.schema import Result

FAILED = 8


def print_alignment(result: Result) -> None:
    """Print for each pair of languages the MRR over layers, the finding and its controls."""
    console = Console(highlight=False)
    if any(row.model is not None for row in result.rows("coverage")):
        print_cube(result)
    else:
        for pair in _pairs(result):
            _print_pair(result, pair, console)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}, {result.model.revision}"
    console.print(f"[dim]{stamp}[/dim]")


def print_cube(result: Result) -> None:
    """Print one line a direction (and model): the layer chosen on half of the words."""
    console = Console(highlight=False)
    models = list(dict.fromkeys(row.model for row in result.rows("coverage")))
    table = Table(
        title="MRR of translations: layer chosen on half of the words, scored on the other half",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    heads = ["pair", "model", "layer", "raw", "centred", "csls", "static", "chance", "words"]
    for head in heads:
        if head != "model" or len(models) > 1:
            table.add_column(head, justify="left" if head in ("pair", "model") else "right")
    for pair in _pairs(result):
        for direction in dict.fromkeys(row.direction for row in result.rows("mrr", pair=pair)):
            for model in models:
                own = {"pair": pair, "direction": direction, "model": model}
                cells = _cube_cells(result, own)
                named = [str(model)] if len(models) > 1 else []
                table.add_row(str(direction), *named, *cells)
    console.print(table)


def _cube_cells(result: Result, own: dict[str, str | None]) -> list[str]:
    best = {row.similarity: row for row in result.rows("mrr", arm="best_on_half", **own)}
    static = result.rows("mrr", control="static", similarity="centred", **own)[0]
    chance = result.rows("mrr", control="chance", **own)[0]
    ends = [f"{static.value:.3f}", f"{chance.value:.3f}", str(static.n)]
    if not best:  # one word alone has no halves
        return [""] * 4 + ends
    values = [f"{best[one].value:.3f}" for one in ("raw", "csls")]
    centred = best["centred"]
    return [str(centred.layer), values[0], short_interval(centred), values[1], *ends]


def _pairs(result: Result) -> list[str]:
    return list(dict.fromkeys(str(row.pair) for row in result.rows("coverage")))


def _print_pair(result: Result, pair: str, console: Console) -> None:
    (coverage,) = result.rows("coverage", pair=pair)
    directions = list(dict.fromkeys(row.direction for row in result.rows("mrr", pair=pair)))
    forward = directions[0]
    table = Table(
        title=f"{result.model.name} · {pair} · {_standing(result)}MRR [95 % interval]",
        box=SIMPLE,
        padding=0,
    )
    heads = [
        "layer",
        f"{forward} raw",
        "centred",
        "csls",
        *(f"{one} csls" for one in directions[1:]),
    ]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    own = {"pair": pair, "arm": None, "control": None}
    for row in result.rows("mrr", direction=forward, similarity="raw", **own):
        cells = [
            short_interval(
                result.rows("mrr", direction=way, similarity=kind, layer=row.layer, **own)[0]
            )
            for way, kind in [
                (forward, "raw"), (forward, "centred"), (forward, "csls"),
                *((one, "csls") for one in directions[1:]),
            ]
        ]  # fmt: skip
        table.add_row(str(row.layer), *cells)
    console.print(table)
    for row in result.rows("mrr", pair=pair, arm="best_on_half", direction=forward):
        if row.similarity == "centred":
            console.print(
                f"finding: {pair}: layer {row.layer} is best on one half of the words; on the "
                f"other half MRR {interval(row)} (centred, n = {row.n})",
                soft_wrap=True,
            )
    (chance,) = result.rows("mrr", pair=pair, control="chance", direction=forward)
    static = result.rows(
        "mrr", pair=pair, control="static", similarity="centred", direction=forward
    )
    console.print(
        f"control: chance {chance.value:.4f}, static vectors {interval(static[0])} (centred); "
        f"coverage {coverage.value:.3f} of {coverage.n} words",
        soft_wrap=True,
    )
    words = [row for row in result.tables["words"] if row["pair"] == pair]
    words.sort(key=lambda row: -float(str(row["expected_rank"])))
    worst = [f"{row['word']} {float(str(row['expected_rank'])):.0f}" for row in words[:FAILED]]
    console.print(f"fail: {', '.join(worst)} (rank of the translation)", soft_wrap=True)


def _standing(result: Result) -> str:
    """Return what words stood in where that was no corpus."""
    shown = {"alone": "words alone · ", "carrier": "words in a carrier sentence · "}
    return shown.get(str(result.config["context"]), "")
