"""Chains of straight lines: against chains made by hand and against trying every choice."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.probe import segments as module
from firth.probe.break_search import Design, fit_breaks
from firth.probe.segments import correlation, fit_segments, refit


def follows_itself(rng, n, r, sd=1.0):
    """Noise of which each number is r times the one before and something new."""
    noise = np.empty(n)
    noise[0] = rng.normal()
    for at in range(1, n):
        noise[at] = r * noise[at - 1] + np.sqrt(1 - r**2) * rng.normal()
    return sd * noise


def test_a_chain_made_by_hand_is_found_again():
    x = np.arange(40) / 4
    y = np.interp(x, [0, 2.5, 6, 9.75], [8, 3, 4, 4])
    found = fit_segments(x, y)
    np.testing.assert_allclose(found.knots, [0, 2.5, 6, 9.75], atol=1e-4)
    np.testing.assert_allclose(found.heights, [8, 3, 4, 4], atol=1e-4)
    np.testing.assert_allclose(found.slopes, [-2, 1 / 3.5, 0], atol=1e-3)
    np.testing.assert_allclose(found.at(np.array([1.25, 9.0])), [5.5, 4], atol=1e-3)
    assert found.bic.argmin() == len(found.breaks) == 2
    assert found.sd < 1e-4


def test_a_break_between_two_points_is_found_there():
    x = np.arange(0, 10.0)
    y = np.abs(x - 4.3)
    found = fit_segments(x, y, least_points=2)
    np.testing.assert_allclose(found.breaks, [4.3], atol=1e-6)
    np.testing.assert_allclose(found.heights, [4.3, 0, 4.7], atol=1e-6)


def rest_of(x, y, places):
    columns = [np.ones_like(x), x, *(np.maximum(0, x - x[at]) for at in places)]
    design = np.stack(columns, axis=1)
    return ((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).sum()


def best_of_all(x, y, k, least):
    return min(
        rest_of(x, y, places)
        for places in combinations(range(least, len(x) - least), k)
        if all(b - a >= least for a, b in pairwise(places))
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 2), st.integers(10, 30), st.booleans())
def test_one_or_two_breaks_are_the_best_of_all_choices(seed, k, n, walks):
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.uniform(0, 9, n)), rng.normal(size=n)
    y = y.cumsum() if walks else y
    y = (y - y.mean()) / y.std()
    fits = fit_breaks(Design.of(x, 2), y[None], k)
    assert rest_of(x, y, fits.places[0]) == pytest.approx(best_of_all(x, y, k, 2))
    assert fits.rest[0] <= rest_of(x, y, fits.places[0]) * (1 + 1e-9)  # sliding never loses


@pytest.mark.parametrize("seed", range(6))
def test_three_breaks_of_a_form_are_the_best_of_all_choices(seed):
    rng = np.random.default_rng(seed)
    x = np.arange(30.0)
    y = np.interp(x, [0, 6, 14, 20, 29], [4, 1, 1, -2, -3]) + rng.normal(0, 0.3, 30)
    fits = fit_breaks(Design.of(x, 3), y[None] - y.mean(), 3)
    assert rest_of(x, y, fits.places[0]) == pytest.approx(best_of_all(x, y, 3, 3))


def test_the_quick_search_of_many_curves_finds_what_the_thorough_one_does():
    rng = np.random.default_rng(0)
    x = np.arange(60.0)
    curves = np.interp(x, [0, 12, 35, 42, 59], [4, 0, 0, -3, -4]) + rng.normal(0, 0.1, (50, 60))
    design = Design.of(x, 2)
    thorough = fit_breaks(design, curves, 3)
    quick = fit_breaks(design, curves, 3, thorough.places[0])
    np.testing.assert_allclose(quick.rest, thorough.rest, rtol=1e-6)


@pytest.mark.parametrize("r", [0.0, 0.6])
def test_a_straight_line_has_no_break(r):
    rng = np.random.default_rng(1)
    x = np.linspace(0, 9, 80)
    found = [fit_segments(x, 2 * x + follows_itself(rng, 80, r)) for _ in range(30)]
    assert sum(len(one.breaks) > 0 for one in found) <= 3


def test_points_that_err_alike_count_for_less(monkeypatch):
    rng = np.random.default_rng(2)
    x = np.linspace(0, 9, 80)
    curves = [follows_itself(rng, 80, 0.7) for _ in range(20)]
    careful = [fit_segments(x, curve) for curve in curves]
    assert np.mean([one.independent for one in careful]) < 40
    monkeypatch.setattr(module, "_HIGHEST", 0.0)
    careless = [fit_segments(x, curve) for curve in curves]
    assert all(one.independent == 80 for one in careless)
    assert sum(len(one.breaks) for one in careless) > 4 * sum(len(one.breaks) for one in careful)


@pytest.mark.parametrize("r", [0.0, 0.4, 0.8])
def test_the_correlation_is_that_of_the_noise(r):
    rng = np.random.default_rng(3)
    x = np.linspace(0, 1, 150)
    line = np.stack([np.ones_like(x), x], axis=1)
    found = []
    for _ in range(60):
        noise = follows_itself(rng, 150, r)
        found.append(correlation(noise - line @ np.linalg.lstsq(line, noise, rcond=None)[0], 0))
    assert np.mean(found) == pytest.approx(r, abs=0.05)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(1e-3, 1e3),
    st.floats(-100, 100),
    st.floats(0.1, 10),
    st.floats(-20, 20),
)
def test_units_change_nothing(seed, size, shift, stretch, start):
    rng = np.random.default_rng(seed)
    x = np.arange(50.0)
    y = np.interp(x, [0, 15, 30, 49], [5, 1, 1, -2]) + rng.normal(0, 0.1, 50)
    own = fit_segments(x, y)
    other = fit_segments(start + stretch * x, shift + size * y)
    np.testing.assert_allclose(other.knots, start + stretch * own.knots, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        other.heights, shift + size * own.heights, rtol=1e-4, atol=1e-3 * size
    )


def test_equal_numbers_are_one_line():
    found = fit_segments(np.arange(20.0), np.full(20, 7.0))
    assert found.knots.tolist() == [0, 19]
    np.testing.assert_allclose(found.heights, 7)


@pytest.mark.parametrize("r", [0.0, 0.5])
def test_draws_vary_as_new_curves_would(r):
    rng = np.random.default_rng(4)
    x = np.linspace(0, 10, 100)
    line = np.interp(x, [0, 4, 10], [6, 2, 2])
    found = [fit_segments(x, line + follows_itself(rng, 100, r, 0.2), most=1) for _ in range(60)]
    knots, heights = refit(found[0], 50, np.random.default_rng(0))
    assert knots.shape == heights.shape == (50, 3)
    new = np.std([one.breaks[0] for one in found])
    drawn = np.mean([refit(one, 50, rng)[0][:, 1].std() for one in found[:20]])
    assert 0.7 * new < drawn < 1.3 * new


def test_mistakes_are_named():
    x = np.arange(10.0)
    for bad, match in (
        (lambda: fit_segments(x, x[1:]), "10 numbers of x and 9 of y"),
        (lambda: fit_segments(x[:4], x[:4]), "4 points cannot be fitted; give at least 5"),
        (lambda: fit_segments(x, np.where(x == 3, np.nan, x)), "y: number 3 is nan"),
        (lambda: fit_segments(x[::-1], x), "x must ascend; number 1, 8.0, follows 9.0"),
    ):
        with pytest.raises(InputError, match=match):
            bad()
    with pytest.raises(OptionError, match="least_points 1"):
        fit_segments(x, x, least_points=1)
