"""word2vec's binary format: a line ``v d``, then each word, a blank, and d float32."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from firth.encoder.vectors_kind import Header
from firth.encoder.vectors_text import check_words, encoded
from firth.errors import InputError

# Longer words are a sign that the file is something else.
_LONGEST = 1 << 14


def read_binary(path: Path, header: Header) -> tuple[list[str], Float32[np.ndarray, "v d"]]:
    """Read word2vec's binary format, with a line feed after each vector or without.

    Args:
        path: The file.
        header: What its first line says.

    Raises:
        InputError: It is truncated, has something after the last word, or a word is not UTF-8; the
            message has the word's number.
        OSError: The file cannot be read.
    """
    assert header.n is not None
    n, width = header.n, header.width
    header.check_size(path, 4 * width + 1)
    words: list[str] = []
    vectors = np.empty((n, width), dtype=np.float32)
    at = header.start
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for row in range(n):
            blank = data.find(b" ", at, at + _LONGEST)
            end = blank + 1 + 4 * width
            if blank < 0 or end > header.size:
                what = "it is truncated or damaged"
                raise InputError(f"{path}: only {row} of {n} words can be read: {what}")
            raw = data[at:blank].lstrip(b"\n")
            try:
                words.append(raw.decode("utf-8"))
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{path}, word {row + 1}: not UTF-8 (byte 0x{raw[error.start]:02x}), or not "
                    f"{width} numbers a word"
                ) from error
            vectors[row] = np.frombuffer(data[blank + 1 : end], dtype="<f4")
            at = end
        if data[at : at + _LONGEST].strip():
            raise InputError(f"{path}: its first line says {n} words, but more follows after them")
    return words, vectors


def write_binary(path: Path, words: Sequence[str], vectors: Float32[np.ndarray, "v d"]) -> None:
    """Write word2vec's binary format, a line feed after each vector as ``word2vec.c`` has it.

    Raises:
        InputError: A word cannot be written.
        OSError: The file cannot be written.
    """
    check_words(words, "word2vec binary")
    n, width = vectors.shape
    plain = vectors.astype("<f4", copy=False)
    with path.open("wb") as file:
        file.write(f"{n} {width}\n".encode())
        file.writelines(
            encoded(word) + b" " + row.tobytes() + b"\n"
            for word, row in zip(words, plain, strict=True)
        )
