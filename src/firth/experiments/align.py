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

Controls (``control``):
    chance  what a guess scores, given how many translations each word has
    static  the rows of the input embeddings, without corpus and context

Tables: ``words``, one row a source word with the expected rank of its best translation at the best
layer, centred; ``languages``, how many words were looked for and found.

Corpora should not be translations of each other: a topic that both speak of would align its words.
`firth.experiments.align_vectors.disjoint_halves` takes such corpora from parallel text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from firth.encoder.model import Encoder
from firth.encoder.states import check_layers
from firth.errors import InputError, OptionError
from firth.experiments.align_pairs import measure_pair, pair_of
from firth.experiments.align_vectors import Occurrences, WordVectors, word_vectors
from firth.experiments.answer import Measured, answer
from firth.results.manifest import text_card
from firth.results.schema import Result
from firth.text.dictionary import Dictionary

NAME = "align"


def align(
    encoder: Encoder,
    dictionaries: Sequence[Dictionary],
    corpora: Mapping[str, Sequence[str]],
    *,
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
        encoder: The encoder.
        dictionaries: One a pair of languages.
        corpora: Language -> sentences.
        layers: Which layers; all by default.
        least: Occurrences that a word needs.
        most: Occurrences of a word that are read, at most.
        seed: Seed of the order of the corpus, the halves and the bootstrap.
        source: What the texts were read from, so that the result can be run again.
        runs: A store: the same question is answered from it.
        progress: Called with the number of sentences done since the last call.

    Raises:
        InputError: A language has no corpus, or no pair of words was found on both sides.
        OptionError: A number is below 1, or a layer does not exist.
    """
    for name, value in (("least", least), ("most", most)):
        if value < 1:
            raise OptionError(f"{name} {value}: it must be at least 1")
    if most < least:
        raise OptionError(f"most {most} is below least {least}: no word could be found")
    if not dictionaries:
        raise InputError("there is no dictionary; give one as en-zh=FILE")
    wanted = _wanted(dictionaries)
    for language in wanted:
        if not corpora.get(language):
            raise InputError(
                f"there is no corpus of the language {language}, which a dictionary needs; give "
                f"{language}=FILE"
            )
    chosen = check_layers(layers, encoder.n_layers)
    config: dict[str, Any] = {
        "source": dict(source) if source else None,
        "layers": list(chosen),
        "least": least,
        "most": most,
        "seed": seed,
    }
    data = [text_card(f"{one.name} dictionary", map("\t".join, one.pairs)) for one in dictionaries]
    data += [text_card(f"{language} corpus", corpora[language]) for language in wanted]

    def measure() -> Measured:
        found = Measured(tables={"languages": [], "words": []})
        occurrences = Occurrences(least, most)
        vectors: dict[str, WordVectors] = {}
        for at, (language, words) in enumerate(wanted.items()):
            own = word_vectors(
                encoder, corpora[language], words, chosen, occurrences,
                np.random.default_rng([seed, at]), progress, language,
            )  # fmt: skip
            vectors[language] = own
            found.tables["languages"].append(
                {
                    "language": language, "wanted": own.wanted, "found": len(own.words),
                    "sentences": len(corpora[language]), "occurrences": int(own.counts.sum()),
                }
            )  # fmt: skip
        for at, one in enumerate(dictionaries):
            pair = pair_of(one, vectors[one.source], vectors[one.target], found)
            rng = np.random.default_rng([seed, 1000 + at])
            measure_pair(encoder, pair, chosen, rng, found)
        return found

    return answer(NAME, encoder, config, data, runs, measure)


def _wanted(dictionaries: Sequence[Dictionary]) -> dict[str, list[str]]:
    """Return the words of each language, those of all its dictionaries, each once."""
    found: dict[str, dict[str, None]] = {}
    for one in dictionaries:
        for side, language in enumerate((one.source, one.target)):
            found.setdefault(language, {}).update(dict.fromkeys(one.words(side)))
    return {language: list(words) for language, words in found.items()}
