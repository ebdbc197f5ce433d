"""What ``firth transfer run`` shows on a terminal when all is done."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from firth.results.schema import Result, Score

NONE = "-"


def print_transfer(result: Result) -> None:
    """Print arms, contrasts and what a reader of them should know."""
    console = Console()
    for unit in dict.fromkeys(row.unit for row in result.rows(split="test")):
        console.print(_arms(result, unit))
        contrasts = _contrasts(result, unit)
        if contrasts.row_count:
            console.print(contrasts)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}, {result.model.revision}"
    console.print(f"[dim]{stamp}[/dim]", highlight=False)


def _interval(row: Score) -> str:
    ends = "" if row.low is None or row.high is None else f" [{row.low:.3f}, {row.high:.3f}]"
    return f"{row.value:.3f}{ends}"


def _arms(result: Result, unit: str) -> Table:
    metric = result.config["metric"]
    own = result.rows(metric, unit=unit)
    n = own[0].n if own else 0
    table = Table(
        title=f"{result.data[0].name} · {result.model.name} · {metric} of {n:,} test {unit}s "
        "[95 % interval]",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    others = ["macro_f1"] if metric == "accuracy" else []
    heads = (metric, *others, "rate", "warm-up", "runs", "steps to", "seconds to")
    table.add_column("arm")
    for head in heads:
        table.add_column(head.replace("_", " "), justify="right")
    for row in own:
        beside = (
            result.rows(others[0], unit=unit, arm=row.arm, control=row.control) if others else []
        )
        table.add_row(
            " ".join(filter(None, [row.arm, row.control])), _interval(row),
            *(f"{one.value:.3f}" for one in beside), *_runs(result, row),
        )  # fmt: skip
    return table


def _runs(result: Result, score: Score) -> list[str]:
    """Return rate, warm-up, number of runs, and steps and seconds to the target."""
    own = [
        row
        for row in result.tables["runs"]
        if (row["arm"], row.get("control")) == (score.arm, score.control)
    ]
    if not own:
        return [NONE] * 5
    cells = [f"{own[0]['rate']:g}", f"{own[0]['warmup']:g}", str(len(own))]
    for metric, digits in (("steps_to", 0), ("seconds_to", 1)):
        met = result.rows(metric, arm=score.arm) if score.control is None else []
        reached = sum(row.get("steps_to") is not None for row in own)
        cells.append(f"{met[0].value:,.{digits}f}" if met else f"{reached} of {len(own)}")
    return cells


def _contrasts(result: Result, unit: str) -> Table:
    table = Table(
        title="pretrained minus another arm [95 % interval]", box=SIMPLE, padding=(0, 1, 0, 0)
    )
    table.add_column("against")
    for head in ("difference", "p", "p (Holm)", "d of runs", "ahead"):
        table.add_column(head, justify="right")
    effects = {
        row["second"]: row for row in result.tables.get("contrasts", []) if row["unit"] == unit
    }
    for row in result.rows("difference", unit=unit):
        effect = effects[row.arm]
        d = effect.get("d")
        ends = "" if row.low is None or row.high is None else f" [{row.low:+.3f}, {row.high:+.3f}]"
        table.add_row(
            row.arm, f"{row.value:+.3f}{ends}", f"{row.p:.3f}", f"{row.p_adjusted:.3f}",
            f"{d:+.2f}" if isinstance(d, float) else NONE, f"{effect['ahead']} of {effect['runs']}",
        )  # fmt: skip
    return table
