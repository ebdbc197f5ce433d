"""One vector a word at every layer: the mean over its occurrences in a corpus, streamed.

Hidden states are never stored: of each word the sum over its occurrences is kept. All words of all
dictionaries are found in one pass over the corpus (`firth.text.matching`), and sentences that hold
no word that is still wanted are not encoded.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from firth.encoder.encode import Item
from firth.encoder.model import Encoder
from firth.errors import InputError
from firth.experiments.centring import Background, token_means
from firth.shapes import LayerMeans
from firth.text.carried import plain
from firth.text.files import read_lines
from firth.text.language import LANGUAGES
from firth.text.matching import Matcher

# Sentences that are set aside, so that the mean is of other text than the words are; never more
# than a tenth. A small corpus of a language that firth brings text of keeps all its sentences.
MEAN_SENTENCES = 500
SMALL = 5000


@dataclass(frozen=True)
class WordVectors:
    """Vectors of the words of one language that occur often enough.

    Attributes:
        words: The words, [n].
        vectors: Their mean vectors, float32, [l, n, d].
        counts: Occurrences that went in, [n].
        mean: Mean over the tokens of other text, [l, d].
        wanted: How many words were looked for.
    """

    words: tuple[str, ...]
    vectors: Float[np.ndarray, "l n d"]
    counts: Int[np.ndarray, " n"]
    mean: LayerMeans
    wanted: int


@dataclass(frozen=True)
class Occurrences:
    """How many occurrences of a word are wanted: ``least`` to be counted, ``most`` to be read."""

    least: int = 1
    most: int = 50


def word_vectors(
    encoder: Encoder,
    sentences: Sequence[str],
    words: Iterable[str],
    layers: tuple[int, ...],
    wanted: Occurrences,
    rng: np.random.Generator,
    progress: Callable[[int], None] | None = None,
    language: str | None = None,
) -> WordVectors:
    """Return the vectors of words from a corpus.

    Args:
        encoder: The encoder.
        sentences: The corpus; read in random order, so that no topic comes first.
        words: What to look for.
        layers: Which layers.
        wanted: How many occurrences.
        rng: The order of the sentences.
        progress: Called with the number of sentences done since the last call.
        language: The corpus's language.

    Raises:
        InputError: No word occurs often enough.
    """
    matcher = Matcher(words)
    order: list[int] = rng.permutation(len(sentences)).tolist()
    aside = min(MEAN_SENTENCES, len(sentences) // 10)
    text = Background("corpus", None, [sentences[at] for at in order[:aside]])
    if len(sentences) < SMALL and language in LANGUAGES:
        aside, text = 0, Background(f"carried {language}", language, plain(language))
    read = order[aside:]
    matches = [_matches(matcher, sentences[at]) for at in read]
    least = max(wanted.least, 1)
    # Words that are too rare are neither encoded nor given a row.
    slots = _slots([own[:, 0] for own in matches], len(matcher.words), least)
    sums = np.zeros((len(layers), int(slots.max(initial=-1)) + 1, encoder.width), dtype=np.float32)
    taken = np.zeros(sums.shape[1], dtype=np.int64)
    found: deque[tuple[list[int], int]] = deque()

    def items() -> Iterator[Item]:
        passed = 0
        for at, own in zip(read, matches, strict=True):
            rows = slots[own[:, 0]]
            kept = (rows >= 0) & (taken[rows] < wanted.most)
            passed += 1
            if kept.any():
                numbers = rows[kept].tolist()
                np.add.at(taken, numbers, 1)
                found.append((numbers, passed))
                passed = 0
                yield sentences[at], tuple((start, end) for _, start, end in own[kept].tolist())

    lost = np.zeros(len(taken), dtype=np.int64)
    for one in encoder.word_vectors(items(), layers=layers):
        numbers, passed = found.popleft()
        if progress is not None:
            progress(passed)
        for slot, number in enumerate(numbers):
            if one.counts[slot]:
                sums[:, number] += one.vectors[:, slot]
            else:
                lost[number] += 1  # no token of the word is left, such as one of another script
    counts = taken - lost
    kept = np.flatnonzero(counts >= least)
    if not len(kept):
        raise InputError(
            f"none of {len(matcher.words)} words occurs {least} times in {len(sentences)} sentences"
        )
    vectors = sums if len(kept) == len(counts) else sums[:, kept]
    vectors /= counts[kept, None].astype(np.float32)
    numbers = np.flatnonzero(slots >= 0)[kept]
    return WordVectors(
        tuple(matcher.words[number] for number in numbers.tolist()),
        vectors,
        counts[kept],
        token_means(encoder, text, layers),
        len(matcher.words),
    )


def _matches(matcher: Matcher, sentence: str) -> Int[np.ndarray, "k 3"]:
    """Return word, start and end of each match; as an array, since there may be millions."""
    found = [(one.word, one.start, one.end) for one in matcher.find(sentence)]
    return np.array(found, dtype=np.int32).reshape(-1, 3)


def _slots(
    words: Sequence[Int[np.ndarray, " k"]], n_words: int, least: int
) -> Int[np.ndarray, " n"]:
    """Return a row for each word that occurs often enough, in their order; -1 for the others."""
    every = np.concatenate([np.zeros(0, dtype=np.int32), *words])
    often = np.bincount(every, minlength=n_words) >= least
    return np.where(often, np.cumsum(often) - 1, -1)


def disjoint_halves(
    files: Mapping[tuple[str, str], Sequence[str]],
) -> dict[str, list[str]]:
    """Return a corpus a language from files of translation pairs, no sentence with its translation.

    The hash of a row's first column decides which of its sides is used, so that a sentence with
    translations in several files is on the same side in all of them.

    Args:
        files: (language, language) -> files of two columns, a tab between.

    Raises:
        InputError: A file cannot be read, or a line has fewer than two columns.
    """
    corpora: dict[str, dict[str, None]] = {}
    rows = [(pair, path) for pair, paths in files.items() for path in paths]
    for (first, second), path in rows:
        for number, line in read_lines(path):
            cells = [cell.strip() for cell in line.split("\t")]
            if not line.strip():
                continue
            if len(cells) < 2:
                raise InputError(f"{path}, line {number}: one column; a pair needs a tab between")
            half = hashlib.sha256(cells[0].encode("utf-8", "surrogatepass")).digest()[0] % 2
            if cells[half]:
                corpora.setdefault((first, second)[half], {})[cells[half]] = None
    return {language: list(own) for language, own in corpora.items()}
