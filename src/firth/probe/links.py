"""Links between the words of a sentence and of its translation, from a matrix of similarities.

    mutual argmax   i and j are each other's most similar word
    itermax         mutual argmax in rounds; similarities of a word that is linked already count
                    alpha times, those of two that are linked already not at all

Source: Sabet et al. 2020, "Argmax" and "Itermax" (algorithm 1).
Like the authors' program, SimAlign, `itermax` first moves cosines to [0, 1], (1 + cos) / 2, stops
for a pair of sentences when all words of one side are linked, and goes no second round where a
sentence has one or two words. Of equal similarities the first counts.

Legend of dimensions: b pairs of sentences, s source words, t target words.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from firth.errors import InputError, OptionError

ALPHA, ITERATIONS = 0.9, 2

PaddedSimilarity = Float[np.ndarray, "b s t"]
PaddedLinks = Bool[np.ndarray, "b s t"]
Sizes = Int[np.ndarray, "b 2"]


def mutual_argmax(
    similarity: PaddedSimilarity, sizes: Sizes | None = None, null: float | None = None
) -> PaddedLinks:
    """Link words that are each other's most similar.

    Args:
        similarity: Cosines of source and target words.
        sizes: Numbers of source and target words of each pair, the rest is padding; by default
            there is none.
        null: Words that are less similar than this are not linked.

    Raises:
        InputError: A similarity is NaN or infinite, or the sizes do not fit.
    """
    values, there = _checked(similarity, sizes)
    return _above(_mutual(np.where(there, values, -np.inf)) & there, values, null)


def itermax(
    similarity: PaddedSimilarity,
    sizes: Sizes | None = None,
    null: float | None = None,
    *,
    alpha: float = ALPHA,
    iterations: int = ITERATIONS,
) -> PaddedLinks:
    """Link words in rounds, so that a word may have several links.

    Args:
        similarity: Cosines of source and target words.
        sizes: Numbers of source and target words of each pair, the rest is padding.
        null: Words that are less similar than this are not linked, after all rounds.
        alpha: What a similarity counts where one of the two words is linked already.
        iterations: Rounds, the mutual argmax is the first.

    Raises:
        InputError: A similarity is NaN or infinite, or the sizes do not fit.
        OptionError: Alpha is outside [0, 1], or there is no round.
    """
    if not 0 <= alpha <= 1 or iterations < 1:
        raise OptionError(
            f"alpha {alpha} and {iterations} iterations; alpha must be from 0 to 1 and there must "
            "be at least one iteration"
        )
    values, there = _checked(similarity, sizes)
    shifted = (1 + values) / 2
    links = _mutual(np.where(there, shifted, -np.inf)) & there
    sources = np.asarray(there.any(axis=2, keepdims=True))  # (b, s, 1)
    targets = np.asarray(there.any(axis=1, keepdims=True))  # (b, 1, t)
    long_ = np.minimum(sources.sum(axis=(1, 2)), targets.sum(axis=(1, 2))) > 2  # (b,)
    for _ in range(iterations - 1):
        free_s = sources & np.logical_not(links.any(axis=2, keepdims=True))
        free_t = targets & np.logical_not(links.any(axis=1, keepdims=True))
        goes_on = long_ & free_s.any(axis=(1, 2)) & free_t.any(axis=(1, 2))
        either = (free_s | free_t) & there
        both = free_s & free_t
        scaled = np.where(both, shifted, alpha * shifted)
        new = _mutual(np.where(either, scaled, -np.inf)) & either & goes_on[:, None, None]
        if not (new & ~links).any():
            break
        links |= new
    return _above(links, values, null)


def _checked(similarity: PaddedSimilarity, sizes: Sizes | None) -> tuple[np.ndarray, np.ndarray]:
    b, s, t = similarity.shape
    if sizes is None:
        sizes = np.tile([s, t], (b, 1))
    wrong = np.flatnonzero(((sizes < 1) | (sizes > [s, t])).any(axis=1))
    if len(wrong) or len(sizes) != b:
        given = sizes[wrong[0]].tolist() if len(wrong) else f"of {len(sizes)} pairs"
        raise InputError(
            f"sizes {given} do not fit similarities of shape {similarity.shape}; each pair of "
            "sentences needs a number of source and of target words, at least 1"
        )
    rows = np.arange(s)[None, :] < sizes[:, :1]  # (b, s)
    columns = np.arange(t)[None, :] < sizes[:, 1:]  # (b, t)
    there = rows[:, :, None] & columns[:, None, :]
    bad = np.flatnonzero((there & ~np.isfinite(similarity)).any(axis=(1, 2)))
    if len(bad):
        raise InputError(f"similarities of sentence pair {bad[0]} hold NaN or infinity")
    return np.where(there, similarity, 0).astype(np.float64), there


def _mutual(values: Float[np.ndarray, "b s t"]) -> PaddedLinks:
    _, s, t = values.shape
    forward = values.argmax(axis=2)[:, :, None] == np.arange(t)
    backward = values.argmax(axis=1)[:, None, :] == np.arange(s)[:, None]
    return forward & backward


def _above(links: PaddedLinks, values: np.ndarray, null: float | None) -> PaddedLinks:
    return links if null is None else links & (values >= null)
