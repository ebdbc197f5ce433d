"""Spearman's rank correlation, ties at the mean of their ranks, with its bootstrap interval."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from firth.probe.statistics import DRAWS, interval

# Numbers of one array of resamples; more draws are done in several.
_AT_ONCE = 1 << 21


def spearman(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> float:
    """Return the correlation of the ranks (Spearman 1904); NaN where one side has one value only.

    Args:
        a: One number an item.
        b: Another one.
    """
    return float(_correlation(a[None], b[None])[0])


def spearman_interval(
    a: Float[np.ndarray, " n"],
    b: Float[np.ndarray, " n"],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> tuple[float, float]:
    """Return the bootstrap interval of `spearman` over items; the ranks are those of each resample.

    Args:
        a: One number an item.
        b: Another one; the correlation of the two must exist.
        rng: Draws the resamples.
        draws: How many.
    """
    n = len(a)
    samples: list[np.ndarray] = []
    step = max(1, _AT_ONCE // n)
    for start in range(0, draws, step):
        drawn = rng.integers(n, size=(min(step, draws - start), n))  # (m, n)
        samples.append(_correlation(a[drawn], b[drawn]))
    value = spearman(a, b)
    assert math.isfinite(value), "one side has one value only"
    return interval(np.concatenate(samples), value)


def weighted_spearman(
    a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"], weights: Int[np.ndarray, "m n"]
) -> Float[np.ndarray, " m"]:
    """Return `spearman` of several samples, in which each item stands so many times.

    Args:
        a: One number an item.
        b: Another one.
        weights: How often each item is in each sample.
    """
    found: list[np.ndarray] = []
    step = max(1, _AT_ONCE // max(1, len(a)))
    for start in range(0, len(weights), step):
        own = weights[start : start + step].astype(np.float64)
        n = own.sum(axis=1, keepdims=True)
        first, second = (_midranks(one, own) - (n + 1) / 2 for one in (a, b))
        above = (own * first * second).sum(axis=1)
        below = np.sqrt((own * first**2).sum(axis=1) * (own * second**2).sum(axis=1))
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(np.where(below > 0, np.clip(above / below, -1, 1), np.nan))
    return np.concatenate(found)


def _midranks(
    values: Float[np.ndarray, " n"], weights: Float[np.ndarray, "m n"]
) -> Float[np.ndarray, "m n"]:
    """Return the mean rank of each item's copies and ties in each sample."""
    _, codes = np.unique(values, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    begins = np.flatnonzero(np.diff(codes[order], prepend=-1))
    sizes = np.add.reduceat(weights[:, order], begins, axis=1)  # (m, different values)
    return (np.cumsum(sizes, axis=1) - sizes + (sizes + 1) / 2)[:, codes]


def _correlation(
    a: Float[np.ndarray, "m n"], b: Float[np.ndarray, "m n"]
) -> Float[np.ndarray, " m"]:
    first, second = (rankdata(one, axis=1) for one in (a, b))
    first -= first.mean(axis=1, keepdims=True)
    second -= second.mean(axis=1, keepdims=True)
    above = (first * second).sum(axis=1)
    below = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, np.clip(above / below, -1, 1), np.nan)
