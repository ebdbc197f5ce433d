"""What ``where`` and ``search`` say: where the language is, and what a search gains without it."""

from __future__ import annotations

from typing import Any

from firth.report.align_data import directions_of, name_of, pairs_of
from firth.report.corrections import CENTRED, NONE, correction_name, corrections_of
from firth.report.numbers import decimals, interval_of
from firth.report.words import Words
from firth.results.schema import Result

METRIC = "language_id_accuracy"
RETRIEVAL = "retrieval_accuracy"
UNITS = ("sentence", "token")


def of_where(result: Result, say: Words) -> list[str]:
    """Return a line a unit of the probe, and one a direction of parallel text.

    Args:
        result: A result of ``where``.
        say: The words of a language.
    """
    text = say["where_finding"]
    lines: list[str] = []
    for unit in UNITS:
        about: dict[str, Any] = {"scorer": unit, "control": None}
        rows = result.rows(METRIC, arm=NONE, **about)
        if not rows:
            continue
        best = max(rows, key=lambda one: one.value)
        least = min(rows, key=lambda one: one.value)
        after = [
            f"{correction_name(arm, say)} {decimals(one.value)}"
            for arm in corrections_of(result, METRIC)
            if arm != NONE
            for one in result.rows(METRIC, arm=arm, layer=best.layer, **about)
        ]
        chance = result.rows(METRIC, scorer=unit, control="chance")
        lines.append(
            text["probe"].format(
                unit=say["where_layers"][unit], layer=best.layer, value=decimals(best.value),
                interval=interval_of(best, say), n=best.n, low_layer=least.layer,
                low=decimals(least.value), after=text["comma"].join(after),
                chance=decimals(chance[0].value) if chance else "",
            )
        )  # fmt: skip
    for pair in pairs_of(result):
        for way in directions_of(result, pair):
            lines += _gain(result, pair, way, say)
    return lines or [say["page"]["no_finding"]]


def _gain(result: Result, pair: str, way: str, say: Words) -> list[str]:
    """Return the layer at which the correction brings most, and what it brings at the last."""
    about: dict[str, Any] = {"pair": pair, "direction": way}
    before = {one.layer: one for one in result.rows(RETRIEVAL, arm=NONE, **about)}
    after = {one.layer: one for one in result.rows(RETRIEVAL, arm=CENTRED, **about)}
    if not before or not after:
        return []
    most = max(before, key=lambda layer: after[layer].value - before[layer].value)
    last = max(before, key=lambda layer: layer or 0)
    return [
        say["where_finding"]["gain"].format(
            way=name_of(result, way, say), most=most, before=decimals(before[most].value),
            after=decimals(after[most].value), last=last, now=decimals(before[last].value),
            then=decimals(after[last].value), n=after[last].n,
            interval=interval_of(after[last], say),
            correction=correction_name(CENTRED, say),
        )
    ]  # fmt: skip


def of_search(result: Result, say: Words) -> list[str]:
    """Return a line a direction: before and after at the last layer, beside the controls.

    Args:
        result: A result of ``search``.
        say: The words of a language.
    """
    text = say["search_finding"]
    lines: list[str] = []
    last = max((one.layer or 0 for one in result.scores), default=0)
    for row in result.tables.get("texts", []):
        about: dict[str, Any] = {"pair": row["pair"], "direction": row["direction"]}
        own = about | {"layer": last, "split": None}
        found = {one.arm: one for one in result.rows("recall_at_1", control=None, **own)}
        shares = {one.arm: one for one in result.rows("same_language_share", control=None, **own)}
        apart = result.rows("recall_at_1", arm=NONE, control="others_only", **own)
        pool = result.rows("same_language_share", control="chance", **about)
        if NONE not in found or CENTRED not in found or not apart or not pool:
            continue
        others = [
            f"{correction_name(str(arm), say)} {decimals(one.value)}"
            for arm, one in found.items()
            if arm not in (NONE, CENTRED)
        ]
        lines.append(
            text["found"].format(
                way=name_of(result, str(row["direction"]), say), layer=last,
                before=decimals(found[NONE].value), before_interval=interval_of(found[NONE], say),
                after=decimals(found[CENTRED].value),
                after_interval=interval_of(found[CENTRED], say),
                correction=correction_name(CENTRED, say), n=found[NONE].n,
                others=text["comma"].join(others), apart=decimals(apart[0].value),
                own_before=decimals(shares[NONE].value), own_after=decimals(shares[CENTRED].value),
                pool=decimals(pool[0].value),
            )
        )  # fmt: skip
    return lines or [say["page"]["no_finding"]]
