"""The ranks of one dictionary at every layer, as scores: the measuring half of ``align``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from firth.encoder.model import Encoder
from firth.errors import InputError
from firth.experiments.align_vectors import WordVectors
from firth.experiments.answer import Measured
from firth.probe.correct import Correct
from firth.probe.directions import remove_mean
from firth.probe.expected_rank import Ranks, chance
from firth.probe.likeness import Likeness
from firth.probe.neighbours import csls, hubness, k_occurrence
from firth.probe.retrieval import rank_both
from firth.probe.statistics import mean_intervals
from firth.results.items import Items, item_arrays, keys_of
from firth.results.schema import Comparison, Score
from firth.text.dictionary import Dictionary

SIMILARITIES: tuple[Comparison, ...] = ("raw", "centred", "csls")
PRECISIONS = (1, 5, 10)
# Scores that are kept word by word, so that models can be compared on the same words.
COMPARED = ("mrr", "precision_at_1")
BEST_ON_HALF = "best_on_half"
DIFFERENT = "different"


@dataclass(frozen=True)
class Pair:
    """A dictionary with the words that were found on both sides.

    Attributes:
        dictionary: The dictionary.
        sources: Vectors of the first language.
        targets: Vectors of the second.
        asked: Rows of ``sources`` that have a translation among the targets, [n].
        correct: Their translations, among all rows of ``targets``.
    """

    dictionary: Dictionary
    sources: WordVectors
    targets: WordVectors
    asked: np.ndarray
    correct: Correct


def pair_of(
    dictionary: Dictionary, sources: WordVectors, targets: WordVectors, found: Measured
) -> Pair:
    """Return what can be asked, and count what cannot.

    Targets are the words of this dictionary, not those that another one wanted.
    """
    rows = {word: at for at, word in enumerate(sources.words)}
    legal = set(dictionary.words(1))
    kept = [at for at, word in enumerate(targets.words) if word in legal]
    targets = _only(targets, kept)
    columns = {word: at for at, word in enumerate(targets.words)}
    translations: dict[int, list[int]] = {}
    for source, target in dictionary.pairs:
        if source in rows and target in columns:
            translations.setdefault(rows[source], []).append(columns[target])
    if len(translations) < 2:
        raise InputError(
            f"{dictionary.name}: {len(translations)} of {len(dictionary.words(0))} words were "
            "found with a translation: give more text, or fewer --min-occurrences"
        )
    asked = np.array(sorted(translations))
    correct = Correct.of([translations[row] for row in asked.tolist()], len(targets.words))
    n = len(dictionary.words(0))
    found.scores.append(
        Score(
            metric="coverage", value=len(asked) / n, n=n, unit="source word", pair=dictionary.name
        )
    )
    words, known = dictionary.words(0), {sources.words[at] for at in asked.tolist()}
    there = np.array([[float(word in known)] for word in words])
    row = {"metric": "coverage", "pair": dictionary.name}
    covered = Items(f"{dictionary.name}.coverage", keys_of(words), (row,), there)
    found.arrays = {**found.arrays, **item_arrays([covered])}
    return Pair(dictionary, sources, targets, asked, correct)


def _only(vectors: WordVectors, kept: list[int]) -> WordVectors:
    return WordVectors(
        tuple(vectors.words[at] for at in kept), vectors.vectors[:, kept], vectors.counts[kept],
        vectors.mean, vectors.wanted,
    )  # fmt: skip


def likeness_of(pair: Pair, layer: int, similarity: Comparison) -> Likeness:
    """Return the similarities of the asked sources with all targets; ``layer`` is a position."""
    sides = [pair.sources.vectors[layer][pair.asked], pair.targets.vectors[layer]]
    if similarity != "raw":
        means = (pair.sources.mean[layer], pair.targets.mean[layer])
        sides = [remove_mean(own, mean) for own, mean in zip(sides, means, strict=True)]
    cosine = Likeness.cosine(np.ascontiguousarray(sides[0]), np.ascontiguousarray(sides[1]))
    return csls(cosine) if similarity == "csls" else cosine


def measure_pair(
    encoder: Encoder,
    pair: Pair,
    layers: tuple[int, ...],
    rng: np.random.Generator,
    found: Measured,
) -> None:
    """Add the scores of a pair at every layer, in both directions, with the controls."""
    forward, backward = pair.dictionary.name, f"{pair.dictionary.target}-{pair.dictionary.source}"
    names = (forward, backward)
    turned, asked = pair.correct.transpose()
    means = _Means()
    asked_words = [pair.sources.words[at] for at in pair.asked.tolist()]
    targets = [pair.targets.words[at] for at in asked.tolist()]
    words = (np.array(asked_words, dtype=object), np.array(targets, dtype=object))
    _add_chance(pair, (pair.correct, turned), names, found)
    different = _different(pair, asked)
    halves = [rng.permutation(n) % 2 == 0 for n in (len(pair.asked), len(asked))]
    for similarity in SIMILARITIES:
        reciprocal: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for position, layer in enumerate(layers):
            likeness = likeness_of(pair, position, similarity)
            ranks = rank_both(likeness, pair.correct)[:2]
            hubs = (k_occurrence(likeness), k_occurrence(likeness.turned()))
            for side, (one, name) in enumerate(zip(ranks, names, strict=True)):
                fields: dict[str, Any] = {
                    "pair": forward, "direction": name, "layer": layer, "similarity": similarity,
                }  # fmt: skip
                means.add_ranks(name, one, **fields)
                own = _some(one, different[side])
                means.add_ranks(f"{name} {DIFFERENT}", own, arm=DIFFERENT, **fields)
                found.scores.append(
                    Score(
                        metric="hubness", value=hubness(hubs[side]), n=len(hubs[side]),
                        unit="target word", **fields,
                    )
                )  # fmt: skip
                reciprocal[side].append(one.reciprocal())
        for side, name in enumerate(names):
            _add_best(np.stack(reciprocal[side]), halves[side], layers, means,
                      pair=forward, direction=name, similarity=similarity)  # fmt: skip
    _add_static(encoder, pair, names, means)
    found.scores += means.scores(rng)
    for name, own, half in zip(names, words, halves, strict=True):
        kept = {name: own, f"{name} {BEST_ON_HALF}": own[~half]}
        found.arrays = {**found.arrays, **item_arrays(means.items(forward, kept))}


class _Means:
    """Means over source words, kept until all their intervals are drawn at once.

    What is about the same words shares its bootstrap samples.
    """

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[np.ndarray, dict[str, Any]]]] = {}

    def add_ranks(self, words: str, ranks: Ranks, **fields: Any) -> None:
        """Add the MRR and the precisions of ranks; ``words`` says which words they are of."""
        if not len(ranks.above):
            return
        self.add(words, ranks.reciprocal(), metric="mrr", **fields)
        for k in PRECISIONS:
            self.add(words, ranks.precision(k), metric=f"precision_at_{k}", **fields)

    def add(self, words: str, values: Float[np.ndarray, " n"], **fields: Any) -> None:
        """Add one mean."""
        self._kept.setdefault(words, []).append((values, fields))

    def items(self, pair: str, words: Mapping[str, np.ndarray]) -> Iterator[Items]:
        """Yield word by word what runs are compared by.

        Args:
            pair: The dictionary's name.
            words: For some of the names of `add` the words themselves.
        """
        for name, own in words.items():
            kept = [one for one in self._kept.get(name, []) if one[1]["metric"] in COMPARED]
            if kept and len(own) == len(kept[0][0]):
                values = np.stack([value for value, _ in kept], axis=1)
                rows = tuple(fields for _, fields in kept)
                yield Items(f"{pair}.{name}", keys_of(own.tolist()), rows, values)

    def scores(self, rng: np.random.Generator) -> list[Score]:
        """Return all of them as scores."""
        found: list[Score] = []
        for kept in self._kept.values():
            values = np.stack([own for own, _ in kept], axis=1)  # (n, k)
            n = len(values)
            ends = mean_intervals(values, rng) if n > 1 else [(None, None)] * len(kept)
            found += [
                Score(
                    value=float(own.mean()), n=n, unit="source word", low=low, high=high, **fields
                )
                for (own, fields), (low, high) in zip(kept, ends, strict=True)
            ]
        return found


def _some(ranks: Ranks, chosen: np.ndarray) -> Ranks:
    return Ranks(
        ranks.above[chosen], ranks.tied[chosen], ranks.best[chosen], ranks.similarity[chosen],
        ranks.n_targets,
    )  # fmt: skip


def _different(pair: Pair, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which words of either side have no translation that is written alike."""
    sources = [pair.sources.words[at].casefold() for at in pair.asked]
    targets = [one.casefold() for one in pair.targets.words]
    rows, columns = pair.correct.sources(), pair.correct.indices
    alike = np.array([sources[a] == targets[b] for a, b in zip(rows, columns, strict=True)])
    return (
        np.flatnonzero(~np.isin(np.arange(len(pair.asked)), rows[alike])),
        np.flatnonzero(~np.isin(asked, columns[alike])),
    )


