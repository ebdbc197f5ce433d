"""The hierarchical bootstrap: against variances that are known, and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.probe.correlation import spearman
from firth.probe.hierarchical import difference, mean_estimate, mean_samples
from firth.probe.votes import class_samples, number_samples, unit_weights


def constant(runs, m=4001):
    """Scores of runs that do not depend on the items: [s, r] -> [s, r, m]."""
    return np.repeat(np.array(runs, dtype=float)[..., None], m, axis=2)


def test_the_first_sample_is_the_data():
    values = np.random.default_rng(0).random((3, 2, 50))
    samples = mean_samples(values, 1)
    assert samples[0] == values[..., 0].mean()
    np.testing.assert_array_equal(samples, mean_samples(values, 1))
    assert (samples[1:] != mean_samples(values, 2)[1:]).any()


def test_levels_with_one_member_are_not_drawn():
    items = np.random.default_rng(0).random(200)
    np.testing.assert_allclose(mean_samples(items[None, None], 0), items)
    spread = mean_samples(constant([[0.1, 0.5]]), 0).std()
    # One group: only its two runs are drawn; the variance of their mean is s^2 / 2.
    assert spread == pytest.approx(np.std([0.1, 0.5], ddof=1) / np.sqrt(2), rel=0.05)


def test_few_groups_vary_as_much_as_the_formula_says():
    maps = np.array([0.80, 0.86, 0.89])
    samples = mean_samples(constant(maps[:, None]), 3)
    assert samples.std() == pytest.approx(maps.std(ddof=1) / np.sqrt(3), rel=0.05)
    _, low, high = mean_estimate(samples)
    assert low < maps.mean() < high


def test_differences_are_paired_in_all_that_is_shared():
    rng = np.random.default_rng(4)
    items = rng.random(4001)
    maps = np.array([0.0, 0.1, 0.3])[:, None, None]
    first = maps + items + rng.normal(0, 1e-3, (3, 2, 1))
    second = first - 0.01
    found = difference(mean_samples(first, 0), mean_samples(second, 0))
    assert found.value == pytest.approx(0.01)
    assert (found.low, found.high) == (pytest.approx(0.01), pytest.approx(0.01))
    assert found.p == pytest.approx(2 / 4001)
    alike = difference(mean_samples(first, 0), mean_samples(first, 0))
    assert (alike.value, alike.p) == (0.0, 1.0)


@given(st.integers(2, 5), st.integers(1, 4), st.integers(0, 9))
def test_the_interval_holds_the_value(groups, runs, seed):
    values = np.random.default_rng(seed).random((groups, runs, 60))
    value, low, high = mean_estimate(mean_samples(values, seed))
    assert low <= value <= high


def test_samples_of_scores_by_hand():
    weights = np.array([[1, 1, 1], [2, 0, 1], [0, 3, 0]])
    truth, answers = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    units = np.array([0, 1, 1, 2])
    accuracy, macro = class_samples(answers, truth, units, 2, weights)
    assert accuracy.tolist() == [0.75, 1.0, 0.5]
    assert macro[1] == 1.0
    numbers = number_samples(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4]), units, weights)
    assert numbers[0] == pytest.approx(0.8)
    assert numbers[2] == pytest.approx(-1.0)
    drawn = unit_weights(7, np.random.default_rng(0), 20)
    assert drawn.shape == (21, 7)
    assert (drawn[0] == 1).all()
    assert (drawn.sum(axis=1) == 7).all()


def test_weighted_ranks_are_those_of_repeated_items():
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 6, 30).astype(float), rng.random(30)
    units = rng.integers(0, 9, 30)
    weights = unit_weights(9, rng, 40)
    found = number_samples(a, b, units, weights)
    for one, own in zip(found, weights, strict=True):
        drawn = np.repeat(np.arange(30), own[units])
        assert one == pytest.approx(spearman(a[drawn], b[drawn]))
    assert np.isnan(number_samples(np.ones(30), b, units, weights)).all()
