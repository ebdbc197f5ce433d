"""Scores and contrasts of `transfer`, from what every run answers for the test data.

All arms are scored on the same samples of test items (sequences that must stay together are drawn
together), then maps and runs are drawn (`firth.probe.hierarchical`). So the difference of two arms
is paired in all that they share. Of an arm without maps, or with one run, that level is not drawn.

Scores: ``accuracy`` and ``macro_f1``, or ``spearman``, by ``arm`` and ``control``, by sequence and
(``unit`` group) by group; ``difference``, ``pretrained`` minus each of `RIVALS` (``arm``), with
``p`` and, by Holm over these, ``p_adjusted``.

Table ``contrasts``: the same with an effect size, the mean difference of the runs over its standard
deviation (Cohen's d of paired runs), and in how many of the runs ``pretrained`` is ahead.

Legend: s maps, r runs of each, m samples, w windows, g classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from firth.experiments.answer import Measured
from firth.experiments.transfer_arms import PRETRAINED, RIVALS
from firth.experiments.transfer_data import Material
from firth.experiments.transfer_scores import Level
from firth.probe.hierarchical import difference, mean_estimate, mean_samples
from firth.probe.paired import holm
from firth.probe.votes import class_samples, number_samples, unit_weights
from firth.results.metrics import METRICS
from firth.results.schema import Cell, Score

DRAWS = 2000
EQUAL = 1e-9  # runs whose scores differ by no more are alike

Answers = Float[np.ndarray, "w g"]


@dataclass(frozen=True)
class ArmAnswers:
    """What an arm answers for the test windows.

    Attributes:
        arm: Its name.
        values: By map, then run; one map where it has none.
        control: Which control it is.
    """

    arm: str
    values: Sequence[Sequence[Answers]]
    control: str | None = None


@dataclass(frozen=True)
class ArmSamples:
    """An arm's scores on the samples.

    Attributes:
        arm: The answers that were scored.
        runs: Metric -> score of each run on each sample's items, [s, r, m].
        means: Metric -> mean over drawn maps and runs, [m].
    """

    arm: ArmAnswers
    runs: dict[str, Float[np.ndarray, "s r m"]]
    means: dict[str, Float[np.ndarray, " m"]]


def add_scores(
    material: Material, arms: Sequence[ArmAnswers], seed: int, found: Measured
) -> dict[str, list[ArmSamples]]:
    """Add scores and contrasts.

    Args:
        material: The data.
        arms: What was answered.
        seed: Of the bootstrap.
        found: Gets them.

    Returns:
        Unit -> samples of each arm.
    """
    found.tables["contrasts"] = []
    sampled: dict[str, list[ArmSamples]] = {}
    for level in material.levels:
        rng = np.random.default_rng([seed, 2])
        weights = unit_weights(int(level.drawn.max()) + 1, rng, DRAWS)
        own = [samples_of(level, arm, weights, material.vote, seed) for arm in arms]
        sampled[level.unit] = own
        for one in own:
            found.scores += _rows(level, one)
        _add_contrasts(level, own, material.metric, found)
    return sampled


def samples_of(
    level: Level, arm: ArmAnswers, weights: Int[np.ndarray, "m u"], rule: str, seed: int
) -> ArmSamples:
    """Score an arm on all samples.

    Args:
        level: Sequences or groups.
        arm: What it answers.
        weights: How often each drawn unit is in each sample.
        rule: How windows vote.
        seed: Of the draws of maps and runs.
    """
    runs: dict[str, list[list[np.ndarray]]] = {}
    for of_map in arm.values:
        for own in runs.values():
            own.append([])
        for values in of_map:
            answers = level.answers(values, rule)
            for metric, one in _scored(level, answers, weights).items():
                runs.setdefault(metric, [[]])[-1].append(one)
    stacked = {metric: np.array(own) for metric, own in runs.items()}
    means = {metric: mean_samples(own, seed) for metric, own in stacked.items()}
    return ArmSamples(arm, stacked, means)


def _scored(
    level: Level, answers: np.ndarray, weights: Int[np.ndarray, "m u"]
) -> dict[str, Float[np.ndarray, " m"]]:
    if not level.n_classes:
        return {"spearman": number_samples(answers, level.truth, level.drawn, weights)}
    both = class_samples(answers, level.truth, level.drawn, level.n_classes, weights)
    return dict(zip(("accuracy", "macro_f1"), both, strict=True))


def _rows(level: Level, one: ArmSamples) -> list[Score]:
    rows: list[Score] = []
    for metric, samples in one.means.items():
        value, low, high = mean_estimate(samples)
        # Deviations are stretched, and can lead out of what a score can be.
        low, high = max(low, METRICS[metric].low or 0.0), min(high, METRICS[metric].high or 1.0)
        if math.isfinite(value):  # equal answers for all have no ranks
            rows.append(
                Score(
                    metric=metric, value=value, low=low, high=high, n=len(level.truth),
                    unit=level.unit, arm=one.arm.arm, control=one.arm.control, split="test",
                )
            )  # fmt: skip
    return rows


def _add_contrasts(
    level: Level, sampled: Sequence[ArmSamples], metric: str, found: Measured
) -> None:
    """Test ``pretrained`` against its rivals, as far as both were run."""
    own = {one.arm.arm: one for one in sampled if one.arm.control is None}
    rivals = [arm for arm in RIVALS if arm in own and PRETRAINED in own]
    tested = [
        (arm, difference(own[PRETRAINED].means[metric], own[arm].means[metric])) for arm in rivals
    ]
    tested = [(arm, one) for arm, one in tested if math.isfinite(one.value)]
    adjusted = holm([one.p for _, one in tested])
    for (arm, one), p_adjusted in zip(tested, adjusted, strict=True):
        pair = f"{PRETRAINED} - {arm}"
        found.scores.append(
            Score(
                metric="difference", scorer=metric, value=one.value, low=one.low, high=one.high,
                p=one.p, p_adjusted=p_adjusted, n=len(level.truth), unit=level.unit, arm=arm,
                pair=pair, split="test",
            )
        )  # fmt: skip
        row: dict[str, Cell] = {
            "first": PRETRAINED, "second": arm, "metric": metric, "unit": level.unit,
            "difference": one.value, "low": one.low, "high": one.high, "p": one.p,
            "p_adjusted": p_adjusted,
        }  # fmt: skip
        row |= _effect(own[PRETRAINED].runs[metric], own[arm].runs[metric])
        found.tables["contrasts"].append(row)


def _effect(
    first: Float[np.ndarray, "s r m"], second: Float[np.ndarray, "s1 r1 m"]
) -> dict[str, Cell]:
    """Return how large a difference is beside that of the runs.

    Runs of one map and seed are a pair; an arm without maps or seeds is beside each by its mean.
    """
    if second.shape[1] != first.shape[1]:
        second = second.mean(axis=1, keepdims=True)
    apart = (first[..., 0] - second[..., 0]).ravel()
    spread = float(apart.std(ddof=1)) if len(apart) > 1 else 0.0
    return {
        "d": float(apart.mean()) / spread if spread > EQUAL else None,
        "ahead": int((apart > EQUAL).sum()),
        "runs": len(apart),
    }
