"""What all figures share: the look, the layer slider, how text is cut to fit an axis."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from firth.report.fonts import STACK

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
# Okabe and Ito (2008), told apart by colour-blind readers too.
PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#5B5B5B"]
INK = "#2b2f36"
QUIET = "#5c6470"


def document(title: str, subtitle: Sequence[str], rows: list[Any], **rest: Any) -> dict[str, Any]:
    """Return a Vega-Lite document in firth's look around the ``rest`` of a figure."""
    return {
        "$schema": SCHEMA,
        "description": title,
        "title": {
            "text": title,
            "subtitle": list(subtitle),
            "anchor": "start",
            "frame": "group",
            "fontSize": 15,
            "subtitleFontSize": 12,
            "subtitleColor": QUIET,
            "subtitlePadding": 4,
            "offset": 14,
        },
        "data": {"name": "data"},
        "datasets": {"data": rows},
        "background": "white",
        "padding": 12,
        "config": {
            "font": STACK,
            "view": {"stroke": None},
            "title": {"color": INK, "fontWeight": "normal"},
            "axis": {
                "labelFontSize": 12,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
                "labelColor": INK,
                "titleColor": QUIET,
                "gridColor": "#e6e8eb",
                "domainColor": "#9aa1ab",
                "tickColor": "#9aa1ab",
            },
            "legend": {
                "labelFontSize": 12,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
                "labelColor": INK,
                "titleColor": QUIET,
                "labelLimit": 260,
            },
        },
        **rest,
    }


def layout(
    layers: Sequence[int] = (),
    arrays: Sequence[str] = (),
    joins: Sequence[str] = (),
    items: Sequence[dict[str, str]] = (),
) -> dict[str, Any]:
    """Say how the compact data of a figure is written out as a table (see ``Figure.rows``)."""
    return {
        "firth": {
            "layers": list(layers),
            "arrays": list(arrays),
            "joins": list(joins),
            "items": list(items),
        }
    }


def layer_slider(layers: Sequence[int], start: int, name: str) -> dict[str, Any]:
    """Return the parameter ``at_layer``: a slider, or a list where layers are not in even steps."""
    steps = {after - before for before, after in pairwise(layers)}
    bind: dict[str, Any] = {"input": "select", "options": list(layers), "name": name}
    if len(steps) == 1 and min(steps) > 0:
        bind = {
            "input": "range",
            "min": layers[0],
            "max": layers[-1],
            "step": steps.pop(),
            "name": name,
        }
    parameter: dict[str, Any] = {"name": "at_layer", "value": start}
    return parameter | ({"bind": bind} if len(layers) > 1 else {})


def columns(text: str) -> int:
    """Return how wide a text is, in columns: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def shorten(text: str, start: int, end: int, width: int) -> str:
    """Cut ``text`` to ``width`` columns and keep the letters from ``start`` to ``end`` in view."""
    text = "".join(" " if letter.isspace() else letter for letter in text)
    if columns(text) <= width:
        return text
    left, right = start, min(end, len(text))
    room = width - columns(text[left:right]) - 2
    while room > 0 and (left > 0 or right < len(text)):
        # To the right first: a reader goes on from the word.
        if right < len(text) and (right - end <= start - left or left == 0):
            room -= columns(text[right])
            right += 1
        else:
            left -= 1
            room -= columns(text[left])
    return ("…" if left else "") + text[left:right].strip() + ("…" if right < len(text) else "")
