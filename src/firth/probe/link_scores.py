"""Alignment error rate and F1 of word links against sure and possible gold links.

    precision  |A and P| / |A|        recall  |A and S| / |S|        F1 their harmonic mean
    AER        1 - (|A and S| + |A and P|) / (|A| + |S|)             Och & Ney 2003, section 6.1

A are the answered links, S the sure and P the possible ones; every sure link is possible. Counts
are kept for each sentence pair and pooled before dividing, as the field does; so sentences can be
drawn again for an interval.

Legend of dimensions: n sentence pairs, m bootstrap samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from firth.errors import InputError

Gold = Iterable[tuple[int, int]]


@dataclass(frozen=True)
class LinkCounts:
    """What the links of each sentence pair count; each [n].

    Attributes:
        answered: |A|.
        sure: |S|.
        right_sure: |A and S|.
        right_possible: |A and P|.
    """

    answered: Int[np.ndarray, " n"]
    sure: Int[np.ndarray, " n"]
    right_sure: Int[np.ndarray, " n"]
    right_possible: Int[np.ndarray, " n"]

    def columns(self) -> Int[np.ndarray, "n 4"]:
        """Return the counts in the order of the attributes, a row a sentence pair."""
        return np.stack([self.answered, self.sure, self.right_sure, self.right_possible], axis=1)

    def f1(self, weights: Float[np.ndarray, "m n"] | None = None) -> Float[np.ndarray, " m"]:
        """Return the F1 over all sentence pairs together, for each weighting of them.

        Without weights every pair counts once, and there is one number. No right link is 0; NaN
        where a sample holds no sure link.
        """
        return f1_of(self._pooled(weights))

    def error_rate(
        self, weights: Float[np.ndarray, "m n"] | None = None
    ) -> Float[np.ndarray, " m"]:
        """Return the alignment error rate likewise; NaN where nothing is answered nor sure."""
        return error_rate_of(self._pooled(weights))

    def _pooled(self, weights: Float[np.ndarray, "m n"] | None) -> Float[np.ndarray, "m 4"]:
        counts = self.columns()
        return (np.ones((1, len(counts))) if weights is None else weights) @ counts


def f1_of(sums: Float[np.ndarray, "m 4"]) -> Float[np.ndarray, " m"]:
    """Return the F1 of summed `LinkCounts.columns`; see `LinkCounts.f1`."""
    answered, sure, right_sure, right_possible = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(answered > 0, right_possible / answered, 0)
        recall = right_sure / sure
        found = 2 * precision * recall / (precision + recall)
    return np.where(precision + recall == 0, 0.0, found)


def error_rate_of(sums: Float[np.ndarray, "m 4"]) -> Float[np.ndarray, " m"]:
    """Return the alignment error rate of summed `LinkCounts.columns`."""
    answered, sure, right_sure, right_possible = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - (right_sure + right_possible) / (answered + sure)


def count_links(
    answers: Sequence[Bool[np.ndarray, "_ _"]], sure: Sequence[Gold], possible: Sequence[Gold]
) -> LinkCounts:
    """Count the links of each sentence pair.

    Args:
        answers: Which source word is linked with which target word, without padding.
        sure: Sure gold links, (source, target) from 0.
        possible: Possible gold links; sure ones may be among them or not.

    Raises:
        InputError: The numbers of sentence pairs differ, or a gold link names a word that is not
            there.
    """
    if not len(answers) == len(sure) == len(possible):
        raise InputError(
            f"links of {len(answers)} sentence pairs, sure gold links of {len(sure)} and possible "
            f"ones of {len(possible)}; each pair needs all three (they may be empty)"
        )
    rows: list[tuple[int, int, int, int]] = []
    for number, (answer, some, more) in enumerate(zip(answers, sure, possible, strict=True)):
        s, t = answer.shape
        certain = set(some)
        either = certain | set(more)
        for i, j in sorted(either):
            if not (0 <= i < s and 0 <= j < t):
                raise InputError(
                    f"sentence pair {number}: gold link {i}-{j}, but there are {s} source and {t} "
                    "target words, numbered from 0"
                )
        hits = sum(bool(answer[link]) for link in certain)
        both = sum(bool(answer[link]) for link in either)
        rows.append((int(answer.sum()), len(certain), hits, both))
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return LinkCounts(*columns)


def count_nulls(
    answers: Sequence[Bool[np.ndarray, "_ _"]], sure: Sequence[Gold], possible: Sequence[Gold]
) -> LinkCounts:
    """Count the words without a link, of both sentences of each pair.

    What `LinkCounts` calls sure links are here the words that no gold link touches, and its F1 is
    that of leaving words unlinked.

    Args:
        answers: As in `count_links`.
        sure: Sure gold links.
        possible: Possible gold links.
    """
    rows: list[tuple[int, int, int]] = []
    for answer, some, more in zip(answers, sure, possible, strict=True):
        gold = np.zeros(answer.shape, dtype=bool)
        for link in (*some, *more):
            gold[link] = True
        alone, right = (
            np.concatenate([~one.any(axis=1), ~one.any(axis=0)]) for one in (answer, gold)
        )
        rows.append((int(alone.sum()), int(right.sum()), int((alone & right).sum())))
    answered, untouched, both = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return LinkCounts(answered, untouched, both, both)
