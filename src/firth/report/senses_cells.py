"""The parts of a matrix of occurrences: cells, their numbers, strips of senses, order of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from firth.report.senses_data import Item, colors_of
from firth.report.vega import shorten
from firth.report.words import Words

ORDERS = ("given", "label", "cluster")
# Above these a matrix is sampled, is drawn without sentences, is drawn without numbers.
MOST_ITEMS = 150
MOST_AXIS_TEXTS = 60
MOST_CELL_TEXTS = 12


def sampled(n: int) -> list[int]:
    """Return which of ``n`` occurrences are drawn: all, or ``MOST_ITEMS`` taken evenly."""
    if n <= MOST_ITEMS:
        return list(range(n))
    return [int(index) for index in np.linspace(0, n - 1, MOST_ITEMS).round()]


def pairs(text: Words, tooltip: list[dict[str, str]], **legend: Any) -> dict[str, Any]:
    """Return the coloured cells; ``legend`` says where and how large their legend is."""
    # The domain is taken from the pairs shown, so every layer uses all of the colours; a sentence
    # with itself is left out, or its 1 would flatten the rest.
    look = {"title": text["value"], "format": ".2f", "gradientLength": 140, "tickCount": 5}
    color = {
        "field": "value",
        "type": "quantitative",
        "scale": {"scheme": "viridis", "zero": False, "nice": False},
        "legend": look | legend,
    }
    return {
        "transform": [{"filter": "datum.first !== datum.second"}],
        "mark": {"type": "rect"},
        "encoding": {"color": color, "tooltip": tooltip},
    }


def diagonal(tooltip: list[dict[str, str]]) -> dict[str, Any]:
    """Return the grey cells of each sentence with itself."""
    return {
        "transform": [{"filter": "datum.first === datum.second"}],
        "mark": {"type": "rect", "color": "#cfd2d6"},
        "encoding": {"tooltip": tooltip},
    }


def cell_texts(tooltip: list[dict[str, str]], size: int = 11) -> dict[str, Any]:
    """Return the numbers in the cells, dark on light and light on dark."""
    return {
        "transform": [
            {"filter": "datum.first !== datum.second"},
            {
                "joinaggregate": [
                    {"op": "min", "field": "value", "as": "low"},
                    {"op": "max", "field": "value", "as": "high"},
                ]
            },
        ],
        "mark": {"type": "text", "fontSize": size},
        "encoding": {
            "tooltip": tooltip,
            "text": {"field": "value", "type": "quantitative", "format": ".2f"},
            "color": {
                "condition": {
                    "test": "datum.value > datum.low + 0.55 * (datum.high - datum.low)",
                    "value": "#111",
                },
                "value": "#fff",
            },
        },
    }


def strips(
    senses: list[str], text: Words, side: int, *, legend: bool = True
) -> list[dict[str, Any]]:
    """Return the coloured strips left of the rows and under the columns that show the senses."""
    color = {
        "field": "first_label",
        "type": "nominal",
        "scale": {"domain": senses, "range": colors_of(senses)},
        "legend": {"title": text["label"], "symbolType": "square"} if legend else None,
    }
    plain = color | {"legend": None}
    itself = [{"filter": "datum.first === datum.second"}]
    tooltip = [{"field": "first_label", "title": text["label"]}]
    left = {"x": {"value": -13}, "x2": {"value": -4}, "color": color, "tooltip": tooltip}
    below = {
        "y": {"value": side + 4}, "y2": {"value": side + 13}, "color": plain, "tooltip": tooltip,
    }  # fmt: skip
    return [
        {"transform": itself, "mark": {"type": "rect"}, "encoding": encoding}
        for encoding in (left, below)
    ]


def axis_text(position: int, item: Item, width: int) -> str:
    """Return the number and the sentence, cut so that the word is still in it."""
    sentence = str(item["sentence"])
    start, end = (int(str(item.get(key) or 0)) for key in ("start", "end"))
    return f"{position + 1}  {shorten(sentence, start, end, width)}"


def sequence_of(items: list[Item], similarity: np.ndarray, order: str) -> list[int]:
    """Return the numbers (from 1) of the items in the order of the rows."""
    given = list(range(len(items)))
    if order == "label":
        labels = [str(item.get("label", "")) for item in items]
        first_seen = list(dict.fromkeys(labels))
        given.sort(key=lambda index: first_seen.index(labels[index]))
    elif order == "cluster" and len(items) > 2:
        from scipy.cluster.hierarchy import leaves_list, linkage
        from scipy.spatial.distance import squareform

        distance = 1 - (similarity + similarity.T).astype(np.float64) / 2
        np.fill_diagonal(distance, 0)
        tree = linkage(squareform(np.clip(distance, 0, None), checks=False), method="average")
        given = [int(index) for index in leaves_list(tree)]
    return [index + 1 for index in given]
