"""Does a search in a pool of mixed languages prefer the language of the query?

Source: Roy et al. 2020 ("LAReQA"), who put candidates of all languages into one pool and found that
multilingual BERTs rank by language first. Here sentences of parallel text ask for their
translations (`firth.experiments.search_texts` says what the pool holds), at every layer, under the
corrections of `firth.experiments.corrected` (``arm``). Corrections are fitted on other text: given
corpora, or pairs that were set aside; never on a sentence that asks or is found.

``similarity`` is the cosine of corrected vectors. ``direction`` ``zh-en`` asks Chinese sentences.
Intervals resample queries. ``p`` is the paired sign-flip test of a correction against ``none``,
``p_adjusted`` Holm's over the corrections: for each metric at the last layer asked; and with
``split="best_on_half"``, where each correction (and ``none``; and the number of LIR's directions)
stands at the layer of its best MRR on one half of the queries, scored and tested on the other half.

Controls (``control``):
    chance       all documents of the pool in random order
    others_only  the same search without the look-alikes: the pool without the query's language.
                 What is better there was lost to the query's language, not to a bad translation

Tables: ``texts``, what was asked; ``fit``, what the corrections were fitted on; ``examples``,
queries of the last layer that the look-alikes deceive without the correction, or with it, only.
Items: what each query scores (`firth.results.items`).
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
from firth.experiments.corrected import CENTRED, NONE, RANKS, check_ranks, fit_corrections
from firth.experiments.retrieval import POOLINGS
from firth.experiments.retrieval_vectors import Pooling, Reading
from firth.experiments.search_scores import Columns, examples
from firth.experiments.search_texts import CARRIED, Direction, SearchTexts, search_texts
from firth.probe.mixed_pool import Found, search_pool
from firth.results.items import item_arrays
from firth.results.manifest import text_card
from firth.results.schema import Result
from firth.text.parallel import Parallel

NAME = "search"
# Searching for so many queries among as many documents takes as long as encoding one sentence.
_SEARCHED = 10_000

Vectors = dict[str, np.ndarray]  # language -> [n, d] or [l, n, d]


def search(
    encoder: Encoder,
    texts: Sequence[Parallel],
    corpora: Mapping[str, Sequence[str]] | None = None,
    *,
    layers: Sequence[int] | None = None,
    pooling: Pooling = "mean",
    prefix: str = "",
    pool: str = "pair",
    ranks: Sequence[int] = RANKS,
    most: int | None = 1000,
    fit: int = 2000,
    seed: int = 0,
    source: Mapping[str, Any] | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: The encoder.
        texts: Parallel text, one a pair of languages.
        corpora: Language -> text that corrections are fitted on; by default pairs are set aside.
        layers: Which layers; all by default.
        pooling: ``mean`` over all tokens, special ones included, or ``cls``.
        prefix: Stands before each sentence.
        pool: ``pair``, or ``all``: the sentences of all pairs in one pool.
        ranks: How many directions LIR removes; one correction each.
        most: So many pairs of each text at most, drawn by the seed; all for None.
        fit: So many sentences of a language at most are fitted on.
        seed: Seed of what is asked, of the halves, the bootstrap and the tests.
        source: ``parallel`` and ``corpora``, pair or language -> where it was read from, so that
            the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of steps done since the last call; see `steps_of`.

    Raises:
        InputError: There is no parallel text, a pair comes twice, or too few sentences.
        OptionError: A pooling, a pool, a number or a layer that there is not.
    """
    check_options(texts, pooling, most, fit)
    reading = Reading(check_layers(layers, encoder.n_layers), pooling, prefix, False)
    chosen = check_ranks(ranks)
    config: dict[str, Any] = {
        "source": dict(source) if source else None,
        "layers": list(reading.layers),
        "pooling": pooling,
        "prefix": prefix,
        "pool": pool,
        "ranks": list(chosen),
        "most": most,
        "fit": fit,
        "seed": seed,
    }
    data = [text_card(f"{one.name} sentences", map("\t".join, one.pairs)) for one in texts]
    data += [text_card(f"{language} corpus", own) for language, own in (corpora or {}).items()]
    asked = search_texts(texts, corpora or {}, pool, most, fit, seed)

    def measure() -> Measured:
        before = replace(encoder.report)
        found = _measure(encoder, asked, reading, chosen, seed, progress)
        _describe(texts, asked, found)
        found.warnings += encoder.report.since(before).sentences()
        return found

    return answer(NAME, encoder, config, data, runs, measure)


