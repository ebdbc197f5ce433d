"""Plateau, drop and rise: on curves made by hand, on decays that have none, and over many draws."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.probe.change_point import Estimate, Rule, find_plateau, find_rise

EVERY_20TH = np.arange(20, 20_001, 20)
LOG_SPACED = np.unique(np.logspace(0, np.log10(20_000), 70).round().astype(int))


def rng():
    return np.random.default_rng(0)


def corners(steps, *points):
    """Straight lines over log2(step) between (step, value)."""
    at, values = zip(*points, strict=True)
    return np.interp(np.log2(steps), np.log2(at), values)


def bert(steps):
    """A fall until step 50, a plateau until 1500, a drop until 3000, then slow."""
    return corners(steps, (1, 8.3), (50, 6.3), (1500, 6.3), (3000, 4.5), (20_000, 3.9))


def noise(draws, n, sd, r=0.0):
    values = np.empty(n)
    values[0] = draws.normal()
    for at in range(1, n):
        values[at] = r * values[at - 1] + np.sqrt(1 - r**2) * draws.normal()
    return sd * values


def test_a_curve_without_noise_is_read_exactly():
    found = find_plateau(LOG_SPACED, bert(LOG_SPACED), rng=rng(), draws=20)
    for name, truth in {
        "start": 50,
        "end": 1500,
        "drop_end": 3000,
        "level": 6.3,
        "depth": 1.8,
    }.items():
        assert getattr(found, name).value == pytest.approx(truth, rel=1e-3), name
    assert found.found_share == 1
    np.testing.assert_allclose(found.segments.slopes[1], 0, atol=1e-3)


@pytest.mark.parametrize("steps", [EVERY_20TH, LOG_SPACED], ids=["every 20th", "log-spaced"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_log_with_noise(steps, seed):
    draws = np.random.default_rng(seed)
    found = find_plateau(steps, bert(steps) + noise(draws, len(steps), 0.03), rng=draws, draws=50)
    # The log of every 20th step sees two points of the first fall.
    assert found.start.value == pytest.approx(50, rel=0.5)
    assert found.end.value == pytest.approx(1500, rel=0.07)
    assert found.drop_end.value == pytest.approx(3000, rel=0.07)
    assert found.level.value == pytest.approx(6.3, abs=0.03)
    assert found.depth.value == pytest.approx(1.8, abs=0.1)
    assert found.found_share > 0.8
    for one in (found.start, found.end, found.drop_end, found.level, found.depth):
        assert one.low <= one.value <= one.high
    assert found.end.high / found.end.low < 1.2


def test_the_right_end_of_a_log_does_not_rule():
    """Most rows lie after the drop, in a tail that is no straight line."""
    steps = np.append(1, EVERY_20TH)
    loss = bert(steps) + 0.15 * np.sin(3 * np.log2(steps / 3000)) * (steps > 3000)
    loss += noise(rng(), len(steps), 0.03)
    found = find_plateau(steps, loss, rng=rng(), draws=20)
    assert found.start.value == pytest.approx(50, rel=0.5)
    assert found.end.value == pytest.approx(1500, rel=0.07)
    assert found.drop_end.value == pytest.approx(3000, rel=0.07)


def test_the_first_loss_makes_up_for_a_coarse_log():
    draws = rng()
    loss = bert(EVERY_20TH) + noise(draws, 1000, 0.1)
    steps, loss = np.append(1, EVERY_20TH), np.append(8.3, loss)
    found = find_plateau(steps, loss, rng=draws, draws=20)
    assert found.end.value == pytest.approx(1500, rel=0.1)


DECAYS = {
    "a power law": lambda s: 10 * s**-0.1,
    "one that has nearly run out": lambda s: 4 + 4 * s**-0.5,
    "a slow exponential": lambda s: 3 + 5 * np.exp(-s / 8000),
    "a line": lambda s: 9 - s / 5000,
    "a line over log2": lambda s: 9 - 0.3 * np.log2(s),
    "nothing": lambda s: 5 + 0 * s,
    "flat, then a drop, no fall before": lambda s: corners(s, (1, 8), (2000, 8), (20_000, 5)),
    "a fall, a slower one, a faster one": lambda s: corners(
        s, (1, 9), (50, 7), (2000, 5), (20_000, 3)
    ),
    "a rise": lambda s: 3 + 0.1 * np.log2(s),
}


@pytest.mark.parametrize("steps", [EVERY_20TH, LOG_SPACED], ids=["every 20th", "log-spaced"])
@pytest.mark.parametrize("name", DECAYS)
def test_no_plateau(name, steps):
    draws = np.random.default_rng(5)
    smooth = DECAYS[name](steps.astype(float))
    for sd in (0.03, 0.1):
        for _ in range(2):
            loss = smooth + noise(draws, len(steps), sd)
            assert find_plateau(steps, loss, rng=draws, draws=1) is None


def test_no_drop_so_far():
    draws = rng()
    steps = LOG_SPACED[LOG_SPACED < 1400]
    loss = bert(steps) + noise(draws, len(steps), 0.03)
    found = find_plateau(steps, loss, rng=draws, draws=50)
    assert found.end is found.drop_end is found.depth is None
    assert found.start.low <= 50 <= found.start.high
    assert found.level.value == pytest.approx(6.3, abs=0.03)
    assert found.found_share > 0.9


def test_a_decay_that_has_run_out_looks_the_same():
    steps = EVERY_20TH
    loss = 3 + 5 * np.exp(-steps / 200) + noise(rng(), len(steps), 0.03)
    found = find_plateau(steps, loss, rng=rng(), draws=5)
    assert found.end is None
    assert found.level.value == pytest.approx(3, abs=0.05)


def test_the_curve_ends_in_the_drop():
    draws = rng()
    steps = LOG_SPACED[LOG_SPACED < 2500]
    found = find_plateau(steps, bert(steps) + noise(draws, len(steps), 0.03), rng=draws, draws=50)
    assert found.end.low <= 1500 <= found.end.high
    assert found.drop_end is None
    assert found.depth.value == pytest.approx(6.3 - bert(steps[-1:])[0], abs=0.1)


def test_of_two_plateaus_the_one_with_the_deeper_drop():
    steps = LOG_SPACED
    shape = [(1, 9), (10, 7), (100, 7), (200, 6.5), (2000, 6.5), (4000, 4), (20_000, 4)]
    found = find_plateau(steps, corners(steps, *shape), rng=rng(), draws=5)
    assert found.start.value == pytest.approx(200, rel=0.02)
    assert found.end.value == pytest.approx(2000, rel=0.02)
    # As long as it stops at the first drop, that one is told.
    early = steps < 1500
    found = find_plateau(steps[early], corners(steps, *shape)[early], rng=rng(), draws=5)
    assert found.end.value == pytest.approx(100, rel=0.02)


def test_the_rule_says_what_is_long_deep_and_flat():
    steps = LOG_SPACED
    loss = bert(steps) + noise(rng(), len(steps), 0.02)

    def under(**changed):
        return find_plateau(
            steps, loss, rng=rng(), draws=1, rule=dataclasses.replace(Rule(), **changed)
        )

    assert under().end is not None
    assert under(length=4.5).end is not None  # it is log2(30) = 4.9 doublings long
    assert under(length=5.5) is None
    assert under(share=0.4).end is not None  # the drop is 1.8 of 4.4, the fall 2.0
    assert under(share=0.43).end is None  # only the slow end after both is left
    assert under(noise=300.0) is None  # all of it is 4.4, the noise 0.02
    assert under(most=1) is None
    sloping = corners(steps, (1, 8.3), (50, 6.3), (1500, 5.8), (3000, 4.5), (20_000, 3.9))
    for ratio, there in ((1 / 3, True), (0.2, False)):
        found = find_plateau(steps, sloping, rng=rng(), draws=1, rule=Rule(ratio=ratio))
        assert (found is not None) is there  # 0.10 beside 0.35 and 1.3 a doubling


def test_the_interval_holds_the_beginning_of_the_drop():
    """60 curves whose noise follows itself: nominally 95 %, measured about 90 %."""
    draws = np.random.default_rng(7)
    held = {"end": 0, "drop_end": 0}
    for _ in range(60):
        loss = bert(LOG_SPACED) + noise(draws, len(LOG_SPACED), 0.05, 0.4)
        found = find_plateau(LOG_SPACED, loss, rng=draws, draws=100)
        assert found is not None
        for name, truth in (("end", 1500), ("drop_end", 3000)):
            one = getattr(found, name)
            held[name] += one.low <= truth <= one.high
    assert held["end"] >= 51
    assert held["drop_end"] >= 48


@settings(max_examples=8, deadline=None)
@given(
    st.integers(0, 1000),
    st.floats(0.01, 100),
    st.floats(-50, 50),
    st.integers(1, 50),
)
def test_units_of_loss_and_steps_change_nothing(seed, size, shift, longer):
    loss = bert(LOG_SPACED) + noise(np.random.default_rng(seed), len(LOG_SPACED), 0.03)
    own = find_plateau(LOG_SPACED, loss, rng=rng(), draws=10)
    other = find_plateau(longer * LOG_SPACED, shift + size * loss, rng=rng(), draws=10)
    assert other.found_share == own.found_share
    for name in ("start", "end", "drop_end"):
        expected = np.array(getattr(own, name)) * longer
        np.testing.assert_allclose(getattr(other, name), expected, rtol=1e-3)
    np.testing.assert_allclose(other.depth, np.array(own.depth) * size, rtol=1e-3)
    np.testing.assert_allclose(
        other.level, shift + size * np.array(own.level), rtol=1e-3, atol=1e-3 * size
    )


def test_the_same_draws_give_the_same_answer():
    loss = bert(LOG_SPACED) + noise(rng(), len(LOG_SPACED), 0.1)
    first, again = (find_plateau(LOG_SPACED, loss, rng=rng(), draws=20) for _ in range(2))
    for name in ("start", "end", "drop_end", "level", "depth", "found_share"):
        assert getattr(first, name) == getattr(again, name)
    other = find_plateau(LOG_SPACED, loss, rng=np.random.default_rng(1), draws=20)
    assert other.end.value == first.end.value
    assert other.end.low != first.end.low


KEPT = np.unique(np.logspace(1.5, 5, 24).round().astype(int))  # steps 32 to 100,000
FLOOR = 0.003


def mrr(steps):
    return corners(steps, (1, FLOOR), (2000, FLOOR), (20_000, 0.4), (100_000, 0.42))


@pytest.mark.parametrize("n", [12, 24, 40])
def test_a_score_that_rises_and_stops(n):
    steps = np.unique(np.logspace(1.5, 5, n).round().astype(int))
    draws = np.random.default_rng(n)
    found = find_rise(steps, mrr(steps) + noise(draws, n, 0.01), FLOOR, rng=draws, draws=50)
    assert found.start.value == pytest.approx(2000, rel=0.25)
    assert found.end.value == pytest.approx(20_000, rel=0.3)
    assert found.low.value == pytest.approx(FLOOR, abs=0.015)
    assert found.high.value == pytest.approx(0.4, abs=0.03)
    assert found.found_share > 0.9
    assert found.start.low < found.start.value < found.start.high


def test_a_score_without_noise_is_read_exactly():
    found = find_rise(KEPT, mrr(KEPT), FLOOR, rng=rng(), draws=5)
    assert found.start.value == pytest.approx(2000, rel=1e-3)
    assert found.end.value == pytest.approx(20_000, rel=1e-3)


def test_a_score_that_rises_from_the_first_point_or_to_the_last():
    x = np.log2(KEPT)
    error = noise(rng(), len(x), 0.005)
    always = find_rise(KEPT, 0.04 * (x - 5) + error, FLOOR, rng=rng(), draws=10)
    assert always.start is always.end is None
    assert always.high.value - always.low.value == pytest.approx(0.04 * (x[-1] - x[0]), abs=0.02)
    late = find_rise(KEPT, FLOOR + 0.1 * np.maximum(0, x - 13) + error, FLOOR, rng=rng(), draws=10)
    assert late.end is None
    assert late.start.value == pytest.approx(2**13, rel=0.2)
    early = find_rise(KEPT, 0.1 * np.minimum(x, 9) + error, FLOOR, rng=rng(), draws=10)
    assert early.start is None
    assert early.end.value == pytest.approx(2**9, rel=0.2)


@pytest.mark.parametrize("n", [12, 40])
def test_noise_is_no_rise(n):
    steps = np.unique(np.logspace(1.5, 5, n).round().astype(int))
    draws = np.random.default_rng(3)
    found = [
        find_rise(steps, FLOOR + noise(draws, n, 0.001), FLOOR, rng=draws, draws=1)
        for _ in range(40)
    ]
    assert sum(one is not None for one in found) <= 2


def test_what_falls_or_stays_below_chance_is_no_rise():
    error = noise(rng(), len(KEPT), 0.002)
    assert find_rise(KEPT, 0.5 - mrr(KEPT) + error, FLOOR, rng=rng(), draws=1) is None
    assert find_rise(KEPT, mrr(KEPT) + error, 0.5, rng=rng(), draws=1) is None
    assert find_rise(KEPT, mrr(KEPT) + error, 0.1, rng=rng(), draws=1) is not None


def test_mistakes_are_named():
    steps, loss = LOG_SPACED, bert(LOG_SPACED)
    for at, values, match in (
        (steps[1:], loss, "numbers of steps and 6. of loss"),
        (steps[:11], loss[:11], "11 points cannot be fitted; give at least 12"),
        (steps[::-1], loss, "steps must ascend"),
        (np.append(steps, steps[-1]), np.append(loss, 1), "leave out repeated ones"),
        (steps - 1, loss, "steps must be at least 1, and the first is 0.0"),
        (steps, np.where(steps == 4, np.nan, loss), "loss: number 3 is nan"),
    ):
        with pytest.raises(InputError, match=match):
            find_plateau(at, values, rng=rng())
    with pytest.raises(InputError, match="the floor is nan"):
        find_rise(steps, loss, float("nan"), rng=rng())
    with pytest.raises(OptionError, match="draws is 0"):
        find_plateau(steps, loss, rng=rng(), draws=0)
    for changed in ({"ratio": 1.5}, {"length": 0.0}, {"share": 0.0}, {"noise": -1.0}, {"most": 0}):
        with pytest.raises(OptionError, match="must be"):
            Rule(**changed)


def test_an_estimate_is_a_value_and_an_interval():
    assert Estimate(2.0, 1.0, 3.0) == (2.0, 1.0, 3.0)
