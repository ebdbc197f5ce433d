"""What every arm scores on the test data, and how far the pre-trained one is from its rivals."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.numbers import probability
from firth.report.senses_layers import value_tooltip
from firth.report.transfer_data import (
    COLOURS,
    RIVALS,
    UNITS,
    Row,
    arm_name,
    arms_scored,
    check_unit,
    metric_name,
    metric_of,
    runs_of,
)
from firth.report.vega import INK, QUIET, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

WIDTH, STEP = 420, 26


def transfer_arms(
    result: Result, *, unit: str | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw each arm's score with its interval, and its runs.

    Args:
        result: A result of ``transfer``.
        unit: ``sequence`` or ``group``; groups by default, where there are some.
        language: Of titles and axes.

    Raises:
        OptionError: The result has no scores of this unit.
        ResultError: There is nothing to draw.
    """
    say = words(language)
    text, unit = say["transfer_arms"], check_unit(result, unit)
    scores = arms_scored(result, unit)
    if not scores:
        raise ResultError(text["missing"])
    rows: list[Row] = [
        one.model_dump(include={"value", "low", "high", "n", "arm", "control"}, exclude_none=True)
        | {"name": arm_name(str(one.arm), one.control, say)}
        for one in scores
    ]
    metric = metric_of(result)
    for one in scores if unit == UNITS[0] else ():
        name = arm_name(str(one.arm), one.control, say)
        own = [row for row in runs_of(result, str(one.arm), one.control) if metric in row]
        rows += [
            {"arm": one.arm, "name": name, "run": row[metric], "map": row.get("map"),
             "seed": row["seed"]}
            for row in own if len(own) > 1
        ]  # fmt: skip
    order = list(dict.fromkeys(row["name"] for row in rows))
    subtitle = [
        text["subtitle"].format(n=f"{scores[0].n:,}", unit=say["unit"].get(unit, unit)),
        text["arms"],
    ]
    y = _y(order)
    x = _x("value", metric_name(result, say))
    tooltip = [
        {"field": "map", "title": text["map"]}, {"field": "seed", "title": text["seed"]},
        {"field": "run", "title": metric_name(result, say), "format": ".3f"},
    ]  # fmt: skip
    layers = [
        *_points(x, y, metric_name(result, say)),
        {
            "transform": [{"filter": "isValid(datum.run)"}],
            "mark": {"type": "point", "size": 26, "strokeWidth": 1.1, "opacity": 0.8, "yOffset": 7},
            "encoding": {"y": y, "x": x | {"field": "run"}, "color": _colour(), "tooltip": tooltip},
        },
    ]
    return text["title"], document(
        text["title"], subtitle, rows, width=WIDTH, height=STEP * len(order), layer=layers,
        usermeta=layout(),
    )  # fmt: skip


def transfer_contrasts(
    result: Result, *, unit: str | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the score of the pre-trained arm minus that of each rival, with its interval.

    Args:
        result: A result of ``transfer``.
        unit: ``sequence`` or ``group``; groups by default, where there are some.
        language: Of titles and axes.

    Raises:
        OptionError: The result has no scores of this unit.
        ResultError: Nothing was tested.
    """
    say = words(language)
    text, unit = say["transfer_contrasts"], check_unit(result, unit)
    scores = sorted(
        result.rows("difference", unit=unit), key=lambda one: RIVALS.index(str(one.arm))
    )
    if not scores:
        raise ResultError(text["missing"])
    rows: list[Row] = [
        one.model_dump(
            include={"value", "low", "high", "n", "arm", "p", "p_adjusted"}, exclude_none=True
        )
        | {
            "name": arm_name(str(one.arm), None, say),
            "tested": _tested(one.p_adjusted, text),
        }
        for one in scores
    ]
    y = _y([row["name"] for row in rows])
    title = text["value"].format(metric=metric_name(result, say))
    x = _x("value", title)
    zero = {
        "data": {"values": [{"zero": 0}]},
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": QUIET},
        "encoding": {"x": {"field": "zero", "type": "quantitative"}},
    }
    said = {
        "mark": {"type": "text", "align": "left", "dx": 8, "color": INK, "fontSize": 12},
        "encoding": {
            "y": y, "x": {"value": "width"}, "text": {"field": "tested", "type": "nominal"},
        },
    }  # fmt: skip
    return text["title"], document(
        text["title"], [text["subtitle"]], rows, width=WIDTH, height=STEP * len(rows),
        layer=[zero, *_points(x, y, title), said], usermeta=layout(),
    )  # fmt: skip


def _tested(p: float | None, text: Words) -> str:
    if p is None:
        return ""
    said = probability(p)
    return str(text["p_below" if said.startswith("<") else "p"]).format(p=said.lstrip("< "))


def _y(order: list[str]) -> dict[str, Any]:
    return {
        "field": "name", "type": "nominal", "sort": order, "title": None,
        "scale": {"domain": order},
        "axis": {"labelLimit": 260, "ticks": False, "domain": False, "labelPadding": 8},
    }  # fmt: skip


def _x(field: str, title: str) -> dict[str, Any]:
    return {
        "field": field, "type": "quantitative", "title": title,
        "scale": {"zero": False, "nice": True}, "axis": {"tickCount": 6},
    }  # fmt: skip


def _colour() -> dict[str, Any]:
    scale = {"domain": list(COLOURS), "range": list(COLOURS.values())}
    return {"field": "arm", "type": "nominal", "scale": scale, "legend": None}


def _points(x: dict[str, Any], y: dict[str, Any], title: str) -> list[dict[str, Any]]:
    """Return the means with their intervals."""
    own = [{"filter": "isValid(datum.value)"}]
    return [
        {
            "transform": [*own, {"filter": "isValid(datum.low)"}],
            "mark": {"type": "rule", "strokeWidth": 2.4},
            "encoding": {
                "y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}, "color": _colour(),
            },
        },
        {
            "transform": own,
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {
                "y": y, "x": x, "color": _colour(),
                "tooltip": [{"field": "name", "title": " "}, *value_tooltip(title)],
            },
        },
    ]  # fmt: skip
