"""What word vectors are asked: word pairs that people scored, and analogies, as published.

    pairs      two words and a score a line, tabs, commas (``.csv``) or blanks between; a header
               line and lines that begin with ``#`` may stand there: WordSim-353 (Finkelstein et al.
               2002), SimLex-999 (Hill, Reichart & Korhonen 2015), wordsim-240 and -297 (Chen et al.
               2015)
    analogies  ``: group`` opens a group, else four words a line, "a is to b as c is to d": Google's
               ``questions-words.txt`` (Mikolov et al. 2013), CA8 (Li et al. 2018)

Nothing is left out or lower-cased here. What is repeated stays, as published, and is counted.
"""

from __future__ import annotations

import csv
import importlib.util
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from firth.errors import InputError, did_you_mean
from firth.text.files import read_lines

# Data sets that gensim carries, where it is installed: name -> file.
BUNDLED_PAIRS = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}
BUNDLED_ANALOGIES = {"google": "questions-words.txt"}
# Names of the column with the score, where a header names more than three.
_SCORES = ("score", "human (mean)", "human", "mean", "similarity", "simlex999")


@dataclass(frozen=True)
class ScoredPair:
    """Two words and how alike or related people say they are."""

    first: str
    second: str
    score: float


@dataclass(frozen=True)
class PairSet:
    """A data set of word pairs.

    Attributes:
        name: What results call it.
        pairs: In the order of the file.
        source: The file, or the name of one that gensim carries; None where it was made in memory.
    """

    name: str
    pairs: tuple[ScoredPair, ...]
    source: str | None = None

    @property
    def repeated(self) -> int:
        """Number of pairs that stood there before, in whichever order of the two words."""
        return len(self.pairs) - len({frozenset((one.first, one.second)) for one in self.pairs})

    def lines(self) -> Iterator[str]:
        """Yield a line for every pair: what the sha256 of the data is made of."""
        for one in self.pairs:
            yield f"{one.first}\t{one.second}\t{one.score!r}"


@dataclass(frozen=True)
class Analogy:
    """A question: a is to b as c is to d; d is what should be answered."""

    group: str
    a: str
    b: str
    c: str
    d: str

    @property
    def words(self) -> tuple[str, str, str, str]:
        """The four words."""
        return self.a, self.b, self.c, self.d


@dataclass(frozen=True)
class AnalogySet:
    """A data set of analogies.

    Attributes:
        name: What results call it.
        questions: In the order of the file.
        source: The file, or the name of one that gensim carries; None where it was made in memory.
    """

    name: str
    questions: tuple[Analogy, ...]
    source: str | None = None

    @property
    def repeated(self) -> int:
        """Number of questions that stood there before."""
        return len(self.questions) - len({one.words for one in self.questions})

    def lines(self) -> Iterator[str]:
        """Yield a line for every question: what the sha256 of the data is made of."""
        for one in self.questions:
            yield "\t".join((one.group, *one.words))


def read_pairs(source: str | Path) -> PairSet:
    """Read word pairs with scores from a file, or from one of `BUNDLED_PAIRS`.

    Raises:
        InputError: There is no such file or name, or a line is wrong: with its number.
    """
    path = _locate(source, BUNDLED_PAIRS)
    columns: tuple[int, int, int] | None = None
    pairs: list[ScoredPair] = []
    for number, cells in _cells(path):
        where = f"{path}, line {number}"
        if columns is None:
            columns = _columns(cells, where)
            if not _is_score(cells[columns[2]]):
                continue  # the header
        if len(cells) <= max(columns):
            raise InputError(f"{where}: {len(cells)} cells; expected two words and a score")
        first, second, score = (cells[at] for at in columns)
        if not first or not second:
            raise InputError(f"{where}: a word is empty")
        if not _is_score(score):
            raise InputError(f"{where}: the score {score!r} is not a number")
        pairs.append(ScoredPair(first, second, float(score)))
    if not pairs:
        raise InputError(f"{path} is empty: it should hold two words and a score a line")
    return PairSet(_name(source, BUNDLED_PAIRS), tuple(pairs), str(source))


def read_analogies(source: str | Path) -> AnalogySet:
    """Read analogies from a file, or from one of `BUNDLED_ANALOGIES`.

    Questions before the first group line belong to a group of the data set's name.

    Raises:
        InputError: There is no such file or name, or a line has not four words: with its number.
    """
    path = _locate(source, BUNDLED_ANALOGIES)
    name = group = _name(source, BUNDLED_ANALOGIES)
    questions: list[Analogy] = []
    for number, line in read_lines(path):
        cells = line.split()
        if not cells:
            continue
        if cells[0].startswith(":"):
            group = line.strip().removeprefix(":").strip()
            if not group:
                raise InputError(f"{path}, line {number}: the group has no name")
            continue
        if len(cells) != 4:
            raise InputError(
                f"{path}, line {number}: {len(cells)} words; expected four, or `: group`"
            )
        questions.append(Analogy(group, *cells))
    if not questions:
        raise InputError(f"{path} is empty: it should hold four words a line")
    return AnalogySet(name, tuple(questions), str(source))


def bundled(file: str) -> Path | None:
    """Return a file of gensim's test data, or None where gensim is not installed; imports nothing.

    Args:
        file: Its name.
    """
    found = importlib.util.find_spec("gensim")
    for folder in (found.submodule_search_locations if found else None) or ():
        path = Path(folder) / "test" / "test_data" / file
        if path.is_file():
            return path
    return None


def _locate(source: str | Path, names: dict[str, str]) -> Path:
    """Return the file of a path or of a name; a file goes before a name."""
    path = Path(source)
    if path.exists() or str(source) not in names:
        if not path.exists() and (near := did_you_mean(str(source), names)):
            raise InputError(f"there is no file {source}.{near}")
        return path
    found = bundled(names[str(source)])
    if found is None:
        raise InputError(
            f"{source} is read from the test data of gensim, which is not installed; install "
            "gensim, or give a file"
        )
    return found


def _name(source: str | Path, names: dict[str, str]) -> str:
    return str(source) if str(source) in names else Path(source).stem


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of every line that is neither blank nor a comment."""
    separator: str | None = None
    for number, line in read_lines(path):
        if not line.strip() or line.startswith("#"):
            continue
        if separator is None:
            separator = "," if path.suffix.lower() == ".csv" else "\t" if "\t" in line else " "
        if separator == ",":
            cells = next(csv.reader([line]))
        else:
            cells = line.split("\t") if separator == "\t" else line.split()
        yield number, [cell.strip() for cell in cells]


def _columns(cells: Sequence[str], where: str) -> tuple[int, int, int]:
    """Return where the words and the score stand, by the first line."""
    if len(cells) < 3:
        raise InputError(f"{where}: {len(cells)} cells; expected two words and a score")
    if len(cells) == 3 or _is_score(cells[2]):
        return 0, 1, 2
    for name in _SCORES:
        for at, cell in enumerate(cells):
            if cell.lower() == name:
                return 0, 1, at
    raise InputError(f"{where}: no column is named `score` (there are {', '.join(cells)[:80]})")


def _is_score(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
