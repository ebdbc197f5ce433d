"""Does a word's vector know its sense?

Source: Hung-yi Lee's lecture: ten sentences with 苹果, whose cosine matrix shows two blocks.

In: occurrences of words, with sense labels or without, in splits or without. Out, for every layer,
raw and centred: the similarity matrix; mean cosine within and between senses; AUC of "same sense"
over pairs; the leave-one-out nearest neighbour's accuracy; the permutation p of the maximal AUC
over layers. With splits ``train`` and ``test`` also the nearest sense centroid (`sense_centroids`);
pairs are then pairs of test occurrences.

Controls (``control`` of a score):
    layer_0       the output of the embedding layer: position and neighbouring-token effects alone
    static        one fixed vector per word form: by construction blind to the sentence
    random_words  words drawn at random from other text: how alike any two words are
    most_frequent_sense  of centroids: always the training split's most frequent sense

Arrays: ``similarity.raw`` and ``similarity.centred`` [l, n, n], ``map.centred`` [l, n, 2],
``anchors.raw`` and ``anchors.centred`` [l, n + a, a] (occurrences, then anchors, by anchor), with
``/WORD`` behind the name where several words are studied. Tables: ``items``, one row an occurrence
that is compared; ``development``, what chose the layer of ``best_on_dev``; ``confusion``, its
answers by sense; ``senses``, how often each sense is there. Items: what each test occurrence gets
from the centroids (`sense_items`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import Any

import numpy as np

from firth.encoder.model import Encoder
from firth.encoder.states import check_layers, shares_token
from firth.errors import InputError
from firth.experiments.anchors import Anchor, check_anchors
from firth.experiments.answer import Measured, answer
from firth.experiments.centring import Background, background, token_means
from firth.experiments.choices import Choices
from firth.experiments.controls import Gathered, random_control
from firth.experiments.sense_centroids import (
    PHASES,
    WordCentroids,
    centroid_scores,
    has_split,
    phases,
)
from firth.experiments.sense_pairs import sample, score_pairs
from firth.results.manifest import text_card
from firth.results.schema import DataCard, Result
from firth.shapes import LayerVectors
from firth.text.carried import apples
from firth.text.language import guess_language
from firth.text.reading import Source
from firth.text.sentences import Occurrence, group_by_word, mark

NAME = "senses"
# Pairs grow with the square: of more occurrences of a word than this, a balanced sample is taken.
MOST_OCCURRENCES = 300
# Vectors that are handed on at once.
_BATCH = 512


@dataclass
class _Word:
    """One word on its way through the experiment."""

    word: str
    language: str | None
    text: Background
    occurrences: list[Occurrence]
    phases: list[str]
    compared: set[int]
    centroids: WordCentroids | None = None
    vectors: list[LayerVectors] = field(default_factory=list)
    kept: list[Occurrence] = field(default_factory=list)
    lost: int = 0
    shared: int = 0

    def order(self) -> list[int]:
        """Return the occurrences that are encoded: training first."""
        wanted = [
            index
            for index, phase in enumerate(self.phases)
            if index in self.compared or (self.centroids is not None and phase)
        ]
        return sorted(wanted, key=lambda index: ("", *PHASES).index(self.phases[index]))


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
    source: Source | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: The encoder.
        word: The word; needed where ``sentences`` are plain text or (sentence, label) pairs.
        sentences: Occurrences, or text in which every occurrence of the word counts; read from
            ``source`` by default, and without one the lecture's ten.
        layers: Which layers; all by default.
        anchors: Words to compare each occurrence with, alone or in a sentence (``草=草很绿``).
        centre_corpus: A text file whose token mean is removed; carried text of each word's
            language by default.
        language: Language of the sentences, where the guess would be wrong.
        most: Most occurrences of one word that are compared; more are sampled, balanced by label.
            With 0 none are, and only centroids are scored.
        seed: Seed of sampling, bootstrap and permutation.
        source: The files the sentences come from, so that the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of texts done since the last call.

    Raises:
        InputError: The word is missing from a sentence, a label is given once, or there is only
            one occurrence.
        OptionError: A layer or language does not exist.
    """
    if sentences is None and source is not None:
        sentences = source.occurrences()
    wanted = [anchor if isinstance(anchor, Anchor) else Anchor.parse(anchor) for anchor in anchors]
    check_anchors(wanted)
    occurrences = _occurrences(word, sentences)
    groups = group_by_word(occurrences)
    chosen = check_layers(layers, encoder.n_layers)
    studied = [
        _studied(name, own, most, language, centre_corpus, np.random.default_rng([seed, at]))
        for at, (name, own) in enumerate(groups.items())
    ]
    texts = {one.text.name: one.text for one in studied}
    config: dict[str, Any] = {
        "word": list(groups) if len(groups) > 1 else next(iter(groups)),
        "source": source.config() if source else None,
        "layers": list(chosen),
        "anchors": [str(anchor) for anchor in wanted],
        "centre_corpus": centre_corpus,
        "language": language,
        "most": most,
        "seed": seed,
    }
    data = [
        occurrences_card(occurrences, source),
        *(text_card(text.name, text.sentences) for text in texts.values()),
    ]

    def measure() -> Measured:
        found = _run(encoder, studied, texts, chosen, wanted, seed, progress)
        arrays = found.arrays
        if len(groups) == 1:
            (name,) = groups
            arrays = {key.removesuffix(f"/{name}"): own for key, own in arrays.items()}
        tables = {"items": found.items} | found.tables
        return Measured(found.scores, tables, found.warnings, arrays)

    return answer(NAME, encoder, config, data, runs, measure)


