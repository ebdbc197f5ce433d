"""Nearest sense centroids: what training occurrences teach about test occurrences.

Source: Loureiro et al. 2021 (CoarseWSD-20, "1NN"): a sense is the mean of its training vectors, an
occurrence gets the sense of the nearest mean by cosine. Each layer, the sum of the last four and
the mean of all are scored on the test split; so is the choice that was best on development data:
the ``dev`` split, or a fifth of each sense's training occurrences, set aside while choosing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firth.experiments.choices import BEST_ON_DEV, Choices
from firth.experiments.controls import Gathered
from firth.experiments.sense_items import Answered, centroid_items
from firth.probe.centroids import Centroids
from firth.probe.classification import Sampled, accuracy_and_f1, over_words
from firth.results.items import MOST_BYTES, Items, item_arrays
from firth.results.schema import Cell, Comparison, Score
from firth.shapes import Codes, LayerMeans, LayerVectors
from firth.text.sentences import Occurrence

# A fifth of the training occurrences chooses the layer where there is no development split.
HELD_BACK = 5
KINDS: tuple[Comparison, ...] = ("raw", "centred")
# In the order in which they are fed: what trains, what also chooses, what only chooses, what tests.
PHASES = ("train", "fold", "dev", "test")

_Scored = tuple[str, str, str | None, Sampled]  # metric, unit, word, its values


def has_split(own: list[Occurrence]) -> bool:
    """Say whether a word has labelled occurrences to learn from and others to be tested on."""
    labelled = [one.split for one in own if one.label is not None]
    return "train" in labelled and "test" in labelled


def phases(own: list[Occurrence], rng: np.random.Generator) -> list[str]:
    """Return the phase of each occurrence; what is in no known split has the phase ``""``."""
    found = [one.split if one.split in PHASES else "" for one in own]
    if "dev" in found:
        return [str(one) for one in found]
    for label in dict.fromkeys(one.label for one in own):
        at = [i for i, one in enumerate(own) if one.label == label and found[i] == "train"]
        for index in rng.permutation(at)[: len(at) // HELD_BACK].tolist():
            found[index] = "fold"
    return [str(one) for one in found]


@dataclass
class WordCentroids:
    """One word's centroids, fed in the order of `PHASES`.

    Attributes:
        word: The word.
        names: Its senses, in the order of their codes.
        choices: Which layers make a vector.
        means: Mean of other text at each choice, [c, d].
    """

    word: str
    names: list[str]
    choices: Choices
    means: LayerMeans
    predicted: dict[tuple[str, Comparison], list[np.ndarray]] = field(default_factory=dict)
    truth: dict[str, list[Codes]] = field(default_factory=dict)
    tested: list[Occurrence] = field(default_factory=list)
    trained: Centroids = field(init=False)
    early: Centroids | None = None

    def __post_init__(self) -> None:
        self.trained = Centroids(len(self.names))

    def feed(self, phase: str, vectors: LayerVectors, own: list[Occurrence]) -> None:
        """Learn from, or classify, the occurrences of one phase: vectors [l, n, d]."""
        states = self.choices.combine(vectors)  # (c, n, d)
        codes = np.array([self.names.index(str(one.label)) for one in own])
        if phase in {"fold", "dev"}:
            # What is held back is judged by the centroids of the rest, and taught afterwards.
            if self.early is None:
                self.early = self.trained.copy()
            self._classify("dev", self.early, states, codes)
        elif phase == "test":
            self._classify("test", self.trained, states, codes)
            self.tested += own
        if phase in {"train", "fold"}:
            self.trained.add(states, codes)

    def _classify(self, phase: str, centroids: Centroids, states: np.ndarray, codes: Codes) -> None:
        if not centroids.counts.any():
            return  # so few training occurrences that all of them were held back
        for kind in KINDS:
            means = self.means if kind == "centred" else None
            self.predicted.setdefault((phase, kind), []).append(centroids.nearest(states, means))
        self.truth.setdefault(phase, []).append(codes)

    def answers(self, phase: str, kind: Comparison) -> np.ndarray:
        """Return what every choice answered, [c, n]."""
        return np.concatenate(self.predicted[phase, kind], axis=1)

    def right(self, phase: str, kind: Comparison) -> np.ndarray:
        """Return which answers are right, [c, n]."""
        return self.answers(phase, kind) == np.concatenate(self.truth[phase])

    def answered(self, kind: Comparison, chosen: Sequence[int]) -> Answered:
        """Return what some choices answered on the test occurrences."""
        names = [f"{self.word}\t{one.sentence}\t{one.start}" for one in self.tested]
        truth = np.concatenate(self.truth["test"])
        return Answered(self.word, names, truth, self.answers("test", kind)[list(chosen)])

    def counts(self) -> list[dict[str, Cell]]:
        """Return how often each sense occurs in training and in the test."""
        truth = np.concatenate(self.truth["test"])
        return [
            {"word": self.word, "sense": name, "training": int(self.trained.counts[code]),
             "test": int((truth == code).sum())}
            for code, name in enumerate(self.names)
        ]  # fmt: skip

    def confusion(self, kind: Comparison, best: int | None) -> list[dict[str, Cell]]:
        """Return how often each sense got each answer, of the choice best on development data."""
        if best is None:
            return []
        answers = self.answers("test", kind)[best]
        pairs = Counter(
            zip(np.concatenate(self.truth["test"]).tolist(), answers.tolist(), strict=True)
        )
        return [
            {"word": self.word, "similarity": kind, "sense": self.names[sense],
             "answer": self.names[answer], "n": n}
            for (sense, answer), n in sorted(pairs.items())
        ]  # fmt: skip

    def most_frequent(self) -> np.ndarray:
        """Return the answer that is always the most frequent training sense, [1, n]."""
        truth = np.concatenate(self.truth["test"])
        return np.full((1, len(truth)), int(self.trained.counts.argmax()))


def centroid_scores(
    studied: list[WordCentroids], rng: np.random.Generator, gathered: Gathered
) -> None:
    """Add the scores of all words on their test occurrences."""
    studied = [one for one in studied if "test" in one.truth]
    if not studied:
        return
    choices = studied[0].choices
    table: list[dict[str, Cell]] = []
    confused: list[dict[str, Cell]] = []
    for kind in KINDS:
        both = [
            accuracy_and_f1(one.answers("test", kind), np.concatenate(one.truth["test"]), rng)
            for one in studied
        ]
        accuracy, f1 = [one[0] for one in both], [one[1] for one in both]
        micro, macro = over_words(accuracy, rng)
        scored: list[_Scored] = [
            ("centroid_accuracy", "occurrence", None, micro),
            ("centroid_accuracy_macro", "word", None, macro),
            ("centroid_f1", "word", None, over_words(f1, rng)[1]),
        ]
        for one, own, own_f1 in zip(studied, accuracy, f1, strict=True):
            scored.append(("centroid_accuracy", "occurrence", one.word, own))
            scored.append(("centroid_f1", "occurrence", one.word, own_f1))
        best = _choose(studied, kind, choices, table)
        for position, choice in enumerate(choices.each):
            gathered.scores += _rows(scored, position, similarity=kind, **choice.fields)
        if best is not None:
            layer = choices.each[best].layer
            gathered.scores += _rows(scored, best, similarity=kind, arm=BEST_ON_DEV, layer=layer)
        gathered.arrays |= item_arrays(_items(studied, kind, choices, best))
        confused += [row for one in studied for row in one.confusion(kind, best)]
    gathered.tables["development"] = table
    gathered.tables["confusion"] = confused
    gathered.tables["senses"] = [row for one in studied for row in one.counts()]
    _control(studied, rng, gathered)
    for one in studied:
        unknown = [one.names[code] for code in np.flatnonzero(one.trained.counts == 0)]
        if unknown:
            gathered.warnings.append(
                f"{one.word}: {', '.join(unknown)} never occurs in training, so it counts as wrong"
            )


def _items(
    studied: list[WordCentroids], kind: Comparison, choices: Choices, best: int | None
) -> Iterator[Items]:
    """Return what runs are compared by; of very many occurrences, of the best choice only."""
    n = sum(len(one.tested) for one in studied)
    # Right or not by word and in all, and answer and truth by word.
    small = 4 * n * len(choices.each) * np.dtype(np.float32).itemsize <= MOST_BYTES
    chosen = list(range(len(choices.each))) if small else []
    columns: list[dict[str, Any]] = [dict(choices.each[at].fields) for at in chosen]
    if best is not None:
        chosen.append(best)
        columns.append({"arm": BEST_ON_DEV})
    if not chosen:
        return iter(())
    return centroid_items(kind, [one.answered(kind, chosen) for one in studied], columns)


def _choose(
    studied: list[WordCentroids],
    kind: Comparison,
    choices: Choices,
    table: list[dict[str, Cell]],
) -> int | None:
    """Return the choice with the best macro accuracy on development data; adds its table."""
    known = [one for one in studied if "dev" in one.truth]
    if not known:
        return None
    each = [one.right("dev", kind) for one in known]
    values = np.stack([right.mean(axis=1) for right in each]).mean(axis=0)
    n = sum(right.shape[1] for right in each)
    for choice, value in zip(choices.each, values, strict=True):
        table.append({"similarity": kind, **choice.fields, "accuracy_macro": float(value), "n": n})
    return int(values.argmax())


def _rows(scored: list[_Scored], position: int, **fields: Any) -> list[Score]:
    """Return the scores of one choice: of all words, and of each."""
    rows: list[Score] = []
    for metric, unit, word, one in scored:
        low, high = one.interval(position)
        rows.append(
            Score(
                metric=metric, value=float(one.values[position]), n=one.n, unit=unit, low=low,
                high=high, split="test", word=word, **fields,
            )
        )  # fmt: skip
    return rows


def _control(studied: list[WordCentroids], rng: np.random.Generator, gathered: Gathered) -> None:
    """Always the most frequent training sense: all that a static vector can do, too."""
    each = [
        accuracy_and_f1(one.most_frequent(), np.concatenate(one.truth["test"]), rng)[0]
        for one in studied
    ]
    micro, macro = over_words(each, rng)
    scored: list[_Scored] = [
        ("centroid_accuracy", "occurrence", None, micro),
        ("centroid_accuracy_macro", "word", None, macro),
    ]
    for one, own in zip(studied, each, strict=True):
        scored.append(("centroid_accuracy", "occurrence", one.word, own))
    gathered.scores += _rows(scored, 0, control="most_frequent_sense")
