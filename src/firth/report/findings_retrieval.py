"""What a result of ``retrieval`` says: for each way of asking, and beside published figures."""

from __future__ import annotations

from firth.report.align_data import BEST, directions_of, name_of, pairs_of
from firth.report.numbers import decimals, interval_of
from firth.report.words import Words
from firth.results.schema import Result

METRIC = "retrieval_accuracy"
OTHERS = ("raw", "margin", "centred", "csls")


def of_retrieval(
    result: Result,
    say: Words,
) -> list[str]:
    """Return a line for each way of asking, and one for each pair with published figures.

    Args:
        result: The result.
        say: The words of a language.
    """
    lines: list[str] = []
    for pair in pairs_of(result):
        for way in directions_of(result, pair):
            lines += _found(result, pair, way, say)
    return (lines or [say["page"]["no_finding"]]) + _beside(result, say)


def _found(
    result: Result,
    pair: str,
    way: str,
    say: Words,
) -> list[str]:
    text = say["retrieval_finding"]
    about = {"pair": pair, "direction": way}
    chosen = {one.similarity: one for one in result.rows(METRIC, arm=BEST, **about)}
    best = chosen.get("centred") or chosen.get("raw")
    if best is None:
        return []
    others = [
        text["compared"].format(
            similarity=say["similarity"][kind], value=decimals(one.value), layer=one.layer
        )
        for kind in OTHERS
        if (one := chosen.get(kind)) is not None and one is not best
    ]
    controls = [
        text["control"].format(control=say["control"][one.control], value=decimals(one.value))
        for control in ("chance", "static")
        for one in result.rows(METRIC, control=control, **about)
        if one.similarity in (None, best.similarity)
    ]
    return [
        text["found"].format(
            way=name_of(result, way, say), layer=best.layer, value=decimals(best.value),
            interval=interval_of(best, say), n=best.n,
            similarity=say["similarity"][best.similarity],
            beside=text["comma"].join(others), controls=text["comma"].join(controls),
        )
    ]  # fmt: skip


def _beside(result: Result, say: Words) -> list[str]:
    """Return a line for each direction that others published figures of."""
    text = say["retrieval_finding"]
    rows = [row for row in result.tables.get("published", []) if row["metric"] == METRIC]
    lines: list[str] = []
    for way in dict.fromkeys(str(row["pair"]) for row in rows):
        ours, *theirs = (row for row in rows if row["pair"] == way)
        said = [
            text["published"].format(
                model=row["model"], value=decimals(float(str(row["value"]))), source=row["source"]
            )
            for row in theirs
        ]
        derived = text["derived"] if ours["note"] else ""
        lines.append(
            text["beside"].format(
                way=name_of(result, way, say), model=ours["model"],
                value=decimals(float(str(ours["value"]))), published=text["comma"].join(said),
                derived=derived,
            )
        )  # fmt: skip
    return lines
