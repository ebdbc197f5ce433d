"""The controls of ``senses``: what could tell senses apart without knowing them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from firth.encoder.model import Encoder
from firth.experiments.centring import Background, random_words
from firth.probe.scores import Estimate, LayerScores, score_labels
from firth.probe.similarity import centre, cosine, pairs_cosine
from firth.probe.statistics import mean_interval
from firth.results.schema import Cell, Comparison, Score
from firth.shapes import LayerMeans, LayerVectors
from firth.text.sentences import Occurrence


@dataclass
class Gathered:
    """What has been found so far."""

    scores: list[Score] = field(default_factory=list)
    items: list[dict[str, Cell]] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    tables: dict[str, list[dict[str, Cell]]] = field(default_factory=dict)


def score_row(metric: str, one: Estimate, unit: str, **fields: Any) -> Score:
    """Return the score of an estimate."""
    return Score(
        metric=metric,
        value=one.value,
        n=one.n,
        unit=unit,
        low=one.low,
        high=one.high,
        p=one.p,
        p_adjusted=one.p_adjusted,
        **fields,
    )


def layer_0_control(
    scored: dict[str, LayerScores], position: int, word: str, gathered: Gathered
) -> None:
    """Add the embedding layer as a control; warn when it alone tells the senses apart."""
    for kind, found in scored.items():
        fields = {"layer": 0, "similarity": kind, "word": word, "control": "layer_0"}
        gathered.scores.append(score_row("auc", found.auc[position], "sentence pair", **fields))
    one = scored["centred"].auc[position]
    if one.p is not None and one.p < 0.05:
        gathered.warnings.append(
            f"{word}: layer 0 alone tells the senses apart (AUC {one.value:.2f}, permutation "
            f"p {one.p:.3g}): the word's position or its segmentation gives the sense away, so "
            "these sentences cannot show what the deeper layers add"
        )


def static_control(
    encoder: Encoder,
    own: list[Occurrence],
    codes: np.ndarray,
    word: str,
    rng: np.random.Generator,
    gathered: Gathered,
) -> None:
    """Add the control of one fixed vector per word form."""
    # One vector per form, upper and lower case alike: what is fixed cannot follow the sentence.
    forms = [one.form.lower() for one in own]
    fixed = {form: encoder.static_vector(form) for form in dict.fromkeys(forms)}
    vectors = np.stack([fixed[form] for form in forms])[None]
    found = score_labels(cosine(vectors), codes, rng)
    fields = {"similarity": "raw", "word": word, "control": "static"}
    gathered.scores.append(score_row("auc", found.auc[0], "sentence pair", **fields))
    gathered.scores.append(score_row("nn_accuracy", found.nn_accuracy[0], "occurrence", **fields))
    one = found.auc[0]
    if one.p is not None and one.p < 0.05:
        gathered.warnings.append(
            f"{word}: the static vector tells the senses apart (AUC {one.value:.2f}): the "
            "senses differ in the form of the word"
        )


def random_control(
    encoder: Encoder,
    text: Background,
    layers: tuple[int, ...],
    means: LayerMeans,
    rng: np.random.Generator,
    gathered: Gathered,
    *,
    named: bool = False,
) -> None:
    """How alike two words are that have nothing to do with each other.

    With ``named`` the rows carry the language of the text.
    """
    drawn = random_words(text, rng)
    pooled = encoder.word_vectors(((s, (span,)) for s, span in drawn), layers=layers)
    known = [one.vectors for one in pooled if one.counts[0]]
    if len(known) < 4:
        gathered.warnings.append(
            f"{text.name} has too few known words for the control of random words"
        )
        return
    vectors = np.concatenate(known, axis=1)
    half = vectors.shape[1] // 2
    kinds: tuple[tuple[Comparison, LayerVectors], ...]
    kinds = (("raw", vectors), ("centred", centre(vectors, means)))
    for kind, some in kinds:
        pairs = pairs_cosine(some[:, :half], some[:, half : 2 * half])  # [l, p], independent pairs
        for position, layer in enumerate(layers):
            low, high = mean_interval(pairs[position], rng)
            gathered.scores.append(
                Score(
                    metric="random_similarity",
                    value=float(pairs[position].mean()),
                    n=half,
                    unit="word pair",
                    low=low,
                    high=high,
                    layer=layer,
                    similarity=kind,
                    language=text.language if named else None,
                    control="random_words",
                )
            )
