"""The links of all sentence pairs under every choice of layer, similarity and method, streamed.

Hidden states live as long as their batch; what is kept are the links, as pairs of numbers.

Legend of dimensions: k links, s source words, t target words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from firth.encoder.model import Encoder
from firth.experiments.links_vectors import (
    METHODS,
    Level,
    Means,
    Sides,
    batches,
    linked,
    similarities,
    static,
    static_vectors,
    word_links,
)
from firth.results.schema import Comparison
from firth.text.alignment import GoldLinks, SentencePair

SIMILARITIES: tuple[Comparison, ...] = ("raw", "centred")
# Where no gold says what is best: subwords give a word several links already.
USUAL: dict[Level, tuple[Comparison, str]] = {
    "word": ("centred", "itermax"),
    "subword": ("centred", "argmax"),
}

Sparse = Int[np.ndarray, "k 2"]


@dataclass
class Answers:
    """The links of every sentence pair under one choice.

    Attributes:
        method: ``argmax`` or ``itermax``; None for the diagonal.
        similarity: How vectors were compared.
        layer: The layer; None for controls.
        control: The control, if it is one.
        links: Links of each pair, (source, target) from 0, [k, 2].
    """

    method: str | None
    similarity: Comparison | None = None
    layer: int | None = None
    control: str | None = None
    links: list[Sparse] = field(default_factory=list[np.ndarray])

    def add(self, links: Bool[np.ndarray, "s t"]) -> None:
        """Add the next sentence pair."""
        self.links.append(np.argwhere(links).astype(np.int32))

    @property
    def fields(self) -> dict[str, Any]:
        """What a score row says of the choice."""
        return {
            "arm": self.method, "similarity": self.similarity, "layer": self.layer,
            "control": self.control,
        }  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The question."""

    pairs: Sequence[SentencePair]
    gold: Sequence[GoldLinks] | None
    layers: tuple[int, ...]
    level: Level
    null: float | None


@dataclass
class Linker:
    """Links a stream of sentence pairs at all layers, similarities and methods."""

    answers: list[Answers]
    positions: list[int]
    means: Means | None
    null: float | None
    lost: int = 0

    @classmethod
    def of(cls, asked: Asked, means: Means | None, control: str | None = None) -> Linker:
        """Return a linker of what is asked; a control has one layer without a number."""
        answers: list[Answers] = []
        positions: list[int] = []
        for position, layer in enumerate((None,) if control else asked.layers):
            for similarity in SIMILARITIES:
                for method in METHODS:
                    if asked.gold is not None or (similarity, method) == USUAL[asked.level]:
                        answers.append(Answers(method, similarity, layer, control))
                        positions.append(position)
        return cls(answers, positions, means, asked.null)

    def link(self, batch: list[Sides]) -> dict[tuple[int, Comparison], list[np.ndarray]]:
        """Link the next sentence pairs; return their similarities by layer's place."""
        self.lost += sum(side.lost for pair in batch for side in pair)
        known: dict[tuple[int, Comparison], list[np.ndarray]] = {}
        for position, own in zip(self.positions, self.answers, strict=True):
            assert own.similarity is not None
            assert own.method is not None
            key = position, own.similarity
            if key not in known:
                means = self.means if own.similarity == "centred" else None
                known[key] = similarities(batch, position, means)
            for sides, one in zip(batch, linked(known[key], own.method, self.null), strict=True):
                own.add(word_links(one, sides))
        return known


def static_answers(encoder: Encoder, asked: Asked) -> list[Answers]:
    """Return the links of static vectors; centring removes their mean over the words here."""
    vectors = static_vectors(encoder, asked.pairs)
    if not vectors:
        return []
    means: list[np.ndarray] = []
    for name in ("source", "target"):
        words = [word for pair in asked.pairs for word in getattr(pair, name) if word in vectors]
        total = np.zeros(len(next(iter(vectors.values()))))
        for word in words:
            total += vectors[word]
        means.append((total / max(len(words), 1))[None])  # (1, d)
    linker = Linker.of(asked, (means[0], means[1]), "static")
    for batch in batches(static(vectors, asked.pairs)):
        linker.link(batch)
    return linker.answers


def diagonal(pairs: Sequence[SentencePair]) -> Answers:
    """Link each source word with the target word at the nearest relative position.

    Word i of s stands at (i + 1/2) / s; of two target words that are equally near, the later.
    """
    answers = Answers(None, control="diagonal")
    for pair in pairs:
        s, t = len(pair.source), len(pair.target)
        at = np.arange(s)
        answers.links.append(np.stack([at, (2 * at + 1) * t // (2 * s)], axis=1).astype(np.int32))
    return answers
