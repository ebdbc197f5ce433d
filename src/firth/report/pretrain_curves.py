"""Loss and alignment on one time axis: does the MRR rise when the loss drops?

Above, the training loss (each seed thin, their mean thick) and held-out loss by language; between,
a row a run, what `firth.probe.change_point` found, each point with its 95 % interval; below, the
MRR. One step to the right doubles the steps.
"""

from __future__ import annotations

import math
from itertools import cycle
from typing import Any

from firth.errors import ResultError
from firth.report.pretrain_changes import change_names, change_rows, changes_panel
from firth.report.pretrain_data import (
    CBOW,
    SIMILARITIES,
    TRAIN,
    ArmOf,
    Arms,
    Row,
    arm_colour,
    arms_of,
    chance_of,
    chosen_arms,
    language_name,
    languages_of,
    loss_curves,
    mean_curve,
    named_layer,
    rank_curves,
)
from firth.report.pretrain_points import beside_frame
from firth.report.senses_data import check_choice
from firth.report.vega import INK, QUIET, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

WIDTH, LOSS_HEIGHT, RANK_HEIGHT = 510, 250, 200
MARGIN = 48  # left of the axes of loss and MRR, so that their titles stand in one line
MRR, CHANCE = "mrr", "chance"
# Of held-out text, by language.
DASHES = ([5, 3], [1.5, 2.5], [8, 2, 2, 2])


