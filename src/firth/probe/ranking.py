"""Ranks of pairs: the area under the ROC curve, ties counted half, for many weightings at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

# Similarities that differ by less than this are the same: float32 noise must not decide a rank.
TIE = 1e-6


@dataclass(frozen=True)
class PairRanks:
    """The pairs of one layer in ascending order of similarity.

    Attributes:
        order: Indices of the pairs, ascending, [p].
        first: Position of the first pair that ties with each position, [p].
        last: Past the position of the last such pair, [p].
    """

    order: Int[np.ndarray, " p"]
    first: Int[np.ndarray, " p"]
    last: Int[np.ndarray, " p"]

    def midranks(self) -> Float[np.ndarray, " p"]:
        """Return the rank of each pair from 1, tied pairs at the mean of their ranks, [p]."""
        ranks = np.empty(len(self.order))
        ranks[self.order] = (self.first + self.last + 1) / 2
        return ranks


def rank_pairs(similarity: Float[np.ndarray, " p"], tie: float = TIE) -> PairRanks:
    """Sort the pairs of one layer; similarities equal to within ``tie`` share a rank."""
    rounded = np.rint(similarity.astype(np.float64) / tie).astype(np.int64)
    order = np.argsort(rounded, kind="stable")
    ascending = rounded[order]
    first = np.searchsorted(ascending, ascending, side="left")
    last = np.searchsorted(ascending, ascending, side="right")
    return PairRanks(order, first, last)


def auc(midranks: Float[np.ndarray, "l p"], same: Bool[np.ndarray, "m p"]) -> np.ndarray:
    """Return the AUC of each labelling at each layer, [m, l] (Mann & Whitney 1947).

    Args:
        midranks: Ranks of the pairs at each layer.
        same: Which pairs have the same label, for each labelling; each must have both kinds.
    """
    n_same = same.sum(axis=1).astype(np.float64)  # [m]
    n_different = same.shape[1] - n_same
    total = same.astype(np.float64) @ midranks.T  # [m, l]
    u = total - (n_same * (n_same + 1) / 2)[:, None]
    return u / (n_same * n_different)[:, None]


def weighted_auc(
    ranks: PairRanks, same: Bool[np.ndarray, " p"], weights: Float[np.ndarray, "m p"]
) -> Float[np.ndarray, " m"]:
    """Return the AUC under each weighting of the pairs, NaN where one kind has no weight.

    Used for the bootstrap: the weight of a pair is the product of how often its two items were
    drawn, so an item drawn twice makes no pair with itself.
    """
    sorted_weights = weights[:, ranks.order]  # [m, p]
    is_same = same[ranks.order]
    different = np.where(is_same, 0.0, sorted_weights)
    below = np.zeros((len(weights), len(is_same) + 1))
    np.cumsum(different, axis=1, out=below[:, 1:])
    own = sorted_weights[:, is_same]
    beaten = (below[:, ranks.first[is_same]] + below[:, ranks.last[is_same]]) / 2
    whole = own.sum(axis=1) * below[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, (own * beaten).sum(axis=1) / whole, np.nan)
