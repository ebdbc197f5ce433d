"""Means over runs at two levels, and the same items in all of them: the hierarchical bootstrap.

A sample draws items, then groups of runs (the maps of symbols), then runs of each group (seeds); it
holds all of them at once, so its interval is about other items, groups and runs (Davison & Hinkley
1997, section 3.8). Few groups drawn with replacement vary too little, by (n - 1) / n: their
deviations are stretched by the root of the inverse, as those of the runs. A level with one member
is not drawn; the interval then says nothing of others.

Legend: s groups, r runs of each, m samples, the first of them the data itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from firth.probe.resampled import inverted_p
from firth.probe.statistics import interval

Samples = Float[np.ndarray, " m"]


@dataclass(frozen=True)
class Difference:
    """A mean difference.

    Attributes:
        value: Of the data.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p: Two-sided, that it is 0: the share of samples on the other side, doubled.
    """

    value: float
    low: float
    high: float
    p: float


def mean_samples(values: Float[np.ndarray, "s r m"], seed: int = 0) -> Samples:
    """Return the mean over runs in every sample.

    Arrays of one shape are drawn alike under one seed: differences of their samples are paired.

    Args:
        values: The score of each run on the items of each sample.
        seed: Of the draws of groups and runs.
    """
    s, r, m = values.shape
    rng = np.random.default_rng([seed, s, r])
    groups = rng.integers(s, size=(s, m))  # drawn once for all runs
    runs = rng.integers(r, size=(s, r, m))
    groups[:, 0], runs[:, :, 0] = np.arange(s), np.arange(r)
    whole = values.mean(axis=(0, 1))
    means = values.mean(axis=1)  # (s, m)
    at = np.arange(m)
    of_groups = (means - whole)[groups, at] * _stretch(s)
    deviations = (values - means[:, None]) * _stretch(r)  # (s, r, m)
    of_runs = deviations[groups[:, None], runs, at]
    samples = whole + of_groups.mean(axis=0) + of_runs.mean(axis=(0, 1))
    samples[0] = whole[0]
    return samples


def _stretch(n: int) -> float:
    return math.sqrt(n / (n - 1)) if n > 1 else 0.0


def mean_estimate(samples: Samples) -> tuple[float, float, float]:
    """Return the value of the data and the ends of its interval."""
    value = float(samples[0])
    return value, *interval(samples[1:], value)


def difference(first: Samples, second: Samples) -> Difference:
    """Compare two means whose samples hold the same items.

    Args:
        first: Samples of the first.
        second: Samples of the second.
    """
    apart = first - second
    value, low, high = mean_estimate(apart)
    return Difference(value, low, high, inverted_p(apart[1:]))
