"""Scores of labelled vectors: within and between, AUC, nearest neighbour; intervals for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from firth.probe.ranking import PairRanks, auc, rank_pairs, weighted_auc
from firth.probe.statistics import (
    bootstrap_counts,
    interval,
    labellings,
    mean_interval,
    permutation_p,
)
from firth.shapes import Codes, LayerSimilarity, PairItems

# Bootstrap samples that are weighed at once: bounds the memory to this times the pairs.
_AT_ONCE = 50


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and, where it was tested, its p-values."""

    value: float
    low: float
    high: float
    n: int
    p: float | None = None
    p_adjusted: float | None = None


@dataclass(frozen=True)
class LayerScores:
    """What one similarity says about labels at each layer; one entry a layer in each list."""

    auc: list[Estimate]
    same: list[Estimate]
    different: list[Estimate]
    nn_accuracy: list[Estimate]


def score_labels(
    similarity: LayerSimilarity, codes: Codes, rng: np.random.Generator
) -> LayerScores:
    """Score how well similarity tells same label from different label.

    Args:
        similarity: Cosine of every two items at each layer, [l, n, n].
        codes: Labels as 0, 1, ...; at least two labels, each at least twice.
        rng: Source of the bootstrap and of the permutations.
    """
    first, second = np.triu_indices(len(codes), k=1)
    pairs = similarity[:, first, second].astype(np.float64)  # [l, p]
    same = codes[first] == codes[second]
    counts = bootstrap_counts(codes, rng)
    ranks = [rank_pairs(row) for row in pairs]
    midranks = np.stack([one.midranks() for one in ranks])  # [l, p]
    observed = auc(midranks, same[None, :])[0]
    tried, exact = labellings(codes, rng)
    null = _null(midranks, tried, first, second)
    p, adjusted = permutation_p(observed, null, exact=exact)
    samples = _resample(pairs, ranks, same, counts, first, second)
    n_pairs, n_same = len(same), int(same.sum())

    def estimates(values: np.ndarray, drawn: np.ndarray, n: int) -> list[Estimate]:
        return [
            Estimate(float(value), *interval(column, float(value)), n)
            for value, column in zip(values, drawn.T, strict=True)
        ]

    areas = [
        Estimate(float(value), *interval(column, float(value)), n_pairs, float(a), float(b))
        for value, column, a, b in zip(observed, samples[0].T, p, adjusted, strict=True)
    ]
    return LayerScores(
        areas,
        estimates(pairs[:, same].mean(axis=1), samples[1], n_same),
        estimates(pairs[:, ~same].mean(axis=1), samples[2], n_pairs - n_same),
        [_nearest(layer, codes, rng) for layer in similarity],
    )


def _null(
    midranks: Float[np.ndarray, "l p"],
    tried: Int[np.ndarray, "m n"],
    first: PairItems,
    second: PairItems,
) -> Float[np.ndarray, "m l"]:
    parts = [
        auc(midranks, tried[at : at + _AT_ONCE, first] == tried[at : at + _AT_ONCE, second])
        for at in range(0, len(tried), _AT_ONCE)
    ]
    return np.concatenate(parts)


def _resample(
    pairs: Float[np.ndarray, "l p"],
    ranks: list[PairRanks],
    same: Bool[np.ndarray, " p"],
    counts: Float[np.ndarray, "m n"],
    first: PairItems,
    second: PairItems,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return AUC, mean within and mean between of every bootstrap sample, each [m, l]."""
    areas, within, between = [], [], []
    for at in range(0, len(counts), _AT_ONCE):
        some = counts[at : at + _AT_ONCE]
        weights = some[:, first] * some[:, second]  # [m, p]
        areas.append(np.stack([weighted_auc(one, same, weights) for one in ranks], axis=1))
        for kind, into in ((same, within), (~same, between)):
            chosen = weights[:, kind]
            total = chosen.sum(axis=1, keepdims=True)
            with np.errstate(invalid="ignore", divide="ignore"):
                into.append((chosen @ pairs[:, kind].T) / total)
    return np.concatenate(areas), np.concatenate(within), np.concatenate(between)


def _nearest(layer: Float[np.ndarray, "n n"], codes: Codes, rng: np.random.Generator) -> Estimate:
    """Leave-one-out 1-NN; several equally near neighbours share the vote."""
    right = nearest_correct(layer, codes)
    low, high = mean_interval(right, rng)
    return Estimate(float(right.mean()), low, high, len(right))


def nearest_correct(
    layer: Float[np.ndarray, "n n"], codes: Codes, tie: float = 1e-6
) -> Float[np.ndarray, " n"]:
    """Return for each item the share of its nearest neighbours that have its label, [n]."""
    own = layer.astype(np.float64).copy()
    np.fill_diagonal(own, -np.inf)
    nearest = own >= own.max(axis=1, keepdims=True) - tie
    agree = codes[:, None] == codes[None, :]
    return (nearest & agree).sum(axis=1) / nearest.sum(axis=1)


def neighbour_chance(codes: Codes) -> float:
    """Return the 1-NN accuracy of a neighbour drawn at random."""
    sizes = np.bincount(codes).astype(float)
    n = sizes.sum()
    return float((sizes * (sizes - 1)).sum() / (n * (n - 1)))
