"""Bilingual dictionaries: which words translate which.

Read are tab-separated files with a header ``source, target`` or without one, and the two columns
separated by a blank of MUSE (Lample et al. 2018). A source word may have several translations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from firth.errors import InputError
from firth.text.files import read_lines

HEADS = ("source", "target")


@dataclass(frozen=True)
class Dictionary:
    """Translation pairs of two languages, each once, in the order of the file.

    Attributes:
        source: The first language.
        target: The second language.
        pairs: (source word, target word).
    """

    source: str
    target: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """``en-zh``."""
        return f"{self.source}-{self.target}"

    def words(self, side: int) -> list[str]:
        """Return the words of a side, 0 or 1, each once."""
        return list(dict.fromkeys(pair[side] for pair in self.pairs))


def read_dictionary(path: str | Path, source: str, target: str) -> Dictionary:
    """Read a dictionary.

    Args:
        path: The file.
        source: Language of the first column.
        target: Language of the second column.

    Raises:
        InputError: The file cannot be read, is empty, or a line has no two words (it is named).
    """
    pairs: dict[tuple[str, str], None] = {}
    for number, line in read_lines(path):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) == 1:
            cells = line.split()  # MUSE
        if len(cells) < 2 or not cells[0] or not cells[1]:
            raise InputError(
                f"{path}, line {number}: {line.strip()[:40]!r} has no translation; each line of a "
                "dictionary has a word and its translation, a tab between"
            )
        if len(cells) > 2 and "\t" not in line:
            raise InputError(
                f"{path}, line {number}: {len(cells)} words and no tab; put a tab between the word "
                "and its translation"
            )
        if number == 1 and tuple(cell.lower() for cell in cells[:2]) == HEADS:
            continue
        pairs[cells[0], cells[1]] = None
    if not pairs:
        raise InputError(f"{path} is empty: it should hold a word and its translation a line")
    return Dictionary(source, target, tuple(pairs))


def dictionary_of(source: str, target: str, pairs: Iterable[tuple[str, str]]) -> Dictionary:
    """Return the dictionary of some pairs."""
    return Dictionary(source, target, tuple(dict.fromkeys(pairs)))
