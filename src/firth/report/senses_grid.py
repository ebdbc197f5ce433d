"""The cells of the heat map: columns of layers and arms, rows of words and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from firth.report.senses_layers import value_tooltip
from firth.report.words import Words

# Above these the cells bear no numbers. Only layers count: the columns of arms are wide enough.
MOST_TEXT_ROWS = 30
MOST_TEXT_LAYERS = 14
# In units of a cell: what sets the arms and the row of means apart.
GAP = 0.35
# Pixels that the name of an arm needs.
ARM_WIDTH = 54


def grid(
    names: Sequence[str],
    layers: Sequence[int],
    arms: Sequence[str],
    lowest: float,
    value: str,
    text: Words,
) -> dict[str, Any]:
    """Return the size, parameters and marks of a grid whose rows are ``names`` and their mean.

    Where a cell lies is said by parameters, so the data stays plain: a ``word`` or ``mean``, a
    ``layer`` or ``arm``, a ``value``, and ``best`` where it is to be outlined.

    Args:
        names: The words, in the order of the rows.
        layers: The layers, in the order of the columns.
        arms: The columns to the right of the layers, set apart.
        lowest: The value of the darkest colour; the lightest is 1.
        value: What the legend calls a value.
        text: The words of the heat map.
    """
    n_columns = len(layers) + len(arms)
    step = float(np.clip(600 / max(n_columns, 1), 12, 44))
    tall = 24 if len(names) <= MOST_TEXT_ROWS else 15
    lefts, rights = _places(len(layers), len(arms), max(1.0, ARM_WIDTH / step))
    tops = [float(index) for index in range(len(names))] + [len(names) + GAP]
    numbers = [str(layer) if step >= 18 or layer % 2 == 0 else "" for layer in layers]
    parameters: dict[str, list[Any]] = {
        "columns": [*layers, *arms],
        "lefts": lefts,
        "rights": rights,
        "column_names": [*numbers, *(text["arm"][arm] for arm in arms)],
        "words": list(names),
        "tops": tops,
        "row_names": [*names, text["all"]],
    }
    place = {
        "at_column": "indexof(columns, isValid(datum.arm) ? datum.arm : datum.layer)",
        "at_row": "isValid(datum.mean) ? length(words) : indexof(words, datum.word)",
        "left": "lefts[datum.at_column]",
        "right": "rights[datum.at_column]",
        "middle": "(datum.left + datum.right) / 2",
        "top": "tops[datum.at_row]",
        "bottom": "datum.top + 1",
        "centre": "datum.top + 0.5",
        "column": "isValid(datum.arm) ? join(column_names[datum.at_column], ' ') : datum.layer",
    }
    return {
        "width": round(rights[-1] * step),
        "height": round((tops[-1] + 1) * tall),
        "params": [{"name": name, "value": listed} for name, listed in parameters.items()],
        "transform": [{"calculate": rule, "as": name} for name, rule in place.items()],
        "encoding": {
            "tooltip": [
                {"field": "word", "title": text["word"]},
                {"field": "column", "title": text["layer"]},
                *value_tooltip(value),
                {"field": "unit", "title": text["unit"]},
            ]
        },
        "layer": _marks(lefts, rights, tops, lowest, value, text)
        + (
            [_texts(lowest)]
            if len(names) <= MOST_TEXT_ROWS and len(layers) <= MOST_TEXT_LAYERS
            else []
        ),
    }


def _places(layers: int, arms: int, wide: float) -> tuple[list[float], list[float]]:
    """Return where columns begin and end, in units of a layer's column."""
    start = layers + GAP if layers else 0
    lefts = [float(index) for index in range(layers)]
    lefts += [start + wide * index for index in range(arms)]
    widths = [1.0] * layers + [wide] * arms
    return lefts, [left + width for left, width in zip(lefts, widths, strict=True)]


def _marks(
    lefts: Sequence[float],
    rights: Sequence[float],
    tops: Sequence[float],
    lowest: float,
    value: str,
    text: Words,
) -> list[dict[str, Any]]:
    # Without a count of ticks large enough, every second name would be dropped.
    plain = {
        "domain": False, "ticks": False, "grid": False, "labelOverlap": False, "labelFlush": False,
        "tickCount": 2 * (len(lefts) + len(tops)),
    }  # fmt: skip
    middles = [(left + right) / 2 for left, right in zip(lefts, rights, strict=True)]
    centres = [top + 0.5 for top in tops]
    x: dict[str, Any] = {
        "field": "left",
        "type": "quantitative",
        "title": text["layer"],
        "scale": {"domain": [0, rights[-1]], "nice": False, "zero": False},
        "axis": plain
        | {"values": middles, "labelExpr": f"column_names[indexof({middles}, datum.value)]"},
    }
    y: dict[str, Any] = {
        "field": "top",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, tops[-1] + 1], "nice": False, "zero": False, "reverse": True},
        "axis": plain
        | {
            "values": centres,
            "labelExpr": f"row_names[indexof({centres}, datum.value)]",
            "labelLimit": 180,
        },
    }
    corners = {"x": x, "x2": {"field": "right"}, "y": y, "y2": {"field": "bottom"}}
    color = {
        "field": "value",
        "type": "quantitative",
        "scale": {"scheme": "viridis", "domain": [lowest, 1], "clamp": True, "nice": False},
        "legend": {"title": value, "format": ".2f", "gradientLength": 140, "tickCount": 5},
    }
    best = [{"filter": "isValid(datum.best)"}]
    outline = {"type": "rect", "fill": None, "strokeOpacity": 1}
    return [
        {
            "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
            "encoding": corners | {"color": color},
        },
        # Dark within light: one of both is seen on any colour of the scale.
        *(
            {
                "transform": best,
                "mark": outline | {"stroke": stroke, "strokeWidth": width},
                "encoding": corners,
            }
            for stroke, width in (("white", 4.5), ("#111", 2))
        ),
    ]


def _texts(lowest: float) -> dict[str, Any]:
    bright = f"datum.value > {lowest + 0.55 * (1 - lowest)}"
    return {
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {
            "x": {"field": "middle", "type": "quantitative"},
            "y": {"field": "centre", "type": "quantitative"},
            "text": {"field": "value", "type": "quantitative", "format": ".2f"},
            "color": {"condition": {"test": bright, "value": "#111"}, "value": "#fff"},
        },
    }
