"""Votes over windows, and scores with the unit that the bootstrap draws, by hand."""

import numpy as np
import pytest

from firth.errors import OptionError
from firth.probe.classification import accuracy_and_f1
from firth.probe.votes import class_scores, mean_by_unit, number_score, vote

CHANCES = np.array([[0.6, 0.4], [0.6, 0.4], [0.0, 1.0], [0.3, 0.7], [0.8, 0.2]])
UNITS = np.array([0, 0, 0, 1, 1])


def rng():
    return np.random.default_rng(0)


def test_votes_by_hand():
    np.testing.assert_allclose(mean_by_unit(CHANCES, UNITS, 2), [[0.4, 0.6], [0.55, 0.45]])
    assert vote(CHANCES, UNITS, 2).tolist() == [1, 0]
    assert vote(CHANCES, UNITS, 2, "majority").tolist() == [0, 0]  # 1 to 1: the mean decides
    with pytest.raises(OptionError, match=r"vote 'majorty': .*Did you mean 'majority'"):
        vote(CHANCES, UNITS, 2, "majorty")


def test_scores_by_hand():
    truth, answers = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0])
    accuracy, f1 = class_scores(answers, truth, np.arange(5), 3, rng())
    assert (accuracy.value, accuracy.n) == (0.6, 5)
    assert f1.value == pytest.approx((2 / 4 + 4 / 6) / 2)  # the third class does not occur
    assert accuracy.low < 0.6 < accuracy.high


def test_it_agrees_with_the_scores_of_senses():
    some = np.random.default_rng(3)
    truth, answers = some.integers(0, 4, 200), some.integers(0, 4, 200)
    accuracy, f1 = class_scores(answers, truth, np.arange(200), 4, rng(), 4000)
    a, b = accuracy_and_f1(answers[None], truth, np.random.default_rng(1), 4000)
    for ours, theirs in ((accuracy, a), (f1, b)):
        assert ours.value == pytest.approx(float(theirs.values[0]))
        np.testing.assert_allclose((ours.low, ours.high), theirs.interval(0), atol=0.01)


def test_units_that_go_together_widen_the_interval():
    truth = np.repeat(np.arange(2), 50)
    answers = np.where(np.arange(100) // 10 % 2, truth, 1 - truth)  # ten right, ten wrong
    alone = class_scores(answers, truth, np.arange(100), 2, rng())[0]
    together = class_scores(answers, truth, np.arange(100) // 10, 2, rng())[0]
    assert alone.value == together.value == 0.5
    assert together.high - together.low > 2 * (alone.high - alone.low)
    numbers = np.repeat(np.random.default_rng(0).normal(size=10), 10)
    noise = numbers + np.repeat(np.random.default_rng(1).normal(size=10), 10)
    one = number_score(noise, numbers, np.arange(100), rng(), 300)
    ten = number_score(noise, numbers, np.arange(100) // 10, rng(), 300)
    assert one is not None
    assert ten is not None
    assert one.value == ten.value
    assert ten.high - ten.low > 2 * (one.high - one.low)


def test_numbers_by_hand():
    found = number_score(np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 3.0]), np.arange(3), rng())
    assert found is not None
    assert found.value == pytest.approx(0.5)
    assert number_score(np.ones(3), np.arange(3.0), np.arange(3), rng()) is None
    assert number_score(np.ones(1), np.ones(1), np.arange(1), rng()) is None
