"""Exact ranks in a pool of documents of several languages, some of which look like the query.

A multilingual encoder may put a document of the query's own language before its translation: *weak*
alignment, as against the *strong* one that a mixed pool needs (Roy et al. 2020, "LAReQA:
Language-agnostic Answer Retrieval from a Multilingual Pool"). What is counted for each query:

    ranks        of its best correct document among all documents (`firth.probe.expected_rank`)
    apart        the same among documents of other languages only: what the look-alikes cost is the
                 difference
    own          the share of its own language among the first k documents

Documents that are left out of a query's pool stand nowhere: itself, and what means the same without
being an answer. Everything is float64; similarities within `TIE` tie, in random order.

Legend of dimensions: n queries, m documents, b queries of a block, c pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from firth.errors import InputError
from firth.probe.correct import Correct
from firth.probe.expected_rank import Ranks
from firth.probe.ranking import TIE
from firth.probe.similarity import normalise

FIRST = 10
# Numbers of a block: 16 MiB of float64.
_BLOCK = 2**21


@dataclass(frozen=True)
class Pool:
    """What is asked and what may be answered.

    Attributes:
        correct: The documents that answer each query.
        left_out: Documents that are neither right nor wrong for a query, for each query.
        own: Which documents are in the queries' language, [m].

    Raises:
        InputError: The numbers of queries or documents disagree, or an answer is left out.
    """

    correct: Correct
    left_out: Sequence[Sequence[int]]
    own: Bool[np.ndarray, " m"]

    def __post_init__(self) -> None:
        there = (self.correct.n_sources, self.correct.n_targets)
        if there != (len(self.left_out), len(self.own)):
            raise InputError(
                f"answers are given for {there[0]} queries and {there[1]} documents, the rest for "
                f"{len(self.left_out)} and {len(self.own)}"
            )
        for query, own in enumerate(self.left_out):
            if not set(own).isdisjoint(self.answers(query).tolist()):
                raise InputError(f"query {query}: an answer is left out of its pool")

    def answers(self, query: int) -> Int[np.ndarray, " k"]:
        """Return the documents that answer a query."""
        return self.correct.indices[self.correct.indptr[query] : self.correct.indptr[query + 1]]

    def sizes(self) -> Int[np.ndarray, "2 n"]:
        """Return how many documents stand in each query's pool, and how many in its language."""
        gone = np.array([len(set(one)) for one in self.left_out])
        gone_own = np.array([int(self.own[sorted(set(one))].sum()) for one in self.left_out])
        return np.stack([len(self.own) - gone, int(self.own.sum()) - gone_own])

    def chance(self) -> tuple[Ranks, Float[np.ndarray, " n"]]:
        """Return the ranks and the share of the own language where all documents tie."""
        size, own = self.sizes()
        counts = self.correct.counts()
        wrong = size - counts
        ranks = Ranks(np.zeros_like(wrong), wrong, counts, np.zeros(len(size)), len(self.own))
        return ranks, own / size


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        ranks: Of the best answer among all documents of the pool.
        apart: The same among documents of other languages.
        own: Share of the query's language among the first `FIRST` documents, [n].
        first: The document that came first, [n].
    """

    ranks: Ranks
    apart: Ranks
    own: Float[np.ndarray, " n"]
    first: Int[np.ndarray, " n"]


def search_pool(
    queries: Float[np.ndarray, "n d"],
    documents: Float[np.ndarray, "m d"],
    pool: Pool,
    tie: float = TIE,
) -> Found:
    """Rank by cosine.

    Args:
        queries: Their vectors; a zero vector has cosine 0 with everything.
        documents: Their vectors.
        pool: What answers what.
        tie: Similarities that differ by no more than this tie.

    Raises:
        InputError: The numbers of vectors are not those of the pool.
    """
    n, m = len(queries), len(documents)
    if (n, m) != (pool.correct.n_sources, pool.correct.n_targets):
        raise InputError(
            f"{n} queries and {m} documents have vectors; the pool is of "
            f"{pool.correct.n_sources} and {pool.correct.n_targets}"
        )
    units = normalise(documents)
    counts = np.zeros((5, n), dtype=np.int64)  # above, tied, best; above and tied apart
    best, own, first = np.empty(n), np.empty(n), np.empty(n, dtype=np.int64)
    step = max(1, _BLOCK // m)
    for at in range(0, n, step):
        rows = slice(at, min(at + step, n))
        near = normalise(queries[rows]) @ units.T  # (b, m)
        _hide(near, pool.left_out[rows])
        first[rows] = near.argmax(axis=1)
        own[rows] = _own_share(near, pool.own, tie)
        best[rows], counts[:, rows] = _counted(near, pool, at, tie)
    above, tied, n_best, above_apart, tied_apart = counts
    ranks = Ranks(above, tied, n_best, best, m)
    return Found(ranks, Ranks(above_apart, tied_apart, n_best, best, m), own, first)


def _hide(near: Float[np.ndarray, "b m"], left_out: Sequence[Sequence[int]]) -> None:
    for row, own in enumerate(left_out):
        near[row, list(own)] = -np.inf


def _own_share(
    near: Float[np.ndarray, "b m"], own: Bool[np.ndarray, " m"], tie: float
) -> Float[np.ndarray, " b"]:
    """Return the expected share of own documents among the first, ties in random order."""
    k = min(FIRST, near.shape[1], int(np.isfinite(near).sum(axis=1).min()))
    last = np.partition(near, -k, axis=1)[:, -k][:, None]
    above, tied = near > last + tie, np.abs(near - last) <= tie
    surely = (above & own).sum(axis=1)
    of_tied = (tied & own).sum(axis=1) / tied.sum(axis=1)
    return (surely + (k - above.sum(axis=1)) * of_tied) / k


def _counted(
    near: Float[np.ndarray, "b m"], pool: Pool, start: int, tie: float
) -> tuple[Float[np.ndarray, " b"], Int[np.ndarray, "5 b"]]:
    """Return each query's best answer and what stands above it and beside it."""
    indptr = pool.correct.indptr[start : start + len(near) + 1]
    columns = pool.correct.indices[indptr[0] : indptr[-1]]
    rows = np.repeat(np.arange(len(near)), np.diff(indptr))
    right = near[rows, columns]
    best = np.maximum.reduceat(right, indptr[:-1] - indptr[0])
    n_best = np.bincount(rows[right >= best[rows] - tie], minlength=len(near))
    near[rows, columns] = -np.inf
    above, at_least = near > best[:, None] + tie, near >= best[:, None] - tie
    found = [above.sum(axis=1), at_least.sum(axis=1)]
    found += [above[:, ~pool.own].sum(axis=1), at_least[:, ~pool.own].sum(axis=1)]
    return best, np.stack(
        [found[0], found[1] - found[0], n_best, found[2], found[3] - found[2]]
    )  # fmt: skip
