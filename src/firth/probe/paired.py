"""Two ways on the same items: a sign-flip permutation test, and Holm's correction for several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

FLIPS = 10_000
# Numbers of drawn signs that are held at once.
_AT_ONCE = 2**21


@dataclass(frozen=True)
class Paired:
    """What a first way has above a second one on the same items.

    Attributes:
        difference: The first way's mean, or other statistic, minus the second's.
        low: Lower end of its 95 % interval; None where there is a single cluster of items.
        high: Upper end.
        p: Two-sided, that there is no difference; None as above.
    """

    difference: float
    low: float | None
    high: float | None
    p: float | None


def sign_flip_p(
    differences: Float[np.ndarray, "n k"], rng: np.random.Generator, flips: int = FLIPS
) -> Float[np.ndarray, " k"]:
    """Return the two-sided p-values that mean differences of paired items are 0.

    Under the hypothesis each difference is as likely with the other sign (Fisher 1935). The signs
    are drawn at random, once for all columns; the observed ones count as one more sample, so that
    p is never 0.

    Args:
        differences: One row an item, one column a question.
        rng: Draws the signs.
        flips: How many samples.
    """
    total = differences.sum(axis=0)  # (k,)
    slack = 1e-9 * np.abs(differences).sum(axis=0)
    step = max(1, _AT_ONCE // max(len(differences), 1))
    as_large = np.zeros(differences.shape[1])
    for at in range(0, flips, step):
        chosen = rng.integers(0, 2, size=(min(step, flips - at), len(differences)))
        # Twice the chosen differences minus all of them is the sum with random signs.
        sums = 2 * (chosen.astype(np.float64) @ differences) - total
        as_large += (np.abs(sums) >= np.abs(total) - slack).sum(axis=0)
    return (as_large + 1) / (flips + 1)


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values corrected for being several (Holm 1979, step down), in the same order."""
    order = sorted(range(len(p)), key=lambda at: p[at])
    adjusted = [0.0] * len(p)
    largest = 0.0
    for place, at in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - place) * p[at]))
        adjusted[at] = largest
    return adjusted
