"""What ``firth reading`` shows on a terminal; shares become per cent here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from firth.results.schema import Result, Score


def print_reading(result: Result) -> None:
    """Print EM and F1 by test and scorer, by kind of question, and what others publish."""
    console = Console(highlight=False)
    console.print(f"{result.model.name}: questions answered with a passage of the text")
    console.print(_scores(result))
    console.print(_groups(result))
    if result.tables.get("published"):
        console.print(_published(result))
    console.print(f"[dim]{result.seconds:.1f} s, seed {result.seed}[/dim]")


def print_study(result: Result) -> None:
    """Print the arms side by side, the contrasts, and where the readers lie."""
    console = Console(highlight=False)
    settings = result.config["settings"]
    learnt = max((int(str(row["questions"])) for row in result.tables["arms"]), default=0)
    console.print(f"{result.model.name}: {learnt:,} questions an arm, {settings['seeds']} seeds")
    console.print(_arms(result))
    if result.tables["contrasts"]:
        console.print(_contrasts(result))
    if result.tables.get("published"):
        console.print(_published(result))
    if result.tables.get("lecture"):
        console.print(_lecture(result))
    for row in result.tables["arms"]:
        if "folder" in row:
            console.print(f"{row['arm']} seed {row['seed']}: {row['folder']}", soft_wrap=True)
    console.print(f"[dim]{result.seconds:.1f} s, seed {result.seed}[/dim]")


def per_cent(value: float, low: float | None = None, high: float | None = None) -> str:
    """Return ``58.3 [55.1, 61.0]``."""
    ends = "" if low is None or high is None else f" [{100 * low:.1f}, {100 * high:.1f}]"
    return f"{100 * value:.1f}{ends}"


def _row(score: Score | None) -> str:
    return "" if score is None else per_cent(score.value, score.low, score.high)


def _scores(result: Result) -> Table:
    table = Table(
        title="per cent [95 % interval, articles drawn]", box=SIMPLE, padding=(0, 1, 0, 0)
    )
    for head in ("test", "language", "scorer"):
        table.add_column(head)
    for head in ("questions", "EM", "F1"):
        table.add_column(head, justify="right")
    last = None
    for f1 in result.rows("f1"):
        em = next(iter(result.rows("exact_match", split=f1.split, scorer=f1.scorer)), None)
        first = f1.split != last
        last = f1.split
        table.add_row(
            str(f1.split) if first else "", str(f1.language) if first else "", str(f1.scorer),
            f"{f1.n:,}" if first else "", _row(em), _row(f1),
        )  # fmt: skip
    return table


def _groups(result: Result) -> Table:
    table = Table(title="F1 by kind of question", box=SIMPLE, padding=(0, 1, 0, 0))
    for head in ("test", "by", "group"):
        table.add_column(head)
    for head in ("n", "EM", "F1"):
        table.add_column(head, justify="right")
    last: tuple[object, object] = (None, None)
    for row in result.tables.get("groups", []):
        here = (row["test"], row["by"])
        low, high = row.get("low"), row.get("high")
        assert isinstance(row["f1"], float)
        assert isinstance(row["exact_match"], float)
        ends = (low, high) if isinstance(low, float) and isinstance(high, float) else (None, None)
        table.add_row(
            str(row["test"]) if here[0] != last[0] else "", str(row["by"]) if here != last else "",
            str(row["group"]), str(row["n"]), per_cent(row["exact_match"]),
            per_cent(row["f1"], *ends),
        )  # fmt: skip
        last = here
    return table


def _published(result: Result) -> Table:
    table = Table(title="published, scorer xquad", box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("test")
    table.add_column("model")
    table.add_column("EM", justify="right")
    table.add_column("F1", justify="right")
    for row in result.tables["published"]:
        assert isinstance(row["f1"], float)
        assert isinstance(row["exact_match"], float)
        table.add_row(
            str(row["test"]), str(row["model"]), per_cent(row["exact_match"]), per_cent(row["f1"])
        )
    return table


def _arms(result: Result) -> Table:
    table = Table(
        title="per cent [95 % interval, seeds and articles drawn]", box=SIMPLE,
        padding=(0, 1, 0, 0),
    )  # fmt: skip
    for head in ("test", "arm", "scorer"):
        table.add_column(head)
    for head in ("EM", "F1"):
        table.add_column(head, justify="right")
    last: tuple[object, object] = (None, None)
    for f1 in result.rows("f1", seed=None):
        same = {"split": f1.split, "scorer": f1.scorer, "arm": f1.arm, "seed": None}
        em = next(iter(result.rows("exact_match", **same)), None)
        here = (f1.split, f1.arm)
        table.add_row(
            str(f1.split) if here[0] != last[0] else "", str(f1.arm) if here != last else "",
            str(f1.scorer), _row(em), _row(f1),
        )  # fmt: skip
        last = here
    return table


def _contrasts(result: Result) -> Table:
    table = Table(
        title="difference in points, paired over questions [95 % interval]", box=SIMPLE,
        padding=(0, 1, 0, 0),
    )  # fmt: skip
    for head in ("contrast", "test", "metric", "first minus second", "difference", "p, Holm"):
        table.add_column(head)
    for row in result.tables["contrasts"]:
        low, high, p = row.get("low"), row.get("high"), row.get("p_adjusted")
        assert isinstance(row["difference"], float)
        ends = (low, high) if isinstance(low, float) and isinstance(high, float) else (None, None)
        table.add_row(
            str(row["contrast"]), str(row["test"]),
            f"{str(row['metric']).replace('_', ' ')}, {row['scorer']}",
            f"{row['first']} - {row['second']}", per_cent(row["difference"], *ends),
            f"{p:.4f}" if isinstance(p, float) else "",
        )  # fmt: skip
    return table


def _lecture(result: Result) -> Table:
    table = Table(title="the lecture, DRCD test", box=SIMPLE, padding=(0, 1, 0, 0))
    for head in ("model", "pre-trained on", "trained on"):
        table.add_column(head)
    table.add_column("EM", justify="right")
    table.add_column("F1", justify="right")
    for row in result.tables["lecture"]:
        assert isinstance(row["f1"], float)
        assert isinstance(row["exact_match"], float)
        table.add_row(
            str(row["model"]), str(row["pretrained_on"]), str(row["trained_on"]),
            per_cent(row["exact_match"]), per_cent(row["f1"]),
        )  # fmt: skip
    return table
