"""What ``firth shift search`` shows on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from firth.cli.tables import interval, short_interval

if TYPE_CHECKING:
    from firth.results.schema import Result, Score

HALF = "best_on_half"
EXAMPLES = 2


def print_search(result: Result) -> None:
    """Print what each correction finds at the last layer, and at the best of half the queries."""
    console = Console(highlight=False)
    layers = {row.layer for row in result.rows("mrr", split=None) if row.layer is not None}
    last = max(layers)
    console.print(_table(result, f"layer {last}", layer=last, split=None))
    if len(layers) > 1:
        console.print(_table(result, "best layer of half the queries", split=HALF))
    for row in result.tables["texts"]:
        _print_finding(result, str(row["direction"]), str(row["pair"]), last, console)
    fitted = ", ".join(
        f"{row['language']} {row['sentences']} ({row['text']})" for row in result.tables["fit"]
    )
    console.print(f"fitted on sentences of {fitted}", soft_wrap=True)
    _print_examples(result, console)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}, {result.model.revision}"
    console.print(f"[dim]{stamp}[/dim]")


def _table(result: Result, where: str, **fields: Any) -> Table:
    table = Table(
        title=f"{result.model.name} · search in mixed languages · {where}",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    halves = fields["split"] == HALF
    for head in ("asked", "correction", "layer", "R@1", "R@10", "MRR", "own", "p"):
        if head != "layer" or halves:
            left = head in ("asked", "correction")
            table.add_column(head, justify="left" if left else "right", no_wrap=True)
    for text in result.tables["texts"]:
        direction, way = str(text["direction"]), {"pair": text["pair"]}
        way |= {"direction": direction, "control": None}
        rows = result.rows("mrr", **way, **fields)
        for at, row in enumerate(rows):
            about = way | {"arm": row.arm, "layer": row.layer}
            first, ten, own = (
                result.rows(metric, split=fields["split"], **about)[0]
                for metric in ("recall_at_1", "recall_at_10", "same_language_share")
            )
            table.add_row(
                "" if at else direction,
                str(row.arm).replace("_", " "),
                *([str(row.layer)] if halves else []),
                short_interval(first),
                f"{ten.value:.3f}",
                f"{row.value:.3f}",
                f"{own.value:.2f}",
                _p(row),
            )
        table.add_section()
    return table


def _p(row: Score) -> str:
    if row.p_adjusted is None:
        return ""
    return "<.001" if row.p_adjusted < 0.001 else f"{row.p_adjusted:.3f}".removeprefix("0")


def _print_finding(result: Result, direction: str, pair: str, last: int, console: Console) -> None:
    about: dict[str, Any] = {"direction": direction, "pair": pair, "layer": last, "split": None}
    before, after = (
        result.rows("recall_at_1", arm=arm, control=None, **about)[0]
        for arm in ("none", "agnostic_centred")
    )
    apart = result.rows("recall_at_1", arm="none", control="others_only", **about)[0]
    chance = {
        metric: result.rows(metric, control="chance", direction=direction, pair=pair)[0].value
        for metric in ("recall_at_1", "same_language_share")
    }
    console.print(
        f"finding: {direction}: layer {last} finds the answer first for {interval(before)} of "
        f"{before.n} queries, for {interval(after)} after agnostic_centred; without sentences of "
        f"the query's language in the pool {interval(apart)}. A guess {chance['recall_at_1']:.4f}, "
        f"own language in the pool {chance['same_language_share']:.2f}",
        soft_wrap=True,
    )


def _print_examples(result: Result, console: Console) -> None:
    for change in ("mended", "spoilt"):
        for row in [one for one in result.tables["examples"] if one["change"] == change][:EXAMPLES]:
            console.print(
                f"{change}: {row['query']} -> {row['first_before']}; now {row['first_after']}",
                soft_wrap=True, markup=False,
            )  # fmt: skip
