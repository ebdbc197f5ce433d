"""Is it the language vector that does it? The chosen setting beside all controls, on test text."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.senses_layers import value_tooltip
from firth.report.shift_data import CHOSEN, METRICS, chosen_way, test_scores, way_name
from firth.report.vega import INK, PALETTE, QUIET, document, layout
from firth.report.words import words
from firth.results.schema import Result

# Pixels of a row, and of a panel.
STEP, PANEL = 30, 200
# The end of the widest interval leaves room for its number.
ROOM = 1.3
RIM = {"color": "white", "stroke": "white", "strokeWidth": 4}
COLORS = {CHOSEN: PALETTE[0], "target_tokens": PALETTE[5]}


def sweep_controls(
    result: Result, *, pair: str | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the scores of the chosen setting and of the controls, with 95 % intervals.

    Args:
        result: A result of ``sweep``.
        pair: Which direction, such as ``en-zh``; the first by default.
        language: Of titles and axes.

    Raises:
        OptionError: No such direction.
        ResultError: The direction has no scores on test text.
    """
    say = words(language)
    text = say["sweep_controls"]
    chosen = chosen_way(result, pair)
    way = str(chosen["direction"])
    tested = test_scores(result, way)
    fields = {"metric", "value", "low", "high", "n", "unit"}
    rows: list[dict[str, Any]] = [
        {"series": name} | one.model_dump(include=fields, exclude_none=True)
        for name, scores in tested.items()
        for one in scores
    ]
    if not rows:
        raise ResultError(text["missing"].format(way=way))
    known = say["control"] | say["sweep_series"]
    names = {one: known[one] for one in tested}
    metrics = [one for one in METRICS if any(row["metric"] == one for row in rows)]
    title = text["title"].format(way=way_name(result, way, say))
    subtitle = text["subtitle"].format(
        layer=chosen["layer"], alpha=f"{chosen['alpha']:g}", n=chosen["test"]
    )
    return title, document(
        title,
        [subtitle, text["dashed"]] if "random" in tested else [subtitle],
        rows,
        params=[{"name": "series_names", "value": names}],
        hconcat=[
            _panel(
                say["shift_metric"][metric],
                [row for row in rows if row["metric"] == metric],
                list(names),
                first=metric == metrics[0],
            )
            for metric in metrics
        ],
        spacing=26,
        usermeta=layout(),
    )


def _panel(name: str, rows: list[dict[str, Any]], series: list[str], first: bool) -> dict[str, Any]:
    top = ROOM * max(0.01, *(row.get("high", row["value"]) for row in rows))
    y: dict[str, Any] = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": series},
        "axis": {
            "title": None, "labels": first, "ticks": False, "domain": False, "grid": True,
            "labelExpr": "series_names[datum.value]", "labelLimit": 240, "labelPadding": 8,
        },
    }  # fmt: skip
    x: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False, "padding": 6},
        "axis": {
            "title": None, "grid": False, "format": ".2~f", "tickCount": 5,
            # A share ends at 1; what lies beyond is room for numbers.
            "values": _ticks(top),
        },
    }  # fmt: skip
    color = {
        "condition": [
            {"test": f"datum.series === '{one}'", "value": look} for one, look in COLORS.items()
        ],
        "value": QUIET,
    }
    tooltip = [{"field": "name", "title": " "}, *value_tooltip(name)]
    return {
        "title": {
            "text": name, "anchor": "start", "frame": "group", "fontSize": 13, "color": INK,
            "offset": 8,
        },
        "width": PANEL,
        "height": {"step": STEP},
        "transform": [
            {"filter": f"datum.metric === '{rows[0]['metric']}'"},
            {"calculate": "series_names[datum.series]", "as": "name"},
        ],
        "layer": [
            {
                "transform": [{"filter": "datum.series === 'random'"}],
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": "#9aa1ab"},
                "encoding": {"x": x},
            },
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule", "strokeWidth": 2.6, "strokeCap": "round"},
                "encoding": {
                    "x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y, "color": color,
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 72, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip},
            },
            # A rim of paper keeps the lines off the figures.
            *(
                _numbers(x, y, look)
                for look in (RIM, {"color": INK})
            ),
        ],
    }  # fmt: skip


def _numbers(x: dict[str, Any], y: dict[str, Any], look: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "text", "align": "left", "dx": 8, "fontSize": 11.5, "tooltip": None}
    end = {"calculate": "isValid(datum.high) ? datum.high : datum.value", "as": "end"}
    return {
        "transform": [end],
        "mark": text | look,
        "encoding": {
            "x": x | {"field": "end"},
            "y": y,
            "text": {"field": "value", "format": ".2f"},
        },
    }


def _ticks(top: float) -> list[float]:
    """Return where the axis has ticks: at most six, and none beyond 1, where only numbers stand."""
    step = next((one for one in (0.01, 0.02, 0.05, 0.1, 0.2) if top / one <= 6), 0.5)
    return [round(at * step, 2) for at in range(7) if at * step <= min(top, 1)]
