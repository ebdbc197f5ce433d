"""Means over items that several runs answered: seeds and clusters are drawn, each on its level.

A score of a trained model varies with the seed and with the questions. A bootstrap sample draws
seeds, and whole clusters of items (articles), with replacement and independently (crossed levels;
Davison & Hinkley 1997, section 3.8); its value is the mean over drawn seeds and items. Two ways are
compared on the same drawn items, each with seeds drawn of its own.

Legend: s seeds, r seeds of the other way, n items, k clusters, m samples.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from firth.probe.paired import FLIPS, Paired, sign_flip_p
from firth.probe.statistics import DRAWS, interval

# Numbers of drawn clusters that are held at once.
_AT_ONCE = 2**22


def seeded_mean_interval(
    values: Float[np.ndarray, "s n"],
    clusters: Int[np.ndarray, " n"],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> tuple[float, float] | None:
    """Return the bootstrap interval of the mean over seeds and items.

    Args:
        values: One a seed and item.
        clusters: Which cluster an item is of; any numbers.
        rng: Draws.
        draws: How many samples.

    Returns:
        Its ends; None for a single cluster, which says nothing about others.
    """
    sums, sizes = _sums(values, clusters)
    if len(sizes) < 2:
        return None
    samples = _samples([(1.0, sums)], sizes, rng, draws)
    return interval(samples, float(values.mean()))


def seeded_paired(
    first: Float[np.ndarray, "s n"],
    second: Float[np.ndarray, "r n"],
    clusters: Int[np.ndarray, " n"],
    rng: np.random.Generator,
    draws: int = DRAWS,
    flips: int = FLIPS,
) -> Paired:
    """Compare two ways on the same items: interval and test of the mean difference.

    Args:
        first: One a seed and item.
        second: The other way, with as many seeds as it has.
        clusters: Which cluster an item is of; any numbers.
        rng: Draws.
        draws: How many bootstrap samples.
        flips: How many sign flips of whole clusters; that test takes the seeds as they are.
    """
    sums, sizes = _sums(first, clusters)
    others, _ = _sums(second, clusters)
    value = float(first.mean() - second.mean())
    if len(sizes) < 2:
        return Paired(value, None, None, None)
    samples = _samples([(1.0, sums), (-1.0, others)], sizes, rng, draws)
    low, high = interval(samples, value)
    differences = sums.mean(0) - others.mean(0)
    p = sign_flip_p(differences[:, None], rng, flips)
    return Paired(value, low, high, float(p[0]))


def _sums(
    values: Float[np.ndarray, "s n"], clusters: Int[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, "s k"], Float[np.ndarray, " k"]]:
    """Return the sum of each cluster by seed, and the clusters' sizes."""
    _, codes = np.unique(clusters, return_inverse=True)
    sums = np.stack([np.bincount(codes, weights=row) for row in values])
    return sums, np.bincount(codes).astype(np.float64)


def _samples(
    ways: list[tuple[float, Float[np.ndarray, "_ k"]]],
    sizes: Float[np.ndarray, " k"],
    rng: np.random.Generator,
    draws: int,
) -> Float[np.ndarray, " m"]:
    """Return the signed sum of the ways' means in each sample."""
    k = len(sizes)
    samples = np.empty(draws)
    step = max(1, _AT_ONCE // k)
    for at in range(0, draws, step):
        size = min(step, draws - at)
        counts = rng.multinomial(k, np.full(k, 1 / k), size=size)  # (m, k)
        total = np.zeros(size)
        for sign, sums in ways:
            s = len(sums)
            seeds = rng.multinomial(s, np.full(s, 1 / s), size=size) / s  # (m, s)
            total += sign * np.einsum("mk,mk->m", counts, seeds @ sums)
        samples[at : at + size] = total / (counts @ sizes)
    return samples
