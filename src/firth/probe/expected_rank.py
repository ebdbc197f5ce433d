"""The rank of the best correct target, ties at their expected value, and the metrics of it.

**Convention.** The rank is 1 plus the number of *wrong* targets before the first correct one; other
correct targets never count against it. Targets whose similarity is the best correct one's, within
the tolerance, stand in random order. Metrics are expectations over that order and not metrics of a
middle rank: E[1 / rank] is not 1 / E[rank]. So an encoder that gives every target the same
similarity scores exactly what a guess scores (`chance`), and no more.

With t wrong and k correct targets in the tie and a wrong ones above it, the number J of wrong ones
before the first correct one is negative hypergeometric:

    P(J = 0) = k / (t + k)      P(J = j + 1) = P(J = j) (t - j) / (t + k - 1 - j)

The rank is a + 1 + J. (Tied expectations of 1 / rank: McSherry & Najork 2008, "Computing
information retrieval performance measures efficiently in the presence of tied scores", who treat
several metrics so; the reciprocal rank with k correct ones is the mean of 1 / (a + 1 + J).)

Legend of dimensions: n sources, t tied wrong targets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from firth.probe.correct import Correct

PerSource = Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Ranks:
    """Where the best correct target of each source stands.

    Attributes:
        above: Wrong targets that are more similar than it, beyond the tolerance, [n].
        tied: Wrong targets as similar as it, within the tolerance, [n].
        best: Correct targets as similar as it, itself among them, [n].
        similarity: Its similarity, [n].
        n_targets: How many targets there are.
    """

    above: Int[np.ndarray, " n"]
    tied: Int[np.ndarray, " n"]
    best: Int[np.ndarray, " n"]
    similarity: PerSource
    n_targets: int

    def reciprocal(self) -> PerSource:
        """Return the expected reciprocal rank of each source; their mean is the MRR."""
        return self._expected(lambda ranks: 1 / ranks)

    def precision(self, k: int) -> PerSource:
        """Return the probability that a correct target is among the first k (P@k of dictionaries).

        Called precision at k in bilingual lexicon induction (Mikolov, Le & Sutskever 2013); it is
        a success rate, not the share of correct ones among k.
        """
        return self._expected(lambda ranks: (ranks <= k).astype(np.float64))

    def expected(self) -> PerSource:
        """Return the expected rank itself: above + 1 + tied / (best + 1)."""
        return self.above + 1 + self.tied / (self.best + 1)

    def _expected(self, gain: Callable[[np.ndarray], np.ndarray]) -> PerSource:
        found = gain(self.above.astype(np.float64) + 1)
        some = np.flatnonzero(self.tied)
        triples = np.stack([self.above[some], self.tied[some], self.best[some]], axis=1)
        kinds, which = np.unique(triples, axis=0, return_inverse=True)
        values = np.array([_expectation(gain, *kind) for kind in kinds.tolist()], dtype=np.float64)
        found[some] = values[which.reshape(-1)] if len(some) else 0.0
        return found


def _expectation(
    gain: Callable[[np.ndarray], np.ndarray], above: int, tied: int, best: int
) -> float:
    before = np.arange(tied + 1)  # (t + 1,), wrong ones before the first correct one
    return float(first_correct(tied, best) @ gain(above + 1.0 + before))


def first_correct(tied: int, best: int) -> Float[np.ndarray, " t1"]:
    """Return the probability of j wrong ones before the first correct one, j = 0 ... tied.

    Args:
        tied: Wrong ones in random order.
        best: Correct ones among them, at least one.
    """
    before = np.arange(tied)
    steps = (tied - before) / (tied + best - 1 - before)
    return best / (tied + best) * np.concatenate([[1.0], np.cumprod(steps)])


def chance(correct: Correct) -> Ranks:
    """Return the ranks under which all targets tie: their metrics are what a guess scores.

    ``chance(correct).reciprocal().mean()`` is the chance level of the MRR, exactly, given how many
    correct targets each source has.
    """
    counts = correct.counts()
    wrong = correct.n_targets - counts
    return Ranks(np.zeros_like(wrong), wrong, counts, np.zeros(len(counts)), correct.n_targets)
