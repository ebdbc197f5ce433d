"""Which word translates which? Links between the words of a sentence and of its translation.

Source: Sabet et al. 2020 (SimAlign): words are linked by the similarity of their contextual vectors
alone; no training, no parallel corpus. F1 and alignment error rate against sure and possible gold
links: Och & Ney 2003.

``arm`` of a score: ``argmax``, words that are each other's most similar, or ``itermax``, which lets
a word have several links (`firth.probe.links`). ``similarity``: ``raw``, or ``centred``, after
removing each language's mean over tokens: of text that firth carries where the language is named,
otherwise of these sentences themselves; ``means`` of the configuration says which. ``null_f1`` is
about the words that are left without a link, of both languages together. Intervals resample
sentence pairs. ``split`` is ``best_on_half`` for the layer that has the best F1 on one half of the
sentence pairs, scored on the other half. What each sentence pair counts is stored.

Controls (``control``):
    static    the input embeddings of each word, without context
    diagonal  each source word with the target word at the nearest relative position; no model

Tables: ``sentences``, one row a sentence pair: ``source``, ``target`` (its words), ``links``
(``i-j``, from 0) under one choice of layer, similarity and method, and where there is gold ``sure``
and ``possible``; ``chosen``, which choice that is and why; ``matrices``, for the first sentence
pairs one row a source word with its similarities to the target words (of subwords the largest).
Without gold nothing is scored, and the choice is what usually is good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from firth.encoder.model import Encoder
from firth.encoder.states import check_layers
from firth.errors import InputError, OptionError, did_you_mean
from firth.experiments.answer import Measured, answer
from firth.experiments.centring import MOST_SENTENCES, Background, token_means
from firth.experiments.links_answers import Asked, Linker, diagonal, static_answers
from firth.experiments.links_scores import Chosen, measure
from firth.experiments.links_vectors import LEVELS, Level, batches, encoded, word_similarity
from firth.results.manifest import text_card
from firth.results.schema import Cell, Comparison, Result
from firth.text.alignment import GoldLinks, SentencePair, check_gold
from firth.text.carried import plain
from firth.text.language import LANGUAGES

NAME = "links"
USUAL_DEPTH = 2 / 3
# Sentence pairs whose similarities are kept.
MOST_MATRICES = 6


def links(
    encoder: Encoder,
    pairs: Sequence[SentencePair],
    gold: Sequence[GoldLinks] | None = None,
    *,
    languages: tuple[str, str] | None = None,
    layers: Sequence[int] | None = None,
    level: Level = "word",
    null: float | None = None,
    seed: int = 0,
    source: Mapping[str, Any] | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: The encoder.
        pairs: Sentence pairs, cut into words.
        gold: Their gold links; without them nothing is scored.
        languages: Of the source and the target sentences, for the means that centring removes.
        layers: Which layers; all by default, without gold the one at two thirds of the depth.
        level: What is linked: ``word`` or ``subword``.
        null: Words (at level ``subword``, subwords) that are less similar are not linked.
        seed: Seed of the halves and the bootstrap.
        source: What the pairs and the gold were read from, so that the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of sentence pairs done since the last call.

    Raises:
        InputError: There is no pair, or gold links do not belong to the pairs.
        OptionError: A layer, the level or the threshold is not legal.
    """
    if not pairs:
        raise InputError("there are no sentence pairs")
    if any(not own for pair in pairs for own in (pair.source, pair.target)):
        raise InputError("a sentence has no words; leave the pair out")
    if level not in LEVELS:
        raise OptionError(
            f"level {level!r}: legal are {', '.join(LEVELS)}.{did_you_mean(level, LEVELS)}"
        )
    if null is not None and not -1 <= null <= 1:
        raise OptionError(f"null {null}: similarities lie between -1 and 1, so must the threshold")
    if gold is not None:
        check_gold(pairs, gold)
    wanted = _layers(layers, encoder.n_layers, scored=gold is not None)
    texts = _backgrounds(pairs, languages)
    config: dict[str, Any] = {
        "source": dict(source) if source else None,
        "languages": list(languages) if languages else None,
        "means": [one.name for one in texts],
        "layers": list(wanted),
        "level": level,
        "null": null,
        "seed": seed,
    }
    data = [text_card("sentence pairs", (pair.line for pair in pairs))]
    if gold is not None:
        data.append(text_card("gold links", (own.line for own in gold)))
    asked = Asked(pairs, gold, wanted, level, null)

    def found() -> Measured:
        return _measure(encoder, asked, texts, np.random.default_rng(seed), progress)

    return answer(NAME, encoder, config, data, runs, found)


