"""Does a word's vector know its sense?

Source: Hung-yi Lee's lecture: ten sentences with 苹果, whose cosine matrix shows two blocks.

In: occurrences of a word, with a sense label or without. Out, for every layer, raw and centred: the
similarity matrix; mean cosine within and between senses; AUC of "same sense" over pairs; the
leave-one-out nearest neighbour's accuracy; the permutation p of the maximal AUC over layers.

Controls (``control`` of a score):
    layer_0       the output of the embedding layer: position and neighbouring-token effects alone
    static        one fixed vector per word form: by construction blind to the sentence
    random_words  words drawn at random from other text: how alike any two words are

Arrays: ``similarity.raw`` and ``similarity.centred`` [l, n, n], ``map.centred`` [l, n, 2], with
``/WORD`` behind the name where several words are studied. Table ``items``: one row an occurrence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch

import firth
from firth.encoder.model import Encoder
from firth.encoder.states import check_layers, shares_token
from firth.errors import InputError
from firth.experiments.anchors import Anchor, anchor_scores
from firth.experiments.centring import background, token_means
from firth.experiments.controls import (
    Gathered,
    layer_0_control,
    random_control,
    score_row,
    static_control,
)
from firth.probe.scores import LayerScores, neighbour_chance, score_labels
from firth.probe.similarity import centre, cosine, principal_map
from firth.results.manifest import environment, text_card
from firth.results.schema import Cell, DataCard, Result, Score
from firth.results.store import find
from firth.shapes import LayerMeans, LayerVectors
from firth.text.carried import apples
from firth.text.sentences import Occurrence, group_by_word, mark

NAME = "senses"
# Pairs grow with the square: of more occurrences of a word than this, a balanced sample is taken.
MOST_OCCURRENCES = 300


def senses(
    encoder: Encoder,
    *,
    word: str | None = None,
    sentences: Sequence[Occurrence | str | tuple[str, str]] | None = None,
    layers: Sequence[int] | None = None,
    anchors: Sequence[Anchor | str] = (),
    centre_corpus: str | None = None,
    language: str | None = None,
    most: int = MOST_OCCURRENCES,
    seed: int = 0,
    source: str | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: The encoder.
        word: The word; needed where ``sentences`` are plain text or (sentence, label) pairs.
        sentences: Occurrences, or text in which every occurrence of the word counts; the lecture's
            ten sentences by default.
        layers: Which layers; all by default.
        anchors: Words to compare each occurrence with, alone or in a sentence (``草=草很绿``).
        centre_corpus: A text file whose token mean is removed; carried text of the language by
            default.
        language: Language of the sentences, where the guess would be wrong.
        most: Most occurrences of one word that are compared; more are sampled, balanced by label.
        seed: Seed of sampling, bootstrap and permutation.
        source: The file the sentences came from, so that the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of texts done since the last call.

    Raises:
        InputError: The word is missing from a sentence, a label is given once, or there is only
            one occurrence.
        OptionError: A layer or language does not exist.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    occurrences = _occurrences(word, sentences)
    groups = group_by_word(occurrences)
    for name, own in groups.items():
        _check_labels(name, own)
    chosen = check_layers(layers, encoder.n_layers)
    wanted = [anchor if isinstance(anchor, Anchor) else Anchor.parse(anchor) for anchor in anchors]
    text = background([one.sentence for one in occurrences], centre_corpus, language)
    config: dict[str, Any] = {
        "word": list(groups) if len(groups) > 1 else next(iter(groups)),
        "sentences": source,
        "layers": list(chosen),
        "anchors": [str(anchor) for anchor in wanted],
        "centre_corpus": centre_corpus,
        "language": text.language,
        "most": most,
        "seed": seed,
        "model": encoder.card.source,
        "dtype": str(encoder.dtype).removeprefix("torch."),
    }
    data = [_data_card(occurrences, source), text_card(text.name, text.sentences)]
    if runs is not None:
        stored = find(runs, NAME, firth.__version__, config, encoder.card, data)
        if stored is not None:
            return stored
    before = replace(encoder.report)
    gathered = Gathered()
    means = token_means(encoder, text, chosen)
    for name, own in groups.items():
        rng = np.random.default_rng([seed, len(gathered.items)])
        _one_word(encoder, name, own, chosen, means, wanted, most, rng, gathered, progress)
    random_control(encoder, text, chosen, means, np.random.default_rng(seed), gathered)
    gathered.warnings += encoder.report.since(before).sentences()
    arrays = gathered.arrays
    if len(groups) == 1:
        arrays = {name.partition("/")[0]: array for name, array in arrays.items()}
    result = Result(
        experiment=NAME,
        version=firth.__version__,
        config=config,
        model=encoder.card,
        data=data,
        seed=seed,
        scores=gathered.scores,
        tables={"items": gathered.items},
        warnings=gathered.warnings,
        environment=environment(config["dtype"], torch.get_num_threads()),
        started=started.isoformat(timespec="seconds"),
        seconds=time.perf_counter() - clock,
    ).with_arrays(arrays)
    if runs is not None:
        result.save(runs)
    return result


def _occurrences(
    word: str | None, sentences: Sequence[Occurrence | str | tuple[str, str]] | None
) -> list[Occurrence]:
    if sentences is None:
        carried = apples()
        if word is not None and word != carried[0].word:
            raise InputError(
                f"no sentences with {word!r} travel with firth (there is {carried[0].word}); "
                "give a file with --sentences"
            )
        return carried
    marked = [one for one in sentences if isinstance(one, Occurrence)]
    plain = [one for one in sentences if not isinstance(one, Occurrence)]
    if plain:
        if word is None:
            raise InputError("plain sentences need the word that is studied")
        marked += mark(plain, word)
    if not marked:
        raise InputError("there are no sentences")
    return marked


def _check_labels(word: str, occurrences: list[Occurrence]) -> None:
    if len(occurrences) < 2:
        raise InputError(f"{word!r} occurs once; comparing needs at least 2 occurrences")
    labels = [one.label for one in occurrences]
    if all(label is None for label in labels):
        return
    if None in labels:
        raise InputError(
            f"{word!r}: {labels.count(None)} of {len(labels)} occurrences have no label; "
            "label all of them or none"
        )
    for label in dict.fromkeys(labels):
        if labels.count(label) < 2:
            raise InputError(
                f"{word!r}: the label {label!r} is given once; "
                "each sense needs at least 2 sentences"
            )
    if len(set(labels)) < 2:
        raise InputError(
            f"{word!r}: all {len(labels)} occurrences have the label {labels[0]!r}; two senses are "
            "needed, or no labels at all"
        )


def _data_card(occurrences: list[Occurrence], source: str | None) -> DataCard:
    lines = (
        "\t".join(map(str, (o.word, o.sentence, o.start, o.end, o.label, o.split)))
        for o in occurrences
    )
    return text_card(source or "sentences", lines)


def _sample(own: list[Occurrence], most: int, rng: np.random.Generator) -> list[Occurrence]:
    """Return at most ``most`` occurrences, as even over labels as their numbers allow."""
    if len(own) <= most:
        return own
    by_label: dict[str | None, list[int]] = {}
    for index in rng.permutation(len(own)).tolist():
        by_label.setdefault(own[index].label, []).append(index)
    queues = list(by_label.values())
    kept: list[int] = []
    while len(kept) < most:
        for queue in queues:
            if queue and len(kept) < most:
                kept.append(queue.pop())
    return [own[index] for index in sorted(kept)]


def _one_word(
    encoder: Encoder,
    word: str,
    every: list[Occurrence],
    layers: tuple[int, ...],
    means: LayerMeans,
    anchors: Sequence[Anchor],
    most: int,
    rng: np.random.Generator,
    gathered: Gathered,
    progress: Callable[[int], None] | None,
) -> None:
    own = _sample(every, most, rng)
    if len(own) < len(every):
        gathered.warnings.append(
            f"{word}: {len(own)} of {len(every)} occurrences were compared, drawn at random and as "
            "even over labels as their numbers allow"
        )
    vectors, own = _vectors(encoder, word, own, layers, gathered, progress)
    centred = centre(vectors, means)
    for index, one in enumerate(own):
        row: dict[str, Cell] = {"index": index, "word": word, "sentence": one.sentence}
        row |= {"start": one.start, "end": one.end}
        if one.label is not None:
            row["label"] = one.label
        gathered.items.append(row)
    similarity = {"raw": cosine(vectors), "centred": cosine(centred)}
    for kind, matrix in similarity.items():
        gathered.arrays[f"similarity.{kind}/{word}"] = matrix
    gathered.arrays[f"map.centred/{word}"] = principal_map(centred)
    labels = [one.label for one in own]
    if labels[0] is None:
        gathered.warnings.append(f"{word}: no labels were given, so nothing is scored")
    else:
        names = list(dict.fromkeys(str(label) for label in labels))
        codes = np.array([names.index(str(label)) for label in labels])
        scored = {k: score_labels(m, codes, rng) for k, m in similarity.items()}
        for kind, found in scored.items():
            gathered.scores += _layer_rows(found, layers, kind, word)
        gathered.scores.append(
            Score(
                metric="chance",
                value=neighbour_chance(codes),
                n=len(codes),
                unit="occurrence",
                word=word,
            )
        )
        if 0 in layers:
            layer_0_control(scored, layers.index(0), word, gathered)
        static_control(encoder, own, codes, word, rng, gathered)
    gathered.scores += anchor_scores(encoder, vectors, means, labels, anchors, layers, word, rng)


def _vectors(
    encoder: Encoder,
    word: str,
    own: list[Occurrence],
    layers: tuple[int, ...],
    gathered: Gathered,
    progress: Callable[[int], None] | None,
) -> tuple[LayerVectors, list[Occurrence]]:
    """Return the word vectors [l, n, d]; warns of tokens that reach beyond the word."""
    vectors: list[np.ndarray] = []
    kept: list[Occurrence] = []
    shared = 0
    items = [(one.sentence, ((one.start, one.end),)) for one in own]
    for one, pooled in zip(
        own, encoder.word_vectors(items, layers=layers, progress=progress), strict=True
    ):
        if pooled.counts[0] == 0:
            continue
        shared += shares_token(pooled.offsets, (one.start, one.end), one.sentence)
        vectors.append(pooled.vectors)
        kept.append(one)
    if len(kept) < len(own):
        lost = len(own) - len(kept)
        gathered.warnings.append(f"{word}: {lost} occurrences have no token of their own: left out")
        _check_labels(word, kept)
    if shared:
        gathered.warnings.append(
            f"{word}: in {shared} of {len(own)} occurrences a token also covers "
            "neighbouring letters"
        )
    return np.concatenate(vectors, axis=1), kept


def _layer_rows(found: LayerScores, layers: tuple[int, ...], kind: str, word: str) -> list[Score]:
    rows: list[Score] = []
    for position, layer in enumerate(layers):
        fields = {"layer": layer, "similarity": kind, "word": word}
        rows.append(score_row("auc", found.auc[position], "sentence pair", **fields))
        rows.append(score_row("same", found.same[position], "sentence pair", **fields))
        rows.append(score_row("different", found.different[position], "sentence pair", **fields))
        rows.append(score_row("nn_accuracy", found.nn_accuracy[position], "occurrence", **fields))
    return rows
