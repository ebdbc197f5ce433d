"""The trade-off of a sweep: how much comes out in the other language against how much is right.

A line a layer, through its alphas; the larger alpha, the larger the point. Test text stands beside
it: the chosen setting, and the controls.
"""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.align_data import caption
from firth.report.senses_data import check_choice
from firth.report.shift_data import (
    CHOOSERS,
    CHOSEN,
    chosen_way,
    dev_rows,
    metric_tooltip,
    test_scores,
    way_name,
)
from firth.report.sweep_marks import LOOKS, LOOKUP, PLACED, X, beside, level
from firth.report.vega import QUIET, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

ROOM = 1.08  # of the vertical axis above the best score
SIZES = (14, 120)  # of the points, from the smallest alpha to the largest
MOST_NAMED = 7  # layers, and alphas, in the legend
Rows = list[dict[str, Any]]


def sweep_tradeoff(
    result: Result, *, pair: str | None = None, metric: str | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw conversion rate against dictionary hit rate or BLEU-1, for every layer and alpha.

    Args:
        result: A result of ``sweep``.
        pair: Which direction, such as ``en-zh``; the first by default.
        metric: ``dictionary_hit_rate`` or ``bleu_1``: what is shown first; the one that chose by
            default.
        language: Of titles and axes.

    Raises:
        OptionError: No such direction or metric.
        ResultError: The direction has no conversion rates.
    """
    say = words(language)
    text = say["sweep_tradeoff"]
    chosen = chosen_way(result, pair)
    way = str(chosen["direction"])
    lines = dev_rows(result, way)
    unplaced = sum(X not in row for row in lines)
    if unplaced == len(lines):
        raise ResultError(text["missing"].format(way=way))
    kinds = [one for one in CHOOSERS if any(one in row for row in lines)]
    first = str(chosen["by"]) if metric is None else metric
    check_choice("metric", first, kinds)
    for row in lines:
        if (row["layer"], row["alpha"]) == (chosen["layer"], chosen["alpha"]):
            row["series"] = "dev"
    rows = lines + _tested(result, way)
    series = [one for one in LOOKS if any(row.get("series") == one for row in rows)]
    names = say["control"] | say["sweep_series"] | {
        "dev": text["dev"], CHOSEN: text["test"], LOOKUP: text["lookup"],
    }  # fmt: skip
    title = text["title"].format(way=way_name(result, way, say))
    setting = {"layer": chosen["layer"], "alpha": f"{chosen['alpha']:g}"}
    subtitle = [
        text["subtitle"].format(n=chosen["dev"]),
        text["beside"].format(n=chosen["test"], **setting),
    ]
    if unplaced:
        subtitle.append(text["unplaced"].format(n=unplaced))
    return title, document(
        title,
        subtitle,
        rows,
        width=520,
        height=360,
        params=_parameters(rows, kinds, first, names, say),
        transform=[
            {"calculate": "datum[metric]", "as": "score"},
            {"calculate": "isValid(datum.series) ? series[datum.series] : ''", "as": "name"},
        ],
        layer=[
            *_marks(rows, series, names, metric_tooltip(result, way, say), text),
            caption("metric_names[metric]"),
        ],
        usermeta=layout(),
    )


def _tested(result: Result, way: str) -> Rows:
    """Return one row for each thing scored on test text, its scores by metric."""
    rows: Rows = []
    for name, scores in test_scores(result, way).items():
        fields = {"split", "layer", "alpha"}
        row = scores[0].model_dump(include=fields, exclude_none=True) | {"series": name}
        rows.append(row | {one.metric: one.value for one in scores})
    return rows


def _parameters(
    rows: Rows, kinds: list[str], first: str, names: dict[str, str], say: Words
) -> list[dict[str, Any]]:
    labels = {one: str(say["shift_metric"][one]) for one in kinds}
    choice: dict[str, Any] = {"name": "metric", "value": first}
    if len(kinds) > 1:
        choice["bind"] = {
            "input": "radio", "options": kinds, "labels": list(labels.values()),
            "name": say["sweep_tradeoff"]["choice"],
        }  # fmt: skip
    tops = {one: ROOM * max(0.01, *(row.get(one, 0) for row in rows)) for one in kinds}
    return [
        choice,
        {"name": "metric_names", "value": labels},
        {"name": "tops", "value": tops},
        {"name": "series", "value": names},
    ]


def _marks(
    rows: Rows,
    series: list[str],
    names: dict[str, str],
    scores: list[dict[str, str]],
    text: Words,
) -> list[dict[str, Any]]:
    x: dict[str, Any] = {
        "field": X,
        "type": "quantitative",
        "title": text["x"],
        "scale": {"domain": [0, 1], "nice": False, "padding": 8},
        "axis": {"format": ".1f", "grid": False},
    }
    y: dict[str, Any] = {
        "field": "score",
        "type": "quantitative",
        "scale": {"domain": {"expr": "[0, tops[metric]]"}, "nice": False},
        "axis": {"title": None, "format": ".2~f", "tickCount": 6},
    }
    setting = [
        {"field": "layer", "title": text["layer"]},
        {"field": "alpha", "title": text["alpha"], "format": "~g"},
        *scores,
    ]
    every = sorted({row["layer"] for row in rows})
    color = {
        "field": "layer",
        "type": "quantitative",
        # The yellow end of the scale would be lost on white.
        "scale": {
            "scheme": {"name": "viridis", "extent": [0, 0.88]},
            "domain": [every[0], every[-1]], "nice": False,
        },
        "legend": {
            "title": text["layer"], "type": "symbol", "symbolType": "circle", "symbolSize": 110,
            "symbolStrokeWidth": 0, "symbolOpacity": 1, "format": "d",
            "values": every[:: -(-len(every) // MOST_NAMED)],
        },
    }  # fmt: skip
    dev = [{"filter": "datum.split === 'dev'"}, {"filter": PLACED}]
    drawn = [
        {
            "transform": dev,
            "mark": {"type": "line", "strokeWidth": 1.5, "opacity": 0.55},
            "encoding": {
                "x": x, "y": y, "color": color, "detail": {"field": "layer"},
                "order": {"field": "alpha", "type": "quantitative"},
            },
        },
        {
            "transform": dev,
            "mark": {"type": "point", "filled": True, "opacity": 1},
            "encoding": {
                "x": x, "y": y, "color": color, "tooltip": setting, "size": _sizes(rows, text),
            },
        },
    ]  # fmt: skip
    if LOOKUP in series:
        drawn.append(level(y, scores))
    return [*drawn, beside(x, y, series, names, setting, text)]


def _sizes(rows: Rows, text: Words) -> dict[str, Any]:
    alphas = sorted({row["alpha"] for row in rows if row["split"] == "dev"})
    if len(alphas) == 1:
        return {"value": SIZES[1] / 2}
    return {
        "field": "alpha",
        "type": "quantitative",
        "scale": {"domain": [alphas[0], alphas[-1]], "range": list(SIZES), "zero": False},
        "legend": {
            "title": text["alpha"], "values": alphas[:: -(-len(alphas) // MOST_NAMED)],
            "format": "~g", "symbolType": "circle", "symbolFillColor": QUIET,
            "symbolStrokeWidth": 0,
        },
    }  # fmt: skip
