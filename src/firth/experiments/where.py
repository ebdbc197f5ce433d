"""Where is the language in a hidden layer? A linear probe before and after it is taken away.

At every layer a linear classifier is asked for the language of sentence vectors, and of the
vectors of single tokens (``scorer``), before and after each correction of
`firth.experiments.corrected` (``arm``; ``agnostic_centred`` is ``agnostic`` to a probe). The
sentences of each language fall into three parts: half fits the correction, a quarter trains the
probe, a quarter tests it; a token is in the part of its sentence. Intervals resample test
sentences, of which each counts the same, whatever its tokens.

A correction takes away what it was fitted on, so a probe reads afterwards what the fitted means got
wrong: with d numbers and n fitting sentences that error is about d / n of the variance within
a language, and it is the same in training and test. Accuracy above chance after a correction is
therefore no proof of a second seat of the language; more text lowers it.

With parallel text, also what a correction brings: ``retrieval_accuracy`` and ``mrr`` of
translations among all sentences of the other language, by the cosine of corrected vectors. No
sentence that is asked is in any of the three parts.

Controls (``control``):
    chance           the language with most training vectors; for retrieval, a guess
    shuffled_labels  the probe of uncorrected vectors, the languages shuffled in training and test

Tables: ``languages``, the sentences of each part; ``pairs``, what was asked. Items: what each test
sentence, and each sentence that is asked, scores (`firth.results.items`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from firth.encoder.model import Encoder
from firth.encoder.states import check_layers
from firth.errors import OptionError, did_you_mean
from firth.experiments.answer import Measured, answer
from firth.experiments.corrected import CENTRED, RANKS, check_ranks, fit_corrections
from firth.experiments.retrieval import POOLINGS
from firth.experiments.retrieval_vectors import Pooling, Reading
from firth.experiments.where_alignment import Alignment
from firth.experiments.where_probe import (
    PARTS,
    UNITS,
    Probed,
    Sample,
    chance_score,
    ends_of,
    probe_languages,
    probed_items,
    sentence_sample,
    token_sample,
)
from firth.experiments.where_texts import WhereTexts, where_texts
from firth.results.items import item_arrays
from firth.results.manifest import text_card
from firth.results.schema import Result
from firth.text.parallel import Parallel

NAME = "where"
# Fitting the probes of a layer takes as long as encoding so many sentences, for each in training.
_PROBED = 0.3

Progress = Callable[[int], None]


def where(
    encoder: Encoder,
    corpora: Mapping[str, Sequence[str]] | None = None,
    parallel: Sequence[Parallel] = (),
    *,
    layers: Sequence[int] | None = None,
    pooling: Pooling = "mean",
    prefix: str = "",
    ranks: Sequence[int] = RANKS,
    most: int = 2000,
    asked: int = 1000,
    seed: int = 0,
    source: Mapping[str, Any] | None = None,
    runs: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: The encoder.
        corpora: Language -> sentences; by default those that firth carries, which are few.
        parallel: Parallel text of languages that have a corpus.
        layers: Which layers; all by default.
        pooling: Of sentence vectors: ``mean`` over all tokens, special ones included, or ``cls``.
        prefix: Stands before each sentence.
        ranks: How many directions LIR removes; one correction each.
        most: So many sentences of a language at most, all three parts together.
        asked: So many pairs of each parallel text at most.
        seed: Seed of what is drawn, of the labels shuffled and the bootstrap.
        source: ``corpora`` and ``parallel``, language or pair -> where it was read from, so that
            the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of steps done since the last call; see `steps_of`.

    Raises:
        InputError: Too few languages or sentences, or a pair without the corpora of its languages.
        OptionError: A pooling, a number or a layer that there is not.
    """
    if pooling not in POOLINGS:
        raise OptionError(
            f"no pooling {pooling!r}; there is {', '.join(POOLINGS)}."
            + did_you_mean(pooling, POOLINGS)
        )
    reading = Reading(check_layers(layers, encoder.n_layers), pooling, prefix, False)
    chosen = check_ranks(ranks)
    texts = where_texts(corpora, parallel, most, asked, seed)
    config: dict[str, Any] = {
        "source": dict(source) if source else None,
        "carried": texts.carried,
        "layers": list(reading.layers),
        "pooling": pooling,
        "prefix": prefix,
        "ranks": list(chosen),
        "most": most,
        "asked": asked,
        "seed": seed,
    }
    data = [text_card(f"{language} corpus", own) for language, own in texts.corpora.items()]
    data += [text_card(f"{one.name} sentences", map("\t".join, one.pairs)) for one in parallel]

    def measure() -> Measured:
        before = replace(encoder.report)
        found = _measure(encoder, texts, reading, chosen, seed, progress)
        _describe(texts, found)
        found.warnings += encoder.report.since(before).sentences()
        return found

    return answer(NAME, encoder, config, data, runs, measure)


