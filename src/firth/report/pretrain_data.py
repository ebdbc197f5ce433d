"""What the figures and findings of ``pretrain`` read: its arms, curves, change points and means."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from firth.errors import OptionError, did_you_mean
from firth.report.shift_data import named
from firth.report.vega import PALETTE
from firth.report.words import Words
from firth.results.schema import Result, Score

TRAIN = "train"
ALONE, CBOW, UNIGRAM = "alone", "cbow", "unigram"
BERT = "bert"
FAKE = "-x-fake"
EQUAL_STEPS, EQUAL_EPOCHS = "equal_steps", "equal_epochs"
SIMILARITIES = ("centred", "raw")
# Curves with fewer points are not searched for a bend (`firth.experiments.pretrain_curves`).
LEAST_POINTS = 12
# Of the points of a curve that are drawn; the others are in their means.
PER_DOUBLING = 8
COLOURS = [*PALETTE, "#7A4FA3", "#A0312B", "#1B6B72", "#B0A000"]

Row = dict[str, Any]
Arms = str | int | Iterable[str | int] | None


@dataclass(frozen=True)
class ArmOf:
    """One arm of a result.

    Attributes:
        key: Its name in the tables.
        sentences: Of each language.
        control: Which control it is; None for an arm of the experiment itself.
        name: As a reader sees it.
        short: The same where there is little room.
        seeds: Of its runs.
        colour: In figures, the same in all.
    """

    key: str
    sentences: int
    control: str | None
    name: str
    short: str
    seeds: tuple[int, ...]
    colour: str


def arms_of(result: Result, say: Words) -> list[ArmOf]:
    """Return the arms, fewest sentences first, then the controls.

    Args:
        result: A result of ``pretrain``.
        say: The words of a language.
    """
    seeds: dict[tuple[str, int, str | None], list[int]] = {}
    for row in result.tables.get("models", []):
        control = None if row["control"] is None else str(row["control"])
        key = (str(row["arm"]), int(str(row["sentences"])), control)
        seeds.setdefault(key, []).append(int(str(row["seed"])))
    order = {None: 0, CBOW: 2}
    keys = sorted(seeds, key=lambda one: (order.get(one[2], 1), one[1] if one[2] in order else 0))
    colours: dict[int | str, str] = {}
    arms: list[ArmOf] = []
    for key, n, control in keys:
        # CBOW stands beside the arm that read the same sentences, in its colour.
        own = n if control in order else key
        colour = colours.setdefault(own, COLOURS[len(colours) % len(COLOURS)])
        names = _arm_names(key, n, control, say)
        arms.append(ArmOf(key, n, control, *names, tuple(seeds[key, n, control]), colour))
    return arms


def chosen_arms(result: Result, arms: Arms, controls: bool, say: Words) -> list[ArmOf]:
    """Return the arms that a figure draws.

    Args:
        result: A result of ``pretrain``.
        arms: Names of the tables, such as ``2000``; all by default.
        controls: Whether controls are among all.
        say: The words of a language.

    Raises:
        OptionError: There is no such arm.
    """
    every = arms_of(result, say)
    if arms is None:
        return [one for one in every if controls or one.control is None]
    wanted = [str(one) for one in ([arms] if isinstance(arms, str | int) else arms)]
    legal = [one.key for one in every]
    for one in wanted:
        if one not in legal:
            raise OptionError(
                f"no arm {one!r} here; there are {', '.join(legal)}.{did_you_mean(one, legal)}"
            )
    return [one for one in every if one.key in wanted]


def count(n: int) -> str:
    """Return a whole number for the screen: 75,000."""
    return f"{n:,}"


def language_name(code: str, say: Words) -> str:
    """Return the name of a language, or of the fake twin of one."""
    if code.endswith(FAKE):
        return str(say["pretrain"]["fake"]).format(language=named(code.removesuffix(FAKE), say))
    return named(code, say)


def pretrain_title(result: Result, say: Words) -> str:
    """Return what was asked: do these languages align?

    Args:
        result: A result of ``pretrain``.
        say: The words of a language.
    """
    *others, last = [language_name(one, say) for one in languages_of(result)]
    text = say["pretrain"]
    if not others:
        return text["title_alone"].format(language=last)
    named = text["and"].join([text["comma"].join(others), last])
    return text["title"].format(languages=named)


def languages_of(result: Result) -> list[str]:
    """Return the languages that are learnt."""
    return [str(one) for one in result.config["languages"]]


def _arm_names(key: str, sentences: int, control: str | None, say: Words) -> tuple[str, str]:
    text = say["pretrain"]
    if control is None:
        return count(sentences), count(sentences)
    if control == ALONE:
        code = key.removesuffix(f" {ALONE}")
        name = text["alone"].format(language=language_name(code, say))
        return name, name
    if control == CBOW:
        name = text["cbow_of"].format(n=count(sentences))
        return name, name
    first, *others = [str(text["switch"].get(one, one)) for one in control.split("+")]
    more = f" +{len(others)}" if others else ""
    return text["plus"].join([first, *others]), first + more


def named_layer(result: Result) -> int | None:
    """Return the layer of curves, means and contrasts; None where alignment was not measured."""
    layers = [one.layer for one in result.rows("mrr", split=EQUAL_STEPS, unit="seed")]
    return layers[0] if layers else None


def mean_of(result: Result, metric: str, arm: ArmOf, **fields: Any) -> Score | None:
    """Return a mean over the seeds of an arm.

    Args:
        result: A result of ``pretrain``.
        metric: ``mrr`` or ``mlm_loss``.
        arm: Which arm.
        fields: Further fields of the score.
    """
    about = {"arm": str(arm.sentences), "control": arm.control, "unit": "seed"} | fields
    found = result.rows(metric, **about)
    return found[0] if found else None


def loss_curves(result: Result, arm: ArmOf, text: str) -> list[Row]:
    """Return the loss of every seed over steps, the points of a sixth of a doubling as one.

    Args:
        result: A result of ``pretrain``.
        arm: Which arm.
        text: ``train``, or the language of held-out text.
    """
    rows: list[Row] = []
    own = [row for row in result.tables["loss"] if row["arm"] == arm.key and row["text"] == text]
    for seed in arm.seeds:
        points = [row for row in own if row["seed"] == seed]
        # A row of the training loss is the mean of the steps since the row before.
        early = (float(str(points[0]["step"])) - 1) / 2 if points and text == TRAIN else 0.0
        bins: dict[int, list[tuple[float, float]]] = {}
        for row in points:
            step = float(str(row["step"])) - early
            if step >= 1:
                at = math.log2(step)
                bins.setdefault(int(at * PER_DOUBLING), []).append((at, float(str(row["loss"]))))
        rows += [
            {"seed": seed, "step": 2 ** fmean(at for at, _ in some),
             "value": fmean(loss for _, loss in some)}
            for some in bins.values()
        ]  # fmt: skip
    return rows


def rank_curves(result: Result, arm: ArmOf, layer: int, similarity: str) -> list[Row]:
    """Return the MRR of every seed at its kept checkpoints but the one before the first step.

    Args:
        result: A result of ``pretrain``.
        arm: Which arm.
        layer: Of which layer.
        similarity: ``centred`` or ``raw``.
    """
    return [
        {"seed": row["seed"], "step": row["step"], "value": row[similarity]}
        for row in result.tables["alignment"]
        if row["arm"] == arm.key and row["layer"] == layer and int(str(row["step"])) >= 1
    ]


def mean_curve(rows: list[Row]) -> list[Row]:
    """Return the mean over seeds at each step that all of them have."""
    by_step: dict[float, list[float]] = {}
    for row in rows:
        by_step.setdefault(row["step"], []).append(row["value"])
    n = len({row["seed"] for row in rows})
    return [
        {"step": step, "value": fmean(values)}
        for step, values in sorted(by_step.items())
        if len(values) == n
    ]


def chance_of(result: Result) -> float | None:
    """Return the MRR of a random order, the mean over runs; None without a dictionary."""
    found = {
        (row["arm"], row["seed"]): float(str(row["chance"])) for row in result.tables["alignment"]
    }
    return fmean(found.values()) if found else None


def arm_colour(drawn: list[ArmOf], title: str | None = None) -> dict[str, Any]:
    """Return the encoding of arms by colour; names are in the parameter ``arm_names``.

    Args:
        drawn: The arms.
        title: Of the legend; without it there is none.
    """
    legend: dict[str, Any] = {
        "title": title, "labelExpr": "arm_names[datum.label]", "symbolType": "stroke",
        "symbolStrokeWidth": 3, "symbolSize": 300, "titleLimit": 260, "labelLimit": 300,
        # CBOW has the colour of an arm, and dashes of its own.
        "values": [one.key for one in drawn if one.control != CBOW],
    }  # fmt: skip
    return {
        "field": "arm",
        "type": "nominal",
        "scale": {
            "domain": [one.key for one in drawn], "range": [one.colour for one in drawn],
        },
        "legend": legend if title is not None else None,
    }  # fmt: skip
