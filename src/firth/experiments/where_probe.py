"""How well a linear probe reads the language off vectors of one layer, under each correction.

Legend of dimensions: l layers, k vectors, n test sentences, d width, c columns of scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from firth.encoder.model import Encoder
from firth.experiments.corrected import NONE
from firth.experiments.retrieval_vectors import Reading
from firth.probe.corrections import Correction
from firth.probe.language_probe import LinearProbe
from firth.probe.statistics import mean_intervals
from firth.results.items import MOST_BYTES, Items, keys_of, numbered
from firth.results.schema import Score

METRIC = "language_id_accuracy"
UNITS = ("sentence", "token")
# Tokens that are drawn of a sentence: they resemble each other, so more of them tell little more.
TOKENS = 2

Progress = Callable[[int], None]
PARTS = ("fit", "train", "test")


@dataclass(frozen=True)
class Sample:
    """Vectors of one language and the sentence that each is of.

    Attributes:
        vectors: Of sentences or of tokens, [l, k, d].
        owner: Number of the sentence, ascending, [k].
        ends: Past the last sentence of each of `PARTS`, in their order.
    """

    vectors: Float[np.ndarray, "l k d"]
    owner: Int[np.ndarray, " k"]
    ends: tuple[int, int, int]

    def part(self, name: str, position: int) -> Float[np.ndarray, "p d"]:
        """Return the vectors of a part at a layer."""
        return self.vectors[position, self._rows(name)]

    def owners(self, name: str) -> Int[np.ndarray, " p"]:
        """Return the sentence of each vector of a part."""
        return self.owner[self._rows(name)]

    def _rows(self, name: str) -> slice:
        at = PARTS.index(name)
        start = self.ends[at - 1] if at else 0
        first, last = np.searchsorted(self.owner, [start, self.ends[at]])
        return slice(int(first), int(last))


def ends_of(n: int) -> tuple[int, int, int]:
    """Return where three parts end: half for the correction, a quarter each for the probe."""
    return n // 2, n // 2 + n // 4, n


def sentence_sample(
    encoder: Encoder,
    sentences: Sequence[str],
    reading: Reading,
    layers: tuple[int, ...],
    progress: Progress | None,
) -> Sample:
    """Return one vector a sentence."""
    vectors = reading.vectors(encoder, sentences, layers, progress)
    return Sample(vectors, np.arange(len(sentences)), ends_of(len(sentences)))


def token_sample(
    encoder: Encoder,
    sentences: Sequence[str],
    prefix: str,
    layers: tuple[int, ...],
    rng: np.random.Generator,
    progress: Progress | None,
) -> Sample:
    """Return the vectors of a few tokens a sentence, drawn at random, none of the prefix's."""
    vectors: list[np.ndarray] = []
    owner: list[int] = []
    texts = (prefix + one for one in sentences)
    for number, one in enumerate(encoder.hidden_states(texts, layers=layers, progress=progress)):
        own = np.flatnonzero(one.offsets[:, 1] > len(prefix))
        chosen = np.sort(rng.permutation(own)[:TOKENS])
        vectors.append(one.vectors[:, chosen])
        owner += [number] * len(chosen)
    return Sample(np.concatenate(vectors, axis=1), np.array(owner), ends_of(len(sentences)))


@dataclass(frozen=True)
class Probed:
    """What probes of one layer answer for the test sentences.

    Attributes:
        values: Share of a sentence's vectors whose language is read right, [n, c].
        kinds: Of each column the correction (``arm``) and the control.
        sentences: Language and number of each sentence.
    """

    values: Float[np.ndarray, "n c"]
    kinds: tuple[dict[str, Any], ...]
    sentences: tuple[tuple[str, int], ...]

    def scores(self, rng: np.random.Generator, **fields: Any) -> list[Score]:
        """Return the accuracies.

        Args:
            rng: Draws sentences for the intervals.
            fields: Of all scores.
        """
        bounds = mean_intervals(self.values, rng)
        means = self.values.mean(axis=0).tolist()
        return [
            Score(
                metric=METRIC, value=mean, n=len(self.values), unit="sentence", low=low, high=high,
                **kind, **fields,
            )
            for mean, kind, (low, high) in zip(means, self.kinds, bounds, strict=True)
        ]  # fmt: skip


