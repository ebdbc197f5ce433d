"""Find many words in many sentences: all words of a dictionary in one pass over a corpus.

In scripts with blanks between words a match is a whole word or a run of whole words, upper and
lower case alike; the longest that the dictionary has is taken ("ice cream" before "ice"). In
Chinese, Japanese and Thai, runs of letters are cut from left to right, the longest word first
(forward maximum matching); where no word begins, one letter is skipped. So a word inside a longer
word of the dictionary is not counted (果 in 苹果), one inside a word that the dictionary lacks is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from firth.text.words import SPACELESS

_SPACELESS = re.compile(f"[{SPACELESS}]")
# Runs of letters without blanks, and words between blanks with what joins their parts.
_RUNS = re.compile(rf"[{SPACELESS}]+|[^\W{SPACELESS}]+(?:['’.-][^\W{SPACELESS}]+)*")


@dataclass(frozen=True)
class Match:
    """A word of the dictionary at ``[start, end)`` of a sentence; ``word`` is its number."""

    word: int
    start: int
    end: int


class Matcher:
    """Finds words.

    Args:
        words: The words; they are numbered in this order.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self._letters: dict[str, int] = {}
        self._letters_longest = 1
        self._phrases: dict[tuple[str, ...], int] = {}
        self._phrases_longest = 1
        for number, word in enumerate(self.words):
            if _SPACELESS.search(word):
                self._letters.setdefault(word, number)
                self._letters_longest = max(self._letters_longest, len(word))
                continue
            parts = tuple(match.group().casefold() for match in _RUNS.finditer(word))
            if parts:
                self._phrases.setdefault(parts, number)
                self._phrases_longest = max(self._phrases_longest, len(parts))

    def find(self, sentence: str) -> list[Match]:
        """Return the matches of a sentence, from left to right, none overlapping."""
        found: list[Match] = []
        words: list[tuple[str, int, int]] = []
        for run in _RUNS.finditer(sentence):
            start, end = run.span()
            if _SPACELESS.match(sentence[start]):
                found += self._in_phrases(words)
                words = []
                found += self._in_letters(sentence, start, end)
            else:
                if words and sentence[words[-1][2] : start].strip():
                    found += self._in_phrases(words)  # a sign stands between: no phrase over it
                    words = []
                words.append((run.group().casefold(), start, end))
        return [*found, *self._in_phrases(words)]

    def _in_letters(self, sentence: str, start: int, end: int) -> Iterator[Match]:
        while start < end:
            for stop in range(min(end, start + self._letters_longest), start, -1):
                number = self._letters.get(sentence[start:stop])
                if number is not None:
                    yield Match(number, start, stop)
                    start = stop
                    break
            else:
                start += 1

    def _in_phrases(self, words: list[tuple[str, int, int]]) -> Iterator[Match]:
        at = 0
        while at < len(words):
            for n in range(min(self._phrases_longest, len(words) - at), 0, -1):
                number = self._phrases.get(tuple(word for word, _, _ in words[at : at + n]))
                if number is not None:
                    yield Match(number, words[at][1], words[at + n - 1][2])
                    at += n
                    break
            else:
                at += 1
