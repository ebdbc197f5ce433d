"""One panel of the figure of sizes: points over the number of sentences, controls at the right."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from firth.report.pretrain_data import BERT, CBOW, UNIGRAM, ArmOf, Row
from firth.report.vega import INK, QUIET
from firth.report.words import Words

WIDTH, HEIGHT, COLUMN = 430, 220, 66
MARGIN = 44  # left of both panels
GAP = 12  # between the sizes and the controls
ASIDE = 9  # pixels from a mean to its seeds
APART = 5  # pixels of a series to the side of its number of sentences
LINE = 20  # pixels of a line of a legend
# A t interval of two seeds may be many times as wide as what is told; the frame cuts it.
ROOM = 1.0
RIM = 0.05  # between the outermost point and the frame
KINDS = {BERT: ("circle", [1, 0]), CBOW: ("diamond", [6, 3]), UNIGRAM: ("triangle-up", [2, 2])}


@dataclass(frozen=True)
class Panel:
    """What a panel shows.

    Attributes:
        name: Of the panel, as rows say it.
        rows: Means (no ``seed``) and single runs; those with ``beside`` stand in a column.
        looks: Series -> its name and colour.
        value: What the vertical axis is called.
        floor: Where the vertical axis begins.
    """

    name: str
    rows: list[Row]
    looks: dict[str, tuple[str, str]]
    value: str
    floor: float | None = None

    @property
    def kinds(self) -> list[str]:
        """Which kinds of models there are: more than BERT?"""
        return [one for one in KINDS if any(row.get("kind") == one for row in self.rows)]

    @property
    def domain(self) -> tuple[float, float]:
        """What the vertical axis covers."""
        values = [row["value"] for row in self.rows]
        least, most = min(values), max(values)
        base = least if self.floor is None else self.floor
        room = ROOM * max(most - base, 0.02 * abs(most))
        high = min(max(row.get("high", row["value"]) for row in self.rows), most + room)
        if self.floor is not None:
            return self.floor, high + RIM * (high - self.floor)
        low = max(min(row.get("low", row["value"]) for row in self.rows), least - room)
        rim = RIM * max(high - low, 0.02 * abs(most))
        return low - rim, high + rim

    @property
    def cuts(self) -> bool:
        """Whether an interval goes on beyond the frame."""
        if not self.rows:
            return False
        low, high = self.domain
        return any(row.get("high", high) > high or row.get("low", low) < low for row in self.rows)


def points_panel(panel: Panel, arms: list[ArmOf], columns: int, say: Words) -> dict[str, Any]:
    """Return the panel, and right of it a column for each control that has something to show.

    Args:
        panel: What it shows.
        arms: All that are drawn.
        columns: Of the panel that has most; the legends stand right of them.
        say: The words of a language.
    """
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": panel.value,
        "scale": {"domain": list(panel.domain), "nice": True, "zero": False},
        "axis": {"tickCount": 5, "minExtent": MARGIN},
    }
    sizes = [arm.sentences for arm in arms if arm.control is None]
    ends = (sizes[0] / 1.5, sizes[-1] * 1.5)
    x: dict[str, Any] = {
        "field": "place",
        "type": "quantitative",
        "title": say["pretrain_sizes"]["sentences"],
        "scale": {"type": "log", "domain": list(ends), "nice": False},
        "axis": {"values": sizes, "format": ",d", "grid": False, "labelOverlap": True},
    }
    legend_x = WIDTH + GAP + COLUMN * columns + 14
    ratio = ends[1] / ends[0]
    # Pixels to the side are a factor on the logarithmic axis.
    places = _places(panel, f"datum.sentences * pow({ratio}, ({{pixels}}) / {WIDTH})")
    beside = [arm for arm in arms if any(_is_of(row, arm) for row in panel.rows)]
    layers = _layers(panel, x, y, legend_x, say, lines=True, named=not beside)
    main = [_own(panel, "!datum.beside"), *places]
    views = [{"width": WIDTH, "height": HEIGHT, "transform": main, "layer": layers}]
    if beside:
        names = json.dumps([arm.short for arm in beside], ensure_ascii=False)
        keys = json.dumps([arm.key for arm in beside])
        places = _places(panel, f"indexof({keys}, datum.arm) + ({{pixels}}) / {COLUMN}")
        x = {
            "field": "place",
            "type": "quantitative",
            "title": None,
            "scale": {"domain": [-0.5, len(beside) - 0.5], "nice": False, "zero": False},
            "axis": {
                "values": list(range(len(beside))), "grid": False, "ticks": False,
                "labelExpr": f"split({names}[datum.value], ' ')", "labelFontSize": 11,
                "labelLimit": COLUMN, "labelBound": False, "labelFlush": False,
            },
        }  # fmt: skip
        axis = y["axis"] | {"labels": False, "ticks": False, "domain": False, "minExtent": 0}
        quiet = y | {"title": None, "axis": axis}
        layers = _layers(panel, x, quiet, legend_x, say, lines=False, named=True)
        views.append(
            {
                "width": COLUMN * len(beside), "height": HEIGHT,
                "transform": [_own(panel, "datum.beside || datum.series === 'chance'"), *places],
                "layer": layers,
            }
        )  # fmt: skip
    return {"hconcat": views, "spacing": GAP, "bounds": "flush"}


def _is_of(row: Row, arm: ArmOf) -> bool:
    return bool(row["beside"]) and row["arm"] == arm.key


def _own(panel: Panel, test: str) -> dict[str, Any]:
    return {"filter": f"datum.panel === '{panel.name}' && ({test})"}


def _places(panel: Panel, expression: str) -> list[dict[str, Any]]:
    """Return where means stand, a series beside the other, and seeds further aside."""
    series = [one for one in panel.looks if any(row["series"] == one for row in panel.rows)]
    sides = {one: (2 * at - len(series) + 1) * APART for at, one in enumerate(series)}
    outer = {one: side + (ASIDE if side >= 0 else -ASIDE) for one, side in sides.items()}
    # Where both series end in one point, it is that of the first.
    side = f"(datum.joint ? {sides[series[0]]} : {json.dumps(sides)}[datum.series])"
    return [
        {"calculate": expression.format(pixels=side), "as": "place"},
        {"calculate": expression.format(pixels=f"{json.dumps(outer)}[datum.series]"), "as": "out"},
        {"calculate": "arm_names[datum.arm]", "as": "named"},
        {"calculate": f"{panel.name}_names[datum.series]", "as": "drawn"},
        {"calculate": "kind_names[datum.kind]", "as": "model"},
        {"calculate": "datum.kind", "as": "dash"},
    ]


def _layers(
    panel: Panel,
    x: dict[str, Any],
    y: dict[str, Any],
    legend_x: int,
    say: Words,
    *,
    lines: bool,
    named: bool,
) -> list[dict[str, Any]]:
    text = say["pretrain_sizes"]
    about = {"title": None, "orient": "none", "legendX": legend_x, "symbolSize": 90}
    colour = {
        "field": "series",
        "type": "nominal",
        "scale": {
            "domain": list(panel.looks), "range": [one for _, one in panel.looks.values()],
        },
        "legend": about
        | {
            "legendY": 0, "symbolType": "circle", "symbolOpacity": 1,
            "labelExpr": f"{panel.name}_names[datum.label]",
        },
    }  # fmt: skip
    base = {"x": x, "y": y, "color": colour}
    shape, dash = _kinds(panel, about)
    tooltip = [
        {"field": "named", "title": say["pretrain_curves"]["arm"]},
        *([{"field": "model", "title": text["model"]}] if shape else []),
        {"field": "drawn", "title": text["series"]},
        {"field": "value", "title": panel.value, "format": ".3f"},
        {"field": "low", "title": "2.5 %", "format": ".3f"},
        {"field": "high", "title": "97.5 %", "format": ".3f"},
        {"field": "n", "title": text["seeds"]},
    ]
    guess = [{"filter": "datum.series === 'chance'"}]
    means = {"filter": "!isValid(datum.seed) && datum.series !== 'chance'"}
    points = [means, {"filter": "!datum.joint"}]
    line = {
        "transform": [means],
        "mark": {"type": "line", "strokeWidth": 1.6, "strokeOpacity": 0.6},
        "encoding": base | dash,
    }
    # Chance is named in words beside; a rule that is not there would be an image without a name.
    rule = {"type": "rule", "strokeDash": [5, 4], "color": QUIET, "aria": False}
    return [
        {"transform": guess, "mark": rule, "encoding": {"y": y}},
        *([beside_frame(guess, y, "chance_name")] if named else []),
        *([line] if lines else []),
        {
            "transform": [*points, {"filter": "isValid(datum.low)"}],
            # What points say in words; a layer that is empty would be an image without a name.
            "mark": {"type": "rule", "strokeWidth": 2.4, "clip": True, "aria": False},
            "encoding": base | {"y": y | {"field": "low"}, "y2": {"field": "high"}},
        },
        {
            "transform": points,
            "mark": {"type": "point", "filled": True, "size": 72, "opacity": 1},
            "encoding": base | shape | {"tooltip": tooltip},
        },
        {
            "transform": [{"filter": "isValid(datum.seed)"}],
            "mark": {
                "type": "point", "size": 20, "opacity": 0.9, "strokeWidth": 1.1, "aria": False,
            },
            "encoding": base | {"x": x | {"field": "out"}, "tooltip": tooltip[:-3]},
        },
    ]  # fmt: skip


def _kinds(panel: Panel, about: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the shapes of points and the dashes of lines; nothing where all are BERT."""
    kinds = panel.kinds
    if len(kinds) < 2:
        return {}, {}
    legend = about | {
        "legendY": LINE * len(panel.looks) + 10, "labelExpr": "kind_names[datum.label]",
        "symbolFillColor": INK, "symbolStrokeColor": INK, "symbolStrokeWidth": 1.4,
    }  # fmt: skip

    def channel(field: str, at: int, legend: dict[str, Any] | None) -> dict[str, Any]:
        scale = {"domain": kinds, "range": [KINDS[one][at] for one in kinds]}
        return {"field": field, "type": "nominal", "scale": scale, "legend": legend}

    # Another field, or both would have one legend, whose symbols have frayed edges.
    shape, dash = channel("kind", 0, legend), channel("dash", 1, None)
    return {"shape": shape}, {"strokeDash": dash}


def beside_frame(rows: list[dict[str, Any]], y: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the name of a level line, right of the frame: inside, curves would run through it.

    Args:
        rows: Transforms that leave the row of the line.
        y: The vertical axis.
        name: The parameter that holds the name.
    """
    return {
        "transform": rows,
        "mark": {
            "type": "text", "align": "left", "baseline": "middle", "dx": 5, "color": QUIET,
            "fontSize": 11.5, "text": {"expr": name}, "tooltip": None,
        },
        "encoding": {"x": {"value": "width"}, "y": y},
    }  # fmt: skip
