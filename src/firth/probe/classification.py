"""Accuracy and F1 of answers, with all bootstrap samples at once.

Legend of dimensions: c choices (layers ...), n items, m bootstrap samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from firth.probe.statistics import DRAWS, interval
from firth.shapes import Codes


@dataclass(frozen=True)
class Sampled:
    """A number for each choice, and what it is in each bootstrap sample.

    Attributes:
        values: [c].
        samples: [m, c].
        n: Number of items.
    """

    values: Float[np.ndarray, " c"]
    samples: Float[np.ndarray, "m c"]
    n: int

    def interval(self, position: int) -> tuple[float, float]:
        """Return the 95 % interval of one choice."""
        return interval(self.samples[:, position], float(self.values[position]))


def accuracy_and_f1(
    predicted: Int[np.ndarray, "c n"],
    codes: Codes,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> tuple[Sampled, Sampled]:
    """Return accuracy and macro F1 over the senses that occur among ``codes``.

    Every choice is scored on the same bootstrap samples, so their differences are paired.
    """
    n = len(codes)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)
    weights = np.concatenate([np.ones((1, n)), weights])  # the first row is the data itself
    right = (predicted == codes[None, :]).astype(np.float64)  # (c, n)
    accuracy = weights @ right.T / n  # (m, c)
    f1: list[np.ndarray] = []
    for code in np.unique(codes):
        truly = codes == code
        hits = weights[:, truly] @ right[:, truly].T  # (m, c)
        answered = weights @ (predicted == code).astype(np.float64).T
        there = weights[:, truly].sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            f1.append(np.where(answered + there > 0, 2 * hits / (answered + there), np.nan))
    # A sense that a sample holds neither as answer nor as truth has no F1 in it.
    stacked = np.stack(f1)
    with np.errstate(invalid="ignore"):
        macro = np.nansum(stacked, axis=0) / np.isfinite(stacked).sum(axis=0)
    return (
        Sampled(accuracy[0], accuracy[1:], n),
        Sampled(macro[0], macro[1:], n),
    )


def over_words(each: list[Sampled], rng: np.random.Generator) -> tuple[Sampled, Sampled]:
    """Return the micro and the macro mean over words.

    Micro: every item counts the same; items are drawn within their word. Macro: every word counts
    the same; its interval is hierarchical, words are drawn and then their items.
    """
    sizes = np.array([one.n for one in each], dtype=np.float64)
    values = np.stack([one.values for one in each])  # (w, c)
    samples = np.stack([one.samples for one in each])  # (w, m, c)
    share = sizes / sizes.sum()
    micro = Sampled(share @ values, np.einsum("w,wmc->mc", share, samples), int(sizes.sum()))
    n_words, draws = samples.shape[:2]
    words = rng.integers(n_words, size=(draws, n_words))
    rows = rng.integers(draws, size=(draws, n_words))  # a word drawn twice has other items twice
    macro = Sampled(values.mean(axis=0), samples[words, rows].mean(axis=1), n_words)
    return micro, macro
