"""The k-mer baseline: counts, a linear model, and every setting chosen on development data.

Tried are all lengths of k-mers up to an order that the alphabet sets, anywhere and, where all
sequences are of one length, placed; and for each a path of penalties from strong to weak, which
ends when two in a row are worse. The best accuracy (for numbers, Spearman's correlation) on the
development data wins; equal ones are decided by the cross-entropy (the squared error) there, then
by being simpler. An untuned baseline would be a straw man.

Legend of dimensions: n sequences, g classes (1 for a number).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_matrix

from firth.errors import InputError
from firth.probe.correlation import spearman
from firth.probe.kmers import KmerSpace, Symbols, highest_order, is_aligned
from firth.probe.linear import Linear, fit_logistic, fit_ridge, log_softmax

PENALTIES = (1000.0, 100.0, 10.0, 1.0, 0.1)
_LONGEST_PLACED = 3
_PATIENCE = 2


@dataclass(frozen=True)
class Labelled:
    """Sequences and what is to be told of them.

    Attributes:
        sequences: The symbols of each, as numbers from 0.
        labels: Classes from 0 (int), or numbers (float), [n].
    """

    sequences: Sequence[Symbols]
    labels: np.ndarray


@dataclass(frozen=True)
class Setting:
    """A setting that was tried, and its score on the development data."""

    order: int
    placed: bool
    penalty: float
    score: float


@dataclass(frozen=True)
class KmerModel:
    """The chosen model.

    Attributes:
        space: Which k-mers it counts.
        linear: What it makes of them.
        setting: What was chosen.
        tried: All that was tried, in order.
        n_classes: Number of classes; 0 where it predicts numbers.
    """

    space: KmerSpace
    linear: Linear
    setting: Setting
    tried: tuple[Setting, ...]
    n_classes: int

    def predict(self, sequences: Sequence[Symbols]) -> Float[np.ndarray, "n g"]:
        """Return the probability of each class, or the number, [n, 1]."""
        scores = self.linear(self.space.counts(sequences))
        return np.exp(log_softmax(scores)) if self.n_classes else scores


def fit_kmers(
    train: Labelled,
    dev: Labelled,
    symbols: int,
    n_classes: int = 0,
    orders: Sequence[int] | None = None,
    penalties: Sequence[float] = PENALTIES,
) -> KmerModel:
    """Fit every setting on the training data and return the best on the development data.

    Args:
        train: What is learnt from.
        dev: What settings are chosen on.
        symbols: Size of the alphabet.
        n_classes: Number of classes; 0 to predict numbers.
        orders: Lengths of the longest k-mers; by default from 1 to what the alphabet allows.
        penalties: From strong to weak.

    Raises:
        InputError: There is no training or no development data.
    """
    if not len(train.labels) or not len(dev.labels):
        raise InputError(
            f"{len(train.labels)} training and {len(dev.labels)} development sequences: both are "
            "needed, the second to choose the penalty"
        )
    tried: list[Setting] = []
    best: tuple[tuple[float, float], KmerSpace, Linear, Setting] | None = None
    for space in _spaces(train, dev, symbols, orders):
        rows, others = space.counts(train.sequences), space.counts(dev.sequences)
        for score, linear, penalty in _path(rows, others, train, dev, n_classes, penalties):
            setting = Setting(space.order, space.placed, penalty, score[0])
            tried.append(setting)
            if best is None or score > best[0]:
                best = score, space, linear, setting
    assert best is not None
    return KmerModel(best[1], best[2], best[3], tuple(tried), n_classes)


def _spaces(
    train: Labelled, dev: Labelled, symbols: int, orders: Sequence[int] | None
) -> Iterator[KmerSpace]:
    wanted = orders if orders is not None else range(1, highest_order(symbols) + 1)
    for order in wanted:
        yield KmerSpace.of(train.sequences, symbols, order)
    if is_aligned([*train.sequences, *dev.sequences]):
        for order in wanted:
            if order <= _LONGEST_PLACED:
                yield KmerSpace.of(train.sequences, symbols, order, placed=True)


def _path(
    rows: csr_matrix,
    others: csr_matrix,
    train: Labelled,
    dev: Labelled,
    n_classes: int,
    penalties: Sequence[float],
) -> Iterator[tuple[tuple[float, float], Linear, float]]:
    judge: Callable[[np.ndarray, np.ndarray], tuple[float, float]]
    judge = _judge_classes if n_classes else _judge_numbers
    linear: Linear | None = None
    best, worse = (-math.inf, -math.inf), 0
    for penalty in penalties:
        if n_classes:
            linear = fit_logistic(rows, train.labels, n_classes, penalty, linear)
        else:
            linear = fit_ridge(rows, train.labels, penalty)
        score = judge(linear(others), dev.labels)
        yield score, linear, penalty
        best, worse = (score, 0) if score > best else (best, worse + 1)
        if worse == _PATIENCE:
            return


def _judge_classes(scores: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    right = float((scores.argmax(axis=1) == classes).mean())
    return right, float(log_softmax(scores)[np.arange(len(classes)), classes].mean())


def _judge_numbers(scores: np.ndarray, numbers: np.ndarray) -> tuple[float, float]:
    correlation = spearman(scores[:, 0], numbers) if len(numbers) > 1 else math.nan
    error = float(((scores[:, 0] - numbers) ** 2).mean())
    return (correlation if math.isfinite(correlation) else -1.0), -error
