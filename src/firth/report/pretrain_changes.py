"""The strip between loss and MRR: where each run's loss rests and drops, where its MRR rises."""

from __future__ import annotations

from typing import Any

from firth.report.pretrain_data import ArmOf, Row, arm_colour
from firth.report.vega import INK
from firth.report.words import Words
from firth.results.schema import Result

PANEL = "changes"
STEP = 13  # pixels of a run
# Points of the table ``changes``: shape, and whether it is filled.
POINTS = {
    "plateau_start": ("square", False),
    "drop_start": ("triangle-down", True),
    "drop_end": ("triangle-down", False),
    "rise_start": ("triangle-up", True),
}


def change_rows(result: Result, arm: ArmOf) -> list[Row]:
    """Return one row a point that was found, with its interval.

    Args:
        result: A result of ``pretrain``.
        arm: Which arm.
    """
    return [
        {
            "panel": PANEL, "arm": arm.key, "run": f"{arm.key}|{row['seed']}",
            "seed": row["seed"], "point": name, "step": row[name],
            "low": row[f"{name}_low"], "high": row[f"{name}_high"],
        }
        for row in result.tables["changes"]
        if row["arm"] == arm.key
        for name in POINTS
        if row.get(name) is not None
    ]  # fmt: skip


def changes_panel(drawn: list[ArmOf], x: dict[str, Any], width: int, say: Words) -> dict[str, Any]:
    """Return the panel; a run in which nothing was found has an empty row.

    Args:
        drawn: The arms.
        x: The axis of time.
        width: In pixels.
        say: The words of a language.
    """
    text = say["pretrain_curves"]
    runs = [f"{arm.key}|{seed}" for arm in drawn for seed in arm.seeds]
    y: dict[str, Any] = {
        "field": "run",
        "type": "nominal",
        "title": None,
        "scale": {"domain": runs},
        "axis": {
            "ticks": False, "domain": False, "grid": True, "gridColor": "#f0f1f3",
            "labelExpr": "run_names[datum.value]", "labelLimit": 150, "labelFontSize": 11,
        },
    }  # fmt: skip
    x2, colour = {"field": "high"}, arm_colour(drawn)
    tooltip = [
        {"field": "named", "title": text["arm"]},
        {"field": "seed", "title": text["seed"]},
        {"field": "what", "title": text["point"]},
        {"field": "step", "title": text["step"], "format": ",.0f"},
        {"field": "low", "title": "2.5 %", "format": ",.0f"},
        {"field": "high", "title": "97.5 %", "format": ",.0f"},
    ]
    marks = [
        {
            "transform": [{"filter": f"datum.point === '{name}'"}],
            "mark": {
                "type": "point", "shape": shape, "size": 66 if filled else 48, "opacity": 1,
                "filled": filled, **({} if filled else {"fill": "white", "strokeWidth": 1.3}),
            },
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": tooltip},
        }
        for name, (shape, filled) in POINTS.items()
    ]  # fmt: skip
    return {
        "width": width,
        "height": STEP * len(runs),
        "transform": [
            {"filter": f"datum.panel === '{PANEL}'"},
            {"calculate": "arm_names[datum.arm]", "as": "named"},
            {"calculate": "point_names[datum.point]", "as": "what"},
        ],
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 1.6},
                "encoding": {"x": x | {"field": "low"}, "x2": x2, "y": y, "color": colour},
            },
            *marks,
            _legend(x, y, text),
        ],
    }


def _legend(x: dict[str, Any], y: dict[str, Any], text: Words) -> dict[str, Any]:
    """Return points of no size that say what shapes mean, in no arm's colour."""
    looks: dict[str, list[str]] = {
        "shape": [shape for shape, _ in POINTS.values()],
        "fill": [INK if filled else "white" for _, filled in POINTS.values()],
        "stroke": [INK] * len(POINTS),
    }
    legend = {
        "title": text["changes"], "labelExpr": "point_names[datum.label]", "symbolSize": 60,
        "titleLimit": 260,
    }  # fmt: skip
    encoding = {
        channel: {
            "field": "point",
            "type": "nominal",
            "scale": {"domain": list(POINTS), "range": found},
            "legend": legend,
        }
        for channel, found in looks.items()
    }
    return {
        "mark": {"type": "point", "opacity": 1, "size": 0, "tooltip": None},
        "encoding": encoding | {"x": x, "y": y},
    }


def change_names(drawn: list[ArmOf], say: Words) -> list[dict[str, Any]]:
    """Return the parameters that the panel reads: what its rows and its points are called.

    Args:
        drawn: The arms.
        say: The words of a language.
    """
    text = say["pretrain_curves"]
    # The name stands once, at the middle one of an arm's runs.
    runs = {
        f"{arm.key}|{seed}": arm.short if at == (len(arm.seeds) - 1) // 2 else ""
        for arm in drawn
        for at, seed in enumerate(arm.seeds)
    }
    points = {one: text[one] for one in POINTS}
    return [{"name": "run_names", "value": runs}, {"name": "point_names", "value": points}]