def steps_of(encoder: Encoder, texts: WhereTexts, layers: Sequence[int] | None) -> int:
    """Return what a progress bar counts to: a step is a sentence encoded, or as much probing."""
    chosen = check_layers(layers, encoder.n_layers)
    groups = len(Reading(chosen, "mean", "", False).groups(texts.vectors(), encoder.width))
    sentences = sum(map(len, texts.corpora.values()))
    asked = sum(len(one.sources) + len(one.targets) for one in texts.questions)
    return groups * (2 * sentences + asked) + 2 * len(chosen) * _probing(texts)


def _probing(texts: WhereTexts) -> int:
    return int(_PROBED * sum(map(len, texts.corpora.values())))


def _measure(
    encoder: Encoder,
    texts: WhereTexts,
    reading: Reading,
    ranks: tuple[int, ...],
    seed: int,
    progress: Progress | None,
) -> Measured:
    found = Measured(tables={"languages": [], "pairs": []})
    alignments = [Alignment(one) for one in texts.questions]
    samples: dict[str, dict[str, Sample]] = {}
    answers: dict[str, dict[int, Probed]] = {unit: {} for unit in UNITS}
    for group in reading.groups(texts.vectors(), encoder.width):
        samples = _samples(encoder, texts, reading, group, seed, progress)
        asked = [
            tuple(
                reading.vectors(encoder, side, group, progress)
                for side in (one.sources, one.targets)
            )
            for one in texts.questions
        ]
        for position, layer in enumerate(group):
            for at, (unit, own) in enumerate(samples.items()):
                fit = {language: one.part("fit", position) for language, one in own.items()}
                corrections = fit_corrections(fit, ranks)
                rng = np.random.default_rng([seed, layer, at])
                # A probe has an intercept: to subtract the same from all vectors changes nothing.
                probed = {name: one for name, one in corrections.items() if name != CENTRED}
                answers[unit][layer] = probe_languages(own, position, probed, rng)
                found.scores += answers[unit][layer].scores(rng, layer=layer, scorer=unit)
                for one, (first, second) in zip(alignments, asked, strict=True):
                    if unit == "sentence":
                        one.add(layer, corrections, (first[position], second[position]))
                if progress is not None:
                    progress(_probing(texts))
    found.scores += [chance_score(own, scorer=unit) for unit, own in samples.items()]
    items = [probed_items(unit, own, texts.corpora) for unit, own in answers.items()]
    for at, one in enumerate(alignments):
        found.scores += one.scores(np.random.default_rng([seed, 1000 + at]))
        items += one.items()
    found.arrays = item_arrays(items)
    return found


def _samples(
    encoder: Encoder,
    texts: WhereTexts,
    reading: Reading,
    group: tuple[int, ...],
    seed: int,
    progress: Progress | None,
) -> dict[str, dict[str, Sample]]:
    """Return the vectors of sentences and of tokens, by unit and language."""
    sentences = {
        language: sentence_sample(encoder, own, reading, group, progress)
        for language, own in texts.corpora.items()
    }
    tokens = {
        # The same tokens in every group of layers.
        language: token_sample(
            encoder, own, reading.prefix, group, np.random.default_rng([seed, 2000 + at]), progress
        )
        for at, (language, own) in enumerate(texts.corpora.items())
    }
    return dict(zip(UNITS, (sentences, tokens), strict=True))


def _describe(texts: WhereTexts, found: Measured) -> None:
    for language, own in texts.corpora.items():
        sizes = np.diff([0, *ends_of(len(own))]).tolist()
        parts = dict(zip(PARTS, sizes, strict=True))
        found.tables["languages"].append({"language": language, **parts})
    for one in texts.questions:
        found.tables["pairs"].append(
            {
                "pair": one.parallel.name, "source_sentences": len(one.sources),
                "target_sentences": len(one.targets), "skipped": one.parallel.skipped,
            }
        )  # fmt: skip
        found.warnings += one.parallel.notes
    if texts.carried:
        n = min(map(len, texts.corpora.values()))
        found.warnings.append(
            f"the sentences that firth carries are few, {n} of a language: what a probe finds "
            "after a correction is mostly the error of means of so little text; give --corpus "
            "en=FILE, thousands of sentences of each language"
        )
