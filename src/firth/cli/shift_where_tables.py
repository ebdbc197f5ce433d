"""What ``firth shift where`` shows on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from firth.cli.tables import NONE, interval, short_interval

if TYPE_CHECKING:
    from firth.results.schema import Result, Score

METRIC = "language_id_accuracy"
RETRIEVAL = "retrieval_accuracy"
UNITS = ("sentence", "token")


def print_where(result: Result) -> None:
    """Print the probe's accuracy over layers, then what each correction brings in retrieval."""
    console = Console(highlight=False)
    languages = [str(row["language"]) for row in result.tables["languages"]]
    for unit in UNITS:
        console.print(_probe_table(result, unit))
    _print_findings(result, len(languages), console)
    for row in result.tables["pairs"]:
        _print_pair(result, str(row["pair"]), console)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}, {result.model.revision}"
    console.print(f"[dim]{stamp}[/dim]")


def _probe_table(result: Result, unit: str) -> Table:
    arms = _arms(result, METRIC)
    table = _table(f"{result.model.name} · which language? Linear probe of {unit} vectors", arms)
    table.add_column("shuffled", justify="right", no_wrap=True)
    for layer in _layers(result):
        about = {"scorer": unit, "layer": layer}
        cells = [_cell(result.rows(METRIC, arm=arm, control=None, **about)) for arm in arms]
        cells.append(_cell(result.rows(METRIC, control="shuffled_labels", **about)))
        table.add_row(str(layer), *cells)
    return table


def _print_findings(result: Result, languages: int, console: Console) -> None:
    last = _layers(result)[-1]
    for unit in UNITS:
        about: dict[str, Any] = {"scorer": unit, "control": None}
        rows = result.rows(METRIC, arm="none", **about)
        most = max(rows, key=lambda row: row.value)
        after = result.rows(METRIC, arm="agnostic", layer=last, **about)[0]
        now = next(row for row in rows if row.layer == last)
        console.print(
            f"finding: the language of a {unit} is read best at layer {most.layer}: "
            f"{interval(most)} of {languages} languages; at layer {last} {interval(now)}, and "
            f"{interval(after)} after the language directions are taken out (n = {now.n})",
            soft_wrap=True,
        )
    chance = result.rows(METRIC, control="chance", scorer="sentence")[0]
    fitted = min(int(str(row["fit"])) for row in result.tables["languages"])
    console.print(
        f"control: chance {chance.value:.3f}; corrections are fitted on {fitted} sentences of a "
        "language, and what a probe finds after them includes the error of so few",
        soft_wrap=True,
    )


def _print_pair(result: Result, pair: str, console: Console) -> None:
    arms = _arms(result, RETRIEVAL)
    ways = list(dict.fromkeys(row.direction for row in result.rows(RETRIEVAL, pair=pair)))
    for way in ways:
        about: dict[str, Any] = {"pair": pair, "direction": way}
        table = _table(f"{way} · sentences that find their translation first", arms)
        for layer in _layers(result):
            cells = [_cell(result.rows(RETRIEVAL, arm=arm, layer=layer, **about)) for arm in arms]
            table.add_row(str(layer), *cells)
        console.print(table)
        chance = result.rows(RETRIEVAL, control="chance", **about)[0]
        before, after = (
            result.rows(RETRIEVAL, arm=arm, layer=_layers(result)[-1], **about)[0]
            for arm in ("none", "agnostic_centred")
        )
        console.print(
            f"finding: {way}: {short_interval(before)} at layer {before.layer}, "
            f"{short_interval(after)} after agnostic_centred (n = {before.n}; a guess "
            f"{chance.value:.4f})",
            soft_wrap=True,
        )


def _table(title: str, arms: list[str]) -> Table:
    table = Table(title=title, box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("layer", justify="right", no_wrap=True)
    for arm in arms:
        table.add_column(arm.replace("_", " "), justify="right", no_wrap=len(arm) < 10)
    return table


def _arms(result: Result, metric: str) -> list[str]:
    return list(dict.fromkeys(row.arm for row in result.rows(metric) if row.arm is not None))


def _layers(result: Result) -> list[int]:
    return list(dict.fromkeys(row.layer for row in result.scores if row.layer is not None))


def _cell(rows: list[Score]) -> str:
    return f"{rows[0].value:.3f}" if rows else NONE
