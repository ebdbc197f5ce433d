"""Sentence pairs as vectors, similarities and links, in batches: the streaming half of ``links``.

A sentence goes in as its words joined by blanks. A *unit* is what is linked: at level ``word`` a
word, its vector the mean over its tokens; at level ``subword`` a token, and two words are linked
when any of their tokens are (SimAlign's "bpe"). Words that have no token of the model are no units.

Legend of dimensions: l layers, k units, d width, w words, s source words, t target words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float

from firth.encoder.model import Encoder
from firth.encoder.states import Span
from firth.probe.directions import remove_mean
from firth.probe.links import itermax, mutual_argmax
from firth.probe.similarity import normalise
from firth.text.alignment import SentencePair

Level = Literal["word", "subword"]
LEVELS: tuple[Level, ...] = ("word", "subword")
# What makes links of similarities.
METHODS = {"argmax": mutual_argmax, "itermax": itermax}
# Sentence pairs whose similarities are padded and linked together.
BATCH_PAIRS = 64

Matrix = Float[np.ndarray, "s t"]
Means = tuple[Float[np.ndarray, "l d"], Float[np.ndarray, "l d"]]


@dataclass(frozen=True)
class Side:
    """One sentence of a pair.

    Attributes:
        vectors: Of its units, float32, [l, k, d].
        words: Which words a unit is of, [k, w].
    """

    vectors: Float[np.ndarray, "l k d"]
    words: Bool[np.ndarray, "k w"]

    @property
    def lost(self) -> int:
        """How many words have no unit."""
        return int((~self.words.any(axis=0)).sum())


Sides = tuple[Side, Side]


def encoded(
    encoder: Encoder,
    pairs: Sequence[SentencePair],
    layers: tuple[int, ...],
    level: Level,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Sides]:
    """Yield both sides of each sentence pair, encoded as one stream.

    Args:
        encoder: The encoder.
        pairs: The sentence pairs.
        layers: Which layers.
        level: What is linked.
        progress: Called with the number of sentence pairs done since the last call.
    """
    sentences = [own for pair in pairs for own in (pair.source, pair.target)]
    options: dict[str, Any] = {"layers": layers, "progress": _halved(progress)}
    sides = (_words if level == "word" else _subwords)(encoder, sentences, options)
    for source in sides:
        yield source, next(sides)


def _halved(progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
    """Return what turns sentences done into pairs done."""
    if progress is None:
        return None
    texts = 0

    def step(done: int) -> None:
        nonlocal texts
        before, texts = texts // 2, texts + done
        progress(texts // 2 - before)

    return step


def _spans(words: Sequence[str]) -> list[Span]:
    """Return the characters of each word in the words joined by blanks."""
    ends = np.cumsum([len(word) + 1 for word in words]).tolist()
    return [(end - 1 - len(word), end - 1) for word, end in zip(words, ends, strict=True)]


def _words(
    encoder: Encoder, sentences: list[tuple[str, ...]], options: dict[str, Any]
) -> Iterator[Side]:
    items = ((" ".join(words), _spans(words)) for words in sentences)
    for one in encoder.word_vectors(items, **options):
        kept = one.counts > 0
        yield Side(one.vectors[:, kept], np.eye(len(kept), dtype=bool)[kept])


def _subwords(
    encoder: Encoder, sentences: list[tuple[str, ...]], options: dict[str, Any]
) -> Iterator[Side]:
    states = encoder.hidden_states((" ".join(words) for words in sentences), **options)
    for words, one in zip(sentences, states, strict=True):
        starts, ends = np.array(_spans(words)).T
        first, last = one.offsets[:, :1], one.offsets[:, 1:]
        own = (first < ends) & (last > starts) & (last > first)  # (k, w)
        kept = own.any(axis=1)
        yield Side(one.vectors[:, kept], own[kept])


def static_vectors(encoder: Encoder, pairs: Sequence[SentencePair]) -> dict[str, np.ndarray]:
    """Return the static vectors of all words that the input embeddings know something of."""
    words = dict.fromkeys(word for pair in pairs for word in (*pair.source, *pair.target))
    each = {word: encoder.static_vector(word) for word in words}
    return {word: own for word, own in each.items() if np.isfinite(own).all() and own.any()}


def static(vectors: dict[str, np.ndarray], pairs: Sequence[SentencePair]) -> Iterator[Sides]:
    """Yield both sides of each sentence pair with a static vector for each word, as one layer.

    Args:
        vectors: Of the words; a word without one is no unit.
        pairs: The sentence pairs.
    """
    width = len(next(iter(vectors.values()), ()))

    def side(words: tuple[str, ...]) -> Side:
        kept = np.array([word in vectors for word in words])
        own = [vectors[word] for word in words if word in vectors]
        rows = np.array(own, dtype=np.float32).reshape(1, -1, width)
        return Side(rows, np.eye(len(words), dtype=bool)[kept])

    for pair in pairs:
        yield side(pair.source), side(pair.target)


def batches(sides: Iterator[Sides], size: int = BATCH_PAIRS) -> Iterator[list[Sides]]:
    """Group sentence pairs."""
    while batch := list(islice(sides, size)):
        yield batch


def similarities(batch: list[Sides], position: int, means: Means | None) -> list[Matrix]:
    """Return the cosines between the units of each sentence pair at one layer, float32.

    Args:
        batch: The sentence pairs.
        position: Which of the layers.
        means: What is subtracted from the vectors of either side, or None.
    """
    units: list[list[np.ndarray]] = []
    for side in (0, 1):
        own = [pair[side].vectors[position] for pair in batch]
        rows = np.concatenate(own)
        if means is not None:
            rows = remove_mean(rows, means[side][position])
        cuts = np.cumsum([len(one) for one in own])[:-1]
        units.append(np.split(normalise(rows), cuts))
    # In float64 and then rounded, so that equal vectors tie wherever they stand.
    return [(a @ b.T).astype(np.float32) for a, b in zip(*units, strict=True)]


def linked(
    values: list[Matrix], method: str, null: float | None = None
) -> list[Bool[np.ndarray, "s t"]]:
    """Return the links of each matrix of similarities; a matrix may be empty."""
    links = [np.zeros(own.shape, dtype=bool) for own in values]
    filled = [at for at, own in enumerate(values) if own.size]
    if not filled:
        return links
    sizes = np.array([values[at].shape for at in filled])
    padded = np.zeros((len(filled), *sizes.max(axis=0)), dtype=np.float32)  # (b, s, t)
    for row, at in enumerate(filled):
        s, t = values[at].shape
        padded[row, :s, :t] = values[at]
    for row, at in zip(METHODS[method](padded, sizes, null), filled, strict=True):
        s, t = values[at].shape
        links[at] = row[:s, :t]
    return links


def word_links(links: Bool[np.ndarray, "k m"], sides: Sides) -> Bool[np.ndarray, "s t"]:
    """Return which words are linked: those any of whose units are."""
    rows, columns = np.nonzero(links)
    first, second = (
        side.words[own].astype(np.float32) for side, own in zip(sides, (rows, columns), strict=True)
    )
    return np.matmul(first.T, second) > 0


def word_similarity(values: Float[np.ndarray, "k m"], sides: Sides) -> Matrix:
    """Return the similarity of words: the largest of any of their units; 0 without a unit."""
    columns = [values[:, own].max(axis=1, initial=-np.inf) for own in sides[1].words.T]
    wide = np.stack(columns, axis=1)  # (k, t)
    rows = [wide[own].max(axis=0, initial=-np.inf) for own in sides[0].words.T]
    found = np.stack(rows)
    return np.where(np.isfinite(found), found, 0)
