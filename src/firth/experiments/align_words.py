"""Which words fail, and a map of some: the tables of ``align``, at the best layer of a pair.

``words``: one row a source word, the expected rank of its best translation (centred), worst first.

``map``: the source words that occur most often, each with its most similar translation, in two
dimensions: the first two principal directions of the words shown, raw (a gap between the languages
is the first thing one sees there) and with the mean of each language removed. The words are chosen
by how often they occur, not by how well they do; where every word occurs equally often, by lot.

Legend of dimensions: n source words, m target words, k words shown of each side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from firth.experiments.align_pairs import Pair, likeness_of
from firth.experiments.answer import Measured
from firth.probe.likeness import Likeness
from firth.probe.retrieval import rank_both
from firth.results.schema import Cell, Comparison

MOST_SHOWN = 30
NEAREST = 3
_MAPS: tuple[Comparison, ...] = ("raw", "centred")


def best_layer(pair: Pair, found: Measured) -> int:
    """Return the layer with the best MRR of all words, centred, first language to second."""
    name = pair.dictionary.name
    rows = [
        one
        for one in found.scores
        if one.metric == "mrr" and one.pair == name and one.direction == name
        and one.similarity == "centred" and one.arm is None and one.control is None
    ]  # fmt: skip
    return int(str(max(rows, key=lambda one: one.value).layer))


def add_words(
    pair: Pair, layers: tuple[int, ...], rng: np.random.Generator, found: Measured
) -> None:
    """Add both tables of a pair.

    Args:
        pair: The pair, whose scores are in ``found`` already.
        layers: The layers of its vectors.
        rng: Decides between words that occur equally often.
        found: Where the rows go.
    """
    layer = best_layer(pair, found)
    likeness = {kind: likeness_of(pair, layers.index(layer), kind) for kind in _MAPS}
    ranks = {kind: rank_both(one, pair.correct)[0] for kind, one in likeness.items()}
    expected = {kind: one.expected() for kind, one in ranks.items()}
    rows: list[dict[str, Cell]] = []
    for at, row in enumerate(pair.asked.tolist()):
        own = _translations(pair, at)
        rows.append(
            {
                "pair": pair.dictionary.name, "word": pair.sources.words[row],
                "translations": [pair.targets.words[one] for one in own],
                "occurrences": int(pair.sources.counts[row]), "layer": layer,
                "expected_rank": float(expected["centred"][at]),
                "similarity": float(ranks["centred"].similarity[at]),
            }
        )  # fmt: skip
    rows.sort(key=lambda one: -float(str(one["expected_rank"])))
    found.tables.setdefault("words", []).extend(rows)
    _add_map(pair, layer, likeness, expected, rng, found)


def _translations(pair: Pair, at: int) -> Int[np.ndarray, " c"]:
    return pair.correct.indices[pair.correct.indptr[at] : pair.correct.indptr[at + 1]]


def _add_map(
    pair: Pair,
    layer: int,
    likeness: Mapping[str, Likeness],
    expected: Mapping[str, np.ndarray],
    rng: np.random.Generator,
    found: Measured,
) -> None:
    counts = pair.sources.counts[pair.asked]
    shown = np.lexsort((rng.permutation(len(counts)), -counts))[:MOST_SHOWN]
    centred = likeness["centred"]
    partners: list[int] = []
    for at in shown.tolist():
        own = _translations(pair, at)
        partners.append(int(own[centred.pairs(np.full(len(own), at), own).argmax()]))
    targets = np.array(partners)
    places = {kind: _places(one, shown, targets) for kind, one in likeness.items()}
    near = {
        kind: (_nearest(one, shown), _nearest(one.turned(), targets))
        for kind, one in likeness.items()
    }
    asked = [pair.sources.words[at] for at in pair.asked.tolist()]
    sides = (
        ("source", pair.dictionary.source, asked, shown, pair.targets.words),
        ("target", pair.dictionary.target, pair.targets.words, targets, asked),
    )
    table = found.tables.setdefault("map", [])
    for number, (side, language, words, chosen, others) in enumerate(sides):
        for concept, at in enumerate(chosen.tolist()):
            row: dict[str, Any] = {
                "pair": pair.dictionary.name, "layer": layer, "side": side, "language": language,
                "word": words[at], "concept": concept + 1,
            }  # fmt: skip
            for kind in _MAPS:
                x, y = places[kind][number * len(shown) + concept].tolist()
                row |= {f"x_{kind}": x, f"y_{kind}": y}
                row[f"nearest_{kind}"] = [others[one] for one in near[kind][number][concept]]
                if side == "source":
                    row[f"rank_{kind}"] = float(expected[kind][at])
            table.append(row)


def _places(
    likeness: Likeness, sources: Int[np.ndarray, " k"], targets: Int[np.ndarray, " k"]
) -> Float[np.ndarray, "k2 2"]:
    """Return the first two principal directions of sources and targets, signs made definite."""
    rows = [likeness.sources.unit[sources], likeness.targets.unit[targets]]
    points = np.concatenate(rows).astype(np.float64)
    points -= points.mean(axis=0)
    u, s, _ = np.linalg.svd(points, full_matrices=False)
    found = np.zeros((len(points), 2))
    width = min(2, u.shape[1])
    found[:, :width] = u[:, :width] * s[:width]
    largest = np.abs(found).argmax(axis=0)
    return found * np.where(found[largest, [0, 1]] < 0, -1.0, 1.0)


def _nearest(likeness: Likeness, rows: Int[np.ndarray, " k"]) -> Int[np.ndarray, "k c"]:
    exact = likeness.rectangle(rows, slice(0, len(likeness.targets)))  # (k, m)
    return np.argsort(-exact, axis=1, kind="stable")[:, :NEAREST]