def check_options(texts: Sequence[Parallel], pooling: str, most: int | None, fit: int) -> None:
    """Refuse what cannot be asked.

    Raises:
        InputError: There is no parallel text, or a pair comes twice.
        OptionError: A pooling that there is not, or a number too small.
    """
    if pooling not in POOLINGS:
        raise OptionError(
            f"no pooling {pooling!r}; there is {', '.join(POOLINGS)}."
            + did_you_mean(pooling, POOLINGS)
        )
    if most is not None and most < 2:
        raise OptionError(f"most {most}: at least 2 pairs are needed")
    if fit < 2:
        raise OptionError(f"fit {fit}: a correction needs at least 2 sentences of a language")
    if not texts:
        raise InputError("there is no parallel text; give one as en-zh=FILE")
    names = [one.name for one in texts]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(f"the pair {twice.pop()} comes twice: put its sentences together")


def steps_of(
    encoder: Encoder, asked: SearchTexts, layers: Sequence[int] | None, ranks: Sequence[int]
) -> int:
    """Return what a progress bar counts to: a step is a sentence encoded, or as much searching."""
    chosen = check_layers(layers, encoder.n_layers)
    sentences = _sentences(asked)
    groups = len(Reading(chosen, "mean", "", False).groups(sentences, encoder.width))
    searched = sum(map(_searching, asked.directions)) * (len(set(ranks)) + 4)
    return sentences * groups + searched * len(chosen)


def _sentences(asked: SearchTexts) -> int:
    return sum(len(own) for side in (asked.texts, asked.fit) for own in side.values())


def _searching(direction: Direction) -> int:
    return len(direction.queries) * len(direction.pool.own) // _SEARCHED


def _measure(
    encoder: Encoder,
    asked: SearchTexts,
    reading: Reading,
    ranks: tuple[int, ...],
    seed: int,
    progress: Callable[[int], None] | None,
) -> Measured:
    found = Measured(tables={"texts": [], "fit": [], "examples": []})
    columns = [Columns(one) for one in asked.directions]
    last: dict[tuple[int, str], Found] = {}  # direction and correction, at the last layer
    for group in reading.groups(_sentences(asked), encoder.width):
        both = [
            {
                language: reading.vectors(encoder, own, group, progress)
                for language, own in side.items()
            }
            for side in (asked.fit, asked.texts)
        ]
        for position, layer in enumerate(group):
            fit, texts = ({key: own[position] for key, own in side.items()} for side in both)
            for name, correction in fit_corrections(fit, ranks).items():
                corrected = {key: correction.apply(own, key) for key, own in texts.items()}
                for at, own in enumerate(columns):
                    one = _searched(own.direction, corrected)
                    own.add(layer, name, one)
                    last[at, name] = one
                    if progress is not None:
                        progress(_searching(own.direction))
    for at, own in enumerate(columns):
        found.scores += own.scores(np.random.default_rng([seed, at]))
        found.arrays = {**found.arrays, **item_arrays(own.items(asked))}
        before, after = last[at, NONE], last[at, CENTRED]
        found.tables["examples"] += examples(own.direction, asked, before, after)
    return found


def _searched(direction: Direction, vectors: Vectors) -> Found:
    documents = np.concatenate([vectors[key][rows] for key, rows in direction.documents.items()])
    return search_pool(vectors[direction.source][direction.queries], documents, direction.pool)


def _describe(texts: Sequence[Parallel], asked: SearchTexts, found: Measured) -> None:
    for one in asked.directions:
        size, own = one.pool.sizes()
        found.tables["texts"].append(
            {
                "pair": one.pair, "direction": one.name, "queries": len(one.queries),
                "documents": len(one.pool.own), "pool": float(size.mean()),
                "own_language": float(own.mean()),
                "left_out": float(np.mean([len(gone) for gone in one.pool.left_out])),
                "answers": float(one.pool.correct.counts().mean()),
                "set_aside": asked.aside[one.pair],
            }
        )  # fmt: skip
    for language, own in asked.fit.items():
        found.tables["fit"].append(
            {"language": language, "sentences": len(own), "text": asked.fitted_on}
        )
    for one in texts:
        found.warnings += one.notes
        if one.skipped:
            found.warnings.append(
                f"{one.name}: {one.skipped} pairs have an empty side and were skipped"
            )
    if asked.fitted_on == CARRIED:
        found.warnings.append(
            "the corrections are fitted on the few sentences that firth carries, since a file is "
            "too small to set some aside; give --corpus en=FILE for every language"
        )
