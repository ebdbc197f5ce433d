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
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import minimize
from scipy.special import logsumexp

from firth.errors import InputError

# Of 1, 10, 100 and 1000 this finds the most of what is left of the language after a correction.
PENALTY = 100.0
STEPS = 200
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
        solved = _solve(scaled, classes, n_classes, penalty)  # (d + 1, g)
        weights = solved[:-1] / scale[:, None]
        return cls(weights, solved[-1] - mean @ weights)

    def predict(self, vectors: Rows) -> Classes:
        """Return the class of each vector."""
        return (vectors.astype(np.float64) @ self.weights + self.intercept).argmax(axis=1)


def _solve(
    scaled: Float[np.ndarray, "n d"], classes: Classes, g: int, penalty: float
) -> Float[np.ndarray, "d1 g"]:
    n, d = scaled.shape
    rows = np.arange(n)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        both = flat.reshape(d + 1, g)
        scores = scaled @ both[:-1] + both[-1]  # (n, g)
        whole: Any = logsumexp(scores, axis=1)
        chance = np.exp(scores - whole[:, None])
        chance[rows, classes] -= 1  # the gradient of the cross-entropy by the scores
        slope = np.empty_like(both)
        slope[:-1] = (scaled.T @ chance + penalty * both[:-1]) / n
        slope[-1] = chance.sum(axis=0) / n
        value = (whole - scores[rows, classes]).mean() + penalty * (both[:-1] ** 2).sum() / (2 * n)
        return float(value), slope.ravel()

    found: Any = minimize(
        loss, np.zeros((d + 1) * g), jac=True, method="L-BFGS-B",
        options={"maxiter": STEPS, "ftol": 1e-7, "gtol": 1e-5},
    )  # fmt: skip
    return found.x.reshape(d + 1, g)
