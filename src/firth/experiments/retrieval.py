"""Is a sentence's translation its nearest neighbour? Retrieval in parallel text, at every layer.

Source: the Tatoeba similarity search of Artetxe & Schwenk 2019 ("Massively Multilingual Sentence
Embeddings for Zero-Shot Cross-Lingual Transfer and Beyond"): each sentence of one language asks for
its translation among all sentences of the other. Sentences of the file that stand in several pairs
have several correct translations; each sentence is one target, however often it comes.

A sentence's vector is the mean of the hidden states of all its tokens, special tokens included, as
multilingual-e5 takes it (``pooling="mean"``), or the first token's (``"cls"``). ``prefix`` stands
before every sentence: multilingual-e5 was trained with ``"query: "``.

``similarity``: ``raw``; ``centred``, the mean vector of other sentences of the language is removed;
``csls`` (Lample et al. 2018) on centred vectors; ``margin`` (Artetxe & Schwenk 2019, the ratio,
four neighbours) on raw ones, where asked for. For the means up to 500 pairs, never more than a
tenth, are set aside and not asked; of a file of fewer than 200 pairs, or with ``aside=0``, the
means are of text that firth carries, and of languages it does not carry nothing is centred.

``retrieval_accuracy`` is the expected share of sentences whose nearest neighbour is a translation,
ties in random order (`firth.probe.expected_rank`): an encoder that gives every sentence the same
vector scores at chance. ``direction`` ``zh-en`` asks Chinese sentences. Intervals resample source
sentences. ``arm`` is absent, or ``best_on_half``: the layer that is most accurate on one half of
the sentences, scored on the other half.

Controls (``control``):
    chance  what a guess scores
    static  the mean of the input embeddings of the sentence's tokens, the prefix left out

Tables: ``texts``, what was asked; ``failures``, up to 50 sentences a pair whose translation ranks
worst at the best layer, with what came first instead; ``published``, figures of others beside the
last layer's, raw.

Memory: vectors of 1 GiB at most are held at once; for more sentences the layers come in groups,
and sentences are encoded once a group. Time grows with the square of the sentences: ``most``.
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
from firth.experiments.published import lineage, published
from firth.experiments.retrieval_pairs import METRIC, measure_pair
from firth.experiments.retrieval_texts import ASIDE, Questions, questions_of
from firth.experiments.retrieval_vectors import Pooling, Reading
from firth.results.manifest import text_card
from firth.results.schema import Cell, Result
from firth.text.parallel import Parallel

NAME = "retrieval"
POOLINGS: tuple[Pooling, ...] = ("mean", "cls")


def retrieval(
    encoder: Encoder,
    texts: Sequence[Parallel],
    *,
    layers: Sequence[int] | None = None,
    pooling: Pooling = "mean",
    prefix: str = "",
    margin: bool = False,
    most: int | None = None,
    aside: int = ASIDE,
    seed: int = 0,
    source: Mapping[str, str] | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: The encoder.
        texts: Parallel text, one a pair of languages.
        layers: Which layers; all by default.
        pooling: ``mean`` over all tokens, special ones included, or ``cls``.
        prefix: Stands before each sentence.
        margin: Whether the margin is computed as well.
        most: So many pairs of each text at most, drawn by the seed; all for None.
        aside: So many pairs at most, never more than a tenth, are set aside for the means.
        seed: Seed of what is asked and set aside, of the halves and of the bootstrap.
        source: Pair -> where its text was read from, so that the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of steps done since the last call; see `steps_of`.

    Raises:
        InputError: There is no text, a pair of languages comes twice, or too few sentences.
        OptionError: A pooling, a number or a layer that there is not.
    """
    _check(texts, pooling, most, aside)
    reading = Reading(check_layers(layers, encoder.n_layers), pooling, prefix, margin)
    config: dict[str, Any] = {
        "source": dict(source) if source else None,
        "layers": list(reading.layers),
        "pooling": pooling,
        "prefix": prefix,
        "margin": margin,
        "most": most,
        "aside": aside,
        "seed": seed,
    }
    data = [text_card(f"{one.name} sentences", map("\t".join, one.pairs)) for one in texts]

    def measure() -> Measured:
        found = Measured(tables={"texts": [], "failures": [], "published": []})
        before = replace(encoder.report)
        for at, one in enumerate(texts):
            questions = questions_of(one, most, aside, seed)
            _describe(questions, found)
            rng = np.random.default_rng([seed, at])
            measure_pair(encoder, questions, reading, rng, found, progress)
            _compare(encoder, one, reading, found)
        found.warnings += encoder.report.since(before).sentences()
        return found

    return answer(NAME, encoder, config, data, runs, measure)


