"""A linear probe: multinomial logistic regression with an L2 penalty, by L-BFGS.

The probe of Alain & Bengio 2016 ("Understanding intermediate layers using linear classifier
probes"): what it can tell is there to be read by a linear map. The loss is the mean cross-entropy
of the training vectors plus ``penalty / 2n`` times the squared weights; the intercept is free.
Coordinates are divided by their standard deviation over the *training* vectors, which changes what
the penalty weighs and nothing else.

Legend of dimensions: n vectors, d width, g classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from firth.errors import InputError
from firth.probe.linear import fit_logistic

# Of 1, 10, 100 and 1000 this finds the most of what is left of the language after a correction.
PENALTY = 100.0
STEPS = 200
TOLERANCE = 1e-7
# A coordinate that hardly varies would be blown up to noise.
_FLAT = 1e-9

Rows = Float[np.ndarray, "n d"]
Classes = Int[np.ndarray, " n"]


@dataclass(frozen=True)
class LinearProbe:
    """A fitted probe: the class of a vector is the largest of ``x @ weights + intercept``.

    Attributes:
        weights: One column a class, [d, g].
        intercept: One number a class, [g].
    """

    weights: Float[np.ndarray, "d g"]
    intercept: Float[np.ndarray, " g"]

    @classmethod
    def fit(
        cls, vectors: Rows, classes: Classes, n_classes: int, penalty: float = PENALTY
    ) -> LinearProbe:
        """Train it.

        Args:
            vectors: What is seen.
            classes: What is to be told, from 0.
            n_classes: How many classes there are.
            penalty: Of the squared weights; scikit-learn's ``1 / C``.

        Raises:
            InputError: There is nothing to learn from.
        """
        if not len(vectors) or len(vectors) != len(classes):
            raise InputError(f"{len(vectors)} vectors and {len(classes)} classes: nothing to learn")
        wide = vectors.astype(np.float64)
        mean, scale = wide.mean(axis=0), wide.std(axis=0)
        scale[scale <= _FLAT * max(float(scale.max()), 1e-300)] = 1.0
        scaled = (wide - mean) / scale
        solved = fit_logistic(scaled, classes, n_classes, penalty, steps=STEPS, tolerance=TOLERANCE)
        weights = solved.weights / scale[:, None]
        return cls(weights, solved.intercept - mean @ weights)

    def predict(self, vectors: Rows) -> Classes:
        """Return the class of each vector."""
        return (vectors.astype(np.float64) @ self.weights + self.intercept).argmax(axis=1)
