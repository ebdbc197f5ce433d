"""Which format a file of word vectors has, by its first bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from firth.errors import InputError

# What is looked at; longer than any line that a format has.
_HEAD = 1 << 20
_BOM = b"\xef\xbb\xbf"
_SIZES = re.compile(rb"(\d{1,18})[ \t]+(\d{1,9})[ \t]*\r?\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_COMPRESSED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
_LEGAL = "legal are safetensors, word2vec's binary and text, and GloVe's text"


class Kind(Enum):
    """The format of a file."""

    TENSORS = auto()
    BINARY = auto()
    TEXT = auto()


@dataclass(frozen=True)
class Header:
    """What stands before the first word.

    Attributes:
        n: Number of words, or None where the file does not say.
        width: Numbers of each word.
        start: Where the first word begins, in bytes.
        size: Of the file, in bytes.
    """

    n: int | None
    width: int
    start: int
    size: int

    @property
    def first_line(self) -> int:
        """The number of the first word's line."""
        return 1 if self.n is None else 2

    def check_size(self, path: Path, least: int) -> None:
        """Refuse a file too short for its header, before memory is taken for it.

        Args:
            path: The file.
            least: The fewest bytes a word can have.

        Raises:
            InputError: With how many words could be there at most.
        """
        room = self.size - self.start
        if self.n is not None and self.n * least > room + least:
            raise InputError(
                f"{path}: its first line says {self.n} words of {self.width} numbers, but the file "
                f"has room for {max(room, 0) // least} at most: it is truncated or damaged"
            )


def kind_of(path: Path) -> tuple[Kind, Header]:
    """Return the format of a file and what its first line says.

    Raises:
        InputError: It is none of the formats; a pickle and a packed file are named as such.
        OSError: The file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise InputError(f"{path} is empty: it should hold word vectors")
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size:
        return Kind.TENSORS, Header(None, 0, 0, size)
    for mark, name in _COMPRESSED.items():
        if head.startswith(mark):
            raise InputError(f"{path} is packed ({name}); unpack it first")
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise InputError(
            f"{path} is a pickle, which could run code and is not read; with gensim, save it by "
            "save_word2vec_format"
        )
    base = len(_BOM) if head.startswith(_BOM) else 0
    sizes = _SIZES.match(head, base)
    if sizes is None:
        return Kind.TEXT, Header(None, _width(path, head[base:]), base, size)
    n, width = int(sizes[1]), int(sizes[2])
    if n == 0 or width == 0:
        raise InputError(f"{path}, line 1: {n} words of {width} numbers: there is nothing to read")
    header = Header(n, width, sizes.end(), size)
    body = head[sizes.end() :]
    if _is_text(body.partition(b"\n")[0], width):
        return Kind.TEXT, header
    is_binary = path.suffix == ".bin" or _CONTROL.search(body) is not None
    return (Kind.BINARY if is_binary else Kind.TEXT), header


def _is_text(line: bytes, width: int) -> bool:
    cells = line.split()
    return len(cells) > width and all(is_number(cell) for cell in cells[-width:])


def is_number(cell: bytes) -> bool:
    """Return whether a cell reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _width(path: Path, head: bytes) -> int:
    """Return how many numbers the first line has after its word: GloVe's text names no size."""
    cells = head.partition(b"\n")[0].split()
    if _CONTROL.search(head) or len(cells) < 2 or not all(map(is_number, cells[1:])):
        raise InputError(
            f"{path} holds no word vectors: its first line is neither `words width` nor a word and "
            f"its numbers; {_LEGAL}"
        )
    return len(cells) - 1
