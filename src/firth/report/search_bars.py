"""Search in mixed languages before and after: what is found, and how much of it is one's own."""

from __future__ import annotations

from typing import Any

from firth.errors import OptionError, ResultError
from firth.report.align_data import NUMBERS, name_of
from firth.report.corrections import NONE, colours, correction_name, corrections_of
from firth.report.senses_data import check_choice
from firth.report.senses_layers import RULES, value_tooltip
from firth.report.vega import INK, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

METRICS = ("recall_at_1", "recall_at_10", "mrr")
SHARE = "same_language_share"
APART = "others_only"
# Pixels of one bar, and between the rows of directions.
STEP = 12
GAP = 14


def search_bars(
    result: Result,
    *,
    metric: str = "recall_at_1",
    layer: int | None = None,
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw for each direction what each correction finds, and the share of the query's language.

    Args:
        result: A result of ``search``.
        metric: ``recall_at_1``, ``recall_at_10`` or ``mrr``.
        layer: Which layer; the last one by default.
        language: Of titles and axes.

    Raises:
        OptionError: No such metric or layer.
        ResultError: The result has no scores.
    """
    say = words(language)
    text = say["search_bars"]
    check_choice("metric", metric, METRICS)
    layers = list(dict.fromkeys(one.layer for one in result.rows(metric) if one.layer is not None))
    if not layers:
        raise ResultError(text["missing"])
    layer = max(layers) if layer is None else layer
    if layer not in layers:
        raise OptionError(f"no layer {layer} here; there are {', '.join(map(str, layers))}")
    arms = corrections_of(result, metric)
    rows = _bars(result, metric, layer, say) + _marks(result, metric, layer, say)
    order = list(dict.fromkeys(row["way"] for row in rows))
    names = [correction_name(one, say) for one in arms]
    looks = dict(zip(names, colours(arms).values(), strict=True))
    looks |= {
        say["control"][APART]: RULES["static"][0], say["control"]["chance"]: RULES["chance"][0]
    }  # fmt: skip
    panels = [
        _panel("found", text[metric], order, names, looks, text),
        _panel("own", text["own"], order, names, looks, text),
    ]
    return text["title"], document(
        text["title"],
        [text["subtitle"].format(layer=layer), text["marks"]],
        rows,
        hconcat=panels,
        spacing=26,
        usermeta=layout(),
    )


def _bars(result: Result, metric: str, layer: int, say: Words) -> list[dict[str, Any]]:
    """Return a row a direction, correction and panel."""
    return [
        one.model_dump(include=NUMBERS | {"direction"}, exclude_none=True)
        | {
            "panel": panel, "way": name_of(result, str(one.direction), say),
            "series": correction_name(str(one.arm), say),
        }
        for panel, kind in (("found", metric), ("own", SHARE))
        for one in result.rows(kind, layer=layer, control=None, split=None)
    ]  # fmt: skip


def _marks(result: Result, metric: str, layer: int, say: Words) -> list[dict[str, Any]]:
    """Return the controls: the pool without the query's language, and the share in the pool."""
    apart = result.rows(metric, layer=layer, control=APART, arm=NONE)
    chance = result.rows(SHARE, control="chance")
    return [
        one.model_dump(include=NUMBERS | {"direction", "control"}, exclude_none=True)
        | {
            "panel": panel, "way": name_of(result, str(one.direction), say),
            "series": say["control"][one.control],
        }
        for panel, scores in (("found", apart), ("own", chance))
        for one in scores
    ]  # fmt: skip


def _panel(
    panel: str,
    value: str,
    order: list[str],
    names: list[str],
    looks: dict[str, str],
    text: Words,
) -> dict[str, Any]:
    y: dict[str, Any] = {
        "field": "way",
        "type": "nominal",
        "sort": order,
        "title": None,
        "scale": {"domain": order, "paddingInner": GAP / (STEP * len(names) + GAP)},
        "axis": {"labelLimit": 240, "labelPadding": 6, "ticks": False, "domain": False}
        if panel == "found"
        else None,
    }
    inside = {"field": "series", "type": "nominal", "sort": names, "scale": {"domain": names}}
    x = {
        "field": "value",
        "type": "quantitative",
        "title": value,
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {"format": ".1f", "tickCount": 6},
    }
    color = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": list(looks), "range": list(looks.values())},
        "legend": {"title": None, "symbolType": "square", "symbolSize": 160},
    }
    tooltip = [
        {"field": "way", "title": text["asked"]},
        {"field": "series", "title": text["series"]},
        *value_tooltip(value),
    ]
    own = {"filter": f"datum.panel === '{panel}'"}
    bar = [own, {"filter": "!isValid(datum.control)"}]
    size = STEP * len(names) + GAP
    return {
        "width": 300 if panel == "found" else 220,
        "height": size * len(order),
        "layer": [
            {
                "transform": bar,
                "mark": {"type": "bar", "height": STEP - 2},
                "encoding": {"y": y, "yOffset": inside, "x": x, "color": color, "tooltip": tooltip},
            },
            {
                "transform": [*bar, {"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule", "strokeWidth": 1.2, "color": INK},
                "encoding": {
                    "y": y, "yOffset": inside, "x": x | {"field": "low"}, "x2": {"field": "high"},
                },
            },
            {
                "transform": [own, {"filter": "isValid(datum.control)"}],
                "mark": {"type": "tick", "orient": "vertical", "thickness": 2, "size": size - GAP},
                "encoding": {"y": y, "x": x, "color": color, "tooltip": tooltip},
            },
        ],
    }  # fmt: skip
