"""Same meaning, same place? Words of two languages, ranked against each other at every layer.

Source: Hung-yi Lee's lecture and Liu, Hsu, Chuang & Lee 2020: Mean Reciprocal Rank over a bilingual
dictionary. A word's vector is the mean over its occurrences in a corpus of its language; for each
source word the best correct translation is ranked among all target words that were found, by
cosine, in both directions (``direction`` of a score: ``zh-en`` asks Chinese words).

``similarity``: ``raw``; ``centred``, the mean over tokens of other text of the language is
removed; ``csls`` (Lample et al. 2018) on centred vectors, so that hubs count less. Ranks are exact,
ties at their expected value (`firth.probe.expected_rank`): an encoder that gives every word the
same vector scores at chance. Intervals resample source words.

``arm``: absent, all words; ``different``, without pairs that are written alike in both languages
("hotel"), which need no alignment to be found; ``best_on_half``, the layer that is best on one half
of the source words, scored on the other half.

Several encoders (or checkpoints of one) give one result, the cube of layers, pairs and models:
``model`` of a score says which. Each reads the same sentences and is asked about the same halves.

``context``: ``corpus``; or, for a quick look that its warnings mark as such, ``alone`` and
``carrier`` (`firth.experiments.align_alone`), where no text is read.

Controls (``control``):
    chance  what a guess scores, given how many translations each word has
    static  the rows of the input embeddings, without corpus and context

Tables: ``words`` and ``map`` (`firth.experiments.align_words`); ``languages``, how many words were
looked for and found; ``models``, where there are several.

Arrays: the MRR and the precision at 1 of every word (`firth.results.items`), for `firth compare`.

Corpora should not be translations of each other: a topic that both speak of would align its words.
`firth.experiments.align_vectors.disjoint_halves` takes such corpora from parallel text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from firth.encoder.model import Encoder
from firth.encoder.states import check_layers
from firth.errors import OptionError
from firth.experiments.align_alone import (
    WARNINGS,
    carriers_of,
    check_context,
    words_alone,
)
from firth.experiments.align_pairs import measure_pair, pair_of
from firth.experiments.align_texts import GivenCorpora, GivenDictionaries, GivenParallel, texts_of
from firth.experiments.align_vectors import Occurrences, WordVectors, word_vectors
from firth.experiments.align_words import add_words
from firth.experiments.answer import Measured, answer
from firth.results.cards import distinct_names, joint_card
from firth.results.items import item_arrays, stored_items
from firth.results.manifest import text_card
from firth.results.schema import ModelCard, Result
from firth.text.corpora import Corpora
from firth.text.dictionary import Dictionary

NAME = "align"


@dataclass(frozen=True)
class _Several:
    """What a result says of its models."""

    card: ModelCard
    dtype: object


def align(
    encoder: Encoder | Sequence[Encoder],
    dictionaries: GivenDictionaries | None = None,
    corpora: GivenCorpora | None = None,
    *,
    parallel: GivenParallel | None = None,
    context: str = "corpus",
    carriers: Mapping[str, str] | None = None,
    layers: Sequence[int] | None = None,
    least: int = 1,
    most: int = 50,
    seed: int = 0,
    source: Mapping[str, Any] | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        encoder: The encoder, or several.
        dictionaries: Word pairs: ``{"en-zh": FILE}``, ``{"en-zh": [(word, word), ...]}`` or
            `Dictionary` objects. Without any, the words and sentences that firth brings.
        corpora: Language -> file or files, or -> list of sentences.
        parallel: ``{"en-zh": FILE}`` of two columns; disjoint halves become the corpora.
        context: ``corpus``, ``alone`` or ``carrier``; the latter two take no text.
        carriers: Language -> sentence with ``{}``, beside those that firth brings.
        layers: Which layers; all by default.
        least: Occurrences that a word needs.
        most: Occurrences of a word that are read, at most.
        seed: Seed of the order of the corpus, the halves and the bootstrap.
        source: What the texts were read from, where they are given as lists, so that the result
            can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of sentences done since the last call.

    Raises:
        InputError: A language has no corpus, or no pair of words was found on both sides.
        OptionError: A number is below 1, a layer does not exist, or options contradict each other.
    """
    for name, value in (("least", least), ("most", most)):
        if value < 1:
            raise OptionError(f"{name} {value}: it must be at least 1")
    if most < least:
        raise OptionError(f"most {most} is below least {least}: no word could be found")
    check_context(context, carriers)
    encoders = [encoder] if isinstance(encoder, Encoder) else list(encoder)
    if not encoders:
        raise OptionError("there is no encoder; give at least one")
    pairs, texts, read_from = texts_of(dictionaries, corpora, parallel, context)
    wanted = _wanted(pairs)
    standing = dict.fromkeys(wanted) if context == "corpus" else carriers_of(
        context, list(wanted), carriers
    )  # fmt: skip
    chosen = [check_layers(layers, one.n_layers) for one in encoders]
    config: dict[str, Any] = {
        "source": dict(source) if source else read_from,
        "layers": list(layers) if layers else None,
        "least": least,
        "most": most,
        "context": context,
        "carriers": standing if context == "carrier" else None,
        "seed": seed,
    }
    cards = [one.card for one in encoders]
    if len(encoders) > 1:
        config["models"] = [card.source for card in cards]
    data = [text_card(f"{one.name} dictionary", map("\t".join, one.pairs)) for one in pairs]
    if context == "corpus":
        data += [text_card(f"{language} corpus", texts[language]) for language in wanted]
    occurrences = Occurrences(least, most)

    def measure() -> Measured:
        every = Measured(tables={"languages": [], "words": [], "map": []})
        if context != "corpus":
            every.warnings.append(WARNINGS[context])
        names = distinct_names(cards)
        if len(cards) > 1:
            every.tables["models"] = [
                {
                    "model": name, "layers": card.layers, "width": card.width,
                    "parameters": card.parameters, "fingerprint": card.fingerprint,
                }
                for name, card in zip(names, cards, strict=True)
            ]  # fmt: skip
        for one, own, name in zip(encoders, chosen, names, strict=True):
            vectors: dict[str, WordVectors] = {}
            for at, (language, words) in enumerate(wanted.items()):
                rng = np.random.default_rng([seed, at])
                vectors[language] = (
                    word_vectors(
                        one, texts[language], words, own, occurrences, rng, progress, language
                    )
                    if context == "corpus"
                    else words_alone(one, words, own, language, standing[language], progress)
                )
            found = _measure(one, pairs, vectors, texts, own, seed)
            _merge(found, every, name if len(encoders) > 1 else None)
        return every

    joint = _Several(joint_card(cards), encoders[0].dtype)
    return answer(NAME, joint, config, data, runs, measure)


