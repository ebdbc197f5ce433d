"""The nearest sense centroid: each sense is the mean of its training vectors.

Source: the "1NN" of Loureiro et al. 2021, after Melamud et al. 2016 (context2vec). Vectors come as
a stream of batches, so memory holds the sums and one batch.

Legend of dimensions: c layer choices, k senses, n items, d width.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from firth.shapes import Codes

ChoiceVectors = Float[np.ndarray, "c n d"]
ChoiceMeans = Float[np.ndarray, "c d"]


class Centroids:
    """Running sums of vectors by label.

    Args:
        n_labels: Number of senses.
    """

    def __init__(self, n_labels: int) -> None:
        self.counts: Int[np.ndarray, " k"] = np.zeros(n_labels, dtype=np.int64)
        self._sums: Float[np.ndarray, "c k d"] | None = None

    def add(self, vectors: ChoiceVectors, codes: Codes) -> None:
        """Add training vectors with their senses (0, 1, ...)."""
        belongs = (codes[None, :] == np.arange(len(self.counts))[:, None]).astype(np.float32)
        sums = np.matmul(belongs[None], vectors).astype(np.float64)  # (c, k, d)
        self._sums = sums if self._sums is None else self._sums + sums
        self.counts += belongs.sum(axis=1).astype(np.int64)

    def copy(self) -> Centroids:
        """Return the centroids as they are now."""
        other = Centroids(len(self.counts))
        other.counts = self.counts.copy()
        other._sums = None if self._sums is None else self._sums.copy()
        return other

    def nearest(
        self, vectors: ChoiceVectors, means: ChoiceMeans | None = None
    ) -> Int[np.ndarray, "c n"]:
        """Return the sense whose centroid has the highest cosine with each vector.

        Args:
            vectors: What is classified.
            means: Subtracted from vectors and centroids first, for the centred cosine.

        Senses without a training vector are never chosen.
        """
        assert self._sums is not None, "no training vectors were added"
        known = np.flatnonzero(self.counts)
        centroids = self._sums[:, known] / self.counts[known][None, :, None]
        if means is not None:
            vectors = vectors - means[:, None, :]
            centroids = centroids - means[:, None, :]
        # The length of the item's own vector changes no order.
        length = np.linalg.norm(centroids, axis=-1, keepdims=True)
        unit = (centroids / np.where(length > 0, length, 1)).astype(np.float32)
        return known[np.matmul(vectors, unit.transpose(0, 2, 1)).argmax(axis=-1)]
