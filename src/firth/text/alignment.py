"""Sentence pairs cut into words, and the links between their words.

Read are lines ``source words ||| target words`` (fast_align, awesome-align) or two columns with a
tab between, words separated by blanks; and links in Pharaoh's format, a line a sentence pair:
``i-j`` is a sure link of source word i and target word j, ``ipj`` or ``i?j`` a possible one.
Published gold counts words from 0 or from 1 without saying so: ``auto`` finds out, or refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from firth.errors import InputError, OptionError, did_you_mean
from firth.text.files import read_lines

BAR = "|||"
AUTO = "auto"
INDICES = (AUTO, "0", "1")
_LINK = re.compile(r"([0-9]+)([-p?])([0-9]+)")

Link = tuple[int, int]


@dataclass(frozen=True)
class SentencePair:
    """A sentence and its translation, as words.

    Attributes:
        source: Words of the sentence.
        target: Words of its translation.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]

    @property
    def line(self) -> str:
        """The pair as a line of a file."""
        return f"{' '.join(self.source)} {BAR} {' '.join(self.target)}"


@dataclass(frozen=True)
class GoldLinks:
    """The gold links of a sentence pair, words numbered from 0.

    Attributes:
        sure: Links that an answer should have.
        possible: Further links that an answer may have.
    """

    sure: tuple[Link, ...]
    possible: tuple[Link, ...] = ()

    @property
    def line(self) -> str:
        """The links as a line of a file."""
        return " ".join([f"{i}-{j}" for i, j in self.sure] + [f"{i}p{j}" for i, j in self.possible])


def pharaoh(links: Iterable[Link]) -> str:
    """Return links as a line, words numbered from 0."""
    return " ".join(f"{i}-{j}" for i, j in links)


def read_sentence_pairs(path: str | Path) -> list[SentencePair]:
    """Read sentence pairs.

    Args:
        path: The file.

    Raises:
        InputError: The file cannot be read, is empty, or a line is no pair (it is named).
    """
    pairs = [_pair(line, f"{path}, line {number}") for number, line in read_lines(path)]
    if not pairs:
        raise InputError(f"{path} is empty: it should hold a sentence pair a line")
    return pairs


def _pair(line: str, where: str) -> SentencePair:
    words = line.split()
    n = words.count(BAR)
    if n:
        at = words.index(BAR)
        sides = [words[:at], words[at + 1 :]]
    else:
        columns = line.split("\t")
        n = len(columns) - 1
        sides = [own.split() for own in columns]
    if n != 1:
        raise InputError(
            f"{where}: {'no' if n == 0 else n} separators; a line has the words of a sentence, "
            f"{BAR} (blanks around it) or a tab, and the words of its translation"
        )
    for name, own in zip(("source", "target"), sides, strict=True):
        if not own:
            raise InputError(
                f"{where}: the {name} sentence is empty; take the pair out of this file and of "
                "the gold file"
            )
    return SentencePair(tuple(sides[0]), tuple(sides[1]))


@dataclass(frozen=True)
class _Mark:
    """A link as it stands in a file."""

    line: int
    text: str
    source: int
    target: int
    sure: bool


def read_gold(
    path: str | Path, pairs: Sequence[SentencePair], index: int | str = AUTO
) -> list[GoldLinks]:
    """Read the gold links of sentence pairs.

    Args:
        path: The file, a line a pair; a line may be empty.
        pairs: The sentence pairs.
        index: The number of a sentence's first word, 0 or 1; ``auto`` takes 0 where a word 0
            occurs, and 1 where there is none and a word's number is the length of its sentence.

    Raises:
        InputError: The file cannot be read, has another number of lines, a link is malformed or
            names no word, no link is sure, or ``auto`` cannot tell.
        OptionError: The index is not 0, 1 or ``auto``.
    """
    if str(index) not in INDICES:
        raise OptionError(
            f"gold index {index!r}: legal are {', '.join(INDICES)}."
            + did_you_mean(str(index), INDICES)
        )
    lines = [line for _, line in read_lines(path)]
    if len(lines) != len(pairs):
        raise InputError(
            f"{path} has {len(lines)} lines, but there are {len(pairs)} sentence pairs; a line of "
            "gold links belongs to each, empty where a pair has none"
        )
    marks = [_marks(line, number, path) for number, line in enumerate(lines, start=1)]
    first = _first(marks, pairs, path) if index == AUTO else int(index)
    gold = [_links(own, pair, first, path) for own, pair in zip(marks, pairs, strict=True)]
    if not any(one.sure for one in gold):
        raise InputError(f"{path} has no sure link (i-j): nothing could be scored")
    return gold


def _marks(line: str, number: int, path: str | Path) -> list[_Mark]:
    marks: list[_Mark] = []
    for text in line.split():
        match = _LINK.fullmatch(text)
        if match is None:
            raise InputError(
                f"{path}, line {number}: {text!r} is no link; write i-j for a sure link of source "
                "word i and target word j, ipj for a possible one"
            )
        marks.append(_Mark(number, text, int(match[1]), int(match[3]), match[2] == "-"))
    return marks


def _first(marks: list[list[_Mark]], pairs: Sequence[SentencePair], path: str | Path) -> int:
    """Return whether words are numbered from 0 or from 1."""
    from_0 = any(0 in (one.source, one.target) for own in marks for one in own)
    from_1 = any(
        one.source == len(pair.source) or one.target == len(pair.target)
        for own, pair in zip(marks, pairs, strict=True)
        for one in own
    )
    if not from_0 and not from_1:
        raise InputError(
            f"{path}: no link names a word 0, and none the last word of a sentence counted from "
            "1, so words may be numbered from 0 or from 1: say which with --gold-index"
        )
    return 0 if from_0 else 1


def _links(own: list[_Mark], pair: SentencePair, first: int, path: str | Path) -> GoldLinks:
    sure: dict[Link, None] = {}
    possible: dict[Link, None] = {}
    s, t = len(pair.source), len(pair.target)
    for one in own:
        link = one.source - first, one.target - first
        if not (0 <= link[0] < s and 0 <= link[1] < t):
            raise InputError(
                f"{path}, line {one.line}: link {one.text}, but the pair has {s} source and {t} "
                f"target words, numbered from {first}; --gold-index {1 - first} would number them "
                f"from {1 - first}"
            )
        (sure if one.sure else possible)[link] = None
    return GoldLinks(tuple(sure), tuple(link for link in possible if link not in sure))


def check_gold(pairs: Sequence[SentencePair], gold: Sequence[GoldLinks]) -> None:
    """Refuse gold links that do not belong to the pairs.

    Raises:
        InputError: Their number differs, a link names no word, or no link is sure.
    """
    if len(gold) != len(pairs):
        raise InputError(f"gold links of {len(gold)} sentence pairs, but there are {len(pairs)}")
    for number, (pair, own) in enumerate(zip(pairs, gold, strict=True), start=1):
        s, t = len(pair.source), len(pair.target)
        for i, j in (*own.sure, *own.possible):
            if not (0 <= i < s and 0 <= j < t):
                raise InputError(
                    f"sentence pair {number}: gold link {i}-{j}, but there are {s} source and {t} "
                    "target words, numbered from 0"
                )
    if not any(own.sure for own in gold):
        raise InputError("no gold link is sure: nothing could be scored")
