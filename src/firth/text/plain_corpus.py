"""Plain text of any size as token ids: counted in one pass, written down in a second.

Memory grows with the vocabulary, never with the corpus: the ids go to a scratch file on the disk
that is mapped into memory, and is gone when it is closed.

Tokens of a line are, by ``unit``:
    words       what stands between white space; texts that are already separated
    characters  each Han, kana or Hangul letter alone; other letters and digits as whole words
    pieces      what a model's tokenizer makes of the line
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
from jaxtyping import Int

from firth.errors import InputError, OptionError, did_you_mean
from firth.text.files import read_lines

UNITS = ("words", "characters", "pieces")
END = -1  # closes a line among the ids
_LINES = 4096  # lines that are split at once
_CHARACTERS = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
    "|[^\\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)

# Takes lines, gives the tokens of each.
Split = Callable[[Sequence[str]], Sequence[Sequence[str]]]
Progress = Callable[[int], None]


def splitter(unit: str, *, lower: bool = False, pieces: Split | None = None) -> Split:
    """Return what makes tokens of lines.

    Args:
        unit: One of `UNITS`.
        lower: Make letters small first.
        pieces: For the unit ``pieces``: the tokenizer.

    Raises:
        OptionError: There is no such unit, or its tokenizer is missing.
    """
    if unit not in UNITS:
        raise OptionError(
            f"unit {unit!r}: legal are {', '.join(UNITS)}.{did_you_mean(unit, UNITS)}"
        )
    if unit == "pieces" and pieces is None:
        raise OptionError("unit 'pieces' needs a model whose tokenizer makes them")

    def small(lines: Sequence[str]) -> Sequence[str]:
        return [line.lower() for line in lines] if lower else lines

    if unit == "pieces" and pieces is not None:
        return lambda lines: pieces(small(lines))
    if unit == "characters":
        return lambda lines: [_CHARACTERS.findall(line) for line in small(lines)]
    return lambda lines: [line.split() for line in small(lines)]


@dataclass(frozen=True)
class Vocabulary:
    """The words that are kept, the most frequent first.

    Attributes:
        words: The words, [v].
        counts: How often each occurs, [v].
        total: Tokens of the corpus, those of rare words included.
        kinds: Different tokens of the corpus.
        lines: Lines that were read.
    """

    words: tuple[str, ...]
    counts: Int[np.ndarray, " v"]
    total: int
    kinds: int
    lines: int


def count(
    paths: Sequence[str | Path],
    split: Split,
    *,
    min_count: int = 5,
    max_size: int | None = None,
    progress: Progress | None = None,
) -> Vocabulary:
    """Count the tokens of text files; equal counts keep the order of first occurrence.

    Args:
        paths: Text files, UTF-8, a sentence or a paragraph a line.
        split: Makes tokens of lines.
        min_count: What occurs less often is left out.
        max_size: Keep so many of the most frequent at most.
        progress: Called with the number of lines done since the last call.

    Raises:
        InputError: A file cannot be read, is not UTF-8 (the message has the line), no file holds a
            word, or fewer than two words are left.
    """
    counts: Counter[str] = Counter()
    lines = 0
    for some in _chunks(paths):
        for tokens in split(some):
            counts.update(tokens)
        lines += len(some)
        if progress is not None:
            progress(len(some))
    if not counts:
        raise InputError(f"there is no word in {', '.join(map(str, paths))}")
    kept = [(word, n) for word, n in counts.most_common(max_size) if n >= min_count]
    if len(kept) < 2:
        (most, n) = counts.most_common(1)[0]
        raise InputError(
            f"{len(kept)} of {len(counts)} different words occur {min_count} times or more, too "
            f"few to learn from (the most frequent, {most[:20]!r}, occurs {n} times); give more "
            "text or a smaller minimum count"
        )
    return Vocabulary(
        tuple(word for word, _ in kept),
        np.array([n for _, n in kept], dtype=np.int64),
        counts.total(),
        len(counts),
        lines,
    )


def write_ids(
    paths: Sequence[str | Path],
    split: Split,
    vocabulary: Vocabulary,
    scratch: str | Path,
    progress: Progress | None = None,
) -> tuple[Int[np.ndarray, " n"], IO[bytes]]:
    """Return the corpus as ids, int32, rare words left out, `END` after each line that has words.

    Args:
        paths: The files that were counted.
        split: The same as in counting.
        vocabulary: Of the files.
        scratch: A folder for the scratch file.
        progress: Called with the number of lines done since the last call.

    Returns:
        The ids, mapped from a file without a name, and that file: close it when all is done.

    Raises:
        InputError: There is no room on the disk, or a file cannot be read.
    """
    index = {word: at for at, word in enumerate(vocabulary.words)}
    try:
        file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  the caller closes it
        for some in _chunks(paths):
            ids: list[int] = []
            for tokens in split(some):
                known = [index[token] for token in tokens if token in index]
                if known:
                    ids += known
                    ids.append(END)
            file.write(np.array(ids, dtype=np.int32).tobytes())
            if progress is not None:
                progress(len(some))
        file.flush()
    except OSError as error:
        raise InputError(f"{scratch}: the ids cannot be written: {error.strerror}") from error
    return np.memmap(file, dtype=np.int32, mode="r"), file


def _chunks(paths: Sequence[str | Path]) -> Iterator[list[str]]:
    for path in paths:
        lines = (line for _, line in read_lines(path))
        while some := list(islice(lines, _LINES)):
            yield some