def _layers(given: Sequence[int] | None, n_layers: int, *, scored: bool) -> tuple[int, ...]:
    """Return the layers; without gold the given one that is nearest to two thirds of the depth."""
    chosen = check_layers(given, n_layers)
    if scored:
        return chosen
    return (min(chosen, key=lambda layer: abs(layer - USUAL_DEPTH * n_layers)),)


def _backgrounds(
    pairs: Sequence[SentencePair], languages: tuple[str, str] | None
) -> tuple[Background, Background]:
    """Return for both sides the text whose mean is removed."""
    found: list[Background] = []
    for side, name in enumerate(("source", "target")):
        language = languages[side] if languages else None
        if language in LANGUAGES:
            found.append(Background(f"carried {language}", language, plain(language)))
            continue
        own = [" ".join((pair.source, pair.target)[side]) for pair in pairs[:MOST_SENTENCES]]
        found.append(Background(f"the {name} sentences", language, own))
    return found[0], found[1]


def _measure(
    encoder: Encoder,
    asked: Asked,
    texts: tuple[Background, Background],
    rng: np.random.Generator,
    progress: Callable[[int], None] | None,
) -> Measured:
    found = Measured(tables={"chosen": [], "sentences": [], "matrices": []})
    before = replace(encoder.report)
    means = tuple(token_means(encoder, text, asked.layers) for text in texts)
    linker = Linker.of(asked, (means[0], means[1]))
    kept: list[dict[tuple[int, Comparison], np.ndarray]] = []
    stream = encoded(encoder, asked.pairs, asked.layers, asked.level, progress)
    for batch in batches(stream):
        values = linker.link(batch)
        for at, sides in enumerate(batch[: MOST_MATRICES - len(kept)]):
            kept.append({key: word_similarity(own[at], sides) for key, own in values.items()})
    if asked.gold is None:
        chosen = Chosen(linker.answers[0], "no gold: what is usual")
    else:
        controls = [*static_answers(encoder, asked), diagonal(asked.pairs)]
        chosen = measure(linker.answers, controls, asked.pairs, asked.gold, rng, found)
    _add_tables(chosen, asked, kept, found)
    if linker.lost:
        total = sum(len(pair.source) + len(pair.target) for pair in asked.pairs)
        found.warnings.append(
            f"{linker.lost} of {total} words have no token of the model and get no links"
        )
    found.warnings += encoder.report.since(before).sentences()
    return found


def _add_tables(
    chosen: Chosen,
    asked: Asked,
    kept: list[dict[tuple[int, Comparison], np.ndarray]],
    found: Measured,
) -> None:
    answers = chosen.answers
    assert answers.similarity is not None
    found.tables["chosen"].append(
        {
            "layer": answers.layer, "similarity": answers.similarity, "method": answers.method,
            "by": chosen.by, "alignment_f1": chosen.f1,
        }
    )  # fmt: skip
    for at, (pair, own) in enumerate(zip(asked.pairs, answers.links, strict=True)):
        row: dict[str, Cell] = {
            "sentence": at + 1, "source": list(pair.source), "target": list(pair.target),
            "links": [f"{i}-{j}" for i, j in own.tolist()],
        }  # fmt: skip
        if asked.gold is not None:
            for name in ("sure", "possible"):
                row[name] = [f"{i}-{j}" for i, j in getattr(asked.gold[at], name)]
        found.tables["sentences"].append(row)
    key = asked.layers.index(answers.layer or 0), answers.similarity
    for at, values in enumerate(kept):
        for word, similar in enumerate(values[key].tolist()):
            cells: dict[str, Cell] = {"sentence": at + 1, "word": word, "similarities": similar}
            found.tables["matrices"].append(cells)
