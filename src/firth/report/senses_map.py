"""The map: occurrences in the first two principal directions."""

from __future__ import annotations

from typing import Any

import numpy as np

from firth.errors import ResultError
from firth.report.senses_data import (
    Item,
    array_of,
    chosen_word,
    colors_of,
    first_layer,
    items_of,
    layers_of,
)
from firth.report.vega import document, layer_slider, layout
from firth.report.words import Words, words
from firth.results.schema import Result

# Above this the points are small and bear no numbers.
MOST_NUMBERED = 60


def map_of_occurrences(
    result: Result, *, word: str | None = None, layer: int | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the occurrences in two dimensions, coloured by sense, with a slider over layers.

    Args:
        result: A result of ``senses``.
        word: Which word, where the result is about several.
        layer: One layer; without it there is a slider.
        language: Of titles and axes.
    """
    say = words(language)
    text = say["map"]
    word = chosen_word(result, word)
    points = array_of(result, "map.centred", word)
    if points is None:
        raise ResultError(text["missing"])
    found = layers_of(result)
    start = first_layer(result, word, found, layer)
    if layer is not None:
        points, found = points[found.index(layer)][None], [layer]
    items = items_of(result, word)
    labelled = any("label" in item for item in items)
    coordinates = np.round(points.astype(np.float64), 6)
    rows: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        row: dict[str, Any] = {"item": index + 1, "sentence": str(item["sentence"])}
        row |= {"label": str(item["label"])} if "label" in item else {}
        axes = {"x": coordinates[:, index, 0], "y": coordinates[:, index, 1]}
        rows.append(row | {name: values.tolist() for name, values in axes.items()})
    title = text["title"].format(word=word)
    return title, document(
        title,
        [text["subtitle"]],
        rows,
        width=460,
        height=360,
        params=[layer_slider(found, start, text["layer"])],
        transform=[
            {"calculate": f"datum.{axis}[indexof({found}, at_layer)]", "as": f"at_{axis}"}
            for axis in "xy"
        ],
        encoding=_map_encoding(items, labelled, text),
        layer=[
            {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 0.9}},
            {
                "mark": {"type": "text", "dx": 9, "dy": -8, "fontSize": 11, "tooltip": None},
                "encoding": {"text": {"field": "item"}, "shape": {"value": "circle"}},
            },
        ]
        if len(items) <= MOST_NUMBERED
        else [{"mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.75}}],
        usermeta=layout(found, ["x", "y"]),
    )


def _map_encoding(items: list[Item], labelled: bool, text: Words) -> dict[str, Any]:
    plain = {"ticks": False, "labels": False, "domain": False, "grid": False}
    encoding: dict[str, Any] = {
        axis: {
            "field": f"at_{axis}",
            "type": "quantitative",
            "title": text[axis],
            "axis": plain,
            "scale": {"zero": False, "nice": False, "padding": 24},
        }
        for axis in "xy"
    }
    tooltip = [{"field": "item", "title": "#"}, {"field": "sentence", "title": text["item"]}]
    if labelled:
        tooltip.append({"field": "label", "title": text["label"]})
        senses = list(dict.fromkeys(str(item.get("label", "")) for item in items))
        legend = {"title": text["label"]}
        sense = {"field": "label", "type": "nominal", "legend": legend}
        scale = {"domain": senses, "range": colors_of(senses)}
        encoding["color"] = sense | {"scale": scale}
        # Shapes run out after eight senses; the colours then stand alone.
        if len(senses) <= 8:
            encoding["shape"] = sense | {"scale": {"domain": senses}}
    return encoding | {"tooltip": tooltip}
