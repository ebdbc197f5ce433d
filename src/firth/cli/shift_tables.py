"""What ``firth shift`` shows on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firth.cli.tables import interval, short_interval

if TYPE_CHECKING:
    from firth.results.schema import Result, Score

COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "red", "bright_black")
METRICS = ("conversion_rate", "bleu_1", "dictionary_hit_rate")
EXAMPLES = 4


def print_translation(result: Result) -> None:
    """Print under each token the one that came out, coloured by language, with its probability."""
    console = Console(highlight=False)
    config = result.config
    names = list(dict.fromkeys([str(config["source"]), str(config["target"])]))
    rows = result.tables["tokens"]
    for one in result.tables["texts"]:
        own = [row for row in rows if row["text_number"] == one["text_number"]]
        _print_lines(own, names, console)
        console.print(Text(f"-> {one['output']}"), soft_wrap=True)
    legend = Text("  ").join(Text(name, style=COLOURS[at]) for at, name in enumerate(names))
    console.print(legend + Text("  other", style=COLOURS[2]) + Text("  shared", style=COLOURS[-1]))
    for score in result.rows("conversion_rate"):
        console.print(
            f"finding: {interval(score)} of the output tokens that have a language are "
            f"{config['target']} (n = {score.n}); layer {config['layer']}, alpha {config['alpha']}",
            soft_wrap=True,
        )


def _print_lines(rows: list[dict[str, Any]], names: list[str], console: Console) -> None:
    """Print tokens in columns, as many as fit the width in a line."""
    block: list[tuple[Text, Text, Text]] = []
    used = 0
    for row in rows:
        cells = (
            Text(str(row["token"]), style=_colour(row["token_language"], names)),
            Text(str(row["output"]), style=_colour(row["output_language"], names)),
            Text(f"{row['probability']:.2f}", style="dim"),
        )
        width = max(cell_len(cell.plain) for cell in cells) + 2
        if used + width > console.width and block:
            _print_block(block, console)
            block, used = [], 0
        for cell in cells:
            cell.append(" " * (width - cell_len(cell.plain)))
        block.append(cells)
        used += width
    _print_block(block, console)


def _print_block(block: list[tuple[Text, Text, Text]], console: Console) -> None:
    for line in zip(*block, strict=True):
        console.print(Text("").join(line), soft_wrap=True)


def _colour(language: object, names: list[str]) -> str:
    if language in (None, "shared"):
        return COLOURS[-1]
    return COLOURS[names.index(str(language))] if language in names else COLOURS[2]


def print_stability(result: Result) -> None:
    """Print how alike the vectors of two halves are, by the number of sentences."""
    console = Console(highlight=False)
    table = Table(title="cosine of the two halves, mean over layers [least]", box=SIMPLE)
    counts = sorted({row.n for row in result.rows("half_cosine")})
    table.add_column("pair")
    for n in counts:
        table.add_column(f"{n} sentences", justify="right")
    for pair in dict.fromkeys(row.pair for row in result.rows("half_cosine")):
        cells: list[str] = []
        for n in counts:
            values = [row.value for row in result.rows("half_cosine", pair=pair, n=n)]
            mean = f"{sum(values) / len(values):.3f} [{min(values):.2f}]" if values else ""
            cells.append(mean)
        table.add_row(str(pair), *cells)
    console.print(table)


def print_sweep(result: Result) -> None:
    """Print for each direction the chosen setting with its controls, and some examples."""
    console = Console(highlight=False)
    for chosen in result.tables["chosen"]:
        direction = chosen["direction"]
        table = Table(
            title=f"{direction} · layer {chosen['layer']}, alpha {chosen['alpha']} (chosen by "
            f"{str(chosen['by']).replace('_', ' ')} on {chosen['dev']} texts, "
            f"scored on {chosen['test']})",
            box=SIMPLE,
            padding=(0, 1, 0, 0),
        )
        table.add_column("")
        for metric in METRICS:
            table.add_column(metric.replace("_", " "), justify="right")
        rows = result.rows(direction=direction, split="test")
        for name in dict.fromkeys(_name(row) for row in rows):
            own = {row.metric: row for row in rows if _name(row) == name}
            table.add_row(
                name, *(short_interval(own[one]) if one in own else "" for one in METRICS)
            )
        console.print(table)
        examples = [row for row in result.tables["examples"] if row["direction"] == direction]
        for row in examples[:EXAMPLES]:
            console.print(
                Text(f"  {row['text']}\n    -> {row['output']}\n    =  {row['reference']}"),
                soft_wrap=True,
            )


def _name(row: Score) -> str:
    return row.control or row.arm or "the language vector"