def _measure(
    encoder: Encoder,
    pairs: Sequence[Dictionary],
    vectors: Mapping[str, WordVectors],
    texts: Corpora,
    layers: tuple[int, ...],
    seed: int,
) -> Measured:
    """Return what one encoder scores."""
    found = Measured(tables={"languages": []})
    for language, own in vectors.items():
        found.tables["languages"].append(
            {
                "language": language, "wanted": own.wanted, "found": len(own.words),
                "sentences": len(texts.get(language, ())), "occurrences": int(own.counts.sum()),
            }
        )  # fmt: skip
    for at, one in enumerate(pairs):
        pair = pair_of(one, vectors[one.source], vectors[one.target], found)
        rng = np.random.default_rng([seed, 1000 + at])
        measure_pair(encoder, pair, layers, rng, found)
        # A lot of its own: every model of a cube shows the same words.
        add_words(pair, layers, np.random.default_rng([seed, 2000 + at]), found)
    return found


def _merge(found: Measured, every: Measured, model: str | None) -> None:
    """Add what one encoder scores to the result, under its name where there are several."""
    named = {} if model is None else {"model": model}
    every.scores += [score.model_copy(update=named) for score in found.scores]
    for name, rows in found.tables.items():
        every.tables[name] += [row | named for row in rows]
    items = stored_items(found.arrays)
    if model is not None:
        items = (
            replace(one, group=f"{model}/{one.group}", rows=tuple(row | named for row in one.rows))
            for one in items
        )
    every.arrays = {**every.arrays, **item_arrays(items)}
    every.warnings += found.warnings


def _wanted(dictionaries: Sequence[Dictionary]) -> dict[str, list[str]]:
    """Return the words of each language, those of all its dictionaries, each once."""
    found: dict[str, dict[str, None]] = {}
    for one in dictionaries:
        for side, language in enumerate((one.source, one.target)):
            found.setdefault(language, {}).update(dict.fromkeys(one.words(side)))
    return {language: list(words) for language, words in found.items()}