def steps_of(
    encoder: Encoder,
    texts: Sequence[Parallel],
    layers: Sequence[int] | None = None,
    most: int | None = None,
    aside: int = ASIDE,
) -> int:
    """Return what a progress bar counts to: a step is a sentence encoded, or as much ranking."""
    reading = Reading(check_layers(layers, encoder.n_layers), "mean", "", False)
    return sum(reading.steps(questions_of(one, most, aside, 0), encoder.width) for one in texts)


def _check(texts: Sequence[Parallel], pooling: str, most: int | None, aside: int) -> None:
    if pooling not in POOLINGS:
        raise OptionError(
            f"no pooling {pooling!r}; there is {', '.join(POOLINGS)}."
            + did_you_mean(pooling, POOLINGS)
        )
    if most is not None and most < 2:
        raise OptionError(f"most {most}: at least 2 pairs are needed")
    if aside < 0:
        raise OptionError(f"aside {aside}: it must not be negative")
    if not texts:
        raise InputError("there is no parallel text; give one as en-zh=FILE")
    names = [one.name for one in texts]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InputError(f"the pair {twice.pop()} comes twice: put its sentences together")


def _describe(questions: Questions, found: Measured) -> None:
    parallel = questions.parallel
    found.tables["texts"].append(
        {
            "pair": parallel.name, "pairs": len(parallel.pairs), "skipped": parallel.skipped,
            "set_aside": questions.aside, "source_sentences": len(questions.sources),
            "target_sentences": len(questions.targets), "mean": questions.mean_of,
        }
    )  # fmt: skip
    found.warnings += parallel.notes
    if parallel.skipped:
        found.warnings.append(
            f"{parallel.name}: {parallel.skipped} pairs have an empty side and were skipped"
        )
    if questions.background is None:
        found.warnings.append(
            f"{parallel.name}: nothing is centred: too few pairs to set some aside, and firth "
            "carries no text of both languages"
        )
    elif questions.mean_of == "carried":
        found.warnings.append(
            f"{parallel.name}: no pairs were set aside; the means for centring are of the "
            f"{len(questions.background[0])} and {len(questions.background[1])} sentences that "
            "firth carries"
        )


def _compare(encoder: Encoder, parallel: Parallel, reading: Reading, found: Measured) -> None:
    """Put the figures that others published beside those of the last layer, raw."""
    sides = (parallel.source, parallel.target)
    for source, target in (sides, sides[::-1]):
        theirs = published(NAME, source, target)
        if not theirs:
            continue
        ours = next(
            one
            for one in found.scores
            if one.metric == METRIC and one.pair == parallel.name
            and one.direction == f"{source}-{target}" and one.layer == reading.layers[-1]
            and one.similarity == "raw" and one.arm is None and one.control is None
        )  # fmt: skip
        how = f"layer {ours.layer}, raw, {reading.pooling} pooling"
        how += f", prefix {reading.prefix!r}" if reading.prefix else ""
        own: dict[str, Cell] = {
            "model": encoder.card.name, "metric": METRIC, "pair": f"{source}-{target}",
            "value": ours.value, "source": f"this result: {how}",
            "note": lineage(encoder.card.name),
        }  # fmt: skip
        found.tables["published"] += [own, *(one.row() for one in theirs)]
