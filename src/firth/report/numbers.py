"""Numbers as a reader sees them: rounded here, and nowhere else."""

from __future__ import annotations

from firth.report.words import Words
from firth.results.schema import Score


def decimals(value: float) -> str:
    """Return a number for the screen: three decimals."""
    return f"{value:.3f}"


def probability(p: float) -> str:
    """Return a p-value for the screen; a very small one is not shown as zero."""
    return "< 0.001" if p < 0.001 else decimals(p)


def interval_of(score: Score, say: Words) -> str:
    """Return the interval of a score with a blank before it, or nothing where it has none."""
    if score.low is None or score.high is None:
        return ""
    return say["finding"]["interval"].format(low=decimals(score.low), high=decimals(score.high))
