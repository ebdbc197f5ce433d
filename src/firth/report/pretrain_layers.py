"""Where in the network do the languages align? MRR over layers, at every kept checkpoint."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from firth.errors import OptionError, ResultError
from firth.report.align_data import caption, choice
from firth.report.pretrain_data import (
    SIMILARITIES,
    ArmOf,
    Arms,
    Row,
    arm_colour,
    arms_of,
    chance_of,
    chosen_arms,
)
from firth.report.pretrain_points import beside_frame
from firth.report.senses_data import check_choice
from firth.report.vega import QUIET, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

MOST_NAMED = 13  # layers on the axis


def pretrain_layers(
    result: Result,
    *,
    arms: Arms = None,
    controls: bool = True,
    step: int | None = None,
    similarity: str = "centred",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw a curve an arm over layers; the checkpoint is chosen on the figure.

    Args:
        result: A result of ``pretrain``.
        arms: Which arms; all by default.
        controls: Whether controls are among all.
        step: The checkpoint that is shown first; the last one by default.
        similarity: ``centred`` or ``raw``: what is shown first.
        language: Of titles and axes.

    Raises:
        OptionError: No such arm, checkpoint or similarity.
        ResultError: Alignment was not measured.
    """
    say = words(language)
    text = say["pretrain_layers"]
    check_choice("similarity", similarity, SIMILARITIES)
    drawn = chosen_arms(result, arms, controls, say)
    rows = [row for arm in drawn for row in _of_arm(result, arm)]
    if not rows:
        raise ResultError(text["missing"])
    drawn = [arm for arm in drawn if any(row["arm"] == arm.key for row in rows)]
    steps = sorted({row["step"] for row in rows})
    start = steps[-1] if step is None else step
    if start not in steps:
        raise OptionError(f"no checkpoint of step {start}; there are {', '.join(map(str, steps))}")
    layers = sorted({int(str(row["layer"])) for row in result.tables["alignment"]})
    guess = [chance_of(result)] * len(layers)
    seeds = max(len(arm.seeds) for arm in drawn)
    slider: dict[str, Any] = {"name": "at", "value": steps.index(start)}
    if len(steps) > 1:
        slider["bind"] = {
            "input": "range", "min": 0, "max": len(steps) - 1, "step": 1, "name": text["at"],
        }  # fmt: skip
    where = f"replace('{text['where']}', '{{step}}', format(steps[at], ',d'))"
    where = f"replace({where}, '{{similarity}}', similarity_names[similarity])"
    return text["title"], document(
        text["title"],
        [text["subtitle_seeds" if seeds > 1 else "subtitle"].format(n=seeds)],
        [*rows, {"control": "chance"} | dict.fromkeys(SIMILARITIES, guess)],
        width=480,
        height=300,
        params=[
            slider,
            *choice(SIMILARITIES, similarity, text["similarity"], say),
            {"name": "chance_name", "value": say["control"]["chance"]},
            {"name": "steps", "value": steps},
            {"name": "layers", "value": layers},
            {"name": "arm_names", "value": {one.key: one.name for one in arms_of(result, say)}},
        ],
        layer=[
            *_marks(rows, layers, drawn, say),
            caption(where),
        ],
        usermeta=layout(layers, SIMILARITIES),
    )


def _of_arm(result: Result, arm: ArmOf) -> list[Row]:
    """Return a row a checkpoint and seed, and one for their mean: the MRR of all layers."""
    found: dict[tuple[int, int], dict[int, Row]] = {}
    for row in result.tables["alignment"]:
        if row["arm"] == arm.key:
            key = (int(str(row["step"])), int(str(row["seed"])))
            found.setdefault(key, {})[int(str(row["layer"]))] = row
    rows: list[Row] = []
    by_step: dict[int, list[Row]] = {}
    for (step, seed), by_layer in sorted(found.items()):
        arrays = {
            kind: [float(str(by_layer[layer][kind])) for layer in sorted(by_layer)]
            for kind in SIMILARITIES
        }
        row = {"arm": arm.key, "step": step, "seed": seed} | arrays
        by_step.setdefault(step, []).append(row)
    for step, own in by_step.items():
        rows += own if len(arm.seeds) > 1 else []
        if len(own) == len(arm.seeds):
            means = {
                kind: [fmean(values) for values in zip(*(row[kind] for row in own), strict=True)]
                for kind in SIMILARITIES
            }
            rows.append({"arm": arm.key, "step": step} | means)
    return rows


def _marks(
    rows: list[Row], layers: list[int], drawn: list[ArmOf], say: Words
) -> list[dict[str, Any]]:
    text = say["pretrain_layers"]
    x: dict[str, Any] = {
        "field": "layer",
        "type": "quantitative",
        "title": text["layer"],
        "scale": {"domain": [layers[0], layers[-1]], "nice": False, "padding": 8},
        "axis": {
            "values": layers[:: -(-len(layers) // MOST_NAMED)],
            "format": "d",
            "grid": False,
        },
    }
    # One top for all checkpoints, so that a move of the slider can be compared.
    top = max(value for row in rows for kind in SIMILARITIES for value in row[kind])
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": text["value"],
        "scale": {"domain": [0, top], "nice": True},
        "axis": {"tickCount": 6},
    }
    colour = arm_colour(drawn, say["pretrain_curves"]["arm"])
    apart = [
        {"calculate": "datum[similarity]", "as": "value"},
        {"calculate": "layers", "as": "layer"},
        {"calculate": "arm_names[datum.arm]", "as": "named"},
        {"flatten": ["layer", "value"]},
    ]
    chosen = [{"filter": "datum.step === steps[at]"}, *apart]
    tooltip = [
        {"field": "named", "title": say["pretrain_curves"]["arm"]},
        {"field": "layer", "title": text["layer"]},
        {"field": "value", "title": text["value"], "format": ".3f"},
    ]
    base: dict[str, Any] = {"x": x, "y": y, "color": colour}
    detail = [{"field": "seed"}]
    mean = [*chosen, {"filter": "!isValid(datum.seed)"}]
    guess = [{"filter": "isValid(datum.control)"}, *apart]
    return [
        {
            "transform": guess,
            "mark": {"type": "line", "strokeDash": [5, 4], "color": QUIET, "strokeWidth": 1.2},
            "encoding": {"x": x, "y": y},
        },
        beside_frame([*guess, {"filter": "datum.layer === layers[0]"}], y, "chance_name"),
        {
            "transform": [*chosen, {"filter": "isValid(datum.seed)"}],
            "mark": {"type": "line", "strokeWidth": 0.9, "strokeOpacity": 0.5},
            "encoding": base | {"detail": detail},
        },
        {
            "transform": mean,
            "mark": {"type": "line", "strokeWidth": 2.4},
            "encoding": base,
        },
        {
            "transform": mean,
            "mark": {"type": "point", "filled": True, "size": 52, "opacity": 1},
            "encoding": base | {"tooltip": tooltip},
        },
    ]  # fmt: skip