def _run(
    encoder: Encoder,
    studied: list[_Word],
    texts: dict[str, Background],
    layers: tuple[int, ...],
    anchors: Sequence[Anchor],
    seed: int,
    progress: Callable[[int], None] | None,
) -> Gathered:
    before = replace(encoder.report)
    gathered = Gathered()
    means = {name: token_means(encoder, text, layers) for name, text in texts.items()}
    choices = Choices.of(layers, encoder.n_layers)
    for one in studied:
        if has_split(one.occurrences):
            names = list(dict.fromkeys(str(o.label) for o in one.occurrences))
            own = choices.combine(means[one.text.name])
            one.centroids = WordCentroids(one.word, names, choices, own)
    if anchors:
        gathered.tables["anchors"] = [
            {"index": index, "anchor": one.word, "sentence": one.sentence,
             "start": one.span()[0], "end": one.span()[1]}
            for index, one in enumerate(anchors)
        ]  # fmt: skip
    _encode(encoder, studied, layers, progress)
    for at, one in enumerate(studied):
        rng = np.random.default_rng([seed, at, 1])
        _say_what_was_left_out(one, gathered)
        if one.vectors:
            vectors = np.concatenate(one.vectors, axis=1)
            score_pairs(
                encoder, one.word, one.language, one.kept, vectors, layers,
                means[one.text.name], anchors, rng, gathered,
            )  # fmt: skip
            one.vectors.clear()
    centroids = [one.centroids for one in studied if one.centroids is not None]
    centroid_scores(centroids, np.random.default_rng([seed, 2]), gathered)
    for name, text in texts.items():
        rng = np.random.default_rng(seed)
        random_control(encoder, text, layers, means[name], rng, gathered, named=len(texts) > 1)
    gathered.warnings += encoder.report.since(before).sentences()
    return gathered


