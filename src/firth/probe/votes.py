"""Answers of many windows become one answer of the whole, and scores with the unit that was drawn.

A piece of music is scored by all windows of it, a long protein likewise. Windows, or sequences, of
one unit are not independent: the bootstrap draws units, with all that is in them.

Legend of dimensions: n windows or sequences, u units, g classes (1 for a number), m samples.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_matrix

from firth.errors import OptionError, did_you_mean
from firth.probe.correlation import weighted_spearman
from firth.probe.scores import Estimate
from firth.probe.statistics import DRAWS, interval
from firth.shapes import Codes

Rule = Literal["mean", "majority"]
RULES = ("mean", "majority")


def mean_by_unit(
    values: Float[np.ndarray, "n g"], units: Codes, n_units: int
) -> Float[np.ndarray, "u g"]:
    """Return the mean over each unit: of probabilities, or of predicted numbers.

    Args:
        values: One row a window.
        units: Which unit each window is of, from 0; none of them is without a window.
        n_units: How many units there are.
    """
    sums = np.zeros((n_units, values.shape[1]))
    np.add.at(sums, units, values)
    return sums / np.bincount(units, minlength=n_units)[:, None]


def vote(
    probabilities: Float[np.ndarray, "n g"], units: Codes, n_units: int, rule: str = "mean"
) -> Int[np.ndarray, " u"]:
    """Return the class of each unit.

    Args:
        probabilities: Of each class, one row a window.
        units: Which unit each window is of, from 0.
        n_units: How many units there are.
        rule: ``mean``: the highest mean probability. ``majority``: the class that most windows
            answer; equal numbers are decided by the mean probability.

    Raises:
        OptionError: There is no such rule.
    """
    means = mean_by_unit(probabilities, units, n_units)
    if rule == "mean":
        return means.argmax(axis=1)
    if rule != "majority":
        raise OptionError(
            f"vote {rule!r}: legal are {', '.join(RULES)}.{did_you_mean(rule, RULES)}"
        )
    ballots = np.zeros_like(means)
    np.add.at(ballots, (units, probabilities.argmax(axis=1)), 1.0)
    first = ballots == ballots.max(axis=1, keepdims=True)
    return np.where(first, means, -np.inf).argmax(axis=1)


def class_scores(
    predicted: Codes,
    truth: Codes,
    units: Codes,
    n_classes: int,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> tuple[Estimate, Estimate]:
    """Return accuracy and macro F1, the mean of F1 over the classes that occur.

    Args:
        predicted: One class a sequence.
        truth: The right one.
        units: Which unit each sequence is of, from 0: the bootstrap draws these.
        n_classes: How many classes there are.
        rng: Draws the samples.
        draws: How many.
    """
    weights = unit_weights(int(units.max()) + 1, rng, draws)
    accuracy, macro = class_samples(predicted, truth, units, n_classes, weights)
    return _estimate(accuracy, len(truth)), _estimate(macro, len(truth))


def unit_weights(
    n_units: int, rng: np.random.Generator, draws: int = DRAWS
) -> Int[np.ndarray, "m u"]:
    """Return how often each unit is in each sample; the first sample is the data itself.

    Args:
        n_units: How many units there are.
        rng: Draws the samples.
        draws: How many, the first one not counted.
    """
    drawn = rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=draws)
    return np.concatenate([np.ones((1, n_units), np.int64), drawn])


def class_samples(
    predicted: Codes,
    truth: Codes,
    units: Codes,
    n_classes: int,
    weights: Int[np.ndarray, "m u"],
) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Return accuracy and macro F1 of every sample.

    Args:
        predicted: One class an item.
        truth: The right one.
        units: Which unit each item is of.
        n_classes: How many classes there are.
        weights: How often each unit is in each sample.
    """
    cells = truth * n_classes + predicted
    ones = np.ones(len(truth))
    table = csr_matrix((ones, (units, cells)), shape=(weights.shape[1], n_classes**2))
    confusion = np.asarray(weights @ table).reshape(-1, n_classes, n_classes)  # truth, answer
    hits = np.einsum("mgg->mg", confusion)
    accuracy = hits.sum(axis=1) / confusion.sum(axis=(1, 2))
    both = confusion.sum(axis=1) + confusion.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(both > 0, 2 * hits / both, np.nan)[:, np.unique(truth)]
        # A class that a sample neither holds nor answers has no F1 in it.
        macro = np.nansum(f1, axis=1) / np.isfinite(f1).sum(axis=1)
    return accuracy, macro


def number_samples(
    predicted: Float[np.ndarray, " n"],
    truth: Float[np.ndarray, " n"],
    units: Codes,
    weights: Int[np.ndarray, "m u"],
) -> Float[np.ndarray, " m"]:
    """Return Spearman's correlation of every sample; NaN where one side has one value only.

    Args:
        predicted: One number an item.
        truth: The right one.
        units: Which unit each item is of.
        weights: How often each unit is in each sample.
    """
    return weighted_spearman(predicted, truth, weights[:, units])


def number_score(
    predicted: Float[np.ndarray, " n"],
    truth: Float[np.ndarray, " n"],
    units: Codes,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Estimate | None:
    """Return Spearman's correlation; None where one side has one value only.

    Args:
        predicted: One number a sequence.
        truth: The right one.
        units: Which unit each sequence is of, from 0: the bootstrap draws these.
        rng: Draws the samples.
        draws: How many.
    """
    if len(truth) < 2:
        return None
    weights = unit_weights(int(units.max()) + 1, rng, draws)
    samples = number_samples(predicted, truth, units, weights)
    return _estimate(samples, len(truth)) if math.isfinite(samples[0]) else None


def _estimate(samples: Float[np.ndarray, " m"], n: int) -> Estimate:
    value = float(samples[0])
    return Estimate(value, *interval(samples[1:], value), n)
