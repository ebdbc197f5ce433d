"""Nearest targets of every source, exactly: neighbourhoods, CSLS, margin, and hubs.

    csls      cos(x, y) - (r(x) + r(y)) / 2       Conneau, Lample et al. 2018, equation 4, halved:
                                                  the order is the same and a tolerance in cosine
                                                  keeps its meaning
    margin    cos(x, y) / ((r(x) + r(y)) / 2)     Artetxe & Schwenk 2019, equation 2, "ratio"

r(x) is the mean cosine of x with its k nearest targets, r(y) that of y with its k nearest sources.
A denominator below `FLOOR` counts as that: a ratio says nothing where nothing is near.

Which targets may be among the k nearest is screened in float32: of groups of targets the maxima
are taken; k different targets reach the k-th of them, so whatever lies further below than twice
the slack is not among the k nearest. What remains is computed in float64.

Legend of dimensions: n sources, m targets, b sources of a block, r rows, c candidates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32, Int

from firth.errors import OptionError
from firth.probe.likeness import Likeness, is_dense
from firth.probe.ranking import TIE

CSLS_NEIGHBOURS, MARGIN_NEIGHBOURS, HUB_NEIGHBOURS = 10, 4, 10
FLOOR = 0.01
# Groups of targets for each wanted neighbour: so few maxima fall into the group of another.
_GROUPS = 32


def csls(cosine: Likeness, k: int = CSLS_NEIGHBOURS) -> Likeness:
    """Return cross-domain similarity local scaling of a cosine, at half its usual scale.

    Raises:
        OptionError: k is not positive.
    """
    return _scaled(replace(cosine, adjust=_subtract), k)


def margin(cosine: Likeness, k: int = MARGIN_NEIGHBOURS) -> Likeness:
    """Return the ratio margin of a cosine.

    Raises:
        OptionError: k is not positive.
    """
    found = _scaled(replace(cosine, adjust=_divide), k)
    assert found.near_sources is not None
    assert found.near_targets is not None
    own, other = found.near_sources, found.near_targets
    steepness = (
        1 / np.maximum((own + other.min()) / 2, FLOOR),
        1 / np.maximum((other + own.min()) / 2, FLOOR),
    )
    return replace(found, steepness=steepness)


def _scaled(adjusted: Likeness, k: int) -> Likeness:
    cosine = replace(adjusted, adjust=None, near_sources=None, near_targets=None, steepness=None)
    return replace(
        adjusted,
        near_sources=nearest_mean(cosine, k),
        near_targets=nearest_mean(cosine.turned(), k),
        steepness=None,
    )


def _subtract(cosines: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cosines -= a / 2
    cosines -= b / 2
    return cosines


def _divide(cosines: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    below = a / 2 + b / 2
    np.maximum(below, FLOOR, out=below)
    cosines /= below
    return cosines


def nearest_mean(likeness: Likeness, k: int) -> Float[np.ndarray, " n"]:
    """Return the mean similarity of each source with its k nearest targets, all where fewer."""
    found = np.empty(len(likeness.sources))
    for rows, _, values in _nearest(likeness, k, 0.0):
        first = values.shape[1] - min(k, len(likeness.targets))
        highest = np.partition(values, first, axis=1)[:, first:]
        found[rows] = np.sort(highest, axis=1).mean(axis=1)  # sorted: one order of summation
    return found


def k_occurrence(
    likeness: Likeness, k: int = HUB_NEIGHBOURS, tie: float = TIE
) -> Float[np.ndarray, " m"]:
    """Return N_k: among the k nearest targets of how many sources each target is.

    Targets that tie for the last places share them: the expectation over random order.

    Raises:
        OptionError: k is not positive.
    """
    m = len(likeness.targets)
    k = min(k, m) if k > 0 else k
    found = np.zeros(m)
    for _, columns, values in _nearest(likeness, k, tie):
        last = values.shape[1] - k
        kth = np.partition(values, last, axis=1)[:, last : last + 1]  # (r, 1)
        above = values > kth + tie
        tied = (values >= kth - tie) & ~above
        left = k - above.sum(axis=1, keepdims=True)
        weight = above + tied * (left / tied.sum(axis=1, keepdims=True))  # (r, c)
        if columns is None:
            found += weight.sum(axis=0)
        else:
            found += np.bincount(columns.ravel(), weight.ravel(), minlength=m)
    return found


def hubness(occurrence: Float[np.ndarray, " m"]) -> float:
    """Return the skewness of the k-occurrence (Radovanović, Nanopoulos & Ivanović 2010, eq. 1).

    E[(N_k - mean)^3] / sd^3 over targets. Where all targets occur equally often it is 0.
    """
    away = occurrence - occurrence.mean()
    spread = np.sqrt((away**2).mean())
    if spread <= 1e-9 * max(1.0, float(occurrence.mean())):
        return 0.0
    return float((away**3).mean() / spread**3)


def _nearest(
    likeness: Likeness, k: int, tie: float
) -> Iterator[
    tuple[Int[np.ndarray, " r"], Int[np.ndarray, "r c"] | None, Float[np.ndarray, "r c"]]
]:
    """Yield rows, candidates and their similarities in float64, at least the k nearest of each.

    All that lies less than ``tie`` below the k-th is among them. Rows are filled up with -inf;
    candidates None are all targets.
    """
    if k < 1:
        raise OptionError(f"nearest neighbours k={k}: at least 1 is needed")
    m = len(likeness.targets)
    k = min(k, m)
    slack = likeness.slack()
    for own, screen in likeness.blocks():  # (b, m)
        low = _kth_bound(screen, k) - 2 * slack[own] - tie
        near = screen >= low.astype(np.float32)[:, None]
        counts = near.sum(axis=1)
        dense = is_dense(counts - k, m)
        for few in np.array_split(np.flatnonzero(dense), 1 + dense.sum() * m * 8 // 2**28):
            if len(few):
                yield few + own.start, None, likeness.rectangle(few + own.start, slice(0, m))
        near[dense] = False
        rows, columns = np.divmod(np.flatnonzero(near), m)
        if len(rows):
            sparse = np.flatnonzero(~dense)
            width = int(counts[sparse].max())
            place = np.arange(len(rows)) - np.repeat(
                np.cumsum(counts[sparse]) - counts[sparse], counts[sparse]
            )
            line = np.searchsorted(sparse, rows)
            candidates = np.zeros((len(sparse), width), dtype=np.int64)
            values = np.full((len(sparse), width), -np.inf)
            candidates[line, place] = columns
            values[line, place] = likeness.pairs(rows + own.start, columns)
            yield sparse + own.start, candidates, values


def _kth_bound(screen: Float32[np.ndarray, "b m"], k: int) -> Float[np.ndarray, " b"]:
    """Return for each row a number that k different targets reach."""
    m = screen.shape[1]
    width = k * _GROUPS
    if m >= 2 * width:
        whole = m // width
        screen = screen[:, : whole * width].reshape(len(screen), whole, width).max(axis=1)
    last = screen.shape[1] - k
    return np.partition(screen, last, axis=1)[:, last].astype(np.float64)
