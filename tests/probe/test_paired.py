"""The sign-flip test and Holm's correction, against all flips and a case by hand."""

from itertools import product

import numpy as np
import pytest

from firth.probe import paired
from firth.probe.paired import holm, sign_flip_p


def test_it_agrees_with_all_flips():
    rng = np.random.default_rng(0)
    differences = rng.normal(0.4, 1, size=(9, 3))
    flips = np.array(list(product([-1, 1], repeat=9)))
    sums = np.abs(flips @ differences)
    exact = (sums >= np.abs(differences.sum(axis=0)) - 1e-9).mean(axis=0)
    np.testing.assert_allclose(sign_flip_p(differences, rng, 20_000), exact, atol=0.02)


def test_no_difference_and_a_clear_one():
    rng = np.random.default_rng(0)
    values = np.stack([np.zeros(40), np.ones(40), -np.ones(40)], axis=1)
    p = sign_flip_p(values, rng, 999)
    assert p.tolist() == [1.0, 0.001, 0.001]  # two-sided, and never 0


def test_the_size_of_a_block_changes_nothing_but_time(monkeypatch):
    differences = np.random.default_rng(1).normal(0.2, 1, size=(30, 2))
    whole = sign_flip_p(differences, np.random.default_rng(2), 500)
    monkeypatch.setattr(paired, "_AT_ONCE", 64)
    np.testing.assert_allclose(sign_flip_p(differences, np.random.default_rng(2), 500), whole)


def test_holm_by_hand():
    # 0.01 x 3, then 0.02 x 2, then 0.2 x 1.
    assert holm([0.2, 0.01, 0.02]) == pytest.approx([0.2, 0.03, 0.04])
    # Never below a smaller one's: 0.03 x 2 stands before 0.04 x 1.
    assert holm([0.03, 0.04]) == pytest.approx([0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
