"""What the figures and findings of ``reading`` read: its tests, arms, scorers and groups."""

from __future__ import annotations

from typing import Any

from firth.errors import OptionError, ResultError, did_you_mean
from firth.report.shift_data import named
from firth.report.words import Words
from firth.results.schema import Result, Score

METRICS = ("f1", "exact_match")
EVERYWHERE = "xquad"  # the scorer with the same rules in all languages
ARMS = ("zero-shot", "in-language", "both", "random", "untrained")

Row = dict[str, Any]


def check_metric(metric: str) -> None:
    """Refuse a metric that answers are not scored by.

    Raises:
        OptionError: With those that they are.
    """
    if metric not in METRICS:
        legal = ", ".join(METRICS)
        raise OptionError(f"metric {metric!r}: legal are {legal}.{did_you_mean(metric, METRICS)}")


def tests_of(result: Result, say: Words) -> dict[str, str]:
    """Return test -> what a reader calls it.

    Raises:
        ResultError: The result has none.
    """
    found = {
        str(row["test"]): f"{row['test']} · {language_name(str(row['language']), say)}"
        for row in result.tables.get("tests", [])
    }
    if not found:
        raise ResultError(say["reading"]["missing"])
    return found


def language_name(code: str, say: Words) -> str:
    """Return the name of a language; traditional script has one of its own."""
    return str(say["reading"]["languages"].get(code.lower(), named(code, say)))


def own_scorer(result: Result, test: str) -> str:
    """Return the scorer of a test's language."""
    return next(str(row["scorer"]) for row in result.tables["tests"] if row["test"] == test)


def arms_of(result: Result) -> list[str | None]:
    """Return the arms, in their order; None alone where one reader was tested."""
    have = {row.arm for row in result.rows("f1")}
    return [arm for arm in ARMS if arm in have] or [None]


def arm_name(arm: str | None, say: Words) -> str:
    """Return what a reader calls an arm."""
    return "" if arm is None else str(say["reading"]["arms"].get(arm, arm))


def score_of(
    result: Result, metric: str, test: str, scorer: str, arm: str | None = None
) -> Score | None:
    """Return the mean over seeds of an arm on a test; None where it was not asked."""
    found = result.rows(metric, split=test, scorer=scorer, arm=arm, seed=None)
    return found[0] if found else None


def numbers(score: Score) -> Row:
    """Return what a figure's row keeps of a score."""
    keep = {"value", "low", "high", "n"}
    return score.model_dump(include=keep, exclude_none=True)
