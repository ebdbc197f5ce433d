"""Linear models on rows, mostly sparse: multinomial logistic regression and ridge regression.

Both weigh ``penalty`` times the squared weights and leave the intercept free. The logistic loss is
the sum of cross-entropies plus ``penalty / 2`` times the squared weights (scikit-learn's ``C`` is
``1 / penalty``), by L-BFGS. Ridge minimises the squared errors plus ``penalty`` times the squared
weights (Hoerl & Kennard 1970), by LSQR on rows whose mean is taken off without making them dense.
Logistic regression takes dense rows as well.

Legend of dimensions: n rows, d columns, g classes (1 for a number).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import LinearOperator, lsqr
from scipy.special import logsumexp

from firth.errors import InputError

STEPS = 300
TOLERANCE = 1e-8  # of the loss, relative

Rows = csr_matrix | Float[np.ndarray, "n d"]


@dataclass(frozen=True)
class Linear:
    """A fitted model: ``rows @ weights + intercept``.

    Attributes:
        weights: [d, g].
        intercept: [g].
    """

    weights: Float[np.ndarray, "d g"]
    intercept: Float[np.ndarray, " g"]

    def __call__(self, rows: Rows) -> Float[np.ndarray, "n g"]:
        """Return the scores of each row."""
        return np.asarray(rows @ self.weights) + self.intercept


def log_softmax(scores: Float[np.ndarray, "n g"]) -> Float[np.ndarray, "n g"]:
    """Return the logarithms of the classes' probabilities."""
    return scores - np.asarray(logsumexp(scores, axis=1, keepdims=True))


def class_frequencies(classes: Int[np.ndarray, " n"], n_classes: int) -> Float[np.ndarray, " g"]:
    """Return the share of each class: what a guess that sees nothing knows.

    Args:
        classes: Of the training sequences.
        n_classes: How many there are.
    """
    return np.bincount(classes, minlength=n_classes) / len(classes)


def fit_logistic(
    rows: Rows,
    classes: Int[np.ndarray, " n"],
    n_classes: int,
    penalty: float,
    start: Linear | None = None,
    steps: int = STEPS,
    tolerance: float = TOLERANCE,
) -> Linear:
    """Fit a logistic regression of several classes.

    Args:
        rows: What is seen, [n, d].
        classes: What is to be told, from 0.
        n_classes: How many classes there are.
        penalty: Of the squared weights.
        start: Where to begin, such as the model of another penalty.
        steps: Of L-BFGS at most.
        tolerance: It ends when the loss falls by less, relative to its size.

    Raises:
        InputError: There is nothing to learn from.
    """
    n, d = _checked(rows, classes)
    at = np.arange(n)
    turned = rows.T.tocsr() if isinstance(rows, csr_matrix) else rows.T

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        both = flat.reshape(d + 1, n_classes)
        logs = log_softmax(np.asarray(rows @ both[:-1]) + both[-1])
        wrong = np.exp(logs)
        wrong[at, classes] -= 1  # the gradient of the cross-entropy by the scores
        slope = np.empty_like(both)
        slope[:-1] = (turned @ wrong + penalty * both[:-1]) / n
        slope[-1] = wrong.sum(axis=0) / n
        value = -logs[at, classes].mean() + penalty * (both[:-1] ** 2).sum() / (2 * n)
        return float(value), slope.ravel()

    first = np.zeros((d + 1, n_classes))
    if start is not None:
        first = np.concatenate([start.weights, start.intercept[None]])
    found: Any = minimize(
        loss, first.ravel(), jac=True, method="L-BFGS-B",
        options={"maxiter": steps, "ftol": tolerance, "gtol": 1e-5},
    )  # fmt: skip
    both = found.x.reshape(d + 1, n_classes)
    return Linear(both[:-1], both[-1])


def fit_ridge(rows: csr_matrix, numbers: Float[np.ndarray, " n"], penalty: float) -> Linear:
    """Fit a ridge regression.

    Args:
        rows: What is seen, [n, d].
        numbers: What is to be told.
        penalty: Of the squared weights.

    Raises:
        InputError: There is nothing to learn from.
    """
    n, d = _checked(rows, numbers)
    mean = np.asarray(rows.mean(axis=0)).ravel()
    level = float(numbers.mean())
    if not d:
        return Linear(np.zeros((0, 1)), np.array([level]))
    turned = rows.T.tocsr()
    centred = cast(Any, LinearOperator)(
        (n, d),
        matvec=lambda v: rows @ v.ravel() - mean @ v.ravel(),
        rmatvec=lambda u: turned @ u.ravel() - mean * u.sum(),
        dtype=np.float64,
    )
    solved = cast(Any, lsqr)(
        centred, numbers - level, damp=math.sqrt(penalty), atol=1e-7, btol=1e-7, iter_lim=1000
    )
    weights = np.asarray(solved[0])
    return Linear(weights[:, None], np.array([level - mean @ weights]))


def _checked(rows: Rows, labels: np.ndarray) -> tuple[int, int]:
    n, d = cast("tuple[int, int]", rows.shape)
    if not n or n != len(labels):
        raise InputError(f"{n} rows and {len(labels)} labels: nothing to learn")
    return n, d
