"""Read sentences with blanks: one a line, or a TSV with ``sentence`` and ``answer``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from firth.errors import InputError
from firth.text.files import read_lines, read_sentences

HEAD = "sentence"


@dataclass(frozen=True)
class Line:
    """A sentence of a file.

    Attributes:
        number: Line in the file, from 1.
        text: The sentence; may be empty.
        answer: What stood from the first to the last blank, where the file says so.
    """

    number: int
    text: str
    answer: str | None = None


def read_blanks(path: str | Path) -> Iterator[Line]:
    """Yield the sentences of a file, as a stream.

    A file whose first line has ``sentence`` among tab-separated names is a TSV; ``answer`` beside
    it is the gold answer. In any other file each line is a sentence.

    Raises:
        InputError: The file cannot be read, is not UTF-8, or a line has too few columns.
    """
    columns: dict[str, int] | None = None
    for number, line in read_lines(path):
        if number == 1:
            names = [name.strip() for name in line.split("\t")]
            if HEAD in names:
                columns = {name: at for at, name in enumerate(names)}
                continue
        if columns is None or not line.strip():
            yield Line(number, line)
            continue
        cells = line.split("\t")
        if len(cells) < len(columns):
            raise InputError(
                f"{path}, line {number}: {len(cells)} columns where the header has {len(columns)}"
            )
        answer = cells[columns["answer"]].strip() if "answer" in columns else None
        yield Line(number, cells[columns[HEAD]], answer)


def read_words(path: str | Path) -> tuple[str, ...]:
    """Return the candidate words of a file, one a line, each once.

    Raises:
        InputError: The file cannot be read, is not UTF-8, or holds no word.
    """
    return tuple(dict.fromkeys(line.strip() for line in read_sentences(path)))
