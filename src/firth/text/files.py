"""Read text files: UTF-8, line by line, with the line's number in every complaint."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from firth.errors import InputError, first_line

GZIP = b"\x1f\x8b"


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (number, line) of a UTF-8 file, numbers from 1, line ends and a leading BOM removed.

    Lines end at LF or CR LF only: characters such as U+2028 inside a sentence do not split it. What
    gzip packed is unpacked on the way.

    Raises:
        InputError: The file cannot be opened, or a line is not UTF-8 (the message has its number).
    """
    path = Path(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or first_line(error)}") from error
    with file:
        for number, raw in enumerate(_unpacked(file, path), start=1):
            try:
                line = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{path}, line {number}: not UTF-8 (byte 0x{raw[error.start]:02x}); "
                    "convert the file to UTF-8 first"
                ) from error
            if number == 1:
                line = line.removeprefix("\ufeff")
            yield number, line.removesuffix("\n").removesuffix("\r")


def _unpacked(file: BufferedReader, path: Path) -> Iterator[bytes]:
    """Yield the lines of a file; its first bytes are only peeked at, for a pipe is read once."""
    if not file.peek(2).startswith(GZIP):
        yield from file
        return
    try:
        with gzip.open(file) as unpacked:
            yield from unpacked
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(
            f"{path} is not a whole gzip file: {first_line(error)}; fetch it again"
        ) from error


def read_sentences(path: str | Path) -> list[str]:
    """Return the lines of a plain text file that are not blank.

    Raises:
        InputError: The file cannot be read, is not UTF-8, or holds no text.
    """
    lines = [line for _, line in read_lines(path) if line.strip()]
    if not lines:
        raise InputError(f"{path} is empty: it should hold one sentence a line")
    return lines
