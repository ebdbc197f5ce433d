"""Vectors ready to be compared by cosine: checked, measured, and of length one in float32.

A zero vector has no direction: its cosine with anything is 0, never NaN.

Legend of dimensions: n vectors, d width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from firth.errors import InputError

Rows32 = Float32[np.ndarray, "n d"]
# What a subtraction leaves below this share of what was there is rounding of float32, no direction.
NOTHING = 1e-6
# Rows that are widened to float64 at once.
_ROWS = 4096


@dataclass(frozen=True)
class Directions:
    """Vectors and their lengths.

    Attributes:
        vectors: As they were given, [n, d].
        length: Their lengths, float64, 1 for zero vectors, [n].
        unit: Vectors of length one, rounded to float32; zero vectors stay zero, [n, d].
    """

    vectors: Rows32
    length: Float[np.ndarray, " n"]
    unit: Rows32

    @classmethod
    def of(cls, vectors: Rows32, name: str) -> Directions:
        """Check and normalise.

        Args:
            vectors: Any finite numbers.
            name: What the vectors are, for the error.

        Raises:
            InputError: There is no vector, or a row holds NaN or infinity.
        """
        if not vectors.size:
            raise InputError(f"{name}: shape {vectors.shape} holds no vector")
        length = np.empty(len(vectors))
        unit = np.empty(vectors.shape, dtype=np.float32)
        for at in range(0, len(vectors), _ROWS):
            wide = vectors[at : at + _ROWS].astype(np.float64)
            own = np.sqrt(np.einsum("nd,nd->n", wide, wide))
            wrong = np.flatnonzero(~np.isfinite(own))
            if len(wrong):
                raise InputError(
                    f"{name}: row {at + wrong[0]} holds NaN or infinity; every number must be "
                    "finite: leave the row out and count it"
                )
            own[own == 0] = 1
            length[at : at + _ROWS] = own
            unit[at : at + _ROWS] = wide / own[:, None]
        return cls(vectors, length, unit)

    def __len__(self) -> int:
        return len(self.vectors)


def remove_mean(vectors: Rows32, mean: Float[np.ndarray, " d"]) -> Rows32:
    """Subtract a mean, which must come from other text than the vectors.

    Where less than `NOTHING` of the length remains, the remainder is the zero vector: vectors that
    are all the same are rounding noise once their mean is gone, and noise has a direction.
    """
    wide = vectors.astype(np.float64)
    rest = wide - mean.astype(np.float64)
    was = np.maximum(np.linalg.norm(wide, axis=1), np.linalg.norm(mean.astype(np.float64)))
    rest[np.linalg.norm(rest, axis=1) <= NOTHING * was] = 0
    return rest.astype(np.float32)
