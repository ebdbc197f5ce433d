r"""Where a training curve bends: plateau and drop of a loss, rise of a score, with intervals.

Everything is seen over x = log2(step), in doublings: a plateau of a thousand steps is long at step
100 and nothing at step 50,000. A log of every 20th step is dense at its right end: points within a
`BINS`-th of the range of x are therefore averaged, and a bin counts as one point, however many it
holds; what straight lines miss is soon larger than the scatter of a mean. The curve is then a chain
of straight lines (`firth.probe.segments`), and what it shows is read off them by a `Rule`:

    loss
     \                             first fall  to about what word frequencies tell
      \______________              plateau     flat beside the fall before and the drop after it
                     \             drop
                      \________    slower again

A curve tells no more than its shape. A decay that has run out, exp(-step / 100) at step 10,000,
ends flat after a fall just as a plateau does before its drop: both are a `Plateau` without an end.
A power law, a decay that is still going and a curve that is flat from its first point on have none.
So the log has to begin before the first fall ends; the loss of step 1, or log(vocabulary) for it,
helps a log of every 20th step.

Legend of dimensions: n points, q knots, c exponents.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Real

from firth.errors import InputError, OptionError
from firth.probe.segments import ROUNDING, Segments, check_curve, fit_segments, refit
from firth.probe.statistics import interval

__all__ = [
    "RULE", "Estimate", "Plateau", "Rise", "Rule", "Segments", "find_plateau", "find_rise",
    "fit_segments",
]  # fmt: skip

DRAWS = 200
BINS = 120
LEAST_POINTS = 12
# Points from one break to the next: the first fall may be over after two rows of the log.
_APART = 2
# A decay a + b step^-c is no plateau, however flat it ends. Above 1 it is as sudden as a fall.
_POWERS = np.geomspace(0.01, 1, 60)
_NONE = np.empty(0)
Found = dict[str, float]
Reading = Callable[[np.ndarray, np.ndarray], Found | None]


class Estimate(NamedTuple):
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Rule:
    """What counts as flat, long and large.

    Attributes:
        ratio: A line is flat beside one that is 1 / ratio times as steep.
        length: Least length of a plateau, in doublings of the step.
        share: Least size of a fall, a drop or a rise, as a share of the range of the fitted line.
        noise: And at least so many standard deviations of the residuals.
        most: Most breaks that are tried; fewer where there are not four points for each.
    """

    ratio: float = 1 / 3
    length: float = 1.0
    share: float = 0.05
    noise: float = 3.0
    most: int = 5

    def __post_init__(self) -> None:
        """Refuse what no curve can keep or every curve keeps."""
        if not (0 < self.ratio < 1 and self.length > 0 and 0 < self.share < 1):
            raise OptionError(
                f"ratio {self.ratio} and share {self.share} must be between 0 and 1, length "
                f"{self.length} above 0"
            )
        if self.noise < 0 or self.most < 1:
            raise OptionError(f"noise {self.noise} must be at least 0, most {self.most} at least 1")


RULE = Rule()


@dataclass(frozen=True)
class Plateau:
    """A stretch on which a loss hardly falls, after a first fall; places in steps.

    Attributes:
        start: Where the first fall ends.
        end: Where the drop begins; None where the curve ends on the plateau: no drop so far.
        drop_end: Where the drop ends; None where the curve ends in it, or there is none so far.
        level: Mean of the fitted loss on the plateau, over log2(step).
        depth: How far the loss drops, so far; None without a drop.
        found_share: Share of the bootstrap draws in which such a plateau was found (with a drop
            where this one has one); the intervals are of these.
        segments: The fit, over log2(step).
    """

    start: Estimate
    end: Estimate | None
    drop_end: Estimate | None
    level: Estimate
    depth: Estimate | None
    found_share: float
    segments: Segments


@dataclass(frozen=True)
class Rise:
    """The rise of a score from where it began; places in steps.

    Attributes:
        start: Where it begins; None where it rises from the first point on.
        end: Where it stops, or goes on much more slowly; None where it has not.
        low: The fitted score before it.
        high: The fitted score where it ends, or at the last point.
        found_share: Share of the bootstrap draws with such a rise; the intervals are of these.
        segments: The fit, over log2(step).
    """

    start: Estimate | None
    end: Estimate | None
    low: Estimate
    high: Estimate
    found_share: float
    segments: Segments


def find_plateau(
    steps: Real[np.ndarray, " n"],
    loss: Real[np.ndarray, " m"],
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    rule: Rule = RULE,
) -> Plateau | None:
    """Find the plateau of a loss and the drop that ends it; None where the best fit has none.

    A plateau is a run of lines, each no steeper than `ratio` times the steepest line of the fall
    before it and of the drop after it, at least `length` doublings long; fall and drop are at least
    `share` of the range and `noise` standard deviations. Of several the one with the deepest drop
    is taken. The drop goes on as long as its lines are steeper than `ratio` times the steepest so
    far. Without a drop, the curve has to end in lines that are flat beside the one before them and
    together fall less than a fall would have to, and a + b step^-c, c at most 1, must not describe
    it as well (BIC3).

    Args:
        steps: Ascending, at least 1; a mean over steps stands best at the middle one.
        loss: One number a step.
        rng: Draws the bootstrap.
        draws: How many draws.
        rule: What counts as flat, long and large.

    Raises:
        InputError: The numbers of points differ or are fewer than `LEAST_POINTS`, one is not
            finite, or the steps do not ascend from 1 or later.
        OptionError: There is to be no draw.
    """
    segments = _fit(steps, loss, "loss", rule)

    decays = _simpler_is_as_good(segments, _POWERS)

    def read(knots: np.ndarray, heights: np.ndarray) -> Found | None:
        found = _dropping(knots, heights, segments.sd, rule)
        return found if found or decays else _resting(knots, heights, segments.sd, rule)

    found = read(segments.knots, segments.heights)
    if found is None:
        return None
    estimates, share = _intervals(segments, found, read, draws, rng)
    return Plateau(
        _in_steps(estimates["start"]),
        _in_steps(estimates["end"]) if "end" in found else None,
        _in_steps(estimates["drop_end"]) if "drop_end" in found else None,
        estimates["level"],
        estimates.get("depth"),
        share,
        segments,
    )


def find_rise(
    steps: Real[np.ndarray, " n"],
    score: Real[np.ndarray, " m"],
    floor: float,
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    rule: Rule = RULE,
) -> Rise | None:
    """Find where a score begins to rise and where it stops; None where it does not.

    It rises where the lines fit better than a constant does (BIC3), they gain at least `noise`
    standard deviations, and end at least as far above the floor. The rise is from the first to the
    last line that is at least `ratio` times as steep as the line that gains most, and gains at
    least `share` of the range.

    Args:
        steps: Ascending, at least 1.
        score: One number a step; larger is better.
        floor: What chance gives.
        rng: Draws the bootstrap.
        draws: How many draws.
        rule: What counts as flat and large.

    Raises:
        InputError: The numbers of points differ or are fewer than `LEAST_POINTS`, one is not
            finite, or the steps do not ascend from 1 or later; the floor is not finite.
        OptionError: There is to be no draw.
    """
    if not math.isfinite(floor):
        raise InputError(f"the floor is {floor}; it must be the score that chance gives")
    # Floor, rise, slower rise, top.
    segments = _fit(steps, score, "score", replace(rule, most=min(rule.most, 3)))
    if _simpler_is_as_good(segments, _NONE):
        return None

    def read(knots: np.ndarray, heights: np.ndarray) -> Found | None:
        found = _rising(knots, heights, rule)
        if found is None or found["high"] - max(found["low"], floor) < rule.noise * segments.sd:
            return None
        return found

    found = read(segments.knots, segments.heights)
    if found is None:
        return None
    estimates, share = _intervals(segments, found, read, draws, rng)
    return Rise(
        _in_steps(estimates["start"]) if "start" in found else None,
        _in_steps(estimates["end"]) if "end" in found else None,
        estimates["low"],
        estimates["high"],
        share,
        segments,
    )


def _fit(steps: np.ndarray, values: np.ndarray, name: str, rule: Rule) -> Segments:
    """Return the lines over log2(step)."""
    steps, values = steps.astype(np.float64), values.astype(np.float64)
    check_curve(steps, values, "steps", name, LEAST_POINTS)
    if steps[0] < 1:
        raise InputError(f"steps must be at least 1, and the first is {steps[0]}: leave it out")
    x = np.log2(steps)
    bins = np.minimum((x - x[0]) * (BINS / (x[-1] - x[0])), BINS - 1).astype(int)
    counts = np.bincount(bins)
    some = np.flatnonzero(counts)
    x, y = (np.bincount(bins, of)[some] / counts[some] for of in (x, values))
    most = max(0, min(rule.most, len(x) // 4 - 1))
    return fit_segments(x, y, most=most, least_points=_APART)


def _dropping(knots: np.ndarray, heights: np.ndarray, sd: float, rule: Rule) -> Found | None:
    """Read off the plateau with the deepest drop."""
    falls = -np.diff(heights) / np.diff(knots)
    least = max(rule.share * float(np.ptp(heights)), rule.noise * sd)
    best: Found | None = None
    for start in range(1, len(falls) - 1):
        for end in range(start + 1, len(falls)):
            drop_end, steepest = end + 1, falls[end]
            while drop_end < len(falls) and falls[drop_end] > rule.ratio * steepest:
                steepest = max(steepest, falls[drop_end])
                drop_end += 1
            flat = rule.ratio * min(falls[:start].max(), steepest)
            depth = heights[end] - heights[drop_end]
            if (
                min(falls[start - 1], falls[end]) > flat >= np.abs(falls[start:end]).max()
                and knots[end] - knots[start] >= rule.length
                and min(heights[:start].max() - heights[start], depth) >= least
                and (best is None or depth > best["depth"])
            ):
                best = {"start": knots[start], "end": knots[end], "depth": depth}
                best["level"] = _mean_height(knots[start : end + 1], heights[start : end + 1])
                if drop_end < len(falls):
                    best["drop_end"] = knots[drop_end]
    return best


def _resting(knots: np.ndarray, heights: np.ndarray, sd: float, rule: Rule) -> Found | None:
    """Read off a plateau on which the curve ends, the longest there is."""
    falls = -np.diff(heights) / np.diff(knots)
    least = max(rule.share * float(np.ptp(heights)), rule.noise * sd)
    for start in range(1, len(falls)):
        if (
            np.abs(falls[start:]).max() <= rule.ratio * falls[start - 1]
            and knots[-1] - knots[start] >= rule.length
            and heights[:start].max() - heights[start] >= least
            and np.ptp(heights[start:]) <= least
        ):
            level = _mean_height(knots[start:], heights[start:])
            return {"start": knots[start], "level": level}
    return None


def _rising(knots: np.ndarray, heights: np.ndarray, rule: Rule) -> Found | None:
    """Read off the rise."""
    gains = np.diff(heights)
    slopes, most = gains / np.diff(knots), int(gains.argmax())
    large = gains >= rule.share * float(np.ptp(heights))
    if gains[most] <= 0 or not large[most]:
        return None
    rising = np.flatnonzero(large & (slopes >= rule.ratio * slopes[most]))
    first, last = int(rising[0]), int(rising[-1]) + 1
    found = {"low": float(heights[first]), "high": float(heights[last])}
    if first > 0:
        found["start"] = float(knots[first])
    if last < len(gains):
        found["end"] = float(knots[last])
    return found


def _mean_height(knots: np.ndarray, heights: np.ndarray) -> float:
    return float(np.trapezoid(heights, knots) / (knots[-1] - knots[0]))


def _simpler_is_as_good(segments: Segments, exponents: Float[np.ndarray, " c"]) -> bool:
    """Return whether a constant, or a + b step^-c, has no larger BIC3 than the lines.

    Args:
        segments: The lines.
        exponents: Those c that are tried; the constant, if there are none.
    """
    design, n = segments.design, segments.independent
    curve = segments.at(design.x) + segments.residuals
    curve -= curve.mean()
    left = float(curve @ curve)
    powers = 2 ** -np.outer(exponents, design.x - design.x[0])  # (c, n)
    powers -= powers.mean(axis=1, keepdims=True)
    left -= max((powers @ curve) ** 2 / (powers**2).sum(axis=1), default=0.0)
    numbers = 3 if len(exponents) else 1  # that are fitted
    left = max(left, ROUNDING * float(curve @ curve), 1e-300) / (len(curve) - numbers)
    return bool(n * math.log(left) + numbers * math.log(n) <= segments.bic.min())


def _intervals(
    segments: Segments, found: Found, read: Reading, draws: int, rng: np.random.Generator
) -> tuple[dict[str, Estimate], float]:
    """Return what was found with its intervals, and the share of draws in which the same was."""
    if draws < 1:
        raise OptionError(f"draws is {draws}; it must be at least 1")
    again = [read(*one) for one in zip(*refit(segments, draws, rng), strict=True)]
    # A plateau with and one without a drop are not the same.
    same = [one for one in again if one is not None and ("depth" in one) == ("depth" in found)]
    estimates: dict[str, Estimate] = {}
    for name, value in found.items():
        samples = np.array([one.get(name, math.nan) for one in same], dtype=np.float64)
        estimates[name] = Estimate(float(value), *interval(samples, float(value)))
    return estimates, len(same) / draws


def _in_steps(x: Estimate) -> Estimate:
    return Estimate(2**x.value, 2**x.low, 2**x.high)
