"""How much do language vectors depend on their sentences? Two halves, over growing numbers."""

from __future__ import annotations

import math
from typing import Any

from firth.errors import OptionError, ResultError
from firth.report.align_data import caption
from firth.report.shift_data import named, splits
from firth.report.vega import PALETTE, document, layer_slider, layout
from firth.report.words import Words, words
from firth.results.schema import Result

METRIC = "half_cosine"
# Colours run out after eight pairs; then the dashes tell.
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2])


def stability(
    result: Result, *, layer: int | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw a curve a pair of languages; the layer is chosen on the figure.

    Args:
        result: A result of ``language_vectors``.
        layer: What is shown first; the middle one by default.
        language: Of titles and axes.

    Raises:
        OptionError: No such layer.
        ResultError: The result compares no halves.
    """
    say = words(language)
    text = say["stability"]
    fields = {"pair", "layer", "n", "value"}
    rows = [one.model_dump(include=fields) for one in result.rows(METRIC)]
    if not rows:
        raise ResultError(text["missing"])
    layers = sorted({row["layer"] for row in rows})
    start = layers[len(layers) // 2] if layer is None else layer
    if start not in layers:
        raise OptionError(f"no layer {start} here; there are {', '.join(map(str, layers))}")
    pairs = list(dict.fromkeys(row["pair"] for row in rows))
    return text["title"], document(
        text["title"],
        [text["subtitle"]],
        rows,
        width=520,
        height=320,
        params=[
            layer_slider(layers, start, text["layer"]),
            {"name": "pair_names", "value": {one: pair_name(result, one, say) for one in pairs}},
        ],
        transform=[
            {"filter": "datum.layer == at_layer"},
            {"calculate": "pair_names[datum.pair]", "as": "named"},
        ],
        layer=[
            *_marks(rows, pairs, text),
            caption(f"replace('{text['at']}', '{{layer}}', at_layer)"),
        ],
        usermeta=layout(),
    )


def pair_name(result: Result, pair: str, say: Words) -> str:
    """Return two languages as a reader writes them: ``English – Chinese``."""
    known = {card.name.removesuffix(" text") for card in result.data}
    every = splits(pair)
    both = [one for one in every if known.issuperset(one)]
    return " – ".join(named(one, say) for one in (both or every)[0])


def _marks(rows: list[dict[str, Any]], pairs: list[str], text: Words) -> list[dict[str, Any]]:
    x: dict[str, Any] = {
        "field": "n",
        "type": "quantitative",
        "title": text["n"],
        "scale": {"type": "log", "nice": False, "padding": 10},
        "axis": {"values": sorted({row["n"] for row in rows}), "format": "~s", "grid": False,
                 "labelOverlap": True},
    }  # fmt: skip
    # One floor for all layers, so that a move of the slider can be compared.
    floor = math.floor(min(row["value"] for row in rows) * 10) / 10
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": text["value"],
        "scale": {"domain": [min(floor, 0.9), 1], "nice": False, "zero": False},
        "axis": {"format": ".2f", "tickCount": 6},
    }
    series = {"field": "pair", "type": "nominal"}
    legend = {
        "title": None, "labelExpr": "pair_names[datum.label]", "symbolType": "stroke",
        "symbolStrokeWidth": 2.5, "symbolSize": 300,
    }  # fmt: skip
    looks = {
        "color": [PALETTE[at % len(PALETTE)] for at in range(len(pairs))],
        "strokeDash": [DASHES[at // len(PALETTE) % len(DASHES)] for at in range(len(pairs))],
    }
    channels: dict[str, Any] = {
        channel: series | {"scale": {"domain": pairs, "range": chosen}, "legend": legend}
        for channel, chosen in looks.items()
    }
    tooltip = [
        {"field": "named", "title": text["pair"]},
        {"field": "n", "title": text["n"]},
        {"field": "layer", "title": text["layer"]},
        {"field": "value", "title": text["value"], "format": ".4f"},
    ]
    return [
        {
            "mark": {"type": "line", "strokeWidth": 2.2},
            "encoding": channels | {"x": x, "y": y},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 52, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": channels["color"], "tooltip": tooltip},
        },
    ]
