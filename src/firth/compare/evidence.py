"""What a score is made of, and the paired test that belongs to it.

    a mean over items             signs of differences flipped, whole clusters at a time
    a statistic of summed counts  counts of items exchanged (`firth.probe.summed`)
    ranks, F1 of classes          paired bootstrap over items (`firth.probe.resampled`)
    AUC over pairs of items       the same, items drawn within their label

Two sides are compared on the items that both have, matched by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt64

from firth.probe.clustered import cluster_paired
from firth.probe.paired import Paired
from firth.probe.resampled import (
    RESAMPLED,
    pairs_auc,
    pairs_auc_paired,
    resampled_paired,
    resampled_value,
)
from firth.probe.summed import SUMMED, summed_paired, summed_value
from firth.results.comparison import Untested
from firth.results.items import MEAN, Items

# Fewer items than this cannot reject anything: the least p of 5 signs is 1 / 16.
LEAST = 6


@dataclass(frozen=True)
class Samples:
    """How many samples a test takes.

    Attributes:
        flips: Signs, or exchanges.
        draws: Samples of a bootstrap that is also the test.
    """

    flips: int
    draws: int


@dataclass(frozen=True)
class Column:
    """One score's column of a group of items.

    Attributes:
        items: The group.
        at: Which column.
    """

    items: Items
    at: int

    @property
    def keys(self) -> UInt64[np.ndarray, " n"]:
        """Names of the items."""
        return self.items.keys

    def value(self) -> float:
        """Return the score as its items have it; NaN where the statistic is unknown."""
        values, statistic = self.items.values[:, self.at], self.items.statistic
        if statistic == MEAN:
            return float(values.mean())
        if statistic in SUMMED:
            return summed_value(statistic, values)
        return resampled_value(statistic, values) if statistic in RESAMPLED else math.nan

    def clusters(self, chosen: Int[np.ndarray, " m"]) -> Int[np.ndarray, " m"]:
        """Return which cluster each of some items is in."""
        own = self.items.clusters
        return np.arange(len(chosen)) if own is None else own[chosen]


@dataclass(frozen=True)
class LabelledPairs:
    """An AUC over all pairs of labelled items.

    Attributes:
        keys: Names of the items.
        codes: Their labels.
        similarity: Of every two.
    """

    keys: UInt64[np.ndarray, " n"]
    codes: Int[np.ndarray, " n"]
    similarity: Float[np.ndarray, "n n"]

    def value(self) -> float:
        """Return the score as the pairs have it."""
        return pairs_auc(self.similarity, self.codes)

    def some(self, chosen: Int[np.ndarray, " m"]) -> LabelledPairs:
        """Return some of the items."""
        similarity = self.similarity[np.ix_(chosen, chosen)]
        return LabelledPairs(self.keys[chosen], self.codes[chosen], similarity)


Evidence = Column | LabelledPairs


def compared(
    other: Evidence, first: Evidence, rng: np.random.Generator, samples: Samples
) -> tuple[Paired, int] | Untested:
    """Test a side against the first one.

    Args:
        other: What its score is made of.
        first: What the first side's is made of.
        rng: Draws.
        samples: How many.

    Returns:
        What the other has above the first and on how many items; or why there is no test.
    """
    common, a, b = np.intersect1d(first.keys, other.keys, return_indices=True)
    if not len(common):
        return "other_items"
    if isinstance(first, Column) and isinstance(other, Column):
        if first.items.statistic != other.items.statistic:
            return "not_stored"
        clusters = first.clusters(a)  # each run numbers its own: the first one's say what belongs
        if len(np.unique(clusters)) < LEAST:
            return "few_items"
        found = _columns_compared(other, first, (b, a), clusters, rng, samples)
    elif isinstance(first, LabelledPairs) and isinstance(other, LabelledPairs):
        one, two = other.some(b), first.some(a)
        sizes = np.unique(two.codes, return_counts=True)[1]
        if len(common) < LEAST or len(sizes) < 2 or sizes.max() < 2:
            return "few_items"
        found = pairs_auc_paired(one.similarity, two.similarity, two.codes, rng, samples.draws)
    else:
        return "not_stored"  # an experiment stores the same for every model
    return (found, len(common)) if math.isfinite(found.difference) else "few_items"


def _columns_compared(
    other: Column,
    first: Column,
    common: tuple[Int[np.ndarray, " m"], Int[np.ndarray, " m"]],
    clusters: Int[np.ndarray, " m"],
    rng: np.random.Generator,
    samples: Samples,
) -> Paired:
    statistic = first.items.statistic
    one, two = (
        side.items.values[chosen, side.at]
        for side, chosen in zip((other, first), common, strict=True)
    )
    if statistic == MEAN:
        return cluster_paired(one, two, clusters, rng, flips=samples.flips)
    if statistic in SUMMED:
        return summed_paired(statistic, one, two, clusters, rng, flips=samples.flips)
    return resampled_paired(statistic, one, two, clusters, rng, draws=samples.draws)
