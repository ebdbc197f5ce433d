"""Word vectors without a corpus: the word alone, or in a carrier sentence. A quick look.

A word has one vector, of one text. That is not what it means where people use it: the senses of a
word are not averaged, and a special token is half of what the word sees. So such results carry a
warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from firth.encoder.encode import Item
from firth.encoder.model import Encoder
from firth.errors import InputError, OptionError
from firth.experiments.align_vectors import WordVectors
from firth.experiments.centring import Background, token_means
from firth.text.carried import plain
from firth.text.carriers import carrier_of, put
from firth.text.language import LANGUAGES

CONTEXTS = ("corpus", "alone", "carrier")
WARNINGS = {
    "alone": "a quick look: each word stood alone, without a corpus; a corpus gives it its uses",
    "carrier": "a quick look: each word stood in one carrier sentence, without a corpus; a corpus "
    "gives it its uses",
}


def check_context(context: str, carriers: Mapping[str, str] | None) -> None:
    """Refuse a context that there is not, and carrier sentences that would not be used.

    Raises:
        OptionError: One of the two.
    """
    if context not in CONTEXTS:
        raise OptionError(f"context {context!r} is not one of {', '.join(CONTEXTS)}")
    if carriers and context != "carrier":
        raise OptionError(f"carrier sentences are of no use with the context {context}")


def words_alone(
    encoder: Encoder,
    words: Sequence[str],
    layers: tuple[int, ...],
    language: str,
    carrier: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> WordVectors:
    """Return the vectors of words that stand alone or in a carrier sentence.

    The mean for centring is of the text that firth carries of the language; of one that it does
    not carry, of the words themselves.

    Args:
        encoder: The encoder.
        words: The words.
        layers: Which layers.
        language: Their language.
        carrier: A sentence with ``{}`` where the word goes; None for the word alone.
        progress: Called with the number of words done since the last call.

    Raises:
        InputError: No word has a token.
    """

    def items() -> Iterator[Item]:
        for word in words:
            text, span = put(carrier, word) if carrier else (word, (0, len(word)))
            yield text, (span,)

    found = list(encoder.word_vectors(items(), layers=layers, progress=progress))
    kept = [at for at, one in enumerate(found) if one.counts[0]]
    if not kept:
        raise InputError(f"none of {len(words)} words of the language {language} has a token")
    vectors = np.stack([found[at].vectors[:, 0] for at in kept], axis=1)
    mean = vectors.mean(axis=1)
    if language in LANGUAGES:
        text = Background(f"carried {language}", language, plain(language))
        mean = token_means(encoder, text, layers)
    return WordVectors(
        tuple(words[at] for at in kept), vectors, np.ones(len(kept), dtype=np.int64), mean,
        len(words),
    )  # fmt: skip


def carriers_of(
    context: str, languages: Sequence[str], own: Mapping[str, str] | None
) -> dict[str, str | None]:
    """Return what each language's words stand in: None for the word alone.

    Raises:
        OptionError: A language has no carrier sentence.
    """
    if context == "alone":
        return dict.fromkeys(languages)
    return {language: carrier_of(language, own or {}) for language in languages}