def probe_languages(
    samples: Mapping[str, Sample],
    position: int,
    corrections: Mapping[str, Correction],
    rng: np.random.Generator,
) -> Probed:
    """Return what a probe answers under each correction, and one that learnt nonsense.

    Args:
        samples: Language -> its vectors.
        position: Which layer of them.
        corrections: By name; fitted on the part ``fit``.
        rng: Shuffles labels.
    """
    train = _classes(samples, "train")
    test = _classes(samples, "test")
    # A sentence of one language has the number of another's: the pair of both is a sentence.
    owners = [own.owners("test") for own in samples.values()]
    offsets = np.cumsum([0, *(int(own.max(initial=-1)) + 1 for own in owners[:-1])])
    sentence = np.concatenate([own + at for own, at in zip(owners, offsets, strict=True)])
    _, sentence = np.unique(sentence, return_inverse=True)
    columns: list[np.ndarray] = []
    kinds: list[dict[str, Any]] = []
    for name, correction in corrections.items():
        seen, asked = (_stacked(samples, part, position, correction) for part in ("train", "test"))
        labels: dict[str | None, tuple[np.ndarray, np.ndarray]] = {None: (train, test)}
        if name == NONE:
            # Both: a probe that learnt nonsense of languages far apart gives each of them some
            # one label, and with true test labels its score would be a lottery.
            labels["shuffled_labels"] = rng.permutation(train), rng.permutation(test)
        for control, (given, wanted) in labels.items():
            right = LinearProbe.fit(seen, given, len(samples)).predict(asked) == wanted
            columns.append(np.bincount(sentence, right) / np.bincount(sentence))
            kinds.append({"arm": name, "control": control})
    named = zip(samples, owners, strict=True)
    sentences = ((name, one) for name, own in named for one in np.unique(own).tolist())
    return Probed(np.stack(columns, axis=1), tuple(kinds), tuple(sentences))


def probed_items(
    unit: str, probed: Mapping[int, Probed], corpora: Mapping[str, Sequence[str]]
) -> Items:
    """Return sentence by sentence what runs are compared by.

    Args:
        unit: ``sentence`` or ``token``.
        probed: Layer -> what was answered, for the same sentences at all layers.
        corpora: Language -> sentences, by their numbers.
    """
    size = sum(one.values.size for one in probed.values()) * np.dtype(np.float32).itemsize
    kept = {layer: probed[layer] for layer in probed if size <= MOST_BYTES or layer == max(probed)}
    rows = [
        (layer, at, {"metric": METRIC, "scorer": unit, "layer": layer, "arm": kind["arm"]})
        for layer, one in kept.items()
        for at, kind in enumerate(one.kinds)
        if kind["control"] is None
    ]
    names = (f"{name}\t{corpora[name][at]}" for name, at in probed[max(probed)].sentences)
    values = np.stack([kept[layer].values[:, at] for layer, at, _ in rows], axis=1)
    return Items(unit, keys_of(numbered(names)), tuple(row for *_, row in rows), values)


def chance_score(samples: Mapping[str, Sample], **fields: Any) -> Score:
    """Return what the answer scores that is most frequent in training."""
    train, test = _classes(samples, "train"), _classes(samples, "test")
    usual = int(np.bincount(train).argmax())
    n = sum(len(np.unique(own.owners("test"))) for own in samples.values())
    return Score(
        metric=METRIC, value=float((test == usual).mean()), n=n, unit="sentence", control="chance",
        **fields,
    )  # fmt: skip


def _classes(samples: Mapping[str, Sample], part: str) -> Int[np.ndarray, " p"]:
    counts = [len(own.owners(part)) for own in samples.values()]
    return np.repeat(np.arange(len(samples)), counts)


def _stacked(
    samples: Mapping[str, Sample], part: str, position: int, correction: Correction
) -> Float[np.ndarray, "p d"]:
    """Return the corrected vectors of a part, language after language."""
    return np.concatenate(
        [correction.apply(own.part(part, position), language) for language, own in samples.items()]
    )
