"""Word vectors as text: a word and its numbers a line, with word2vec's first line or without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from firth.encoder.vectors_kind import Header, is_number
from firth.errors import InputError

# Bytes of text that are parsed together, and rows that are written together.
_CHUNK = 1 << 23
_ROWS = 2048
_BLANK = re.compile(r"[ \t\n\r\x0b\x0c]")


def read_text(path: Path, header: Header) -> tuple[list[str], Float32[np.ndarray, "v d"]]:
    """Read word2vec's or GloVe's text.

    Fields that are too many belong to the word, which some of GloVe's have blanks in, unless they
    are numbers.

    Args:
        path: The file.
        header: What its first line says.

    Raises:
        InputError: With the line's number: too few or too many columns, a cell that is no number,
            a word that is not UTF-8; or fewer or more lines than the first one says.
        OSError: The file cannot be read.
    """
    header.check_size(path, 2 * header.width)
    words: list[str] = []
    blocks: list[np.ndarray] = []
    begun = header.first_line
    with path.open("rb") as file:
        file.seek(header.start)
        while lines := file.readlines(_CHUNK):
            rows: list[bytes] = []
            numbers: list[int] = []
            for number, line in enumerate(lines, start=begun):
                kept = line.strip(b" \r\n\t")
                if not kept:
                    continue
                word, row = _split(kept, header.width, path, number)
                words.append(word)
                rows.append(row)
                numbers.append(number)
            begun += len(lines)
            if rows:
                blocks.append(_parse(rows, numbers, header.width, path))
    if header.n is not None and len(words) != header.n:
        state = "it is truncated" if len(words) < header.n else "one of the two is wrong"
        raise InputError(
            f"{path}: its first line says {header.n} words, but {len(words)} follow: {state}"
        )
    return words, np.concatenate(blocks)


def _split(kept: bytes, width: int, path: Path, number: int) -> tuple[str, bytes]:
    """Return the word of a line, and its numbers with single blanks between."""
    if kept.count(b" ") == width:
        word, _, row = kept.partition(b" ")
    else:
        cells = kept.split()
        extra = len(cells) - width
        if extra < 1 or any(is_number(cell) for cell in cells[1:extra]):
            raise InputError(
                f"{path}, line {number}: {len(cells)} columns; expected a word and {width} numbers"
            )
        word, row = b" ".join(cells[:extra]), b" ".join(cells[extra:])
    try:
        return word.decode("utf-8"), row
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}, line {number}: not UTF-8 (byte 0x{word[error.start]:02x}); convert the file "
            "to UTF-8 first"
        ) from error


def _parse(
    rows: list[bytes], numbers: list[int], width: int, path: Path
) -> Float32[np.ndarray, "n d"]:
    """Return the numbers of lines; Arrow reads them a chunk at a time."""
    import pyarrow as pa  # not before it is needed: whoever loads an encoder passes here
    import pyarrow.compute as pc

    try:
        cells = pc.call_function(
            "split_pattern", [pa.array(rows, type=pa.string())], pc.SplitPatternOptions(" ")
        ).flatten()
        return cells.cast(pa.float32()).to_numpy().reshape(len(rows), width)
    except pa.ArrowInvalid:
        return _parse_slowly(rows, numbers, width, path)


def _parse_slowly(
    rows: list[bytes], numbers: list[int], width: int, path: Path
) -> Float32[np.ndarray, "n d"]:
    """Read what Arrow cannot, such as ``+1``, or find the cell that is no number."""
    parsed = np.empty((len(rows), width), dtype=np.float32)
    for at, (row, number) in enumerate(zip(rows, numbers, strict=True)):
        cells = row.split()
        wrong = [cell for cell in cells if not is_number(cell)]
        if wrong or len(cells) != width:
            cell = (wrong or [row])[0][:40].decode("utf-8", "replace")
            raise InputError(f"{path}, line {number}: {cell!r} is not a number")
        with np.errstate(over="ignore"):
            parsed[at] = np.array([float(cell) for cell in cells])
    return parsed


def check_words(words: Sequence[str], format_name: str) -> None:
    """Refuse words that cannot stand in word2vec's formats, where a blank ends a word.

    Raises:
        InputError: A word is empty, holds a blank, or is not Unicode.
    """
    for word in words:
        if not word or _BLANK.search(word):
            what = "is empty" if not word else "has a blank or a line end in it"
            raise InputError(
                f"the word {word!r} {what} and cannot be saved as {format_name}; save as "
                ".safetensors instead"
            )


def encoded(word: str) -> bytes:
    """Return a word in UTF-8.

    Raises:
        InputError: It holds half of a surrogate pair.
    """
    try:
        return word.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"the word {word!r} is no Unicode text and cannot be saved") from error


def write_text(path: Path, words: Sequence[str], vectors: Float32[np.ndarray, "v d"]) -> None:
    """Write word2vec's text, each number with the fewest digits that give the same float32.

    Raises:
        InputError: A word cannot be written.
        OSError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    check_words(words, "word2vec text")
    n, width = vectors.shape
    with path.open("wb") as file:
        file.write(f"{n} {width}\n".encode())
        for start in range(0, n, _ROWS):
            block = np.ascontiguousarray(vectors[start : start + _ROWS])
            ends = pa.array(np.arange(0, block.size + 1, width, dtype=np.int32))
            cells = pa.array(block.reshape(-1)).cast(pa.string())
            rows = pc.call_function(
                "binary_join", [pa.ListArray.from_arrays(ends, cells), pa.scalar(" ")]
            ).to_pylist()
            some = words[start : start + _ROWS]
            file.writelines(
                encoded(word) + f" {row}\n".encode() for word, row in zip(some, rows, strict=True)
            )
