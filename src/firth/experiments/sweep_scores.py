"""How good is a token-by-token translation: conversion, BLEU-1, dictionary hits.

    conversion_rate      output tokens in the target language / those that have a language at all
    bleu_1               clipped unigram precision against the reference, in tokens of the model,
                         times the brevity penalty, over all texts together (Papineni et al. 2002)
    dictionary_hit_rate  words of the source text that the dictionary has, and on whose tokens a
                         token comes out that spells one of their translations

A hit is lenient, one token of a translation is enough, which is why the rate of a random vector
stands beside it. Intervals resample texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from firth.encoder.languages import LanguageVectors
from firth.encoder.translation import Rendering
from firth.probe.statistics import DRAWS, interval
from firth.probe.summed import bleu_1
from firth.results.schema import Score
from firth.text.vocabulary import SHARED

# What each score is of the counts of texts (`firth.probe.summed`), and what of them is counted.
STATISTICS = {"conversion_rate": "ratio", "bleu_1": "bleu_1", "dictionary_hit_rate": "ratio"}
UNITS = {"conversion_rate": "token", "dictionary_hit_rate": "word"}

Counts = dict[str, Float[np.ndarray, "n _"]]


@dataclass(frozen=True)
class Judge:
    """What the outputs of some texts are held against.

    Attributes:
        vectors: They know the languages of the tokens.
        target: The language that is wanted.
        references: Tokens of each text's translation.
        words: For each text the words that the dictionary has: first and past-the-last character,
            and the tokens that spell their translations.
    """

    vectors: LanguageVectors
    target: str
    references: Sequence[Sequence[int]]
    words: Sequence[Sequence[tuple[int, int, frozenset[int]]]]

    def scores(
        self, outputs: Sequence[Rendering], rng: np.random.Generator | None, **fields: Any
    ) -> list[Score]:
        """Return the three scores; with intervals where there is an ``rng``."""
        return scores_of(self.counts(outputs), rng, **fields)

    def counts(self, outputs: Sequence[Rendering]) -> Counts:
        """Return what each text counts to each score that exists."""
        found: Counts = {}
        converted = _conversion(outputs, self.vectors, self.target)
        if converted is not None:
            found["conversion_rate"] = converted
        overlap = [
            clipped(one.found.tolist(), own)
            for one, own in zip(outputs, self.references, strict=True)
        ]
        found["bleu_1"] = np.array(overlap, dtype=np.float64)
        hits = [_hits(one, own) for one, own in zip(outputs, self.words, strict=True)]
        if any(words for _, words in hits):
            found["dictionary_hit_rate"] = np.array(hits, dtype=np.float64)
        return found

    def lookup(self, choices: Sequence[Sequence[int]], rng: np.random.Generator) -> Score:
        """Return the BLEU-1 of looking each word up and leaving the rest: no model at all."""
        overlap = [clipped(own, ref) for own, ref in zip(choices, self.references, strict=True)]
        return _bleu(np.array(overlap), rng, control="dictionary")


def scores_of(counts: Counts, rng: np.random.Generator | None, **fields: Any) -> list[Score]:
    """Return the scores of counts; with intervals where there is an ``rng``."""
    return [
        _bleu(own, rng, **fields)
        if metric == "bleu_1"
        else ratio(metric, own, rng, unit=UNITS[metric], **fields)
        for metric, own in counts.items()
    ]


def conversion(
    outputs: Sequence[Rendering],
    vectors: LanguageVectors,
    target: str,
    rng: np.random.Generator | None,
    **fields: Any,
) -> list[Score]:
    """Return the conversion rate, or nothing where no token has a language."""
    table = _conversion(outputs, vectors, target)
    return [] if table is None else [ratio("conversion_rate", table, rng, unit="token", **fields)]


def _conversion(
    outputs: Sequence[Rendering], vectors: LanguageVectors, target: str
) -> Float[np.ndarray, "n 2"] | None:
    if vectors.codes is None:
        return None
    own = vectors.languages.index(target)
    counts: list[tuple[int, int]] = []
    for one in outputs:
        codes = vectors.codes[one.found]
        counts.append((int((codes == own).sum()), int((codes != SHARED).sum())))
    table = np.array(counts, dtype=np.float64)
    return table if table[:, 1].sum() else None


def clipped(output: Sequence[int], reference: Sequence[int]) -> tuple[int, int, int]:
    """Return clipped matches, tokens of the output, tokens of the reference."""
    matches = Counter(output) & Counter(reference)
    return matches.total(), len(output), len(reference)


def ratio(
    metric: str,
    table: Float[np.ndarray, "n 2"],
    rng: np.random.Generator | None,
    **fields: Any,
) -> Score:
    """Return the ratio of two sums over texts."""
    value = float(table[:, 0].sum() / table[:, 1].sum())
    ends: dict[str, float] = {}
    if rng is not None and len(table) > 1:
        sums = _draws(len(table), rng) @ table
        with np.errstate(invalid="ignore", divide="ignore"):
            low, high = interval(sums[:, 0] / sums[:, 1], value)
        ends = {"low": low, "high": high}
    return Score(metric=metric, value=value, n=int(table[:, 1].sum()), **ends, **fields)


def _bleu(overlap: np.ndarray, rng: np.random.Generator | None, **fields: Any) -> Score:
    table = overlap.astype(np.float64)
    value = float(bleu_1(table.sum(axis=0, keepdims=True))[0])
    ends: dict[str, float] = {}
    if rng is not None and len(table) > 1:
        low, high = interval(bleu_1(_draws(len(table), rng) @ table), value)
        ends = {"low": low, "high": high}
    return Score(metric="bleu_1", value=value, n=len(table), unit="text", **ends, **fields)


def _draws(n: int, rng: np.random.Generator) -> Float[np.ndarray, "m n"]:
    return rng.multinomial(n, np.full(n, 1 / n), size=DRAWS).astype(np.float64)


def _hits(one: Rendering, words: Sequence[tuple[int, int, frozenset[int]]]) -> tuple[int, int]:
    """Return how many words came out as one of their translations, of how many."""
    found = 0
    for start, end, tokens in words:
        inside = (one.offsets[:, 0] < end) & (one.offsets[:, 1] > start)
        found += any(token in tokens for token in one.found[inside].tolist())
    return found, len(words)


def spelling_tokens(
    tokenised: Mapping[str, Sequence[int]], lettered: np.ndarray
) -> dict[str, frozenset[int]]:
    """Return for each translation the tokens that spell it and have a letter."""
    return {
        word: frozenset(token for token in tokens if lettered[token])
        for word, tokens in tokenised.items()
    }
