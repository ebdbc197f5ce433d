"""Paired bootstrap of correlations, areas and macro F1: by hand, and how often it errs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from firth.probe.resampled import (
    inverted_p,
    pairs_auc,
    pairs_auc_paired,
    resampled_paired,
    resampled_value,
)
from firth.probe.scores import score_labels

DRAWS = 300


def test_values_by_hand():
    # Of four comparisons three are right.
    scored = np.array([[0.9, 1], [0.4, 1], [0.5, 0], [0.1, 0]])
    assert resampled_value("auc", scored) == 0.75
    # F1 of class 0: 2 / 3, of class 1: 4 / 6; the class 2 is answered and never true.
    answers = np.array([[0.0, 0], [1, 0], [1, 1], [1, 1], [2, 1]])
    assert resampled_value("macro_f1", answers) == pytest.approx((2 / 3 + 4 / 6) / 2)
    rng = np.random.default_rng(0)
    runs = rng.random((30, 3))  # two runs, and the truth
    mean = np.mean([spearmanr(runs[:, at], runs[:, 2]).statistic for at in (0, 1)])
    assert resampled_value("spearman", runs) == pytest.approx(mean)


def test_the_area_over_pairs_is_that_of_senses():
    rng = np.random.default_rng(1)
    codes = np.repeat([0, 1, 2], [4, 5, 3])
    vectors = rng.normal(size=(12, 6)) + np.eye(6)[codes]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = (vectors @ vectors.T).astype(np.float32)
    (area,) = score_labels(similarity[None], codes, np.random.default_rng(0)).auc
    assert pairs_auc(similarity, codes) == pytest.approx(area.value)
    other = np.random.default_rng(2).random((12, 12))
    found = pairs_auc_paired(similarity, (other + other.T) / 2, codes, rng, DRAWS)
    assert found.low <= found.difference <= found.high


def test_p_by_hand():
    assert inverted_p(np.array([1.0, 2, 3])) == 2 * (0 + 1) / (3 + 1)
    assert inverted_p(np.array([-1.0, 2, 3, 4, 5, 6, 7, 8, 9, np.nan])) == 2 * (1 + 1) / (9 + 1)
    assert inverted_p(np.zeros(9)) == 1
    assert inverted_p(np.array([np.nan])) == 1


@pytest.mark.parametrize("statistic", ["spearman", "auc", "macro_f1"])
def test_equal_ways_have_p_1_and_sides_turn(statistic):
    rng = np.random.default_rng(3)
    truth = np.arange(40) % 2 if statistic != "spearman" else rng.random(40)
    first, second = (
        np.stack([rng.integers(0, 2, 40) if statistic == "macro_f1" else rng.random(40), truth], 1)
        for _ in range(2)
    )

    def against(one, two):
        generator = np.random.default_rng(4)
        return resampled_paired(statistic, one * 1.0, two * 1.0, np.arange(40), generator, DRAWS)

    same, found, turned = against(first, first), against(first, second), against(second, first)
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert turned.p == found.p
    assert turned.difference == pytest.approx(-found.difference)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    one = resampled_paired(statistic, first * 1.0, second * 1.0, np.zeros(40, int), rng, DRAWS)
    assert (one.low, one.high, one.p) == (None, None, None)


def test_runs_may_be_of_different_number():
    rng = np.random.default_rng(5)
    truth = rng.random(50)
    first = np.stack([truth + rng.normal(0, 0.1, 50), truth], axis=1)
    second = np.stack([*(truth + rng.normal(0, 1, 50) for _ in range(3)), truth], axis=1)
    found = resampled_paired("spearman", first, second, np.arange(50), rng, DRAWS)
    assert found.difference == pytest.approx(
        resampled_value("spearman", first) - resampled_value("spearman", second)
    )
    assert found.p == 2 / (DRAWS + 1)
    assert found.low > 0


def test_clusters_are_drawn_whole():
    """Copies of the same items are no more items."""
    rng = np.random.default_rng(6)
    truth = rng.random(12)
    sides = [np.stack([truth + rng.normal(0, s, 12), truth], axis=1) for s in (0.2, 0.6)]
    alone = resampled_paired("spearman", *sides, np.arange(12), np.random.default_rng(0), DRAWS)
    copies = [np.repeat(one, 9, axis=0) for one in sides]
    owners = np.repeat(np.arange(12), 9)
    found = resampled_paired("spearman", *copies, owners, np.random.default_rng(0), DRAWS)
    assert (found.low, found.high, found.p) == pytest.approx((alone.low, alone.high, alone.p))


def noisy(rng, vectors, noise):
    own = vectors + noise * rng.normal(size=vectors.shape)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    return own @ own.T


def test_areas_err_seldom_and_a_clear_difference_is_seen():
    codes = np.arange(24) % 2
    rejected, seen = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        vectors = rng.normal(size=(24, 6)) + 3 * np.eye(6)[codes]
        one, two, worse = (noisy(rng, vectors, noise) for noise in (0.6, 0.6, 4.0))
        rejected += pairs_auc_paired(one, two, codes, rng, 200).p < 0.05
        seen += pairs_auc_paired(one, worse, codes, rng, 200).p < 0.05
    assert rejected <= 7  # 3 are expected
    assert seen >= 50


def test_correlations_err_as_often_as_they_say():
    rejected, seen = 0, 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=80)
        one, two, worse = (
            np.stack([truth + noise * rng.normal(size=80), truth], axis=1)
            for noise in (0.8, 0.8, 3.0)
        )
        rejected += resampled_paired("spearman", one, two, np.arange(80), rng, 200).p < 0.05
        seen += resampled_paired("spearman", one, worse, np.arange(80), rng, 200).p < 0.05
    assert 1 <= rejected <= 10  # 4 are expected
    assert seen >= 77
