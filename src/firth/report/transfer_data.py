"""What the figures and findings of ``transfer`` read: its arms, their names and colours, scores."""

from __future__ import annotations

from typing import Any

from firth.errors import OptionError
from firth.report.vega import PALETTE
from firth.report.words import Words
from firth.results.schema import Result, Score

# In the order of figures: from what is fully pre-trained to what has seen no text.
TUNED = (
    "pretrained", "re-embedded", "shuffled-embeddings", "re-blocked", "shuffled-blocks", "shuffled",
    "random",
)  # fmt: skip
ARMS = (*TUNED, "frozen", "cnn", "kmers", "majority")
RIVALS = ("random", "shuffled", "re-embedded", "frozen", "cnn")
PRETRAINED = "pretrained"
COLOURS: dict[str, str] = dict(
    zip(ARMS, [*PALETTE, "#7A4FA3", "#A0312B", "#9AA1AB"], strict=True)
)  # the same in all figures
UNITS = ("sequence", "group")

Row = dict[str, Any]


def metric_of(result: Result) -> str:
    """Return what arms are compared by: ``accuracy`` or ``spearman``."""
    return str(result.config["metric"])


def arm_name(arm: str, control: str | None, say: Words) -> str:
    """Return what a reader sees of an arm or of a control of it.

    Args:
        arm: Its name in the scores.
        control: Which control, if any.
        say: The words of a language.
    """
    name = str(say["transfer"]["arms"].get(arm, arm))
    if control is None:
        return name
    text = say["control"].get(control, control)
    return str(say["transfer"]["controlled"]).format(arm=name, control=text)


def arms_scored(result: Result, unit: str) -> list[Score]:
    """Return the scores of arms on the test data, then those of controls.

    Args:
        result: A result of ``transfer``.
        unit: ``sequence`` or ``group``.
    """
    own = [one for one in result.rows(metric_of(result), unit=unit) if one.arm in ARMS]
    return sorted(own, key=lambda one: (one.control is not None, ARMS.index(str(one.arm))))


def check_unit(result: Result, unit: str | None) -> str:
    """Return what is scored; groups where there are some.

    Args:
        result: A result of ``transfer``.
        unit: ``sequence`` or ``group``, or None.

    Raises:
        OptionError: The result has no such scores.
    """
    there = [one for one in UNITS if result.rows(metric_of(result), unit=one)]
    if unit is None:
        return there[-1] if there else UNITS[0]
    if unit not in there:
        raise OptionError(f"unit {unit!r}: this result has {', '.join(there) or 'no scores'}")
    return unit


def runs_of(result: Result, arm: str, control: str | None = None) -> list[Row]:
    """Return the rows of an arm's runs."""
    return [
        row
        for row in result.tables.get("runs", [])
        if row["arm"] == arm and row.get("control") == control
    ]


def metric_name(result: Result, say: Words) -> str:
    """Return the metric as a reader sees it."""
    return str(say["transfer"][metric_of(result)])
