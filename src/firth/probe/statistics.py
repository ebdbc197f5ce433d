"""Intervals and p-values: bootstrap over items, permutation of labels, maximum over layers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

LEVEL = 0.95
DRAWS = 1000
# With at most this many different labellings all of them are tried: the p-value is then exact.
EXACT = 5000
# Numbers of drawn samples that are held at once.
_AT_ONCE = 2**22


def bootstrap_counts(
    codes: Int[np.ndarray, " n"], rng: np.random.Generator, draws: int = DRAWS
) -> Float[np.ndarray, "m n"]:
    """Return how often each item is drawn in each bootstrap sample, within its label.

    Sampling within labels keeps the design (five and five) and every sample scorable.
    """
    counts = np.zeros((draws, len(codes)))
    for code in np.unique(codes):
        own = np.flatnonzero(codes == code)
        counts[:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=draws)
    return counts


def interval(samples: Float[np.ndarray, " m"], value: float) -> tuple[float, float]:
    """Return the percentile interval of bootstrap samples, widened to hold the value itself.

    Samples in which the statistic does not exist (NaN) are left out.
    """
    kept = samples[np.isfinite(samples)]
    if len(kept) == 0:
        return value, value
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(kept, [tail, 1 - tail])
    return min(float(low), value), max(float(high), value)


def mean_interval(
    values: Float[np.ndarray, " n"], rng: np.random.Generator, draws: int = DRAWS
) -> tuple[float, float]:
    """Return the bootstrap interval of the mean over items."""
    n = len(values)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=draws)
    return interval(counts @ values / n, float(values.mean()))


def mean_intervals(
    values: Float[np.ndarray, "n k"], rng: np.random.Generator, draws: int = DRAWS
) -> list[tuple[float, float]]:
    """Return the bootstrap intervals of many means over the same items.

    A sample draws items once for all columns, some samples at a time: a thousand samples of a
    hundred thousand items would not fit in memory.
    """
    n = len(values)
    means = np.empty((draws, values.shape[1]))
    step = max(1, _AT_ONCE // n)
    for at in range(0, draws, step):
        size = min(step, draws - at)
        counts = rng.multinomial(n, np.full(n, 1 / n), size=size)  # (m, n)
        means[at : at + size] = counts @ values / n
    own = values.mean(axis=0)
    return [interval(means[:, k], float(own[k])) for k in range(values.shape[1])]


def labellings(
    codes: Int[np.ndarray, " n"], rng: np.random.Generator, draws: int = DRAWS
) -> tuple[Int[np.ndarray, "m n"], bool]:
    """Return labellings with the same numbers of each label, and whether they are all there are.

    All of them (the observed one is among them) when there are at most `EXACT`, else random ones.
    """
    sizes = [int(size) for size in np.bincount(codes)]
    total = math.factorial(len(codes))
    for size in sizes:
        total //= math.factorial(size)
    if total <= EXACT:
        rows = list(_arrangements(np.full(len(codes), -1), sizes))
        return np.array(rows), True
    return np.array([rng.permutation(codes) for _ in range(draws)]), False


def _arrangements(row: np.ndarray, sizes: list[int], code: int = 0) -> Iterator[np.ndarray]:
    free = np.flatnonzero(row < 0)
    if code == len(sizes) - 1:
        done = row.copy()
        done[free] = code
        yield done
        return
    for chosen in combinations(free.tolist(), sizes[code]):
        tried = row.copy()
        tried[list(chosen)] = code
        yield from _arrangements(tried, sizes, code + 1)


def permutation_p(
    observed: Float[np.ndarray, " l"], null: Float[np.ndarray, "m l"], *, exact: bool
) -> tuple[Float[np.ndarray, " l"], Float[np.ndarray, " l"]]:
    """Return one-sided p-values by layer: each alone, and against the maximum over layers.

    The second is corrected for having looked at all layers (Westfall & Young 1993, single step).
    Where not all labellings were tried, the observed one counts as one more.
    """
    slack = 1e-12
    maximum = null.max(axis=1)
    alone = (null >= observed[None, :] - slack).sum(axis=0).astype(float)
    adjusted = (maximum[:, None] >= observed[None, :] - slack).sum(axis=0).astype(float)
    if exact:
        return alone / len(null), adjusted / len(null)
    return (alone + 1) / (len(null) + 1), (adjusted + 1) / (len(null) + 1)


def student_interval(values: Float[np.ndarray, " n"]) -> tuple[float, float] | None:
    """Return Student's t interval of a mean over few independent runs; None for a single one.

    A bootstrap of three seeds cannot reach beyond the three values and is far too narrow.
    """
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return None
    half = t.ppf((1 + LEVEL) / 2, n - 1) * values.std(ddof=1) / math.sqrt(n)
    return float(values.mean() - half), float(values.mean() + half)


def student_p(differences: Float[np.ndarray, " n"]) -> float | None:
    """Return the two-sided p-value of Student's paired t test; None for fewer than two pairs."""
    from scipy.stats import t

    n = len(differences)
    if n < 2:
        return None
    spread = float(differences.std(ddof=1))
    mean = float(differences.mean())
    if spread == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * t.sf(abs(mean) / (spread / math.sqrt(n)), n - 1))
