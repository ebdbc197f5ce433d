"""A threshold on similarity: above it the answer is "the same"."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float


def best_threshold(
    similarity: Float[np.ndarray, "c p"], same: Bool[np.ndarray, " p"]
) -> Float[np.ndarray, " c"]:
    """Return for each choice the threshold with the most right answers, [c].

    It lies half way between two neighbouring similarities; among equally good ones it is the
    middle one, which moves least when the data changes. Pairs that are equal are never parted.
    """
    found = np.empty(len(similarity))
    for row, values in enumerate(similarity.astype(np.float64)):
        order = np.argsort(values, kind="stable")
        ascending, truth = values[order], same[order]
        # right[i]: the i lowest are answered "different", the others "same".
        right = np.concatenate([[truth.sum()], truth.sum() + np.cumsum(np.where(truth, -1, 1))])
        cuts = np.concatenate(
            [[ascending[0] - 1], (ascending[1:] + ascending[:-1]) / 2, [ascending[-1] + 1]]
        )
        legal = np.concatenate([[True], ascending[1:] > ascending[:-1], [True]])
        best = np.flatnonzero(legal & (right == right[legal].max()))
        found[row] = cuts[best[len(best) // 2]]
    return found
