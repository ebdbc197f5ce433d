"""The vectors of sentences, layer by layer, and how those of two languages are compared.

Legend of dimensions: l layers, n sentences, d width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

from firth.encoder.model import Encoder
from firth.experiments.retrieval_texts import Questions
from firth.probe.directions import remove_mean
from firth.probe.likeness import Likeness
from firth.probe.neighbours import csls, margin
from firth.results.schema import Comparison

# Bytes of sentence vectors that are held at once: of more sentences, some layers at a time.
BUDGET = 2**30
# Ranking so many sentences at one layer, all similarities, takes a thirteenth of mini's encoding.
_RANKED = 2000 * 13

Pooling = Literal["mean", "cls"]
Progress = Callable[[int], None]
Vectors = Float32[np.ndarray, "n d"]
Sides = tuple[Vectors, Vectors]
Means = tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]] | None


@dataclass(frozen=True)
class Reading:
    """How sentences are read and compared.

    Attributes:
        layers: Which layers.
        pooling: ``mean`` over all tokens, special ones included, or ``cls``.
        prefix: Stands before each sentence.
        margin: Whether the margin is computed as well.
    """

    layers: tuple[int, ...]
    pooling: Pooling
    prefix: str
    margin: bool

    def groups(self, sentences: int, width: int) -> list[tuple[int, ...]]:
        """Return the layers in groups whose vectors fit into `BUDGET`."""
        size = max(1, BUDGET // (4 * width * max(sentences, 1)))
        return [self.layers[at : at + size] for at in range(0, len(self.layers), size)]

    def steps(self, questions: Questions, width: int) -> int:
        """Return how many steps a pair takes, one a sentence encoded."""
        sentences = len(questions.sources) + len(questions.targets)
        encoded = sentences * len(self.groups(sentences, width))
        return encoded + len(self.layers) * ranking_steps(questions)

    def vectors(
        self,
        encoder: Encoder,
        texts: Sequence[str],
        layers: tuple[int, ...],
        progress: Progress | None = None,
    ) -> Float32[np.ndarray, "l n d"]:
        """Return the sentence vectors."""
        found = np.empty((len(layers), len(texts), encoder.width), dtype=np.float32)
        items = ((self.prefix + text, ()) for text in texts)
        pooled = encoder.stream(items, pooling=self.pooling, layers=layers, progress=progress)
        for at, one in enumerate(pooled):
            found[:, at] = one.vectors[:, 0]
        return found


def ranking_steps(questions: Questions) -> int:
    """Return how many sentences could be encoded while those of one layer are ranked, about."""
    n, m = len(questions.sources), len(questions.targets)
    return (n + m) * max(n, m) // _RANKED


def each_layer(
    encoder: Encoder,
    questions: Questions,
    reading: Reading,
    look: Callable[[int, Sides, Means], None],
    progress: Progress | None,
) -> None:
    """Call ``look`` with each layer, the vectors of both languages and the means of other text.

    A call and no iterator: whoever goes through an iterator holds the vectors of a group of layers
    while those of the next are made.
    """
    sentences = len(questions.sources) + len(questions.targets)
    for group in reading.groups(sentences, encoder.width):
        _each_of_group(encoder, questions, reading, group, look, progress)


def _each_of_group(
    encoder: Encoder,
    questions: Questions,
    reading: Reading,
    group: tuple[int, ...],
    look: Callable[[int, Sides, Means], None],
    progress: Progress | None,
) -> None:
    first = reading.vectors(encoder, questions.sources, group, progress)
    second = reading.vectors(encoder, questions.targets, group, progress)
    means = None
    if questions.background is not None:
        means = [reading.vectors(encoder, own, group).mean(axis=1) for own in questions.background]
    for position, layer in enumerate(group):
        own = None if means is None else (means[0][position], means[1][position])
        look(layer, (first[position], second[position]), own)


def likenesses(
    sides: Sides, means: Means, with_margin: bool
) -> Iterator[tuple[Comparison, Likeness]]:
    """Yield the similarities of two languages' sentences.

    Args:
        sides: The vectors of sources and targets.
        means: What centring takes away from each side; without it there is nothing centred.
        with_margin: Whether to yield the margin too.
    """
    raw = Likeness.cosine(*sides)
    yield "raw", raw
    if with_margin:
        yield "margin", margin(raw)
    if means is None:
        return
    first, second = (_centred(own, mean) for own, mean in zip(sides, means, strict=True))
    centred = Likeness.cosine(first, second)
    yield "centred", centred
    yield "csls", csls(centred)


def _centred(vectors: Vectors, mean: Float[np.ndarray, " d"]) -> Vectors:
    rest = remove_mean(vectors, mean)
    rest[~vectors.any(axis=1)] = 0  # a sentence without a vector has no place on either side
    return rest


def static_vectors(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Return the mean of the input embeddings of each text's tokens."""
    rows = np.stack([encoder.static_vector(text) for text in texts])
    return np.nan_to_num(rows, nan=0.0)  # a text without a token has no mean
