"""The tables of `transfer`: what was tried, every run, and how it learnt.

search  every trial of every arm's search, and which was chosen
runs    a row a run: settings, seconds, scores on dev and test, step at which the target is met
curves  the score on the development data over the steps, run by run
bands   the mean over an arm's runs at each step, with Student's t interval over the runs
maps    which word stands for which symbol
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from firth.experiments.answer import Measured
from firth.experiments.transfer_arms import CNN, Settings
from firth.experiments.transfer_runs import Run
from firth.experiments.transfer_search import Chosen
from firth.experiments.transfer_summary import ArmSamples
from firth.probe.statistics import student_interval
from firth.results.schema import Cell, Score
from firth.text.symbols import SymbolMap

SHARE_OF_BEST = 0.95

Row = dict[str, Cell]


def search_rows(chosen: Mapping[str, Chosen]) -> list[Row]:
    """Return every trial of the searches.

    Args:
        chosen: Arm -> what its search came to.
    """
    return [
        {
            "arm": arm, "rate": run.trial.rate, "warmup": run.trial.warmup,
            "bins": run.trial.bins or None, "penalty": None, "steps": run.trial.steps,
            "dev_score": run.record["dev_score"], "dev_loss": run.record["dev_loss"],
            "chosen": run.trial == found.trial,
        }
        for arm, found in chosen.items()
        for run in found.tried
    ]  # fmt: skip


def map_rows(maps: Sequence[SymbolMap]) -> list[Row]:
    """Return which word stands for which symbol."""
    return [
        {"map": own.number, "symbol": symbol, "word": own.pieces[symbol], "id": own.ids[symbol]}
        for own in maps
        for symbol in sorted(own.ids)
    ]


def target_of(settings: Settings, runs: Sequence[Run]) -> float | None:
    """Return the score whose first step is looked for; None where nothing was fine-tuned.

    Args:
        settings: Of the experiment.
        runs: Its runs.
    """
    if settings.target is not None:
        return settings.target
    last: dict[str, list[float]] = {}
    for run in runs:
        if run.trial.arm != CNN and run.trial.control is None:
            last.setdefault(run.trial.arm, []).append(run.record["dev_score"])
    return SHARE_OF_BEST * max(map(fmean, last.values())) if last else None


def reached(run: Run, target: float) -> tuple[int, float] | None:
    """Return step and seconds at which a run first scores as much on the development data."""
    for row in run.log.rows("validation"):
        if row["dev_score"] >= target:
            return row["step"], row["seconds"]
    return None


def add_runs(
    runs: Sequence[Run],
    samples: Sequence[ArmSamples],
    settings: Settings,
    metric: str,
    found: Measured,
) -> None:
    """Add the tables of runs and of how they learnt, and ``steps_to`` and ``seconds_to``.

    Args:
        runs: Finished ones.
        samples: Their scores on the test data, by arm.
        settings: Of the experiment.
        metric: What the development data are scored by.
        found: Gets them.
    """
    target = target_of(settings, runs)
    rows: list[Row] = []
    for run in runs:
        row = _named(run) | _settings_of(run) | _test_scores(run, samples)
        if target is not None and (met := reached(run, target)) is not None:
            row |= {"steps_to": met[0], "seconds_to": met[1]}
        rows.append(row)
    found.tables["runs"] = rows
    found.tables["curves"] = [
        _named(run) | {key: row[key] for key in ("step", "seconds", "dev_score", "dev_loss")}
        for run in runs
        for row in run.log.rows("validation")
    ]
    found.tables["bands"] = bands(found.tables["curves"])
    if target is not None:
        found.scores += _steps_to(rows, f"{metric} {target:.4g} on dev")


def _named(run: Run) -> Row:
    trial = run.trial
    return {"arm": trial.arm, "control": trial.control, "map": trial.map, "seed": trial.seed}


def _settings_of(run: Run) -> Row:
    trial, record = run.trial, run.record
    return {
        "rate": trial.rate, "warmup": trial.warmup, "bins": trial.bins or None,
        "steps": trial.steps, "parameters": record["parameters"], "seconds": record["seconds"],
        "dev_score": record["dev_score"], "dev_loss": record["dev_loss"],
    }  # fmt: skip


def _test_scores(run: Run, samples: Sequence[ArmSamples]) -> Row:
    """Return what a run scores on the test data."""
    trial = run.trial
    for one in samples:
        if (one.arm.arm, one.arm.control) == (trial.arm, trial.control):
            at = trial.map or 0, trial.seed, 0
            own = {metric: float(values[at]) for metric, values in one.runs.items()}
            return {metric: value for metric, value in own.items() if np.isfinite(value)}
    return {}


def bands(curves: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the mean over an arm's runs at each step that all of them have.

    Args:
        curves: Rows of the table of curves.
    """
    by_arm: dict[tuple[str, str | None], dict[int, list[float]]] = {}
    runs: dict[tuple[str, str | None], set[tuple[Any, Any]]] = {}
    for row in curves:
        key = str(row["arm"]), row["control"]
        by_arm.setdefault(key, {}).setdefault(row["step"], []).append(row["dev_score"])
        runs.setdefault(key, set()).add((row["map"], row["seed"]))
    found: list[Row] = []
    for (arm, control), steps in by_arm.items():
        n = len(runs[arm, control])
        for step, values in sorted(steps.items()):
            if len(values) != n:
                continue
            ends = student_interval(np.array(values, dtype=np.float64))
            low, high = ends if ends is not None else (None, None)
            found.append(
                {"arm": arm, "control": control, "step": step, "value": fmean(values), "low": low,
                 "high": high, "runs": n}
            )  # fmt: skip
    return found


def _steps_to(rows: Sequence[Row], scorer: str) -> list[Score]:
    """Return the mean step and second at which arms meet the target, where all runs do."""
    scores: list[Score] = []
    for arm in dict.fromkeys(str(row["arm"]) for row in rows if row["control"] is None):
        own = [row for row in rows if row["arm"] == arm and row["control"] is None]
        if arm == CNN or any("steps_to" not in row for row in own):
            continue
        for metric in ("steps_to", "seconds_to"):
            values = np.array([float(str(row[metric])) for row in own])
            low, high = student_interval(values) or (None, None)
            scores.append(
                Score(
                    metric=metric, value=float(values.mean()), n=len(values), unit="run",
                    low=None if low is None else max(0.0, low), high=high, arm=arm, scorer=scorer,
                    split="dev",
                )
            )  # fmt: skip
    return scores
