"""Exact ranks of correct targets among all targets, in both directions.

    source word  ->  similarity with every target word  ->  rank of its best translation

What a rank is, and what ties do, is said in `expected_rank`; where the numbers come from in
`likeness`. Two similarities tie when they differ by no more than `TIE` = 1e-6. Why this number:
rounding a vector to float32 moves a cosine by up to 2 x 2^-24 = 1.2e-7, and an encoder that
computes in float32 gives the same word in another batch to within some 1e-7; ten times that is
still far less than what parts two words (of 20,000 targets at random in 768 dimensions, one in
25,000 is so near a given one).

Legend of dimensions: n sources, m targets, c correct pairs, b sources of a block.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Int

from firth.errors import InputError
from firth.probe.correct import Correct
from firth.probe.expected_rank import Ranks
from firth.probe.likeness import Likeness, is_dense
from firth.probe.ranking import TIE

# Numbers whose masks are made at once: they stay in a processor's cache.
_AT_ONCE = 2**20


def rank(likeness: Likeness, correct: Correct, tie: float = TIE) -> Ranks:
    """Rank the best correct target of each source among all targets.

    Args:
        likeness: The similarity.
        correct: The correct targets of each source.
        tie: Similarities that differ by no more than this tie.

    Raises:
        InputError: The numbers of sources or targets disagree.
    """
    side = _forward(likeness, correct, tie)
    _count([side], likeness, correct)
    return side.ranks()


def rank_both(
    likeness: Likeness, correct: Correct, tie: float = TIE
) -> tuple[Ranks, Ranks, Int[np.ndarray, " k"]]:
    """Rank in both directions from the same products: half the work of ranking twice.

    Returns:
        The ranks of the sources; the ranks of those targets that are correct for a source, among
        all sources; and which targets these are.

    Raises:
        InputError: The numbers of sources or targets disagree.
    """
    forward = _forward(likeness, correct, tie)
    turned, asked = correct.transpose()
    backward = _Side(likeness.turned(), turned, asked, tie)
    _count([forward, backward], likeness, correct)
    return forward.ranks(), backward.ranks(), asked


class _Side:
    """What one direction counts.

    Args:
        likeness: Similarities, with the rows that ask as sources.
        correct: Their correct targets.
        asked: Which rows of the likeness's sources ask, [k].
        tie: The tolerance.
    """

    def __init__(
        self, likeness: Likeness, correct: Correct, asked: Int[np.ndarray, " k"], tie: float
    ) -> None:
        self.likeness, self.correct, self.asked, self.tie = likeness, correct, asked, tie
        sources = correct.sources()
        own = likeness.pairs(asked[sources], correct.indices)  # (c,)
        best = np.maximum.reduceat(own, correct.indptr[:-1])  # (k,)
        self.n_best = np.bincount(sources[own >= best[sources] - tie], minlength=len(asked))
        n = len(likeness.sources)
        # Rows that do not ask have nothing at or above them.
        self.best = np.full(n, np.inf)
        self.best[asked] = best
        self.slack = likeness.slack()
        self.low = (self.best - tie - self.slack).astype(np.float32)
        self.high = (self.best + tie + self.slack).astype(np.float32)
        self.above = np.zeros(n, dtype=np.int64)
        self.tied = np.zeros(n, dtype=np.int64)

    def settle(
        self, rows: Int[np.ndarray, " r"], screen: Float32[np.ndarray, "r w"], window: slice
    ) -> None:
        """Count what is above and what ties among a range of targets, for some rows.

        Args:
            rows: The rows.
            screen: Their similarities in float32; -inf for correct targets, which do not count.
            window: The range of targets.
        """
        sure = screen > self.high[rows][:, None]
        open_ = (screen >= self.low[rows][:, None]) & ~sure
        dense = is_dense(open_.sum(axis=1), screen.shape[1])
        self.above[rows] += np.where(dense, 0, sure.sum(axis=1))
        open_[dense] = False
        at, column = np.divmod(np.flatnonzero(open_), screen.shape[1])
        self._add(rows[at], self.likeness.pairs(rows[at], column + window.start))
        if dense.any():
            exact = self.likeness.rectangle(rows[dense], window)
            exact[np.isneginf(screen[dense])] = -np.inf
            self._add(np.repeat(rows[dense], exact.shape[1]), exact.ravel())

    def _add(self, rows: Int[np.ndarray, " p"], exact: Float[np.ndarray, " p"]) -> None:
        best = self.best[rows]
        above = exact > best + self.tie
        tied = (exact >= best - self.tie) & ~above
        np.add.at(self.above, rows[above], 1)
        np.add.at(self.tied, rows[tied], 1)

    def ranks(self) -> Ranks:
        """Return what was counted, for the rows that ask."""
        asked = self.asked
        return Ranks(
            self.above[asked],
            self.tied[asked],
            self.n_best,
            self.best[asked],
            self.correct.n_targets,
        )


def _forward(likeness: Likeness, correct: Correct, tie: float) -> _Side:
    given = (correct.n_sources, correct.n_targets)
    there = (len(likeness.sources), len(likeness.targets))
    if given != there:
        raise InputError(
            f"correct targets are given for {given[0]} sources among {given[1]} targets, vectors "
            f"for {there[0]} and {there[1]}; both must be of the same words"
        )
    return _Side(likeness, correct, np.arange(there[0]), tie)


def _count(sides: list[_Side], likeness: Likeness, correct: Correct) -> None:
    """Go through all blocks once; ``sides[0]`` asks by rows, ``sides[1]`` by columns."""
    sources = correct.sources()
    for own, screen in likeness.blocks():  # (b, m)
        pairs = slice(correct.indptr[own.start], correct.indptr[own.stop])
        screen[sources[pairs] - own.start, correct.indices[pairs]] = -np.inf
        for side, view, rows, window in zip(
            sides,
            (screen, screen.T),
            (own, slice(0, screen.shape[1])),
            (slice(0, screen.shape[1]), own),
            strict=False,
        ):
            near = (view >= side.low[rows][:, None]).any(axis=1)
            found = np.flatnonzero(near)
            step = max(1, _AT_ONCE // view.shape[1])
            for at in range(0, len(found), step):
                some = found[at : at + step]
                side.settle(some + rows.start, view[some], window)
