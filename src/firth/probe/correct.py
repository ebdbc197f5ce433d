"""Which targets are correct for each source: several may be, in compressed rows (CSR).

Legend of dimensions: n sources, m targets, c correct pairs of a source and a target.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from firth.errors import InputError

Rows = Int[np.ndarray, " c"]


@dataclass(frozen=True)
class Correct:
    """The correct targets of each source; every source has at least one.

    Attributes:
        indptr: The correct targets of source i are ``indices[indptr[i]:indptr[i + 1]]``, [n + 1].
        indices: Rows of targets, [c].
        n_targets: How many targets there are, correct for some source or not.

    Raises:
        InputError: A source has no correct target, has one twice, or has one that does not exist.
    """

    indptr: Int[np.ndarray, " n1"]
    indices: Rows
    n_targets: int

    def __post_init__(self) -> None:
        if len(self.indptr) < 1 or self.indptr[0] != 0 or self.indptr[-1] != len(self.indices):
            raise InputError(
                f"correct targets: indptr must run from 0 to {len(self.indices)}, the number of "
                f"indices; it is {self.indptr[:1].tolist()} ... {self.indptr[-1:].tolist()}"
            )
        none = np.flatnonzero(np.diff(self.indptr) < 1)
        if len(none):
            raise InputError(
                f"source {none[0]} has no correct target; leave such sources out and count them"
            )
        outside = np.flatnonzero((self.indices < 0) | (self.indices >= self.n_targets))
        if len(outside):
            raise InputError(
                f"correct target {self.indices[outside[0]]} does not exist; there are "
                f"{self.n_targets} targets, from 0"
            )
        pairs = self.sources().astype(np.int64) * self.n_targets + self.indices
        if len(np.unique(pairs)) < len(pairs):
            ordered = np.sort(pairs)
            twice = divmod(int(ordered[:-1][ordered[1:] == ordered[:-1]][0]), self.n_targets)
            raise InputError(f"source {twice[0]} has the correct target {twice[1]} twice; once is")

    @classmethod
    def of(cls, lists: Sequence[Iterable[int]], n_targets: int) -> Correct:
        """Take one collection of target rows a source; the same row twice counts once."""
        unique = [sorted(set(one)) for one in lists]
        indptr = np.cumsum([0, *map(len, unique)])
        flat = np.array([row for one in unique for row in one], dtype=np.int64)
        return cls(indptr, flat, n_targets)

    @property
    def n_sources(self) -> int:
        """How many sources there are."""
        return len(self.indptr) - 1

    def counts(self) -> Int[np.ndarray, " n"]:
        """Return the number of correct targets of each source."""
        return np.diff(self.indptr)

    def sources(self) -> Rows:
        """Return the source of each correct pair, ascending, beside ``indices``."""
        return np.repeat(np.arange(self.n_sources), self.counts())

    def transpose(self) -> tuple[Correct, Int[np.ndarray, " k"]]:
        """Return the other direction, and which targets are its sources.

        Targets that are correct for no source ask nothing in the other direction, though every
        source is a candidate there.
        """
        asked, codes = np.unique(self.indices, return_inverse=True)
        order = np.argsort(codes, kind="stable")
        indptr = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(asked)))])
        return Correct(indptr, self.sources()[order], self.n_sources), asked
