"""The ranks of one dictionary at every layer, as scores: the measuring half of ``align``."""

from __future__ import annotations

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
from firth.probe.statistics import mean_interval
from firth.results.schema import Cell, Comparison, Score
from firth.text.dictionary import Dictionary

SIMILARITIES: tuple[Comparison, ...] = ("raw", "centred", "csls")
PRECISIONS = (1, 5, 10)
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
    return Pair(dictionary, sources, targets, asked, correct)


def _only(vectors: WordVectors, kept: list[int]) -> WordVectors:
    return WordVectors(
        tuple(vectors.words[at] for at in kept), vectors.vectors[:, kept], vectors.counts[kept],
        vectors.mean, vectors.wanted,
    )  # fmt: skip


def _likeness(pair: Pair, layer: int, similarity: Comparison) -> Likeness:
    """Return the similarities of the asked sources with all targets."""
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
    different = _different(pair, asked)
    _add_chance(pair, (pair.correct, turned), names, found)
    halves = [rng.permutation(n) % 2 == 0 for n in (len(pair.asked), len(asked))]
    for similarity in SIMILARITIES:
        reciprocal: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for position, layer in enumerate(layers):
            likeness = _likeness(pair, position, similarity)
            ranks = rank_both(likeness, pair.correct)[:2]
            hubs = (k_occurrence(likeness), k_occurrence(likeness.turned()))
            for side, (one, name) in enumerate(zip(ranks, names, strict=True)):
                fields: dict[str, Any] = {
                    "pair": forward, "direction": name, "layer": layer, "similarity": similarity,
                }  # fmt: skip
                found.scores += rank_scores(one, rng, **fields)
                found.scores += rank_scores(
                    _some(one, different[side]), rng, arm=DIFFERENT, **fields
                )
                found.scores.append(
                    Score(
                        metric="hubness", value=hubness(hubs[side]), n=len(hubs[side]),
                        unit="target word", **fields,
                    )
                )  # fmt: skip
                reciprocal[side].append(one.reciprocal())
        for side, name in enumerate(names):
            _add_best(np.stack(reciprocal[side]), halves[side], layers, rng, found,
                      pair=forward, direction=name, similarity=similarity)  # fmt: skip
    _add_static(encoder, pair, names, rng, found)
    _add_words(pair, layers, found)


def rank_scores(ranks: Ranks, rng: np.random.Generator, **fields: Any) -> list[Score]:
    """Return MRR and precisions with their intervals over source words."""
    if not len(ranks.above):
        return []
    values = {"mrr": ranks.reciprocal()}
    values |= {f"precision_at_{k}": ranks.precision(k) for k in PRECISIONS}
    return [mean_score(metric, own, rng, **fields) for metric, own in values.items()]


def mean_score(
    metric: str, values: Float[np.ndarray, " n"], rng: np.random.Generator, **fields: Any
) -> Score:
    """Return the mean over source words with its interval."""
    low, high = mean_interval(values, rng) if len(values) > 1 else (None, None)
    return Score(
        metric=metric, value=float(values.mean()), n=len(values), unit="source word",
        low=low, high=high, **fields,
    )  # fmt: skip


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
    rng: np.random.Generator,
    found: Measured,
    **fields: Any,
) -> None:
    """Add the MRR of the layer that is best on one half of the words, over the other half."""
    if not half.any() or half.all():
        return
    best = int(reciprocal[:, half].mean(axis=1).argmax())
    found.scores.append(
        mean_score(
            "mrr", reciprocal[best, ~half], rng, layer=layers[best], arm=BEST_ON_HALF, **fields
        )
    )


def _add_static(
    encoder: Encoder,
    pair: Pair,
    names: tuple[str, str],
    rng: np.random.Generator,
    found: Measured,
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
            found.scores += rank_scores(
                one, rng, pair=names[0], direction=name, similarity=similarity, control="static"
            )


def _add_words(pair: Pair, layers: tuple[int, ...], found: Measured) -> None:
    """Add the rank of every source word at the layer that is best on all of them, centred."""
    name = pair.dictionary.name
    rows = [
        one
        for one in found.scores
        if one.metric == "mrr" and one.pair == name and one.direction == name
        and one.similarity == "centred" and one.arm is None and one.control is None
    ]  # fmt: skip
    best = max(rows, key=lambda one: one.value)
    position = layers.index(int(str(best.layer)))
    ranks = rank_both(_likeness(pair, position, "centred"), pair.correct)[0]
    expected = ranks.expected()
    for at, row in enumerate(pair.asked.tolist()):
        own = pair.correct.indices[pair.correct.indptr[at] : pair.correct.indptr[at + 1]]
        cells: dict[str, Cell] = {
            "pair": name, "word": pair.sources.words[row],
            "translations": [pair.targets.words[one] for one in own],
            "occurrences": int(pair.sources.counts[row]), "layer": layers[position],
            "expected_rank": float(expected[at]), "similarity": float(ranks.similarity[at]),
        }  # fmt: skip
        found.tables["words"].append(cells)
