"""Anchor words: is a sense nearer to one word than to another (fruit to 草, firm to 电)?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float

from firth.encoder.model import Encoder
from firth.errors import InputError
from firth.probe.similarity import centre, normalise, pairs_cosine
from firth.probe.statistics import mean_interval
from firth.results.schema import Comparison, Score
from firth.shapes import LayerMeans, LayerVectors
from firth.text.words import find_word, word_pattern


@dataclass(frozen=True)
class Anchor:
    """A word to compare with, alone or in a sentence.

    Attributes:
        word: The anchor.
        sentence: The sentence it stands in; the word itself when it stands alone.
    """

    word: str
    sentence: str

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Read ``WORD`` or ``WORD=SENTENCE``.

        Raises:
            InputError: It is empty, or the word is not in the sentence.
        """
        word, _, sentence = text.partition("=")
        anchor = cls(word.strip(), sentence.strip() or word.strip())
        anchor.span()
        return anchor

    def span(self) -> tuple[int, int]:
        """Return where the word stands in the sentence."""
        spans = find_word(self.sentence, word_pattern(self.word))
        if not spans:
            raise InputError(f"the anchor {self.word!r} is not in its sentence {self.sentence!r}")
        return spans[0]

    def __str__(self) -> str:
        return self.word if self.sentence == self.word else f"{self.word}={self.sentence}"


def check_anchors(anchors: Sequence[Anchor]) -> None:
    """Refuse a single anchor.

    Raises:
        InputError: A preference is between two.
    """
    if len(anchors) == 1:
        raise InputError(
            f"one anchor ({anchors[0].word}) is given; a preference is between two: add --anchor"
        )


def anchor_vectors(
    encoder: Encoder, anchors: Sequence[Anchor], layers: tuple[int, ...]
) -> LayerVectors:
    """Return the vectors of the anchors, [l, a, d]."""
    items = [(anchor.sentence, (anchor.span(),)) for anchor in anchors]
    found = [one.vectors for one in encoder.word_vectors(items, layers=layers)]
    return np.concatenate(found, axis=1)


def anchor_cosines(vectors: LayerVectors, points: LayerVectors) -> Float[np.ndarray, "l m a"]:
    """Return the cosines of occurrences and then anchors, m = n + a, with the anchors."""
    everything = normalise(np.concatenate([vectors, points], axis=1))
    return np.einsum("lmd,lad->lma", everything, normalise(points)).astype(np.float32)


def anchor_scores(
    points: LayerVectors,
    vectors: LayerVectors,
    means: LayerMeans,
    labels: Sequence[str | None],
    anchors: Sequence[Anchor],
    layers: tuple[int, ...],
    word: str,
    rng: np.random.Generator,
) -> list[Score]:
    """Return, for every two anchors, sense and layer, the cosine to the first minus the second.

    The sense stands in ``arm``, the two anchors in ``pair``; intervals are over occurrences. The
    cosine of the two anchors themselves is ``anchor_similarity``.

    Args:
        points: Vectors of the anchors, [l, a, d].
        vectors: Vectors of the occurrences, [l, n, d].
        means: What centring removes, [l, d].
        labels: Sense of each occurrence, or None.
        anchors: The anchors.
        layers: The layers.
        word: The word.
        rng: Source of the bootstrap.
    """
    rows: list[Score] = []
    kinds: tuple[tuple[Comparison, LayerVectors, LayerVectors], ...] = (
        ("raw", vectors, points),
        ("centred", centre(vectors, means), centre(points, means)),
    )
    for kind, own, others in kinds:
        cosines = np.einsum("lnd,lad->lna", normalise(own), normalise(others))
        for a, b in combinations(range(len(anchors)), 2):
            pair = f"{anchors[a].word}/{anchors[b].word}"
            between = pairs_cosine(others[:, [a]], others[:, [b]])[:, 0]  # [l]
            rows += [
                Score(
                    metric="anchor_similarity", value=float(value), n=1, unit="anchor pair",
                    layer=layer, similarity=kind, pair=pair, word=word,
                )
                for layer, value in zip(layers, between, strict=True)
            ]  # fmt: skip
            differences = cosines[:, :, a] - cosines[:, :, b]  # [l, n]
            for label in dict.fromkeys(labels):
                chosen = [index for index, one in enumerate(labels) if one == label]
                for position, layer in enumerate(layers):
                    values = differences[position, chosen]
                    low, high = mean_interval(values, rng)
                    rows.append(
                        Score(
                            metric="anchor_preference",
                            value=float(values.mean()),
                            n=len(chosen),
                            unit="occurrence",
                            low=low,
                            high=high,
                            layer=layer,
                            similarity=kind,
                            pair=pair,
                            arm=label,
                            word=word,
                        )
                    )
    return rows