def _occurrences(
    word: str | None, sentences: Sequence[Occurrence | str | tuple[str, str]] | None
) -> list[Occurrence]:
    if sentences is None:
        carried = apples()
        if word is not None and word != carried[0].word:
            raise InputError(
                f"the lecture has no sentences with {word!r} (it has {carried[0].word}); give a "
                "file with --sentences, or --format carried for the other words that firth brings"
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


def _studied(
    word: str,
    own: list[Occurrence],
    most: int,
    language: str | None,
    centre_corpus: str | None,
    rng: np.random.Generator,
) -> _Word:
    """Return what is to be done with one word's occurrences."""
    sentences = [one.sentence for one in own]
    language = language or guess_language(sentences)
    text = background(sentences, centre_corpus, language)
    split = has_split(own)
    if split:
        unlabelled = sum(one.label is None for one in own)
        if unlabelled:
            raise InputError(f"{word!r}: {unlabelled} of {len(own)} occurrences have no label")
        found = phases(own, rng)
        legal = [index for index, phase in enumerate(found) if phase == "test"]
        labels = [own[index].label for index in legal]
        # A sense that is tested once has no pair of its own.
        legal = [index for index in legal if labels.count(own[index].label) > 1]
        if len({own[index].label for index in legal}) < 2:
            legal = []
    else:
        _check_labels(word, own)
        found = [""] * len(own)
        legal = list(range(len(own)))
    taken = sample([own[index] for index in legal], most, rng) if most else []
    compared = {legal[position] for position in taken}
    return _Word(word, text.language or language, text, own, found, compared)


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


def occurrences_card(occurrences: list[Occurrence], source: Source | None) -> DataCard:
    """Return the card of the occurrences: sha256 over all that is known of each."""
    lines = (
        "\t".join(map(str, (o.word, o.sentence, o.start, o.end, o.label, o.split)))
        for o in occurrences
    )
    return text_card(str(source) if source else "sentences", lines)


def _encode(
    encoder: Encoder,
    studied: list[_Word],
    layers: tuple[int, ...],
    progress: Callable[[int], None] | None,
) -> None:
    """Encode all words in one stream; centroids are fed at once, compared vectors are kept."""
    plan = [(one, index) for one in studied for index in one.order()]

    def spans() -> Iterator[tuple[str, tuple[tuple[int, int]]]]:
        for one, index in plan:
            occurrence = one.occurrences[index]
            yield occurrence.sentence, ((occurrence.start, occurrence.end),)

    stream = encoder.word_vectors(spans(), layers=layers, progress=progress)
    found = zip(plan, stream, strict=True)
    for _, run in groupby(found, key=lambda row: (row[0][0].word, row[0][0].phases[row[0][1]])):
        while batch := list(islice(run, _BATCH)):
            one, first = batch[0][0]
            kept: list[LayerVectors] = []
            own: list[Occurrence] = []
            for (_, index), pooled in batch:
                occurrence = one.occurrences[index]
                if pooled.counts[0] == 0:
                    one.lost += 1
                    continue
                span = (occurrence.start, occurrence.end)
                one.shared += shares_token(pooled.offsets, span, occurrence.sentence)
                kept.append(pooled.vectors)
                own.append(occurrence)
                if index in one.compared:
                    one.vectors.append(pooled.vectors.copy())  # not the whole chunk
                    one.kept.append(occurrence)
            if one.centroids is not None and kept:
                one.centroids.feed(one.phases[first], np.concatenate(kept, axis=1), own)


def _say_what_was_left_out(one: _Word, gathered: Gathered) -> None:
    n = len(one.occurrences)
    legal = n if one.centroids is None else one.phases.count("test")
    if one.compared and len(one.compared) < legal:
        kind = "occurrences" if one.centroids is None else "test occurrences"
        gathered.warnings.append(
            f"{one.word}: {len(one.compared)} of {legal} {kind} were compared, drawn at random "
            "and as even over labels as their numbers allow"
        )
    if one.lost:
        gathered.warnings.append(
            f"{one.word}: {one.lost} occurrences have no token of their own: left out"
        )
        if one.centroids is None:
            _check_labels(one.word, one.kept)
    if one.shared:
        gathered.warnings.append(
            f"{one.word}: in {one.shared} of {len(one.order())} occurrences a token also covers "
            "neighbouring letters"
        )
