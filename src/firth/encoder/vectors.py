"""Static word vectors: one vector a word, wherever it stands; read from and saved to files.

Formats, recognised by what a file holds and not by its name:

    safetensors      ``vectors`` float32 [v, d], ``counts`` int64 [v] where known, ``words`` uint8:
                     the words in UTF-8, a line feed between; metadata says ``format``
    word2vec binary  a line ``v d``, then each word, a blank, and d float32 (little endian)
    word2vec text    a line ``v d``, then a word and d numbers a line, blanks between
    GloVe text       the same without the first line

Nothing is ever unpickled.

Source of the word2vec formats: ``word2vec.c`` of Mikolov et al. 2013; of GloVe's: Pennington,
Socher & Manning 2014.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from firth.encoder.vectors_binary import read_binary, write_binary
from firth.encoder.vectors_kind import Kind, kind_of
from firth.encoder.vectors_tensors import read_tensors, write_tensors
from firth.encoder.vectors_text import read_text, write_text
from firth.errors import InputError, OptionError, did_you_mean, first_line
from firth.results.files import replacing
from firth.results.schema import ModelCard

SUFFIXES = (".safetensors", ".bin", ".txt", ".vec")
FAMILY = "static"
_BEGIN = "▁"  # SentencePiece's mark of a word's beginning
# Key of ``about``: how many rows of the file repeated a word and were left out.
REPEATED = "repeated_words"
# The hint for an unknown word looks at this many words, the first ones that are spelled alike.
_MOST_HINTS = 5000
_ROWS = 4096


@dataclass(frozen=True, eq=False)
class StaticVectors:
    """Words and their vectors, the most frequent word first where the source is so ordered.

    Attributes:
        words: The words; none comes twice.
        vectors: Their vectors, float32 [v, d].
        counts: How often each word occurred in the text that was learned from, [v].
        about: What else the file says of itself.

    Raises:
        InputError: The numbers of words, vectors and counts differ, or there is none.
    """

    words: tuple[str, ...]
    vectors: Float32[np.ndarray, "v d"]
    counts: Int64[np.ndarray, " v"] | None = None
    about: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        v = len(self.words)
        if v == 0 or self.vectors.size == 0:
            raise InputError("there are no word vectors: no word, or vectors of no width")
        if len(self.vectors) != v:
            raise InputError(f"{v} words, but {len(self.vectors)} vectors")
        if self.counts is not None and len(self.counts) != v:
            raise InputError(f"{v} words, but {len(self.counts)} counts")

    @cached_property
    def index(self) -> dict[str, int]:
        """Word -> row."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def normalised(self) -> Float32[np.ndarray, "v d"]:
        """The vectors scaled to length one; zero vectors stay zero."""
        length = np.sqrt(np.einsum("vd,vd->v", self.vectors, self.vectors, dtype=np.float64))
        return self.vectors / np.where(length > 0, length, 1).astype(np.float32)[:, None]

    @property
    def width(self) -> int:
        """Size of a vector."""
        return self.vectors.shape[1]

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the words and the vectors."""
        digest = hashlib.sha256(f"{len(self)} {self.width}\n".encode())
        digest.update("\n".join(self.words).encode("utf-8", "surrogatepass"))
        digest.update(np.ascontiguousarray(self.vectors, dtype="<f4").data)
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    def find(self, word: str, first: int | None = None) -> int | None:
        """Return the row of a word, else of the word in lower case, else None.

        Of vectors of pieces, a piece that begins a word (``▁word``) is one as well.

        Args:
            word: The word.
            first: Look at the first so many words only.
        """
        for form in (word, word.lower(), f"{_BEGIN}{word}"):
            row = self.index.get(form)
            if row is not None and (first is None or row < first):
                return row
        return None

    def row(self, word: str) -> int:
        """Return the row of a word, else of the word in lower case.

        Raises:
            InputError: There is neither; the message names a word that is spelled alike.
        """
        row = self.find(word)
        if row is None:
            near = did_you_mean(word, self._alike(word))
            raise InputError(f"{word!r} is not among the {len(self)} words.{near}")
        return row

    def card(self, name: str, source: str) -> ModelCard:
        """Return what a result says of the vectors.

        Args:
            name: What results call them.
            source: What loads them again.
        """
        return ModelCard(
            name=name,
            revision="local",
            fingerprint=self.fingerprint,
            parameters=self.vectors.size,
            family=FAMILY,
            layers=0,
            width=self.width,
            source=source,
        )

    def _alike(self, word: str) -> list[str]:
        """Return words that a hint may name: another case first, else the same first letter."""
        folded, n = word.casefold(), len(word)
        same = [one for one in self.words if one.casefold() == folded]
        if same or not word:
            return same[:1]
        return list(
            islice(
                (
                    one for one in self.words
                    if one[:1].casefold() == folded[:1] and abs(len(one) - n) <= 2
                ),
                _MOST_HINTS,
            )
        )  # fmt: skip


def read_vectors(path: str | Path) -> StaticVectors:
    """Read word vectors; the format is recognised by what the file holds.

    Of a word that comes more than once the first vector is kept, and ``about["repeated_words"]``
    says how many others were left out. A word of GloVe's may hold blanks.

    Raises:
        InputError: The file cannot be read, is none of the formats, is truncated, has a line with
            another number of columns, a word that is not UTF-8, or a number that is not finite.
    """
    path = Path(path)
    counts: np.ndarray | None = None
    about: dict[str, str] = {}
    try:
        kind, header = kind_of(path)
        if kind is Kind.TENSORS:
            words, vectors, counts, about = read_tensors(path)
        elif kind is Kind.BINARY:
            words, vectors = read_binary(path, header)
        else:
            words, vectors = read_text(path, header)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or first_line(error)}") from error
    _check_finite(path, words, vectors)
    first: dict[str, int] = {}
    for row, word in enumerate(words):
        first.setdefault(word, row)
    if len(first) < len(words):
        about[REPEATED] = str(len(words) - len(first))
        rows = list(first.values())
        vectors, counts = vectors[rows], None if counts is None else counts[rows]
    return StaticVectors(tuple(first), vectors, counts, about)


def _check_finite(path: Path, words: list[str], vectors: Float32[np.ndarray, "v d"]) -> None:
    for start in range(0, len(vectors), _ROWS):
        good = np.isfinite(vectors[start : start + _ROWS]).all(axis=1)
        if not good.all():
            row = start + int(good.argmin())
            raise InputError(
                f"{path}: the vector of word {row + 1}, {words[row]!r}, holds a number that is "
                "NaN, infinite or beyond float32"
            )


def check_suffix(path: str | Path) -> None:
    """Refuse a file whose ending names no format, or whose folder is not there.

    Raises:
        OptionError: With the legal endings.
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        near = did_you_mean(path.suffix, SUFFIXES)
        raise OptionError(f"{path}: the name must end in one of {', '.join(SUFFIXES)}.{near}")
    if not path.absolute().parent.is_dir():
        raise OptionError(f"{path}: there is no folder {path.parent}")


def save_vectors(vectors: StaticVectors, path: str | Path) -> None:
    """Write word vectors, whole or not at all; the old file stays until the new one is whole.

    Args:
        vectors: The vectors.
        path: Its ending names the format: ``.safetensors`` keeps counts and ``about``; ``.bin`` is
            word2vec binary; ``.txt`` and ``.vec`` are word2vec text with every digit that float32
            needs.

    Raises:
        OptionError: The ending names no format, or there is no such folder.
        InputError: The file cannot be written, or a word cannot stand in this format: one that is
            empty or has a blank in it in word2vec's, one with a line feed in any.
    """
    check_suffix(path)
    try:
        with replacing(path) as staging:
            if Path(path).suffix == ".safetensors":
                write_tensors(
                    staging, vectors.words, vectors.vectors, vectors.counts, vectors.about
                )
            elif Path(path).suffix == ".bin":
                write_binary(staging, vectors.words, vectors.vectors)
            else:
                write_text(staging, vectors.words, vectors.vectors)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or first_line(error)}"
        ) from error
