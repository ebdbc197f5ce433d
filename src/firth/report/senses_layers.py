"""The curve over layers: where the senses come apart, beside the controls."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.senses_data import (
    SIMILARITIES,
    chosen_word,
    scores_of,
)
from firth.report.vega import PALETTE, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result, Score

# How the horizontal line of a control is drawn: colour and dashes.
RULES = {
    "layer_0": ("#2b2f36", [6, 3]),
    "static": ("#7a4fa3", [2, 3]),
    "random_words": ("#8c6d31", [8, 2, 2, 2]),
    "chance": ("#8a9099", [1, 0]),
}


def layers(
    result: Result, *, word: str | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the AUC over layers with its 95 % band, raw and centred, beside the controls.

    Args:
        result: A result of ``senses``.
        word: Which word, where the result is about several.
        language: Of titles and axes.
    """
    say = words(language)
    text = say["layers"]
    word = chosen_word(result, word)
    scores = [one for one in scores_of(result, word, control=None) if one.layer is not None]
    scores = [one for one in scores if one.similarity in SIMILARITIES]
    if not scores:
        raise ResultError(text["missing"])
    fields = {"layer", "similarity", "value", "low", "high", "n"}
    rows: list[dict[str, Any]] = [
        one.model_dump(include=fields, exclude_none=True)
        | {"series": say["similarity"][one.similarity]}
        for one in scores
    ]
    rules: list[dict[str, Any]] = []
    for control in ("layer_0", "static", "random_words"):
        found = scores_of(result, word, control=control)
        # The curve of interest is the centred one, so its own layer 0 is the line to beat.
        found.sort(key=lambda one: one.similarity != "centred")
        if found:
            own = found[0].model_dump(include=fields - {"layer"}, exclude_none=True)
            rules.append(own | {"control": control, "series": say["control"][control]})
    rules.append({"control": "chance", "value": 0.5, "series": say["control"]["chance"]})
    names = [say["similarity"][one] for one in SIMILARITIES]
    names = [one for one in names if any(row["series"] == one for row in rows)]
    looks = {name: (color, [1, 0]) for name, color in zip(names, PALETTE, strict=False)}
    looks |= {rule["series"]: RULES[rule["control"]] for rule in rules}
    floor = min([0.4, *(row.get("low", row["value"]) for row in rows + rules)])
    title = text["title"].format(word=word)
    return title, document(
        title,
        [text["subtitle"]],
        rows + rules,
        width=520,
        height=300,
        layer=curves(looks, floor, text["value"], layer_axis(scores, text), layer_tooltip(text)),
        usermeta=layout(),
    )


def layer_axis(scores: list[Score], text: Words) -> dict[str, Any]:
    """Return the encoding of the horizontal axis: layers from 0 to the last."""
    last = max(one.layer or 0 for one in scores)
    return {
        "field": "layer",
        "type": "quantitative",
        "title": text["layer"],
        "scale": {"domain": [0, last], "nice": False, "padding": 8},
        "axis": {"tickMinStep": 1, "format": "d", "grid": False},
    }


def layer_tooltip(text: Words) -> list[dict[str, str]]:
    """Return the lines of a tooltip that say curve, layer and score."""
    return [
        {"field": "series", "title": text["series"]},
        {"field": "layer", "title": text["layer"]},
        *value_tooltip(text["value"]),
    ]


def value_tooltip(name: str) -> list[dict[str, str]]:
    """Return the lines of a tooltip that say a score: its value, interval and n."""
    return [
        {"field": "value", "title": name, "format": ".3f"},
        {"field": "low", "title": "2.5 %", "format": ".3f"},
        {"field": "high", "title": "97.5 %", "format": ".3f"},
        {"field": "n", "title": "n"},
    ]


def curves(
    looks: dict[str, tuple[str, list[int]]],
    floor: float,
    value: str,
    x: dict[str, Any],
    tooltip: list[dict[str, str]],
) -> list[dict[str, Any]]:
    """Return curves with their bands, and rules for the rows that have a ``control``.

    Args:
        looks: Colour and dashes of every ``series``.
        floor: Where the vertical axis starts; it ends at 1.
        value: The name of the vertical axis.
        x: The encoding of the horizontal axis.
        tooltip: Of the points and the rules.
    """
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": value,
        "scale": {"domain": [floor, 1], "nice": False, "zero": False},
        "axis": {"format": ".2f"},
    }
    series = {"field": "series", "type": "nominal"}
    domain, colors, dashes = (
        list(looks),
        [c for c, _ in looks.values()],
        [d for _, d in looks.values()],
    )
    legend = {
        "title": None,
        "symbolType": "stroke",
        "symbolStrokeWidth": 2.5,
        "symbolOpacity": 1,
        "symbolSize": 300,
    }
    color = series | {"scale": {"domain": domain, "range": colors}, "legend": legend}
    dash = series | {"scale": {"domain": domain, "range": dashes}, "legend": legend}
    curve = [{"filter": "isValid(datum.layer)"}]
    rule = [{"filter": "isValid(datum.control)"}]
    return [
        {
            "transform": [*curve, {"filter": "isValid(datum.low)"}],
            "mark": {"type": "area", "opacity": 0.13, "tooltip": None},
            "encoding": {
                "x": x,
                "y": y | {"field": "low"},
                "y2": {"field": "high"},
                "color": color,
            },
        },
        {
            "transform": rule,
            "mark": {"type": "rule", "strokeWidth": 1.6},
            "encoding": {"y": y, "color": color, "strokeDash": dash, "tooltip": tooltip},
        },
        {
            "transform": curve,
            "mark": {"type": "line", "strokeWidth": 2.4},
            "encoding": {"x": x, "y": y, "color": color, "strokeDash": dash},
        },
        {
            "transform": curve,
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip},
        },
    ]
