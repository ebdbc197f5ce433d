"""Statistics that neither a sum nor an exchange of items gives, compared by a paired bootstrap.

    spearman   of predicted and true numbers
    auc        of scores of items that have the property or not (Mann & Whitney 1947)
    macro_f1   F1 of every class that occurs, then the mean over classes
    pairs      AUC of "same label" over all pairs of labelled items (`firth.probe.scores`)

The same items are drawn for both ways, and the statistic of each is taken. p is twice the share of
samples on the smaller side of 0: the level at which the percentile interval would end at 0 (Efron &
Tibshirani 1993, section 15.4), with one added above and below the line, so that it is never 0
(Davison & Hinkley 1997, chapter 4). Of few items it is rough: there are few different samples,
and near the end of its range a statistic hardly varies.

Several runs (predictions of several seeds) share the drawn items; their mean is compared.

Legend of dimensions: n items, r runs, u clusters, m samples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int

from firth.probe.correlation import weighted_spearman
from firth.probe.paired import Paired
from firth.probe.ranking import PairRanks, rank_pairs, weighted_auc
from firth.probe.statistics import bootstrap_counts, interval
from firth.probe.votes import class_samples
from firth.shapes import Codes

DRAWS = 2000
# Weights of items, or of pairs, that are held at once: what stays in a processor's cache is fast.
_AT_ONCE = 2**17

Item = Float[np.ndarray, " n"]
Weights = Float[np.ndarray, "m n"]
Samples = Float[np.ndarray, " m"]


def _spearman(predicted: Item, truth: Item, weights: Weights) -> Samples:
    return weighted_spearman(predicted, truth, weights.astype(np.int64))


def _auc(predicted: Item, truth: Item, weights: Weights) -> Samples:
    return weighted_auc(rank_pairs(predicted), truth > 0, weights)


def _macro_f1(predicted: Item, truth: Item, weights: Weights) -> Samples:
    answers, classes = predicted.astype(np.int64), truth.astype(np.int64)
    units = np.arange(len(truth))
    n_classes = int(max(answers.max(), classes.max())) + 1
    return class_samples(answers, classes, units, n_classes, weights.astype(np.int64))[1]


RESAMPLED: dict[str, Callable[[Item, Item, Weights], Samples]] = {
    "spearman": _spearman,
    "auc": _auc,
    "macro_f1": _macro_f1,
}


def resampled_value(statistic: str, values: Float[np.ndarray, "n k"]) -> float:
    """Return a statistic of all items.

    Args:
        statistic: One of `RESAMPLED`.
        values: What each run predicts of an item, and in the last column what is true.
    """
    return float(_mean_over_runs(statistic, values, np.ones((1, len(values))))[0])


def resampled_paired(
    statistic: str,
    first: Float[np.ndarray, "n k"],
    second: Float[np.ndarray, "n l"],
    clusters: Int[np.ndarray, " n"],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Paired:
    """Compare two ways on the same items: interval and p of the difference of a statistic.

    Args:
        statistic: One of `RESAMPLED`.
        first: What each run predicts, and in the last column what is true.
        second: Of the same items the other way; it may have another number of runs.
        clusters: Which cluster an item is of; any numbers.
        rng: Draws whole clusters.
        draws: How many samples.
    """
    value = resampled_value(statistic, first) - resampled_value(statistic, second)
    _, codes = np.unique(clusters, return_inverse=True)
    u = int(codes.max()) + 1
    if u < 2:
        return Paired(value, None, None, None)
    found = np.empty(draws)
    step = max(1, _AT_ONCE // len(codes))
    for at in range(0, draws, step):
        size = min(step, draws - at)
        weights = rng.multinomial(u, np.full(u, 1 / u), size=size)[:, codes].astype(np.float64)
        one, two = (_mean_over_runs(statistic, side, weights) for side in (first, second))
        found[at : at + size] = one - two
    return _paired(found, value)


def _mean_over_runs(statistic: str, values: Float[np.ndarray, "n k"], weights: Weights) -> Samples:
    of = RESAMPLED[statistic]
    return np.mean([of(run, values[:, -1], weights) for run in values[:, :-1].T], axis=0)


def pairs_auc(similarity: Float[np.ndarray, "n n"], codes: Codes) -> float:
    """Return the AUC of "same label" over all pairs, as `score_labels` has it.

    Args:
        similarity: Of every two items.
        codes: Labels; at least two, one of them twice.
    """
    pairs = _Pairs.of(similarity, codes)
    return float(pairs.samples(np.ones((1, len(codes))))[0])


def pairs_auc_paired(
    first: Float[np.ndarray, "n n"],
    second: Float[np.ndarray, "n n"],
    codes: Codes,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Paired:
    """Compare two similarities of the same labelled items: interval and p of their AUC.

    Args:
        first: Of every two items.
        second: Of the same items, in the same order.
        codes: Labels; at least two, one of them twice.
        rng: Draws items within their label, so that every sample keeps the design.
        draws: How many samples.
    """
    one, two = (_Pairs.of(side, codes) for side in (first, second))
    whole = np.ones((1, len(codes)))
    value = float((one.samples(whole) - two.samples(whole))[0])
    counts = bootstrap_counts(codes, rng, draws)
    found = np.empty(draws)
    step = max(1, _AT_ONCE // len(one.same))
    for at in range(0, draws, step):
        some = counts[at : at + step]
        found[at : at + step] = one.samples(some) - two.samples(some)
    return _paired(found, value)


class _Pairs:
    """The pairs of one similarity in the order of their ranks."""

    def __init__(
        self, ranks: PairRanks, same: Bool[np.ndarray, " p"], places: Int[np.ndarray, "2 p"]
    ) -> None:
        self.ranks, self.same, self._places = ranks, same, places

    @classmethod
    def of(cls, similarity: Float[np.ndarray, "n n"], codes: Codes) -> _Pairs:
        first, second = np.triu_indices(len(codes), k=1)
        ranks = rank_pairs(similarity[first, second])
        return cls(ranks, codes[first] == codes[second], np.stack([first, second]))

    def samples(self, counts: Weights) -> Samples:
        """Return the AUC where items are drawn so often; one drawn twice is no pair with itself."""
        first, second = self._places
        return weighted_auc(self.ranks, self.same, counts[:, first] * counts[:, second])


def inverted_p(samples: Samples) -> float:
    """Return the two-sided p that a difference is 0, from its bootstrap samples.

    Args:
        samples: Differences; those that do not exist (NaN) are left out.
    """
    kept = samples[np.isfinite(samples)]
    slack = 1e-12
    below, above = (kept <= slack).sum(), (kept >= -slack).sum()
    return float(min(1.0, 2 * (min(below, above) + 1) / (len(kept) + 1)))


def _paired(samples: Samples, value: float) -> Paired:
    low, high = interval(samples, value)
    return Paired(value, low, high, inverted_p(samples))
