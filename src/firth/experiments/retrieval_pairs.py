"""The ranks of translations at every layer, as scores: the measuring half of ``retrieval``.

Legend of dimensions: n sources, m targets, k columns of scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from firth.encoder.model import Encoder
from firth.experiments.align_pairs import BEST_ON_HALF
from firth.experiments.answer import Measured
from firth.experiments.retrieval_texts import Questions
from firth.experiments.retrieval_vectors import (
    Means,
    Progress,
    Reading,
    Sides,
    each_layer,
    likenesses,
    ranking_steps,
    static_vectors,
)
from firth.probe.correct import Correct
from firth.probe.expected_rank import Ranks, chance
from firth.probe.likeness import Likeness
from firth.probe.neighbours import hubness, k_occurrence
from firth.probe.retrieval import rank_both
from firth.probe.statistics import mean_intervals
from firth.results.items import Items, item_arrays, keys_of
from firth.results.schema import Cell, Comparison, Score

UNIT = "sentence"
METRIC = "retrieval_accuracy"
FAILURES = 50


@dataclass
class _Columns:
    """What one direction scored, a value a source sentence, before intervals are drawn."""

    fields: list[dict[str, Any]] = field(default_factory=list)
    values: list[Float[np.ndarray, " n"]] = field(default_factory=list)

    def add(self, ranks: Ranks, **fields: Any) -> None:
        for metric, own in ((METRIC, ranks.precision(1)), ("mrr", ranks.reciprocal())):
            self.fields.append({"metric": metric} | fields)
            self.values.append(own)

    def scores(self, rng: np.random.Generator) -> list[Score]:
        return scores_of(np.stack(self.values, axis=1), self.fields, rng)

    def best_on_half(
        self, similarity: Comparison, half: np.ndarray, rng: np.random.Generator
    ) -> list[Score]:
        """Return the scores over one half at the layer that is most accurate on the other."""
        both = self._best_on_half(similarity, half)
        if not both:
            return []
        values = np.stack([self.values[at][~half] for at in both], axis=1)
        return scores_of(values, [self.fields[at] | {"arm": BEST_ON_HALF} for at in both], rng)

    def _best_on_half(self, similarity: Comparison, half: np.ndarray) -> list[int]:
        """Return the columns of the layer that is most accurate on one half: accuracy and MRR."""
        own = [
            at
            for at, one in enumerate(self.fields)
            if one["metric"] == METRIC and one["similarity"] == similarity
        ]
        if not own or not half.any() or half.all():
            return []
        best = max(own, key=lambda at: self.values[at][half].mean())
        return [best, best + 1]  # the MRR stands beside the accuracy

    def items(self, group: str, asked: Sequence[str], half: np.ndarray) -> Iterator[Items]:
        """Yield sentence by sentence what runs are compared by."""
        if len(asked) != len(self.values[0]):
            return
        keys = keys_of(asked)
        yield Items(group, keys, tuple(self.fields), np.stack(self.values, axis=1))
        for similarity in dict.fromkeys(one["similarity"] for one in self.fields):
            both = self._best_on_half(similarity, half)
            if both:
                rows = tuple(self.fields[at] | {"arm": BEST_ON_HALF} for at in both)
                values = np.stack([self.values[at][~half] for at in both], axis=1)
                yield Items(f"{group}.{similarity}", keys[~half], rows, values)


def scores_of(
    values: Float[np.ndarray, "n k"], fields: Sequence[dict[str, Any]], rng: np.random.Generator
) -> list[Score]:
    """Return the mean over source sentences of each column, with its interval."""
    bounds = mean_intervals(values, rng)
    means = values.mean(axis=0)
    return [
        Score(value=float(mean), n=len(values), unit=UNIT, low=low, high=high, **own)
        for mean, (low, high), own in zip(means, bounds, fields, strict=True)
    ]


def measure_pair(
    encoder: Encoder,
    questions: Questions,
    reading: Reading,
    rng: np.random.Generator,
    found: Measured,
    progress: Progress | None = None,
) -> None:
    """Add the scores of a pair of languages at every layer, in both directions, with controls."""
    parallel, correct = questions.parallel, questions.correct
    names = (parallel.name, f"{parallel.target}-{parallel.source}")
    columns = (_Columns(), _Columns())
    worst = _Worst("raw" if questions.background is None else "centred")

    def look(layer: int, sides: Sides, means: Means) -> None:
        for similarity, likeness in likenesses(sides, means, reading.margin):
            ranks = rank_both(likeness, correct)[:2]
            turned = likeness.turned()
            for side, one in enumerate((likeness, turned)):
                fields: dict[str, Any] = {
                    "pair": parallel.name, "direction": names[side], "layer": layer,
                    "similarity": similarity,
                }  # fmt: skip
                columns[side].add(ranks[side], **fields)
                hubs = k_occurrence(one)
                found.scores.append(
                    Score(metric="hubness", value=hubness(hubs), n=len(hubs), unit=UNIT, **fields)
                )
            worst.look(questions, likeness, ranks[0], layer, similarity)
        if progress is not None:
            progress(ranking_steps(questions))

    each_layer(encoder, questions, reading, look, progress)
    for side, own in enumerate(columns):
        found.scores += own.scores(rng)
        half = rng.permutation(len(own.values[0])) % 2 == 0
        for similarity in ("raw", "margin", "centred", "csls"):
            found.scores += own.best_on_half(similarity, half, rng)
        asked = (questions.sources, questions.targets)[side]
        kept = own.items(f"{parallel.name}.{names[side]}", asked, half)
        found.arrays = {**found.arrays, **item_arrays(kept)}
        found.scores += _chance((correct, correct.transpose()[0])[side], names, side)
    _add_static(encoder, questions, names, rng, found)
    found.tables["failures"] += worst.rows


@dataclass
class _Worst:
    """The sentences that fail at the layer that is best on all of them, so far.

    Attributes:
        similarity: By which similarity.
        accuracy: Of the best layer.
        rows: Its failures.
    """

    similarity: Comparison
    accuracy: float = -1.0
    rows: list[dict[str, Cell]] = field(default_factory=list)

    def look(
        self,
        questions: Questions,
        likeness: Likeness,
        ranks: Ranks,
        layer: int,
        similarity: Comparison,
    ) -> None:
        accuracy = float(ranks.precision(1).mean())
        if similarity == self.similarity and accuracy > self.accuracy:
            self.accuracy = accuracy
            self.rows = list(_failures(questions, likeness, ranks, layer, similarity))


def _failures(
    questions: Questions, likeness: Likeness, ranks: Ranks, layer: int, similarity: Comparison
) -> Iterator[dict[str, Cell]]:
    """Yield the sentences whose translation ranks worst, with what came first instead."""
    expected = ranks.expected()
    worst = np.argsort(-expected, kind="stable")[:FAILURES]
    worst = worst[expected[worst] > 1]
    if not len(worst):
        return
    correct = questions.correct
    others = likeness.rectangle(worst, slice(0, len(questions.targets)))
    for at, source in enumerate(worst.tolist()):
        own = correct.indices[correct.indptr[source] : correct.indptr[source + 1]]
        others[at, own] = -np.inf
        first = int(others[at].argmax())
        yield {
            "pair": questions.parallel.name, "text": questions.sources[source],
            "translation": [questions.targets[one] for one in own.tolist()],
            "retrieved": questions.targets[first], "rank": float(expected[source]),
            "similarity": float(ranks.similarity[source]),
            "retrieved_similarity": float(others[at, first]), "layer": layer,
            "compared": similarity,
        }  # fmt: skip


def _chance(correct: Correct, names: tuple[str, str], side: int) -> Iterator[Score]:
    guess = chance(correct)
    for metric, own in ((METRIC, guess.precision(1)), ("mrr", guess.reciprocal())):
        yield Score(
            metric=metric, value=float(own.mean()), n=len(own), unit=UNIT, pair=names[0],
            direction=names[side], control="chance",
        )  # fmt: skip


def _add_static(
    encoder: Encoder,
    questions: Questions,
    names: tuple[str, str],
    rng: np.random.Generator,
    found: Measured,
) -> None:
    """Add what the input embeddings of the sentences' tokens find, without any context."""
    sides = (static_vectors(encoder, questions.sources), static_vectors(encoder, questions.targets))
    means = None
    if questions.background is not None:
        first, second = (static_vectors(encoder, own).mean(axis=0) for own in questions.background)
        means = (first, second)
    columns = (_Columns(), _Columns())
    for similarity, likeness in likenesses(sides, means, with_margin=False):
        if similarity == "csls":
            continue
        for side, ranks in enumerate(rank_both(likeness, questions.correct)[:2]):
            columns[side].add(
                ranks, pair=names[0], direction=names[side], similarity=similarity,
                control="static",
            )  # fmt: skip
    for own in columns:
        found.scores += own.scores(rng)
