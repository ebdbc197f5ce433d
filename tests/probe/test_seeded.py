"""Means over seeds and questions: against the clustered bootstrap, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from firth.probe.clustered import cluster_mean_interval
from firth.probe.seeded import seeded_mean_interval, seeded_paired

CLUSTERS = np.repeat(np.arange(20), 5)


def values(seeds: int, shift: float = 0.0, spread: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(3)
    base = rng.random(20)[CLUSTERS] + 0.3 * rng.random(100) + shift
    offsets = spread * np.arange(seeds)[:, None]
    return base[None, :] + offsets - offsets.mean()


def test_with_one_seed_it_is_the_cluster_bootstrap() -> None:
    own = values(1)
    found = seeded_mean_interval(own, CLUSTERS, np.random.default_rng(0), draws=4000)
    expected = cluster_mean_interval(own[0], CLUSTERS, np.random.default_rng(1), draws=4000)
    assert found == pytest.approx(expected, abs=0.02)


def test_seeds_that_differ_widen_the_interval() -> None:
    def width(spread: float) -> float:
        ends = seeded_mean_interval(values(3, spread=spread), CLUSTERS, np.random.default_rng(0))
        assert ends is not None
        return ends[1] - ends[0]

    assert width(0.0) == pytest.approx(width(1e-9), abs=1e-6)
    assert width(1.0) > 1.5 * width(0.0)


def test_two_ways_on_the_same_questions() -> None:
    first, second = values(3, shift=0.1), values(2)
    found = seeded_paired(first, second, CLUSTERS, np.random.default_rng(0))
    # The same questions, so only the shift is left: no draw changes it.
    assert found.difference == pytest.approx(0.1)
    assert found.low == pytest.approx(0.1)
    assert found.high == pytest.approx(0.1)
    assert found.p is not None
    assert found.p < 0.001
    same = seeded_paired(second, second, CLUSTERS, np.random.default_rng(0))
    assert (same.difference, same.p) == (0.0, 1.0)


def test_one_article_says_nothing_of_others() -> None:
    one = np.zeros(100, int)
    assert seeded_mean_interval(values(2), one, np.random.default_rng(0)) is None
    found = seeded_paired(values(2, 0.1), values(2), one, np.random.default_rng(0))
    assert found.low is None
    assert found.p is None
    assert found.difference == pytest.approx(0.1)
