"""The finding of each pair: the layer that is best on one half, scored on the other half."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.align_data import (
    BEST,
    KIND,
    NUMBERS,
    SIMILARITIES,
    caption,
    choice,
    models_of,
    of_control,
    row_names,
)
from firth.report.senses_data import check_choice
from firth.report.senses_layers import RULES, value_tooltip
from firth.report.vega import INK, PALETTE, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

# Pixels of one point and its bar, and between the rows of directions.
STEP = 15
GAP = 10
CONTROLS = ("chance", "static")


def align_best(
    result: Result, *, similarity: str = "centred", language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw for each pair and direction the MRR of the best layer with its 95 % interval.

    Of one model all similarities stand below each other; of several models one at a time, chosen
    on the figure, a point a model.

    Args:
        result: A result of ``align``.
        similarity: ``centred``, ``raw`` or ``csls``: what is shown first of several models.
        language: Of titles and axes.

    Raises:
        OptionError: No such similarity.
        ResultError: No layer was chosen in this result.
    """
    say = words(language)
    text = say["align_best"]
    check_choice("similarity", similarity, SIMILARITIES)
    models = models_of(result)
    several = len(models) > 1
    names = {f"{pair} {way}": name for (pair, way), name in row_names(result, say).items()}
    rows = _points(result, say, several)
    if not rows:
        raise ResultError(text["missing"])
    series = (
        [str(one) for one in models]
        if several
        else [say["similarity"][one] for one in SIMILARITIES]
    )
    series = [one for one in series if any(row["series"] == one for row in rows)]
    parameters: list[dict[str, Any]] = [{"name": "row_names", "value": names}]
    shown: list[dict[str, Any]] = []
    if several:
        parameters += choice(SIMILARITIES, similarity, text["similarity"], say)
        test = "!isValid(datum.similarity) || datum.similarity == similarity"
        shown = [{"filter": f"isValid(datum.control) || {test}"}]
    return text["title"], document(
        text["title"],
        [text["subtitle"], text["controls_models" if several else "controls"]],
        rows + _controls(result, say, several),
        params=parameters,
        width=560,
        height=(STEP * len(series) + GAP) * len(names),
        transform=[
            *shown,
            {"calculate": "datum.pair + ' ' + datum.direction", "as": "row"},
            {"calculate": "row_names[datum.row]", "as": "way"},
            {"calculate": f"replace('{text['at']}', '{{layer}}', datum.layer)", "as": "chosen"},
        ],
        layer=_marks(list(names), series, several, say) + ([caption(KIND)] if several else []),
        usermeta=layout(),
    )


def _points(result: Result, say: Words, several: bool) -> list[dict[str, Any]]:
    fields = {"model", "pair", "direction", "similarity", "layer"} | NUMBERS
    return [
        {"series": one.model if several else say["similarity"][one.similarity]}
        | one.model_dump(include=fields, exclude_none=True)
        for one in result.rows("mrr", arm=BEST, control=None)
        if one.similarity in SIMILARITIES
    ]


def _controls(result: Result, say: Words, several: bool) -> list[dict[str, Any]]:
    """Return chance, and the static vectors of each model, for each pair and direction."""
    fields = {"model", "pair", "direction", "control"} | NUMBERS
    first = models_of(result)[0]
    # A guess is the same for all models that found the same words.
    found = result.rows("mrr", control="chance", model=first)
    found += result.rows("mrr", control="static", similarity="centred")
    own = ("static",) if several else ()
    return [
        {"series": one.model if one.control in own else say["control"][one.control]}
        | one.model_dump(include=fields, exclude_none=True)
        for one in found
    ]


def _marks(names: list[str], series: list[str], several: bool, say: Words) -> list[dict[str, Any]]:
    text = say["align_best"]
    looks = dict(zip(series, (PALETTE * (1 + len(series) // len(PALETTE))), strict=False))
    controls = CONTROLS[:1] if several else CONTROLS
    looks |= {say["control"][one]: RULES[one][0] for one in controls}
    value = say["align_metric"]["mrr"]
    row = {
        "field": "row",
        "type": "nominal",
        "sort": names,
        "title": None,
        "scale": {"domain": names, "paddingInner": 0.18, "paddingOuter": 0.09},
        "axis": {
            "labelExpr": "row_names[datum.value]", "labelLimit": 240, "labelPadding": 6,
            "ticks": False, "domain": False, "grid": False,
        },
    }  # fmt: skip
    inside = {"field": "series", "type": "nominal", "sort": series, "scale": {"domain": series}}
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
        # Room for the layer beside a bar that ends at 1.
        "legend": {
            "title": None, "symbolType": "stroke", "symbolStrokeWidth": 3, "symbolSize": 250,
            "symbolOpacity": 1, "offset": 62,
        },
    }  # fmt: skip
    tooltip = [
        {"field": "way", "title": text["direction"]},
        {"field": "series", "title": text["model" if several else "series"]},
        {"field": "layer", "title": text["layer"]},
        *value_tooltip(value),
    ]
    point = [{"filter": "!isValid(datum.control)"}]
    own = {"y": row, "yOffset": inside}
    return [
        *_ticks(row, x, color, of_control(tooltip), len(series), several, own),
        {
            "transform": [*point, {"filter": "isValid(datum.low)"}],
            "mark": {"type": "rule", "strokeWidth": 2.4, "strokeCap": "round"},
            "encoding": own | {"x": x | {"field": "low"}, "x2": {"field": "high"}, "color": color},
        },
        {
            "transform": point,
            "mark": {"type": "point", "filled": True, "size": 62, "opacity": 1},
            "encoding": own | {"x": x, "color": color, "tooltip": tooltip},
        },
        {
            "transform": [
                *point,
                {"calculate": "isValid(datum.high) ? datum.high : datum.value", "as": "end"},
            ],
            "mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 10.5, "color": INK},
            "encoding": own | {"x": x | {"field": "end"}, "text": {"field": "chosen"}},
        },
    ]


def _ticks(
    row: dict[str, Any],
    x: dict[str, Any],
    color: dict[str, Any],
    tooltip: list[dict[str, str]],
    n_series: int,
    several: bool,
    own: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return the controls: upright lines through the rows they belong to."""
    tick = {"type": "tick", "orient": "vertical", "thickness": 2, "opacity": 1}
    whole = tick | {"size": STEP * n_series + 2}
    filters = {one: [{"filter": f"datum.control === '{one}'"}] for one in CONTROLS}
    drawn: list[dict[str, Any]] = []
    for control in CONTROLS:
        # Each model has static vectors of its own, on its own line and in its colour.
        apart = several and control == "static"
        drawn.append(
            {
                "transform": filters[control],
                "mark": tick | {"size": STEP - 3} if apart else whole,
                "encoding": (own if apart else {"y": row})
                | {"x": x, "color": color, "tooltip": tooltip},
            }
        )
    return drawn
