"""Where in the model do languages meet? A heat map: pairs and directions over layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from firth.errors import ResultError
from firth.report.align_data import (
    KIND,
    METRICS,
    NUMBERS,
    SIMILARITIES,
    caption,
    choice,
    layer_scores,
    models_of,
    row_names,
)
from firth.report.senses_data import check_choice
from firth.report.senses_layers import value_tooltip
from firth.report.vega import INK, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

# Pixels: the widths of a cell, its height, and the least that a number in it needs.
WIDEST, NARROWEST, WHOLE = 44, 14, 660
TALL = 25
NUMBER = 27


def align_grid(
    result: Result, *, similarity: str = "centred", metric: str = "mrr", language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw how well translations are found, for each pair, both ways, at each layer.

    Rows are in groups of a model where the result is about several.

    Args:
        result: A result of ``align``.
        similarity: ``centred``, ``raw`` or ``csls``: what is shown first.
        metric: ``mrr``, ``precision_at_1``, ``precision_at_5`` or ``precision_at_10``.
        language: Of titles and axes.

    Raises:
        OptionError: No such similarity or metric.
        ResultError: The result has no scores over layers.
    """
    say = words(language)
    text = say["align_grid"]
    check_choice("similarity", similarity, SIMILARITIES)
    check_choice("metric", metric, METRICS)
    rows = _cells(result, metric)
    if not rows:
        raise ResultError(text["missing"])
    layers = sorted({int(row["layer"]) for row in rows})
    names = {f"{pair} {way}": name for (pair, way), name in row_names(result, say).items()}
    value = say["align_metric"][metric]
    several = len(models_of(result)) > 1
    step = float(np.clip(WHOLE / len(layers), NARROWEST, WIDEST))
    inner: dict[str, Any] = {
        "width": round(step * len(layers)),
        "height": TALL * len(names),
        "transform": [
            {"filter": "datum.similarity == similarity"},
            {"calculate": "datum.pair + ' ' + datum.direction", "as": "row"},
            {"calculate": "row_names[datum.row]", "as": "way"},
        ],
        "encoding": _encoding(layers, list(names), step, value, several, text),
        "layer": _marks(rows, step, value, len(names)),
    }
    arranged: dict[str, Any] = inner | {"layer": [*inner["layer"], caption(KIND)]}
    if several:
        head = {
            "title": None, "labelExpr": f"datum.value + ', ' + {KIND}", "labelFontSize": 13,
            "labelColor": INK, "labelAnchor": "start", "labelPadding": 4,
        }  # fmt: skip
        arranged = {
            "facet": {
                "field": "model", "type": "nominal", "header": head,
                "sort": [str(one) for one in models_of(result)],
            },
            "columns": 1,
            "spacing": 22,
            "spec": inner,
        }  # fmt: skip
    outlined = [text["outlined"]] if any("best" in row for row in rows) else []
    return text["title"], document(
        text["title"],
        [text["subtitle"].format(metric=value), *outlined],
        rows,
        params=[
            *choice(SIMILARITIES, similarity, text["similarity"], say),
            {"name": "row_names", "value": names},
        ],
        **arranged,
        usermeta=layout(),
    )


def _cells(result: Result, metric: str) -> list[dict[str, Any]]:
    """Return one row a cell; ``best`` where its row has no better one."""
    fields = {"model", "pair", "direction", "layer", "similarity"}
    rows: list[dict[str, Any]] = []
    for model in models_of(result):
        for pair, direction in row_names(result, {"languages": {}}):
            for kind in SIMILARITIES:
                own = layer_scores(
                    result, metric, model=model, pair=pair, direction=direction, similarity=kind
                )
                # The first of equals: the shallowest layer that does it. Of one layer none is best.
                best = max(own, key=lambda one: one.value) if len(own) > 1 else None
                rows += [
                    one.model_dump(include=fields | NUMBERS, exclude_none=True)
                    | ({"best": True} if one is best else {})
                    for one in own
                ]
    return rows


def _encoding(
    layers: list[int], names: list[str], step: float, value: str, several: bool, text: Words
) -> dict[str, Any]:
    bare: dict[str, Any] = {"domain": False, "ticks": False, "labelAngle": 0}
    model = [{"field": "model", "title": text["model"]}] if several else []
    return {
        "x": {
            "field": "layer",
            "type": "ordinal",
            "sort": layers,
            "scale": {"domain": layers, "paddingInner": 0},
            "axis": bare
            | {
                "title": text["layer"],
                "orient": "bottom",
                "labelExpr": "datum.label" if step >= 18 else "datum.value % 2 ? '' : datum.label",
            },
        },
        "y": {
            "field": "row",
            "type": "nominal",
            "sort": names,
            "scale": {"domain": names, "paddingInner": 0},
            "axis": bare
            | {
                "title": None,
                "labelExpr": "row_names[datum.value]",
                "labelLimit": 240,
                "labelPadding": 6,
            },
        },
        "tooltip": [
            *model,
            {"field": "way", "title": text["direction"]},
            {"field": "layer", "title": text["layer"]},
            *value_tooltip(value),
        ],
    }


def _marks(
    rows: list[dict[str, Any]], step: float, value: str, n_rows: int
) -> list[dict[str, Any]]:
    # The ends are shared by all similarities, so that a switch between them can be compared.
    lowest = math.floor(min(row["value"] for row in rows) * 20) / 20
    highest = math.ceil(max(row["value"] for row in rows) * 20) / 20
    highest = max(highest, lowest + 0.05)
    color = {
        "field": "value",
        "type": "quantitative",
        "scale": {"scheme": "viridis", "domain": [lowest, highest], "nice": False},
        "legend": {
            "title": value, "format": ".2f", "tickCount": 5,
            "gradientLength": min(140, max(60, TALL * n_rows - 20)),
        },
    }  # fmt: skip
    best = [{"filter": "isValid(datum.best)"}]
    outline = {"type": "rect", "fill": None, "strokeOpacity": 1, "strokeJoin": "round"}
    drawn: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
            "encoding": {"color": color},
        },
        # Dark within light: one of both is seen on any colour of the scale.
        *(
            {"transform": best, "mark": outline | {"stroke": stroke, "strokeWidth": width}}
            for stroke, width in (("white", 4.5), ("#111", 2))
        ),
    ]
    if step >= NUMBER:
        bright = f"datum.value > {lowest + 0.55 * (highest - lowest)}"
        drawn.append(
            {
                "mark": {"type": "text", "fontSize": 11 if step >= 32 else 10},
                "encoding": {
                    "text": {"field": "value", "type": "quantitative", "format": ".2f"},
                    "color": {"condition": {"test": bright, "value": "#111"}, "value": "#fff"},
                },
            }
        )
    return drawn
