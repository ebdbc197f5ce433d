"""Which layer and which alpha? A heat map of the score on development text that chose them."""

from __future__ import annotations

from typing import Any

import numpy as np

from firth.errors import ResultError
from firth.report.senses_data import check_choice
from firth.report.shift_data import METRICS, chosen_way, dev_rows, metric_tooltip, way_name
from firth.report.vega import document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

# Pixels: the widths of a cell, its height, and the least that a number in it needs.
WIDEST, NARROWEST, WHOLE = 44, 14, 620
TALL = 30
NUMBER = 27


def sweep_grid(
    result: Result, *, pair: str | None = None, metric: str | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw a score of every layer and alpha tried, the chosen one outlined.

    Args:
        result: A result of ``sweep``.
        pair: Which direction, such as ``en-zh``; the first by default.
        metric: ``conversion_rate``, ``bleu_1`` or ``dictionary_hit_rate``; the one that chose by
            default.
        language: Of titles and axes.

    Raises:
        OptionError: No such direction or metric.
        ResultError: The direction has no such scores.
    """
    say = words(language)
    text = say["sweep_grid"]
    chosen = chosen_way(result, pair)
    way = str(chosen["direction"])
    metric = str(chosen["by"]) if metric is None else metric
    check_choice("metric", metric, METRICS)
    rows = [row for row in dev_rows(result, way) if metric in row]
    if not rows:
        raise ResultError(text["missing"].format(metric=say["shift_metric"][metric], way=way))
    for row in rows:
        if (row["layer"], row["alpha"]) == (chosen["layer"], chosen["alpha"]):
            row["chosen"] = True
    layers = sorted({row["layer"] for row in rows})
    alphas = sorted({row["alpha"] for row in rows}, reverse=True)
    step = float(np.clip(WHOLE / len(layers), NARROWEST, WIDEST))
    title = text["title"].format(way=way_name(result, way, say))
    value = say["shift_metric"][metric]
    subtitle = [
        text["subtitle"].format(metric=value, n=chosen["dev"]),
        text["outlined"].format(
            layer=chosen["layer"], alpha=f"{chosen['alpha']:g}",
            by=say["shift_metric"][chosen["by"]],
        ),
    ]  # fmt: skip
    return title, document(
        title,
        subtitle,
        rows,
        width=round(step * len(layers)),
        height=TALL * len(alphas),
        encoding=_encoding(layers, alphas, step, metric_tooltip(result, way, say), text),
        layer=_marks([row[metric] for row in rows], metric, step, value, TALL * len(alphas)),
        usermeta=layout(),
    )


def _encoding(
    layers: list[int],
    alphas: list[float],
    step: float,
    scores: list[dict[str, str]],
    text: Words,
) -> dict[str, Any]:
    bare: dict[str, Any] = {"domain": False, "ticks": False, "labelAngle": 0, "labelPadding": 6}
    every = "datum.label" if step >= 18 else "datum.value % 2 ? '' : datum.label"
    return {
        "x": {
            "field": "layer",
            "type": "ordinal",
            "scale": {"domain": layers, "paddingInner": 0},
            "axis": bare | {"title": text["layer"], "orient": "bottom", "labelExpr": every},
        },
        "y": {
            "field": "alpha",
            "type": "ordinal",
            "scale": {"domain": alphas, "paddingInner": 0},
            "axis": bare | {"title": text["alpha"], "format": "~g", "titlePadding": 10},
        },
        "tooltip": [
            {"field": "layer", "title": text["layer"]},
            {"field": "alpha", "title": text["alpha"], "format": "~g"},
            *scores,
        ],
    }


def _marks(
    values: list[float], metric: str, step: float, name: str, height: int
) -> list[dict[str, Any]]:
    low, high = min(values), max(max(values), min(values) + 0.01)
    color = {
        "field": metric,
        "type": "quantitative",
        "scale": {"scheme": "viridis", "domain": [low, high], "nice": False},
        "legend": {
            "title": name, "format": ".2f", "tickCount": 4, "gradientLength": max(60, height - 30),
        },
    }  # fmt: skip
    chosen = [{"filter": "isValid(datum.chosen)"}]
    outline = {"type": "rect", "fill": None, "strokeOpacity": 1, "strokeJoin": "round"}
    drawn: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
            "encoding": {"color": color},
        },
        # Dark within light: one of both is seen on any colour of the scale.
        *(
            {"transform": chosen, "mark": outline | {"stroke": stroke, "strokeWidth": width}}
            for stroke, width in (("white", 5), ("#111", 2.4))
        ),
    ]
    if step >= NUMBER:
        bright = f"datum.{metric} > {low + 0.55 * (high - low)}"
        drawn.append(
            {
                "mark": {"type": "text", "fontSize": 11 if step >= 32 else 10},
                "encoding": {
                    "text": {"field": metric, "type": "quantitative", "format": ".2f"},
                    "color": {"condition": {"test": bright, "value": "#111"}, "value": "#fff"},
                },
            }
        )
    return drawn
