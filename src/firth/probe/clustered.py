"""Means over items that come in clusters: questions by article, words by sentence.

Items of one article share topic and difficulty, so articles are drawn, each with all of its items
(the cluster bootstrap; Davison & Hinkley 1997, section 3.8, for hierarchical data). The mean is
over items: that of a sample is the sum over its articles divided by the number of their items.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from firth.probe.paired import FLIPS, Paired, sign_flip_p
from firth.probe.statistics import DRAWS, interval

# Numbers of drawn clusters that are held at once.
_AT_ONCE = 2**22


def cluster_mean_interval(
    values: Float[np.ndarray, " n"],
    clusters: Int[np.ndarray, " n"],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> tuple[float, float] | None:
    """Return the bootstrap interval of the mean over items, whole clusters drawn.

    With one item a cluster it is `mean_interval`, number by number.

    Args:
        values: One an item.
        clusters: Which cluster an item is of; any numbers.
        rng: Draws the clusters.
        draws: How many samples.

    Returns:
        Its ends; None for a single cluster, which says nothing about others.
    """
    sums, sizes = _by_cluster(values, clusters)
    k = len(sums)
    if k < 2:
        return None
    means = np.empty(draws)
    step = max(1, _AT_ONCE // k)
    for at in range(0, draws, step):
        size = min(step, draws - at)
        counts = rng.multinomial(k, np.full(k, 1 / k), size=size)  # (m, k)
        means[at : at + size] = (counts @ sums) / (counts @ sizes)
    return interval(means, float(values.mean()))


def cluster_paired(
    first: Float[np.ndarray, " n"],
    second: Float[np.ndarray, " n"],
    clusters: Int[np.ndarray, " n"],
    rng: np.random.Generator,
    draws: int = DRAWS,
    flips: int = FLIPS,
) -> Paired:
    """Compare two ways on the same items: interval and test of the mean difference.

    Args:
        first: One value an item.
        second: That of the same item the other way.
        clusters: Which cluster an item is of; any numbers.
        rng: Draws the clusters, then the signs.
        draws: How many bootstrap samples.
        flips: How many sign flips; a cluster's differences change sign together.
    """
    differences = first - second
    found = cluster_mean_interval(differences, clusters, rng, draws)
    value = float(differences.mean())
    if found is None:
        return Paired(value, None, None, None)
    sums, _ = _by_cluster(differences, clusters)
    p = sign_flip_p(sums[:, None], rng, flips)
    return Paired(value, found[0], found[1], float(p[0]))


def _by_cluster(
    values: Float[np.ndarray, " n"], clusters: Int[np.ndarray, " n"]
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Return the sum and the size of each cluster."""
    _, codes = np.unique(clusters, return_inverse=True)
    return np.bincount(codes, weights=values), np.bincount(codes).astype(np.float64)
