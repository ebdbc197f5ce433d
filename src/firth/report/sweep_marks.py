"""The marks beside the lines of a trade-off: the chosen setting, and what stands on test text."""

from __future__ import annotations

from typing import Any

from firth.report.shift_data import CHOSEN, SERIES
from firth.report.vega import INK, QUIET
from firth.report.words import Words

X = "conversion_rate"  # of the horizontal axis
# A setting none of whose tokens have a language has no place on that axis.
PLACED = f"isValid(datum.{X}) && isValid(datum.score)"
DASH = [4, 3]
LOOKUP = SERIES[-1]
LIGHT = "#E8641B"
# Shape, filling and edge of what stands beside the lines; ``dev`` is the setting that was chosen.
LOOKS = {
    "dev": ("circle", "transparent", INK),
    CHOSEN: ("diamond", LIGHT, INK),
    "target_tokens": ("diamond", "white", LIGHT),
    "alpha_0": ("square", "transparent", INK),
    "random": ("cross", "transparent", INK),
    "third_language": ("triangle-up", "transparent", INK),
    LOOKUP: ("stroke", "transparent", QUIET),
}


def level(y: dict[str, Any], scores: list[dict[str, str]]) -> dict[str, Any]:
    """Return the dictionary's own score: it has no conversion rate, so it is a level line."""
    return {
        "transform": [{"filter": f"datum.series === '{LOOKUP}' && isValid(datum.score)"}],
        "mark": {"type": "rule", "strokeDash": DASH, "color": QUIET, "strokeWidth": 1.6},
        "encoding": {"y": y, "tooltip": [{"field": "name", "title": " "}, *scores]},
    }


def beside(
    x: dict[str, Any],
    y: dict[str, Any],
    series: list[str],
    names: dict[str, str],
    setting: list[dict[str, str]],
    text: Words,
) -> dict[str, Any]:
    """Return the chosen setting and what was scored on test text; one legend tells them apart.

    Args:
        x: The horizontal axis.
        y: The vertical axis.
        series: What there is, keys of `LOOKS`.
        names: Their names.
        setting: Lines of the tooltip.
        text: The words of the figure.
    """
    looks: dict[str, list[Any]] = {
        channel: [LOOKS[one][at] for one in series]
        for at, channel in enumerate(("shape", "fill", "stroke"))
    }
    looks["strokeDash"] = [DASH if one == LOOKUP else [1, 0] for one in series]
    encoding: dict[str, Any] = {
        channel: {
            "field": "name",
            "type": "nominal",
            "scale": {"domain": [names[one] for one in series], "range": found},
            "legend": {"title": None, "symbolSize": 120, "symbolStrokeWidth": 1.7},
        }
        for channel, found in looks.items()
    }
    return {
        "transform": [
            {"filter": f"isValid(datum.series) && datum.series !== '{LOOKUP}'"},
            {"filter": PLACED},
        ],
        "mark": {"type": "point", "opacity": 1, "strokeWidth": 1.7},
        "encoding": encoding
        | {
            "x": x,
            "y": y,
            "size": {
                "condition": {"test": "datum.series === 'dev'", "value": 260}, "value": 130,
            },
            "tooltip": [{"field": "name", "title": text["what"]}, *setting],
        },
    }  # fmt: skip
