"""How many sentences find their translation at each layer, under each correction.

Legend of dimensions: n sources, k columns of scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from firth.experiments.retrieval_texts import Questions
from firth.probe.corrections import Correction
from firth.probe.expected_rank import Ranks, chance
from firth.probe.likeness import Likeness
from firth.probe.retrieval import rank_both
from firth.probe.statistics import mean_intervals
from firth.results.items import MOST_BYTES, Items, keys_of, numbered
from firth.results.schema import Score

METRICS = ("retrieval_accuracy", "mrr")
UNIT = "sentence"


@dataclass
class Alignment:
    """What the sentences of one pair of languages found so far.

    Attributes:
        questions: Which sentences ask, and what translates them.
        columns: Of each direction: (layer, correction) and a value a sentence and metric, [n, 2].
    """

    questions: Questions
    columns: tuple[list[tuple[int, str, np.ndarray]], list[tuple[int, str, np.ndarray]]] = field(
        default_factory=lambda: ([], [])
    )

    def add(
        self,
        layer: int,
        corrections: Mapping[str, Correction],
        vectors: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]],
    ) -> None:
        """Rank at a layer under each correction.

        Args:
            layer: Its number.
            corrections: By name.
            vectors: Of the sources and of the targets.
        """
        languages = (self.questions.parallel.source, self.questions.parallel.target)
        for name, correction in corrections.items():
            first, second = (
                correction.apply(own, language)
                for own, language in zip(vectors, languages, strict=True)
            )
            ranks = rank_both(Likeness.cosine(first, second), self.questions.correct)[:2]
            for own, one in zip(self.columns, ranks, strict=True):
                own.append((layer, name, _values(one)))

    def scores(self, rng: np.random.Generator) -> Iterator[Score]:
        """Yield the means over sentences with their intervals, and what a guess scores."""
        parallel, correct = self.questions.parallel, self.questions.correct
        names = (parallel.name, f"{parallel.target}-{parallel.source}")
        for side, name in enumerate(names):
            about: dict[str, Any] = {"pair": parallel.name, "direction": name, "unit": UNIT}
            bounds = iter(
                mean_intervals(np.concatenate([own for *_, own in self.columns[side]], axis=1), rng)
            )
            for layer, correction, own in self.columns[side]:
                for at, metric in enumerate(METRICS):
                    low, high = next(bounds)
                    yield Score(
                        metric=metric, value=float(own[:, at].mean()), n=len(own), low=low,
                        high=high, layer=layer, similarity="raw", arm=correction,
                        scorer="sentence", **about,
                    )  # fmt: skip
            guess = _values(chance((correct, correct.transpose()[0])[side]))
            for metric, value in zip(METRICS, guess.mean(axis=0).tolist(), strict=True):
                yield Score(metric=metric, value=value, n=len(guess), control="chance", **about)

    def items(self) -> Iterator[Items]:
        """Yield sentence by sentence what runs are compared by."""
        parallel = self.questions.parallel
        names = (parallel.name, f"{parallel.target}-{parallel.source}")
        asked = (self.questions.sources, self.questions.targets)
        for name, sentences, columns in zip(names, asked, self.columns, strict=True):
            size = sum(own.size for *_, own in columns) * np.dtype(np.float32).itemsize
            last = max(layer for layer, *_ in columns)
            kept = [one for one in columns if size <= MOST_BYTES or one[0] == last]
            rows = tuple(
                {"metric": metric, "layer": layer, "similarity": "raw", "arm": correction,
                 "scorer": "sentence", "pair": parallel.name, "direction": name}
                for layer, correction, _ in kept
                for metric in METRICS
            )  # fmt: skip
            values = np.concatenate([own for *_, own in kept], axis=1)
            yield Items(f"{parallel.name}.{name}", keys_of(numbered(sentences)), rows, values)


def _values(ranks: Ranks) -> Float[np.ndarray, "n 2"]:
    return np.stack([ranks.precision(1), ranks.reciprocal()], axis=1)