def _add_chance(
    pair: Pair, correct: tuple[Correct, Correct], names: tuple[str, str], found: Measured
) -> None:
    for one, name in zip(correct, names, strict=True):
        guess = chance(one)
        values = {"mrr": guess.reciprocal()}
        values |= {f"precision_at_{k}": guess.precision(k) for k in PRECISIONS}
        found.scores += [
            Score(
                metric=metric, value=float(own.mean()), n=len(own), unit="source word",
                pair=pair.dictionary.name, direction=name, control="chance",
            )
            for metric, own in values.items()
        ]  # fmt: skip


def _add_best(
    reciprocal: Float[np.ndarray, "l n"],
    half: np.ndarray,
    layers: tuple[int, ...],
    means: _Means,
    **fields: Any,
) -> None:
    """Add the MRR of the layer that is best on one half of the words, over the other half."""
    if not half.any() or half.all():
        return
    best = int(reciprocal[:, half].mean(axis=1).argmax())
    means.add(
        f"{fields['direction']} {BEST_ON_HALF}", reciprocal[best, ~half],
        metric="mrr", layer=layers[best], arm=BEST_ON_HALF, **fields,
    )  # fmt: skip


def _add_static(
    encoder: Encoder,
    pair: Pair,
    names: tuple[str, str],
    means: _Means,
) -> None:
    """Add the input embeddings' MRR, centred by the mean of the words themselves' language."""
    sides = [
        np.stack([encoder.static_vector(word) for word in words])
        for words in ([pair.sources.words[at] for at in pair.asked], pair.targets.words)
    ]
    centred = [remove_mean(own, own.mean(axis=0)) for own in sides]
    for similarity, (sources, targets) in (("raw", sides), ("centred", centred)):
        ranks = rank_both(Likeness.cosine(sources, targets), pair.correct)[:2]
        for one, name in zip(ranks, names, strict=True):
            means.add_ranks(
                name, one, pair=names[0], direction=name, similarity=similarity, control="static"
            )
