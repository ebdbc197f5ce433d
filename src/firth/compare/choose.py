"""Which stored runs are compared: those that are named, or those of some models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from firth.compare.sides import same_question, settings_apart
from firth.errors import InputError, ResultError, did_you_mean
from firth.results.schema import Result
from firth.results.store import load, results_below


def of_models(
    runs: str | Path, models: Sequence[str], experiment: str | None = None
) -> list[list[Result]]:
    """Return groups of results, one of each model, on the same question with the same settings.

    Args:
        runs: The folder of stored results.
        models: Names of the models, the one that the others are compared with first.
        experiment: Only of this one.

    Raises:
        InputError: There is no question that all models answered.
    """
    stored = _stored(runs)
    names = sorted({one.model.name for one in stored})
    for model in models:
        if model not in names:
            have = f"there are runs of {', '.join(names)}" if names else "there are none"
            raise InputError(
                f"{runs} holds no run of the model {model!r}; {have}.{did_you_mean(model, names)}"
            )
    found: list[list[Result]] = []
    kept = [one for one in stored if experiment in (None, one.experiment)]
    for first in _latest([one for one in kept if one.model.name == models[0]]):
        group = [first]
        for model in models[1:]:
            others = [one for one in kept if one.model.name == model and _answers(one, first)]
            group += _latest(others)[:1]
        if len(group) == len(models):
            found.append(group)
    if not found:
        of = f" of {experiment}" if experiment else ""
        raise InputError(
            f"no question{of} was put to {' and '.join(models)} with the same data and settings; "
            "run the same command with each --model first"
        )
    return found


def _answers(one: Result, first: Result) -> bool:
    """Say whether a run answers the question of another one, settings and seed included."""
    same = same_question(one) == same_question(first)
    # Which layers there are is the model's own affair.
    return same and not settings_apart([first, one]).keys() - {"layers"}


def _latest(results: Sequence[Result]) -> list[Result]:
    return sorted(results, key=lambda one: one.started, reverse=True)


def _stored(runs: str | Path) -> list[Result]:
    found: list[Result] = []
    for folder in results_below(runs) if Path(runs).is_dir() else ():
        try:
            found.append(load(folder))
        except ResultError:
            continue
    if not found:
        raise InputError(f"no results can be read below {str(runs)!r}; run an experiment first")
    return found
