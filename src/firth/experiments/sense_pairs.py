"""One word's occurrences, each with each: matrices, AUC, nearest neighbour, controls, anchors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from firth.encoder.model import Encoder
from firth.experiments.anchors import Anchor, anchor_cosines, anchor_scores, anchor_vectors
from firth.experiments.controls import Gathered, layer_0_control, score_row, static_control
from firth.probe.scores import LayerScores, neighbour_chance, score_labels
from firth.probe.similarity import centre, cosine, principal_map
from firth.results.schema import Cell, Score
from firth.shapes import LayerMeans, LayerVectors
from firth.text.sentences import Occurrence


def sample(own: list[Occurrence], most: int, rng: np.random.Generator) -> list[int]:
    """Return which occurrences are compared: at most ``most``, as even over labels as can be."""
    if len(own) <= most:
        return list(range(len(own)))
    by_label: dict[str | None, list[int]] = {}
    for index in rng.permutation(len(own)).tolist():
        by_label.setdefault(own[index].label, []).append(index)
    queues = list(by_label.values())
    kept: list[int] = []
    while len(kept) < most:
        for queue in queues:
            if queue and len(kept) < most:
                kept.append(queue.pop())
    return sorted(kept)


def score_pairs(
    encoder: Encoder,
    word: str,
    language: str | None,
    own: list[Occurrence],
    vectors: LayerVectors,
    layers: tuple[int, ...],
    means: LayerMeans,
    anchors: Sequence[Anchor],
    rng: np.random.Generator,
    gathered: Gathered,
) -> None:
    """Add everything that one word's vectors [l, n, d] say about its occurrences."""
    centred = centre(vectors, means)
    for index, one in enumerate(own):
        row: dict[str, Cell] = {"index": index, "word": word, "sentence": one.sentence}
        row |= {"start": one.start, "end": one.end}
        row |= {
            key: value
            for key, value in (("label", one.label), ("split", one.split), ("language", language))
            if value is not None
        }
        gathered.items.append(row)
    similarity = {"raw": cosine(vectors), "centred": cosine(centred)}
    for kind, matrix in similarity.items():
        gathered.arrays[f"similarity.{kind}/{word}"] = matrix
    gathered.arrays[f"map.centred/{word}"] = principal_map(centred)
    labels = [one.label for one in own]
    if labels[0] is None:
        gathered.warnings.append(f"{word}: no labels were given, so nothing is scored")
    else:
        _score_labels(encoder, word, own, similarity, layers, rng, gathered)
    if anchors:
        points = anchor_vectors(encoder, anchors, layers)
        kinds = {"raw": (vectors, points), "centred": (centred, centre(points, means))}
        for kind, (some, others) in kinds.items():
            gathered.arrays[f"anchors.{kind}/{word}"] = anchor_cosines(some, others)
        gathered.scores += anchor_scores(points, vectors, means, labels, anchors, layers, word, rng)


def _score_labels(
    encoder: Encoder,
    word: str,
    own: list[Occurrence],
    similarity: dict[str, np.ndarray],
    layers: tuple[int, ...],
    rng: np.random.Generator,
    gathered: Gathered,
) -> None:
    names = list(dict.fromkeys(str(one.label) for one in own))
    codes = np.array([names.index(str(one.label)) for one in own])
    scored = {kind: score_labels(matrix, codes, rng) for kind, matrix in similarity.items()}
    for kind, found in scored.items():
        gathered.scores += _layer_rows(found, layers, kind, word)
    chance = neighbour_chance(codes)
    gathered.scores.append(
        Score(metric="chance", value=chance, n=len(codes), unit="occurrence", word=word)
    )
    if 0 in layers:
        layer_0_control(scored, layers.index(0), word, gathered)
    static_control(encoder, own, codes, word, rng, gathered)


def _layer_rows(found: LayerScores, layers: tuple[int, ...], kind: str, word: str) -> list[Score]:
    rows: list[Score] = []
    for position, layer in enumerate(layers):
        fields = {"layer": layer, "similarity": kind, "word": word}
        rows.append(score_row("auc", found.auc[position], "sentence pair", **fields))
        rows.append(score_row("same", found.same[position], "sentence pair", **fields))
        rows.append(score_row("different", found.different[position], "sentence pair", **fields))
        rows.append(score_row("nn_accuracy", found.nn_accuracy[position], "occurrence", **fields))
    return rows