def pretrain_curves(
    result: Result,
    *,
    arms: Arms = None,
    controls: bool = True,
    similarity: str = "centred",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw loss, change points and MRR over the steps, in one colour an arm.

    Args:
        result: A result of ``pretrain``.
        arms: Which arms, such as ``2000`` or ``["2000", "en alone"]``; all by default.
        controls: Whether controls are among all.
        similarity: ``centred`` or ``raw``.
        language: Of titles and axes.

    Raises:
        OptionError: No such arm or similarity.
        ResultError: There is nothing to draw.
    """
    say = words(language)
    text = say["pretrain_curves"]
    check_choice("similarity", similarity, SIMILARITIES)
    drawn = chosen_arms(result, arms, controls, say)
    layer = named_layer(result)
    rows = [row for arm in drawn for row in _losses(result, arm)]
    if not rows:
        raise ResultError(text["missing"])
    ranks: list[Row] = []
    if layer is not None:
        ranks = [row for arm in drawn for row in _ranks(result, arm, layer, similarity)]
    changes = [row for arm in drawn for row in change_rows(result, arm)]
    x = _x(rows + ranks, text, labels=True)
    quiet = _x(rows + ranks, text, labels=False)
    panels = [_loss_panel(rows, quiet if changes or ranks else x, result, drawn, say)]
    if changes:
        panels.append(changes_panel(drawn, quiet if ranks else x, WIDTH, say))
    chance: list[Row] = []
    if ranks:
        chance = [{"line": CHANCE, "value": chance_of(result)}]
        panels.append(_rank_panel(ranks, x, drawn, text))
    seeds = max(len(arm.seeds) for arm in drawn)
    subtitle = [text["subtitle_seeds" if seeds > 1 else "subtitle"].format(n=seeds)]
    if ranks:
        subtitle.append(
            text["subtitle_mrr"].format(layer=layer, similarity=say["similarity"][similarity])
        )
    return text["title"], document(
        text["title"],
        subtitle,
        rows + changes + ranks + chance,
        params=[
            {"name": "arm_names", "value": {one.key: one.name for one in arms_of(result, say)}},
            {"name": "line_names", "value": _line_names(result, say)},
            *change_names(drawn, say),
        ],
        vconcat=panels,
        spacing=10,
        usermeta=layout(),
    )


def _losses(result: Result, arm: ArmOf) -> list[Row]:
    """Return the rows of an arm's curves: seeds and mean; of held-out text, the mean."""
    own = loss_curves(result, arm, TRAIN)
    learning = CBOW if arm.control == CBOW else TRAIN
    means = {learning: mean_curve(own)}
    # A control is there for its curve of training; more of it would hide the arms.
    for language in languages_of(result) if arm.control is None else ():
        means[language] = mean_curve(loss_curves(result, arm, language))
    about = {"arm": arm.key, "panel": "loss"}
    rows = [about | {"line": learning} | row for row in own if len(arm.seeds) > 1]
    return rows + [about | {"line": line} | row for line, curve in means.items() for row in curve]


def _ranks(result: Result, arm: ArmOf, layer: int, similarity: str) -> list[Row]:
    own = rank_curves(result, arm, layer, similarity)
    about = {"arm": arm.key, "panel": MRR, "line": MRR}
    seeds = [about | row for row in own if len(arm.seeds) > 1]
    return seeds + [about | row for row in mean_curve(own)]


def _line_names(result: Result, say: Words) -> dict[str, str]:
    text = say["pretrain_curves"]
    names = {
        TRAIN: text["train"],
        CBOW: text["cbow"],
        MRR: text["mrr"],
        CHANCE: say["control"]["chance"],
    }
    return names | {
        one: text["held_out"].format(language=language_name(one, say))
        for one in languages_of(result)
    }


def _x(rows: list[Row], text: Words, labels: bool) -> dict[str, Any]:
    """Return the axis of time: a cell of the grid is a doubling."""
    first = math.floor(math.log2(min(row["step"] for row in rows)))
    last = max(row["step"] for row in rows)
    axis: dict[str, Any] = {
        "values": [2**power for power in range(first, math.floor(math.log2(last)) + 1)],
        "format": ",d", "labelOverlap": True, "labelFlush": False,
        "labels": labels, "ticks": labels, "domain": labels,
    }  # fmt: skip
    return {
        "field": "step",
        "type": "quantitative",
        "title": text["step"] if labels else None,
        "scale": {"type": "log", "base": 2, "domain": [2**first, last], "nice": False},
        "axis": axis,
    }


def _loss_panel(
    rows: list[Row], x: dict[str, Any], result: Result, drawn: list[ArmOf], say: Words
) -> dict[str, Any]:
    text = say["pretrain_curves"]
    values = [row["value"] for row in rows]
    y = {
        "field": "value",
        "type": "quantitative",
        "title": text["loss"],
        "scale": {"domain": [min(values), max(values)], "nice": True, "zero": False},
        "axis": {"tickCount": 6, "minExtent": MARGIN},
    }
    held_out = languages_of(result)
    dashes = {TRAIN: [1, 0]} | dict(zip(held_out, cycle(DASHES), strict=False))
    if any(arm.control == CBOW for arm in drawn):
        dashes[CBOW] = [10, 3, 2, 3]
    dash = {
        "field": "line",
        "type": "nominal",
        "scale": {"domain": list(dashes), "range": list(dashes.values())},
        "legend": {
            "title": None, "labelExpr": "line_names[datum.label]", "symbolType": "stroke",
            "symbolStrokeWidth": 1.8, "symbolSize": 500, "symbolStrokeColor": INK,
        },
    }  # fmt: skip
    return _panel(
        "loss", x, y, LOSS_HEIGHT, arm_colour(drawn, text["arm"]), text["loss"], text, dash
    )


def _rank_panel(
    rows: list[Row], x: dict[str, Any], drawn: list[ArmOf], text: Words
) -> dict[str, Any]:
    top = max(row["value"] for row in rows)
    y = {
        "field": "value",
        "type": "quantitative",
        "title": text["mrr"],
        "scale": {"domain": [0, top], "nice": True},
        "axis": {"tickCount": 5, "minExtent": MARGIN},
    }
    panel = _panel(MRR, x, y, RANK_HEIGHT, arm_colour(drawn), text["mrr"], text, None)
    guess = [{"filter": f"datum.line === '{CHANCE}'"}]
    rule = {
        "transform": guess,
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": QUIET, "aria": False},
        "encoding": {"y": y},
    }
    name = beside_frame(guess, y, f"line_names['{CHANCE}']")
    return panel | {"layer": [rule, *panel["layer"], name]}


def _panel(
    name: str,
    x: dict[str, Any],
    y: dict[str, Any],
    height: int,
    colour: dict[str, Any],
    value: str,
    text: Words,
    dash: dict[str, Any] | None,
) -> dict[str, Any]:
    own = {"filter": f"datum.panel === '{name}'"}
    main = f"datum.line === '{TRAIN}' || datum.line === '{MRR}'"
    detail = [{"field": "arm"}, {"field": "line"}, {"field": "seed"}]
    tooltip = [
        {"field": "named", "title": text["arm"]},
        {"field": "drawn", "title": text["line"]},
        {"field": "step", "title": text["step"], "format": ",.0f"},
        {"field": "value", "title": value, "format": ".3f"},
    ]
    base = {
        "x": x,
        "y": y,
        "color": colour,
        "detail": detail,
        "order": {"field": "step", "type": "quantitative"},
    }
    if dash is not None:
        base["strokeDash"] = dash
    seed = "isValid(datum.seed)"

    def lines(test: str, width: float, opacity: float) -> dict[str, Any]:
        return {
            "transform": [own, {"filter": test}],
            "mark": {"type": "line", "strokeWidth": width, "strokeOpacity": opacity},
            "encoding": base,
        }

    return {
        "width": WIDTH,
        "height": height,
        "layer": [
            lines(seed, 0.9, 0.5),
            lines(f"!{seed} && !({main})", 1.3, 0.9),
            lines(f"!{seed} && ({main})", 2.4, 1),
            {
                "transform": [
                    own, {"filter": f"!{seed}"},
                    {"calculate": "arm_names[datum.arm]", "as": "named"},
                    {"calculate": "line_names[datum.line]", "as": "drawn"},
                ],
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
        ],
    }  # fmt: skip
