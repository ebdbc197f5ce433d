"""What ``firth pretrain`` shows on a terminal when all is done."""

from __future__ import annotations

from dataclasses import asdict
from json import dumps
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from firth.experiments.pretrain_cost import Cost
    from firth.results.schema import Cell, Result, Score


def print_pretraining(result: Result) -> None:
    """Print means over seeds, where each run's loss drops and MRR rises, and the contrasts."""
    console = Console(highlight=False)
    settings = result.config["settings"]
    console.print(
        f"{result.model.name}, {settings['steps']:,} steps of {settings['recipe']['batch']} x "
        f"{settings['recipe']['length']} pieces"
    )
    console.print(_means(result))
    if result.tables["changes"]:
        console.print(_changes(result))
    if result.tables["contrasts"]:
        console.print(_contrasts(result))
    for row in result.tables["models"]:
        console.print(f"{row['arm']} seed {row['seed']}: {row['folder']}/model", soft_wrap=True)
    console.print(f"[dim]{result.seconds:.1f} s, seed {result.seed}[/dim]")


def print_cost(cost: Cost, *, json: bool) -> None:
    """Print what a training will cost, as lines or as one JSON object."""
    if json:
        derived = ("tokens_per_second", "operations_per_second", "hours", "state", "message")
        found = asdict(cost) | {name: getattr(cost, name) for name in derived}
        print(dumps(found))
        return
    console, (batch, length) = Console(highlight=False, soft_wrap=True), cost.batch
    console.print(
        f"bert-{cost.shape}, {cost.parameters:,} parameters, {batch} x {length} pieces a step, "
        f"{cost.dtype}"
    )
    console.print(
        f"time    {cost.seconds:.3f} s a step, {cost.tokens_per_second:,.0f} pieces a second, "
        f"{cost.operations_per_second / 1e9:,.0f} GFLOP/s"
    )
    peak = "" if cost.memory is None else f"{cost.memory / 2**20:,.0f} MiB at the peak, of it "
    console.print(
        f"memory  {peak}{cost.state / 2**20:,.0f} MiB for weights, gradients and optimiser"
    )
    console.print(
        f"between processes  {cost.message / 2**20:,.0f} MiB of gradients a step are added up"
    )
    console.print(
        f"left    {cost.left:,} steps, of {cost.arms:,} models one after another: "
        f"{cost.hours:,.2f} hours here"
    )


def _with_ends(value: float, low: float | None, high: float | None, digits: int = 3) -> str:
    ends = "" if low is None or high is None else f" [{low:.2f}, {high:.2f}]"
    return f"{value:.{digits}f}{ends}"


def _score(row: Score | None) -> str:
    return "" if row is None else _with_ends(row.value, row.low, row.high)


def _means(result: Result) -> Table:
    languages = result.config["languages"]
    table = Table(title="mean over seeds [95 % interval]", box=SIMPLE, padding=(0, 1, 0, 0))
    for head in ("sentences", "control"):
        table.add_column(head, justify="right")
    for language in languages:
        table.add_column(f"loss {language}", justify="right")
    for head in ("MRR, equal steps", "MRR, equal epochs", "seeds"):
        table.add_column(head, justify="right")
    losses = [row for row in result.rows("mlm_loss") if row.unit == "seed"]
    losses += result.rows("mlm_loss", control="unigram")
    ranks = [row for row in result.rows("mrr") if row.unit == "seed"]
    for arm, control in dict.fromkeys((row.arm, row.control) for row in losses):
        own = {row.language: row for row in losses if (row.arm, row.control) == (arm, control)}
        split = {row.split: row for row in ranks if (row.arm, row.control) == (arm, control)}
        first = next(iter(own.values()))
        seeds = str(first.n) if first.unit == "seed" else ""
        table.add_row(
            f"{int(str(arm)):,}", control or "", *(_score(own.get(one)) for one in languages),
            _score(split.get("equal_steps")), _score(split.get("equal_epochs")), seeds,
        )  # fmt: skip
    return table


def _place(row: dict[str, Cell], name: str) -> str:
    value, low, high = (row.get(f"{name}{end}") for end in ("", "_low", "_high"))
    if not isinstance(value, int | float):
        return ""
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return f"{value:,.0f}"
    return f"{value:,.0f} [{low:,.0f}, {high:,.0f}]"


def _changes(result: Result) -> Table:
    table = Table(
        title="where the loss rests and drops, where the MRR rises: steps [95 % interval]",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    names = ("plateau_start", "drop_start", "drop_end", "rise_start", "rise_end")
    for head in ("arm", "seed", *(name.replace("_", " ") for name in names), "lag"):
        table.add_column(head, justify="right")
    for row in result.tables["changes"]:
        lag = row.get("lag")
        cells = [_place(row, name) for name in names]
        said = f"{lag:+.1f}" if isinstance(lag, int | float) else ""
        table.add_row(str(row["arm"]), str(row["seed"]), *cells, said)
    return table


def _contrasts(result: Result) -> Table:
    table = Table(
        title="difference of the MRR over seeds [95 % interval]", box=SIMPLE, padding=(0, 1, 0, 0)
    )
    for head in ("contrast", "at", "first", "second", "difference", "p", "seeds"):
        table.add_column(head)
    for row in result.tables["contrasts"]:
        low, high, p = row["low"], row["high"], row["p"]
        assert isinstance(row["difference"], int | float)
        ends = (low, high) if isinstance(low, float) and isinstance(high, float) else (None, None)
        table.add_row(
            str(row["contrast"]), str(row["at"]).replace("_", " "), str(row["first"]),
            str(row["second"]), _with_ends(float(row["difference"]), *ends),
            f"{p:.3f}" if isinstance(p, int | float) else "", str(row["seeds"]),
        )  # fmt: skip
    return table
