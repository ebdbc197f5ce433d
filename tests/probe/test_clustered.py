"""The bootstrap by cluster: cases by hand, and that of single items as its special case."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.probe import clustered
from firth.probe.clustered import cluster_mean_interval, cluster_paired
from firth.probe.paired import sign_flip_p
from firth.probe.statistics import mean_interval


def test_two_clusters_by_hand():
    # Three questions of 1 in one article and one of 0 in the other: a sample is the first twice (mean
    # 1), each once (3/4) or the second twice (0), with probabilities 1/4, 1/2, 1/4.
    values, clusters = np.array([1.0, 1, 1, 0]), np.array([7, 7, 7, -2])
    assert cluster_mean_interval(values, clusters, np.random.default_rng(0)) == (0.0, 1.0)


def test_it_agrees_with_all_samples():
    values = np.array([0.0, 1, 0.5, 2, 2, 3, 1, 5, 5, 5])
    clusters = np.array([0, 0, 0, 1, 2, 2, 3, 3, 3, 4])
    own = [values[clusters == at] for at in range(5)]
    means = [
        np.concatenate([own[at] for at in drawn]).mean() for drawn in product(range(5), repeat=5)
    ]
    expected = np.quantile(means, [0.025, 0.975])
    found = cluster_mean_interval(values, clusters, np.random.default_rng(0), 50_000)
    np.testing.assert_allclose(found, expected, atol=0.02)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=30), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_one_item_a_cluster_is_the_ordinary_bootstrap(values, seed):
    values = np.array(values)
    found = cluster_mean_interval(values, np.arange(len(values)), np.random.default_rng(seed), 200)
    assert found == pytest.approx(mean_interval(values, np.random.default_rng(seed), 200))


def test_copies_of_items_do_not_narrow_the_interval():
    rng = np.random.default_rng(0)
    values = rng.normal(size=12)
    once = cluster_mean_interval(values, np.arange(12), np.random.default_rng(1))
    copies, owners = np.repeat(values, 50), np.repeat(np.arange(12), 50)
    assert cluster_mean_interval(copies, owners, np.random.default_rng(1)) == pytest.approx(once)
    alone = cluster_mean_interval(copies, np.arange(600), np.random.default_rng(1))
    assert alone[1] - alone[0] < 0.3 * (once[1] - once[0])


def test_names_and_order_of_clusters_do_not_matter():
    rng = np.random.default_rng(3)
    values, clusters = rng.normal(size=40), rng.integers(0, 9, 40)
    order = rng.permutation(40)
    first = cluster_mean_interval(values, clusters, np.random.default_rng(0))
    second = cluster_mean_interval(
        values[order], 10 * clusters[order] + 5, np.random.default_rng(0)
    )
    assert second == pytest.approx(first)


def test_it_covers_the_mean():
    """Items of a cluster share a shift; about 95 of 100 intervals should hold the true mean 0."""
    held = {"clusters": 0, "items": 0}
    clusters = np.repeat(np.arange(40), 10)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=40)[clusters] + rng.normal(size=400)
        for name, own in (("clusters", clusters), ("items", np.arange(400))):
            low, high = cluster_mean_interval(values, own, rng, 300)
            held[name] += low <= 0 <= high
    assert held["clusters"] >= 87
    assert held["items"] <= 75  # as if 400 questions were 400 articles


def test_the_size_of_a_block_changes_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    values, clusters = rng.normal(size=50), rng.integers(0, 8, 50)
    whole = cluster_mean_interval(values, clusters, np.random.default_rng(2))
    monkeypatch.setattr(clustered, "_AT_ONCE", 64)
    assert cluster_mean_interval(values, clusters, np.random.default_rng(2)) == pytest.approx(whole)


def test_one_cluster_says_nothing_of_others():
    rng = np.random.default_rng(0)
    one = np.zeros(3, dtype=int)
    assert cluster_mean_interval(np.array([0.0, 1, 1]), one, rng) is None
    found = cluster_paired(np.array([1.0, 1, 1]), np.array([0.0, 1, 1]), one, rng)
    assert found.difference == pytest.approx(1 / 3)
    assert (found.low, found.high, found.p) == (None, None, None)


def test_paired_by_hand():
    # Differences 1, 1, -1, 0: clusters sum to 2 and -1; the four signings give 1, 3, -3, -1: all are
    # as large as 1, so p is 1.
    first, second = np.array([1.0, 1, 0, 1]), np.array([0.0, 0, 1, 1])
    found = cluster_paired(first, second, np.array([0, 0, 1, 1]), np.random.default_rng(0))
    assert found.difference == 0.25
    assert (found.low, found.high) == (-0.5, 1.0)  # the second article twice, the first twice
    assert found.p == 1.0


def test_paired_with_one_item_a_cluster_is_the_ordinary_test():
    rng = np.random.default_rng(5)
    first, second = rng.normal(0.3, 1, 25), rng.normal(size=25)
    found = cluster_paired(first, second, np.arange(25), np.random.default_rng(1), 200, 500)
    again = np.random.default_rng(1)
    assert (found.low, found.high) == pytest.approx(mean_interval(first - second, again, 200))
    assert found.p == sign_flip_p((first - second)[:, None], again, 500)[0]


def test_paired_turns_with_its_sides_and_sees_what_both_share():
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(20), 5)
    hard = rng.normal(0, 3, 20)[clusters]  # difficulty of an article, the same for both
    first, second = hard + 0.5 + rng.normal(0, 0.2, 100), hard + rng.normal(0, 0.2, 100)
    one = cluster_paired(first, second, clusters, np.random.default_rng(0))
    two = cluster_paired(second, first, clusters, np.random.default_rng(0))
    assert (two.difference, two.low, two.high) == pytest.approx(
        (-one.difference, -one.high, -one.low), abs=0.01
    )
    assert 0.4 < one.low < one.difference < one.high < 0.6
    assert one.p < 0.001
    low, high = cluster_mean_interval(first, clusters, np.random.default_rng(0))
    assert high - low > 10 * (one.high - one.low)
