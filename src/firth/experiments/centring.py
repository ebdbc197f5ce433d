"""The mean that centring removes, and the random words it is judged by: always from other text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firth.encoder.model import Encoder
from firth.errors import InputError
from firth.shapes import LayerMeans
from firth.text.carried import plain
from firth.text.files import read_sentences
from firth.text.language import guess_language
from firth.text.words import word_pattern

# Reading more text than this does not move a mean over tokens.
MOST_SENTENCES = 2000


@dataclass(frozen=True)
class Background:
    """Text that is not under study.

    Attributes:
        name: What it is: ``carried zh`` or a file's name.
        language: Its language, or None for a file.
        sentences: The sentences.
    """

    name: str
    language: str | None
    sentences: list[str]


def background(texts: list[str], corpus: str | None, language: str | None) -> Background:
    """Choose the text whose mean is removed: a given file, else carried text of the language.

    Args:
        texts: The texts under study: their language is guessed, and none of them may be in it.
        corpus: A text file, one sentence a line.
        language: A language code, where the guess would be wrong.

    Raises:
        InputError: The file has nothing but the texts under study.
        OptionError: There is no carried text of that language.
    """
    if corpus is None:
        chosen = language or guess_language(texts) or "en"
        return Background(f"carried {chosen}", chosen, plain(chosen))
    studied = set(texts)
    kept = [line for line in read_sentences(corpus) if line not in studied][:MOST_SENTENCES]
    if not kept:
        raise InputError(
            f"{corpus} holds only the sentences under study; the mean must be of others"
        )
    return Background(corpus, language, kept)


def token_means(encoder: Encoder, text: Background, layers: tuple[int, ...]) -> LayerMeans:
    """Return the mean hidden state over all tokens of the text at each layer, [l, d]."""
    total = np.zeros((len(layers), encoder.width), dtype=np.float64)
    n = 0
    for one in encoder.hidden_states(text.sentences, layers=layers):
        total += one.vectors.sum(axis=1, dtype=np.float64)
        n += one.vectors.shape[1]
    return (total / max(n, 1)).astype(np.float32)


def random_words(
    text: Background, rng: np.random.Generator, n: int = 60
) -> list[tuple[str, tuple[int, int]]]:
    """Return one random word of each of ``n`` sentences, with its span.

    Words of languages without blanks are two characters inside a run of letters.
    """
    pattern = word_pattern(r"/\w+/")
    chosen: list[tuple[str, tuple[int, int]]] = []
    for index in rng.permutation(len(text.sentences))[:n].tolist():
        sentence = text.sentences[index]
        spans = [match.span() for match in pattern.finditer(sentence)]
        if not spans:
            continue
        start, end = spans[int(rng.integers(len(spans)))]
        spaceless = text.language in {"zh", "ja"} or not sentence[start:end].isascii()
        if spaceless and text.language not in {"de", "es", "ru"} and end - start > 2:
            start += int(rng.integers(end - start - 1))
            end = start + 2
        chosen.append((sentence, (start, end)))
    return chosen
