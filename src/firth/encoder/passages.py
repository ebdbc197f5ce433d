"""A context as tokens that know which characters they are, so that an answer is a slice of it.

A tokenizer's offsets count the characters of the text as Python does, but their ends need care:
some tokens begin or end with white space; where an accent was joined with its letter (NFC, NFKC) or
taken off (BERT uncased), the token's offsets leave the accent out; the bytes of one character are
several tokens at one place. Here tokens are trimmed, own their accents, and say where an answer may
begin and end.

Legend: t tokens of the context.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from firth.encoder.windows import Tokenised


@dataclass(frozen=True, eq=False)
class Passage:
    """A context as tokens.

    Attributes:
        text: The context.
        ids: Token ids, [t].
        offsets: First and past-the-last character of each token; empty for white space, [t, 2].
        opens: Whether an answer may begin with the token, [t]: of several that begin with the same
            character only the first, so that no two runs of tokens are the same answer; none that
            begins with a combining mark.
        closes: Whether an answer may end with it, [t]: of those that end alike the last; none that
            has a combining mark behind it.
        start_of: For each token the one that opens at its first character, [t]; for white space the
            one behind it; itself where none is.
        end_of: For each token the one that closes with its last character, [t]; itself as above.
    """

    text: str
    ids: Int[np.ndarray, " t"]
    offsets: Int[np.ndarray, "t 2"]
    opens: Bool[np.ndarray, " t"]
    closes: Bool[np.ndarray, " t"]
    start_of: Int[np.ndarray, " t"]
    end_of: Int[np.ndarray, " t"]

    @classmethod
    def of(cls, text: str, tokenised: Tokenised) -> Passage:
        """Make it of the tokens of a text."""
        marks = _marks(text)
        offsets = _with_marks(_without_blanks(text, tokenised.offsets), marks)
        opens = np.zeros(len(offsets), bool)
        closes = np.zeros(len(offsets), bool)
        full = np.flatnonzero(offsets[:, 0] < offsets[:, 1])
        if len(full):
            starts, ends = offsets[full].T
            opens[full] = (np.diff(starts, prepend=-1) != 0) & ~marks[starts]
            closes[full] = (np.diff(ends, append=-1) != 0) & ~marks[ends]
            opens[full[0]] = closes[full[-1]] = True
        start_of = _standing(offsets[:, 0], opens)
        end_of = _standing(offsets[:, 1], closes)
        return cls(text, tokenised.ids.astype(np.int32), offsets, opens, closes, start_of, end_of)

    def covering(self, start: int, end: int) -> tuple[int, int] | None:
        """Return first and last token of the shortest legal answer that has the characters.

        It may have more of them, where a token does; None where no token has any.
        """
        full = self.offsets[:, 0] < self.offsets[:, 1]
        hit = np.flatnonzero(full & (self.offsets[:, 1] > start) & (self.offsets[:, 0] < end))
        if not len(hit):
            return None
        opens, closes = np.flatnonzero(self.opens), np.flatnonzero(self.closes)
        first = opens[np.searchsorted(opens, hit[0], side="right") - 1]
        last = closes[np.searchsorted(closes, hit[-1])]
        return int(first), int(last)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the characters from one token to another."""
        return int(self.offsets[first, 0]), int(self.offsets[last, 1])


def _standing(
    places: Int[np.ndarray, " t"], legal: Bool[np.ndarray, " t"]
) -> Int[np.ndarray, " t"]:
    """Return for each token the legal one at the same place; itself where none is."""
    tokens, own = np.arange(len(places)), np.flatnonzero(legal)
    if not len(own):
        return tokens
    found = own[np.minimum(np.searchsorted(places[own], places), len(own) - 1)]
    return np.where(places[found] == places, found, tokens)


def _marks(text: str) -> Bool[np.ndarray, " c"]:
    """Return which characters are combining marks, and False for the end of the text."""
    if text.isascii():
        return np.zeros(len(text) + 1, bool)
    found = [unicodedata.category(character)[0] == "M" for character in text]
    return np.array([*found, False])


def _without_blanks(text: str, offsets: Int[np.ndarray, "t 2"]) -> Int[np.ndarray, "t 2"]:
    """Move the ends of tokens inwards, past white space."""
    n = len(text)
    full = ~np.fromiter((character.isspace() for character in text), bool, n)
    places = np.arange(n)
    # For each place the next character that is no blank, and the end of the last one before.
    after = np.append(np.where(full, places, n), n)
    after = np.minimum.accumulate(after[::-1])[::-1]
    before = np.maximum.accumulate(np.append(0, np.where(full, places + 1, 0)))
    starts = after[offsets[:, 0]]
    # A token that is empty already stays so.
    ends = np.where(offsets[:, 0] < offsets[:, 1], before[offsets[:, 1]], starts)
    return np.stack([starts, np.maximum(starts, ends)], axis=1)


def _with_marks(
    offsets: Int[np.ndarray, "t 2"], marks: Bool[np.ndarray, " c"]
) -> Int[np.ndarray, "t 2"]:
    """Give the marks that are no token's to the token before them."""
    if not marks.any():
        return offsets
    edges = np.zeros(len(marks) + 1, np.int64)
    np.add.at(edges, offsets[:, 0], 1)
    np.add.at(edges, offsets[:, 1], -1)
    loose = marks & (np.cumsum(edges)[:-1] == 0)
    # For each place the next character that is no loose mark; the end of the text is none.
    places = np.where(loose, len(marks), np.arange(len(marks)))
    after = np.minimum.accumulate(places[::-1])[::-1]
    full = offsets[:, 0] < offsets[:, 1]
    return np.stack([offsets[:, 0], np.where(full, after[offsets[:, 1]], offsets[:, 1])], axis=1)
