"""Statistics of summed counts: by hand, the exchange test, and how often it errs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.probe import summed
from firth.probe.clustered import cluster_paired
from firth.probe.summed import SUMMED, summed_paired, summed_value

LINKS = np.array([[3, 2, 1, 2], [1, 1, 0, 0]])


@pytest.mark.parametrize(
    ("statistic", "counts", "value"),
    [
        ("ratio", [[1, 2], [2, 2]], 3 / 4),
        # The stratum 0 has 2 of 4, the stratum 1 has 1 of 1.
        ("macro_ratio", [[1, 2, 0], [1, 1, 1], [1, 2, 0]], 3 / 4),
        # Precision 2 of 4, recall 1 of 3.
        ("alignment_f1", LINKS, 0.4),
        ("alignment_error_rate", LINKS, 1 - 3 / 7),
        ("bleu_1", [[2, 2, 3], [0, 1, 3]], 2 / 3 * np.exp(-1)),
        ("pseudo_perplexity", [[-2, 1], [-4, 2]], np.exp(2)),
    ],
)
def test_values_by_hand(statistic, counts, value):
    assert summed_value(statistic, np.array(counts, dtype=float)) == pytest.approx(value)


def test_exchanges_by_hand():
    # 1 against 0 on both items. Of the four exchanges two give a difference of 1, two of 0.
    first, second = np.array([[1.0, 1], [1, 1]]), np.array([[0.0, 1], [0, 1]])
    rng = np.random.default_rng(0)
    found = summed_paired("ratio", first, second, np.arange(2), rng, flips=4000)
    assert (found.difference, found.low, found.high) == (1, 1, 1)
    assert found.p == pytest.approx(0.5, abs=0.03)


def test_of_a_mean_it_is_the_sign_flip_test():
    rng = np.random.default_rng(1)
    first, second, clusters = rng.random(40), rng.random(40), np.arange(40) // 2
    ones = np.ones(40)
    found = summed_paired(
        "ratio", np.stack([first, ones], 1), np.stack([second, ones], 1), clusters,
        np.random.default_rng(2),
    )  # fmt: skip
    same = cluster_paired(first, second, clusters, np.random.default_rng(2))
    assert found.difference == pytest.approx(same.difference)
    assert (found.low, found.high) == pytest.approx((same.low, same.high))
    assert found.p == pytest.approx(same.p)


def test_perplexities_are_tested_by_log_probability_a_token():
    rng = np.random.default_rng(3)
    tokens = rng.integers(5, 9, 30).astype(float)
    first, second = -rng.random(30) * tokens, -rng.random(30) * tokens
    second[0] = -400  # one sentence decides the perplexity
    sides = [np.stack([one, tokens], 1) for one in (first, second)]
    found = summed_paired("pseudo_perplexity", *sides, np.arange(30), np.random.default_rng(0))
    logs = summed_paired("ratio", *sides, np.arange(30), np.random.default_rng(0))
    assert found.p == logs.p
    assert found.difference < 0 < logs.difference


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(SUMMED)), st.integers(0, 10_000))
def test_equal_ways_have_p_1_and_sides_turn(statistic, seed):
    rng = np.random.default_rng(seed)
    k = {"bleu_1": 3, "macro_ratio": 3}.get(statistic, 4 if "alignment" in statistic else 2)
    first, second = (rng.integers(1, 9, (9, k)).astype(float) for _ in range(2))
    if statistic == "macro_ratio":
        first[:, 2] = second[:, 2] = np.arange(9) % 2
    if statistic == "pseudo_perplexity":
        first[:, 0], second[:, 0] = -first[:, 0], -second[:, 0]

    def against(one, two):
        rng = np.random.default_rng(seed)
        return summed_paired(statistic, one, two, np.arange(9), rng, draws=60, flips=60)

    same, found, turned = against(first, first), against(first, second), against(second, first)
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert turned.p == found.p
    assert turned.difference == pytest.approx(-found.difference)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def _links(rng, sure, chance):
    right = rng.binomial(sure, chance)
    return np.stack([sure, sure, right, right], axis=1).astype(float)


def test_it_errs_as_often_as_it_says_and_sees_a_clear_difference():
    rejected, seen = 0, 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sure, hard = rng.integers(3, 9, 40), rng.uniform(0, 0.4, 40)
        equal = [_links(rng, sure, 0.7 - hard) for _ in range(2)]
        better = _links(rng, sure, 0.9 - hard)
        for one, two, weaker in ((*equal, True), (better, equal[1], False)):
            found = summed_paired("alignment_f1", one, two, np.arange(40), rng, 20, 300)
            rejected += weaker and found.p < 0.05
            seen += (not weaker) and found.p < 0.05
    assert 3 <= rejected <= 19  # 10 are expected
    assert seen >= 190


def test_clusters_are_exchanged_together():
    clusters = np.arange(40) // 5  # eight of them
    first = np.tile([1.0, 1.0], (40, 1))
    second = first * [0.5, 1]
    found = summed_paired("ratio", first, second, clusters, np.random.default_rng(0))
    assert found.p == pytest.approx(2 / 2**8, abs=0.004)
    one = summed_paired("ratio", first, second, np.zeros(40, int), np.random.default_rng(0))
    assert (one.difference, one.low, one.high, one.p) == (0.5, None, None, None)


def test_an_exchange_without_a_value_counts_against_the_difference():
    # Where no side answers and none is sure, there is no error rate.
    first = np.array([[0.0, 0, 0, 0], [2, 2, 2, 2]])
    second = np.array([[2.0, 2, 0, 0], [0, 0, 0, 0]])
    found = summed_paired("alignment_error_rate", first, second, np.arange(2),
                          np.random.default_rng(0))  # fmt: skip
    assert found.p == 1


def test_the_size_of_a_block_changes_nothing(monkeypatch):
    rng = np.random.default_rng(4)
    sides = [_links(rng, rng.integers(3, 9, 30), 0.6) for _ in range(2)]
    whole = summed_paired("alignment_f1", *sides, np.arange(30), np.random.default_rng(5))
    monkeypatch.setattr(summed, "_AT_ONCE", 2**11)
    parts = summed_paired("alignment_f1", *sides, np.arange(30), np.random.default_rng(5))
    assert (parts.low, parts.high, parts.p) == pytest.approx((whole.low, whole.high, whole.p))
