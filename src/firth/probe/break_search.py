"""Where k breaks of a continuous chain of straight lines fit best.

    y = a + b x + sum_j c_j max(0, x - t_j)        (Hudson 1966, "Fitting segmented curves whose
                                                    join points have to be estimated")

From the best of all choices of k places out of a coarse grid (`_COARSE`), each break in turn is put
at its best place among all observed x, until none moves; for the fit itself then every two breaks
together, until no two move. With one or two breaks that is the best of all choices; with more it is
a search from coarse to fine, which on short curves finds what trying everything finds, but for
curves without any form. At last all breaks slide between the points (Gauss-Newton on the t_j:
Muggeo 2003, "Estimating regression models with unknown break-points").

The hinges max(0, x - x_i) are freed of the straight line once; what any breaks explain then follows
from their products alone, for many curves on the same x at once.

Legend of dimensions: n points, m curves, k breaks, s starts, p coefficients, q = k + 2 knots.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

_COARSE = 12
# Starts that are followed: of one curve, and of each of many (besides the one that is given).
_STARTS, _STARTS_OF_MANY = 24, 2
_SWEEPS = 25
_SLIDES = 8
# How far towards a neighbouring point: two breaks never slide onto each other.
_WAY = 0.9


@dataclass(frozen=True)
class Design:
    """Where the points are, and a hinge at each of them.

    Attributes:
        x: Ascending, [n].
        hinges: max(0, x - x_i), freed of the straight line, one column a point, [n, n].
        gram: Their products, [n, n].
        least: Points from one break to the next, and to the ends.
    """

    x: Float[np.ndarray, " n"]
    hinges: Float[np.ndarray, "n n"]
    gram: Float[np.ndarray, "n n"]
    least: int

    @classmethod
    def of(cls, x: Float[np.ndarray, " n"], least: int) -> Design:
        """Prepare what depends on x alone."""
        line = np.linalg.qr(np.stack([np.ones_like(x), x - x.mean()], axis=1))[0]
        hinges = np.maximum(0, x[:, None] - x[None, :])
        hinges -= line @ (line.T @ hinges)
        return cls(x, hinges, hinges.T @ hinges, least)

    def possible(self, k: int) -> bool:
        """Return whether there are points enough for k breaks."""
        return (k + 1) * self.least <= len(self.x) - 1

    def starts(self, k: int) -> Int[np.ndarray, "s k"]:
        """Return all choices out of a coarse grid that leave each line its points."""
        n = len(self.x)
        grid = np.linspace(self.least, n - 1 - self.least, _COARSE).round().astype(int)
        even = (np.arange(1, k + 1) * (n - 1)) // (k + 1)
        some = np.array([*combinations(np.unique(grid).tolist(), k), even.tolist()], dtype=int)
        return some[(np.diff(some, axis=1) >= self.least).all(axis=1)]

    def legal(self, others: Int[np.ndarray, "m k"]) -> np.ndarray:
        """Return which places keep their distance from the ends and from other breaks, [m, n]."""
        place = np.arange(len(self.x))
        inside = (place >= self.least) & (place < len(place) - self.least)
        return inside & (np.abs(place - others[:, :, None]) >= self.least).all(axis=1)


@dataclass(frozen=True)
class Fits:
    """Chains of k + 1 lines, one a curve.

    Attributes:
        places: The observed points at which the breaks were found, [m, k].
        knots: First x, the breaks (which slid off their places), last x, [m, q].
        heights: The lines there, [m, q].
        rest: The sums of squares that they leave, [m].
    """

    places: Int[np.ndarray, "m k"]
    knots: Float[np.ndarray, "m q"]
    heights: Float[np.ndarray, "m q"]
    rest: Float[np.ndarray, " m"]


def fit_breaks(
    design: Design,
    curves: Float[np.ndarray, "m n"],
    k: int,
    given: Int[np.ndarray, " k"] | None = None,
) -> Fits:
    """Fit k breaks to each curve.

    Args:
        design: The points.
        curves: Of mean about 0 and size about 1.
        k: How many breaks; possible ones.
        given: Places from which the search starts too. Without them each curve gets the thorough
            search, with them the quick one.
    """
    x, m = design.x, len(curves)
    places = _places(design, curves, k, given) if k else np.empty((m, 0), dtype=int)
    breaks = _slide(design, curves, places)
    found, rest = _solve(design, curves, breaks)
    ends = np.broadcast_to(x[[0, -1]], (m, 2))
    knots = np.concatenate([ends[:, :1], breaks, ends[:, 1:]], axis=1)  # (m, q)
    beyond = np.maximum(0, knots[:, :, None] - breaks[:, None, :])  # (m, q, k)
    heights = found[:, :1] + found[:, 1:2] * (knots - x.mean())
    heights = heights + (beyond @ found[:, 2:, None])[:, :, 0]
    return Fits(places, knots, heights, rest)


def _places(
    design: Design, curves: np.ndarray, k: int, given: np.ndarray | None
) -> Int[np.ndarray, "m k"]:
    """Return the points at which k breaks fit each curve best."""
    moments = curves @ design.hinges  # (m, n); the hinges are free of the line
    coarse = design.starts(k)
    inverse = np.linalg.inv(design.gram[coarse[:, :, None], coarse[:, None, :]])  # (s, k, k)
    own = moments[:, coarse]  # (m, s, k)
    gain = (np.einsum("msi,sij->msj", own, inverse) * own).sum(axis=2)
    follow = _STARTS if given is None else _STARTS_OF_MANY
    starts = coarse[np.argsort(-gain, axis=1, kind="stable")[:, :follow]]  # (m, follow, k)
    if given is not None:
        starts = np.concatenate([starts, np.broadcast_to(given, (len(curves), 1, k))], axis=1)
    many = starts.shape[1]
    found, gain = _exchange(design, np.repeat(moments, many, axis=0), starts.reshape(-1, k))
    best = gain.reshape(-1, many).argmax(axis=1)
    places = found.reshape(-1, many, k)[np.arange(len(curves)), best]
    if given is None:
        return np.stack([_pairs(design, *one) for one in zip(moments, places, strict=True)])
    return places


def _exchange(
    design: Design, moments: np.ndarray, breaks: np.ndarray
) -> tuple[Int[np.ndarray, "m k"], Float[np.ndarray, " m"]]:
    """Put each break in turn at its best place until none moves; return also what that explains."""
    gram, breaks, explained = design.gram, breaks.copy(), np.zeros(len(breaks))
    for _ in range(_SWEEPS):
        before = breaks.copy()
        for j in range(breaks.shape[1]):
            others = np.delete(breaks, j, axis=1)  # (m, k - 1)
            rows = gram[others]  # (m, k - 1, n)
            inner = np.take_along_axis(rows, others[:, None, :], axis=2)
            own = np.take_along_axis(moments, others, axis=1)[:, :, None]
            share = np.linalg.solve(inner, np.concatenate([rows, own], axis=2))
            free = np.diag(gram) - (rows * share[:, :, :-1]).sum(axis=1)  # (m, n)
            left = moments - (share[:, :, :-1] * own).sum(axis=1)
            allowed = design.legal(others) & (free > 0)
            gain = np.where(allowed, left**2 / np.where(allowed, free, 1), -np.inf)
            breaks[:, j] = gain.argmax(axis=1)
            explained = (own[:, :, 0] * share[:, :, -1]).sum(axis=1) + gain.max(axis=1)
        if (breaks == before).all():
            break
    return np.sort(breaks, axis=1), explained


def _pairs(design: Design, moments: np.ndarray, breaks: np.ndarray) -> Int[np.ndarray, " k"]:
    """Put every two breaks of one curve at their best two places until no two move."""
    breaks, best = breaks.copy(), -np.inf
    apart = np.abs(np.subtract.outer(*[np.arange(len(design.x))] * 2)) >= design.least
    for _ in range(_SWEEPS):
        before = best
        for pair in combinations(range(len(breaks)), 2):
            others = np.delete(breaks, pair)
            rows = design.gram[others]  # (k - 2, n)
            share = np.linalg.solve(rows[:, others], rows)
            gram, left = design.gram - rows.T @ share, moments - share.T @ moments[others]
            legal = design.legal(others[None])[0]
            own = np.diag(gram)
            both = left**2 * own[:, None]  # (n, n)
            under = own[:, None] * own - gram**2
            allowed = apart & legal[:, None] & legal & (under > 0)
            over = both + both.T - 2 * left[:, None] * left * gram
            gain = np.where(allowed, over / np.where(allowed, under, 1), -np.inf)
            fixed = moments[others] @ np.linalg.solve(rows[:, others], moments[others])
            if fixed + gain.max() > best + 1e-9 * abs(best) or best == -np.inf:
                best = float(fixed + gain.max())
                breaks[list(pair)] = np.unravel_index(int(gain.argmax()), gain.shape)
        if best == before:
            break
    return np.sort(breaks)


def _slide(
    design: Design, curves: np.ndarray, places: Int[np.ndarray, "m k"]
) -> Float[np.ndarray, "m k"]:
    """Move breaks from their points to where the fit is best between the neighbouring points."""
    x, k = design.x, places.shape[1]
    breaks = x[places]
    low, high = (breaks + _WAY * (x[places + to] - breaks) for to in (-1, 1))
    rest, share = _solve(design, curves, breaks)[1], np.ones(len(curves))
    for _ in range(_SLIDES if k else 0):
        found = _solve(design, curves, breaks, sliding=True)[0]
        bends, jumps = found[:, 2 : 2 + k], found[:, 2 + k :]
        move = np.divide(jumps, bends, out=np.zeros_like(jumps), where=bends != 0)
        tried = np.clip(breaks + share[:, None] * move, low, high)
        new = _solve(design, curves, tried)[1]
        better = new < rest
        breaks[better], rest[better] = tried[better], new[better]
        share = np.where(better, 1.0, share / 2)
    return breaks


def _solve(
    design: Design, curves: np.ndarray, breaks: np.ndarray, *, sliding: bool = False
) -> tuple[Float[np.ndarray, "m p"], Float[np.ndarray, " m"]]:
    """Return coefficients (constant, slope, bends; jumps if sliding) and the sums of squares."""
    x, m = design.x, len(breaks)
    beyond = x[None, :, None] - breaks[:, None, :]  # (m, n, k)
    parts = [np.ones((m, len(x), 1)), np.broadcast_to(x[:, None] - x.mean(), (m, len(x), 1))]
    parts += [np.maximum(0, beyond)] + ([-(beyond > 0).astype(float)] if sliding else [])
    columns = np.concatenate(parts, axis=2)  # (m, n, p)
    inner = columns.transpose(0, 2, 1) @ columns
    # A bend and a jump with one point beyond them are the same column: a trace of a ridge.
    inner += 1e-12 * inner.max(axis=(1, 2), keepdims=True) * np.eye(inner.shape[1])
    found = np.linalg.solve(inner, columns.transpose(0, 2, 1) @ curves[:, :, None])
    return found[:, :, 0], ((curves - (columns @ found)[:, :, 0]) ** 2).sum(axis=1)
