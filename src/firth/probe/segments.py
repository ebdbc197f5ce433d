"""A curve as a continuous chain of straight lines: how many, and how sure their breaks are.

*Number.* The least BIC3 = m log(RSS / (n - 2 k - 2)) + (3 k + 2) log m for k breaks. It is the
Schwarz criterion with three numbers a break instead of the two that are fitted, as the plain one
finds too many (Kim & Kim 2016, "Consistent model selection in segmented line regression"), and with
the unbiased variance, as few points need it (so do Liu, Wu & Zidek 1997, "On segmented multivariate
regression"). A Schwarz criterion takes the points to be independent. Where neighbours err alike,
slow noise looks like bends and n points say less than n: m = n (1 - r) / (1 + r) is the number of
independent points that tell as much of a mean (Bayley & Hammersley 1946), r the correlation of
neighbouring residuals of the fit that would be chosen with m = n. Lines that miss a smooth bend
leave such residuals too: breaks are then few rather than many. For n about 40 and r about 0.7 there
is no telling slow noise from bends, with this or otherwise.

*Intervals.* As many breaks are fitted again to the chosen line plus noise like the residuals: what
is new in each (residual - r times the one before it) is drawn in blocks of neighbours (moving-block
bootstrap: Künsch 1989), n^(1/3) long, and then made to follow itself as the residuals do, which
keeps correlations that are longer than blocks (post-blackening: Davison & Hinkley 1997, 8.2.3).
The doubt about the number of breaks is not in the intervals, and noise is taken to be as large
everywhere: where it is not, they are too short where there is most of it.

Legend of dimensions: n points, m curves, k breaks, q = k + 2 knots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from firth.errors import InputError, OptionError
from firth.probe.break_search import Design, fit_breaks

# What is left below this share of the curve's variance is rounding: no more breaks for it.
ROUNDING = 1e-10
# A correlation has to be above what chance gives one time in four.
_CHANCE = 0.67
_HIGHEST = 0.95
# Independent points of a curve, however alike they err.
_FEWEST = 4.0


@dataclass(frozen=True)
class Segments:
    """A continuous chain of straight lines.

    Attributes:
        knots: First x, the breaks, last x, [q].
        heights: The line there, [q].
        bic: BIC3 for 0, 1, 2 ... breaks, as far as there were points enough.
        sd: Standard deviation of the residuals.
        independent: How many independent points BIC3 counted.
        correlation: Of neighbouring residuals; 0 where it is no more than chance.
        residuals: What the line misses, [n].
        places: The points at which the breaks were found, before they slid between points, [k].
        design: The points.
    """

    knots: Float[np.ndarray, " q"]
    heights: Float[np.ndarray, " q"]
    bic: Float[np.ndarray, " tried"]
    sd: float
    independent: float
    correlation: float
    residuals: Float[np.ndarray, " n"] = field(repr=False)
    places: Int[np.ndarray, " k"] = field(repr=False)
    design: Design = field(repr=False)

    @property
    def breaks(self) -> Float[np.ndarray, " k"]:
        """Where the slope changes."""
        return self.knots[1:-1]

    @property
    def slopes(self) -> Float[np.ndarray, " lines"]:
        """Of each line."""
        return np.diff(self.heights) / np.diff(self.knots)

    def at(self, x: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """Return the height of the line at any x between the ends."""
        return np.interp(x, self.knots, self.heights)


def fit_segments(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " m"],
    *,
    most: int = 4,
    least_points: int = 4,
) -> Segments:
    """Fit y by straight lines that meet, as many as BIC3 says.

    Args:
        x: Where the points are, ascending, no two alike.
        y: One number a point.
        most: Most breaks that are tried.
        least_points: Points from one break to the next and to the ends.

    Raises:
        InputError: The numbers of points differ, one is not finite, x does not ascend, or there are
            too few points for one line.
        OptionError: Fewer than 0 breaks or fewer than 2 points.
    """
    if most < 0 or least_points < 2:
        raise OptionError(
            f"most is {most} and least_points {least_points}; they must be at least 0 and 2"
        )
    check_curve(x, y, "x", "y", max(4, least_points + 1))
    design = Design.of(x, least_points)
    middle, spread = _scale(y)
    curve = (y - middle) / spread
    fits = [fit_breaks(design, curve[None], k) for k in range(most + 1) if design.possible(k)]
    left = [curve - np.interp(x, one.knots[0], one.heights[0]) for one in fits]
    rest = np.maximum([one @ one for one in left], ROUNDING * (curve @ curve) + 1e-300)
    freedom = np.maximum(len(x) - 2 * np.arange(len(fits)) - 2, 1)
    logs = np.log(spread**2 * rest / freedom)
    k = int(_bic(logs, float(len(x))).argmin())
    r = correlation(left[k], k)
    independent = max(_FEWEST, len(x) * (1 - r) / (1 + r))
    bic = _bic(logs, independent)
    k = int(bic.argmin())
    return Segments(
        knots=fits[k].knots[0],
        heights=fits[k].heights[0] * spread + middle,
        bic=bic,
        sd=spread * math.sqrt(left[k] @ left[k] / freedom[k]),
        independent=independent,
        correlation=correlation(left[k], k),
        residuals=left[k] * spread,
        places=fits[k].places[0],
        design=design,
    )


def refit(
    segments: Segments, draws: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "m q"], Float[np.ndarray, "m q"]]:
    """Return knots and heights of fits with as many breaks to bootstrap draws of the curve.

    Args:
        segments: The fit.
        draws: How many.
        rng: Draws the blocks of residuals.
    """
    design, n, k = segments.design, len(segments.residuals), len(segments.breaks)
    r = segments.correlation
    white = segments.residuals[1:] - r * segments.residuals[:-1]
    # What was fitted is missing in the residuals.
    white = math.sqrt(n / max(n - 2 * k - 2, 1)) * (white - white.mean())
    block = math.ceil(n ** (1 / 3))
    # Enough of them to forget that the recursion begins at 0.
    run_in = block * math.ceil(min(n, 5 / (1 - r)) / block)
    first = rng.integers(n - block, size=(draws, math.ceil((n + run_in) / block)))
    noise = white[first[:, :, None] + np.arange(block)].reshape(draws, -1)  # (m, run_in + n ...)
    for at in range(1, noise.shape[1]):
        noise[:, at] += r * noise[:, at - 1]
    line = segments.at(design.x)
    middle, spread = _scale(line)
    curves = (line - middle + noise[:, run_in : run_in + n]) / spread
    fits = fit_breaks(design, curves, k, segments.places)
    return fits.knots, fits.heights * spread + middle


def correlation(residuals: Float[np.ndarray, " n"], k: int) -> float:
    """Return the correlation of neighbouring residuals of a fit with k breaks, 0 for none.

    p = 2 k + 2 fitted numbers draw it down by about (p + (p + 2) r) / n, which for p = 1 and 2 is
    the bias of a fitted mean and line (Shaman & Stine 1988); that is put right.
    """
    n, p = len(residuals), 2 * k + 2
    squares = float(residuals @ residuals)
    if n <= p + 3 or squares == 0:
        return 0.0
    seen = float(residuals[1:] @ residuals[:-1]) / squares
    r = (n * seen + p) / (n - p - 2)
    return min(r, _HIGHEST) if r > _CHANCE * math.sqrt(n) / (n - p - 2) else 0.0


def check_curve(x: np.ndarray, y: np.ndarray, x_name: str, y_name: str, least: int) -> None:
    """Refuse what is no curve.

    Raises:
        InputError: The numbers of points differ or are too few, one is not finite, or x does not
            ascend.
    """
    if len(x) != len(y):
        raise InputError(f"{len(x)} numbers of {x_name} and {len(y)} of {y_name}: give as many")
    if len(x) < least:
        raise InputError(f"a curve of {len(x)} points cannot be fitted; give at least {least}")
    for name, values in ((x_name, x), (y_name, y)):
        wrong = np.flatnonzero(~np.isfinite(values))
        if len(wrong):
            raise InputError(
                f"{name}: number {wrong[0]} is {values[wrong[0]]}; every number must be finite: "
                "leave the point out"
            )
    wrong = np.flatnonzero(np.diff(x) <= 0)
    if len(wrong):
        at = wrong[0]
        raise InputError(
            f"{x_name} must ascend; number {at + 1}, {x[at + 1]}, follows {x[at]}: sort the points "
            "and leave out repeated ones"
        )


def _bic(logs: np.ndarray, n: float) -> Float[np.ndarray, " tried"]:
    return n * logs + (3 * np.arange(len(logs)) + 2) * math.log(n)


def _scale(y: np.ndarray) -> tuple[float, float]:
    """Return the mean and the standard deviation, 1 where there is none."""
    middle, spread = float(y.mean()), float(y.std())
    return middle, spread if spread > ROUNDING * abs(middle) and spread > 0 else 1.0
