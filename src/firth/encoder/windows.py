"""From texts to token windows that fit the encoder.

A text longer than the encoder's positions is cut into overlapping windows; each token takes its
hidden state from the window in which it stands farthest from an edge, so it sees context on both
sides. With ``overflow="truncate"`` the rest is dropped instead, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from firth.encoder.states import BLANK_PIECES

Overflow = Literal["window", "truncate"]


@dataclass
class EncodingReport:
    """What happened on the way: how much was read, windowed, cut or unknown.

    Attributes:
        texts: Texts encoded.
        tokens: Their tokens, special tokens included, before windowing.
        windowed: Texts longer than the encoder, encoded in several windows.
        truncated: Texts longer than the encoder, cut.
        dropped_tokens: Tokens lost by cutting.
        unknown: Tokens that the vocabulary does not know.
    """

    texts: int = 0
    tokens: int = 0
    windowed: int = 0
    truncated: int = 0
    dropped_tokens: int = 0
    unknown: int = 0

    def since(self, before: EncodingReport) -> EncodingReport:
        """Return what happened after ``before``, a copy of this report, was made."""
        names = (one.name for one in fields(self))
        return EncodingReport(**{n: getattr(self, n) - getattr(before, n) for n in names})

    def sentences(self) -> list[str]:
        """Return the warnings that a reader of the result must see."""
        said: list[str] = []
        if self.truncated:
            said.append(
                f"{self.truncated} of {self.texts} texts were longer than the encoder and were "
                f"cut: {self.dropped_tokens} tokens dropped"
            )
        if self.windowed:
            said.append(
                f"{self.windowed} of {self.texts} texts were longer than the encoder and were "
                "encoded in overlapping windows"
            )
        return said


@dataclass(frozen=True)
class Tokenised:
    """One text as tokens, special tokens left out.

    Attributes:
        ids: Token ids, [t].
        offsets: First and past-the-last character of each token; empty for white space, [t, 2].
    """

    ids: Int[np.ndarray, " t"]
    offsets: Int[np.ndarray, "t 2"]


@dataclass(frozen=True)
class Window:
    """One run of tokens that goes through the encoder.

    Attributes:
        text: Index of the text in its chunk.
        ids: Token ids, special tokens included, [w].
        shift: Position in the text's tokens minus position in the window.
        first: First position of the window whose hidden state is used.
        last: Past the last such position. Special tokens of the text's two ends are included.
        content: First and past-the-last position of the text's own tokens.
    """

    text: int
    ids: Int[np.ndarray, " w"]
    shift: int
    first: int
    last: int
    content: tuple[int, int]


@dataclass
class Windower:
    """Tokenises texts and cuts them into windows.

    Args:
        tokenizer: A fast tokenizer of transformers.
        max_tokens: Longest window, special tokens included.
        overflow: What becomes of longer texts.
    """

    tokenizer: Any
    max_tokens: int
    overflow: Overflow = "window"
    report: EncodingReport = field(default_factory=EncodingReport)

    def __post_init__(self) -> None:
        # A copy: padding and truncation set by the tokenizer's owner must not leak in here.
        self._backend = type(self.tokenizer.backend_tokenizer).from_str(
            self.tokenizer.backend_tokenizer.to_str()
        )
        self._backend.no_padding()
        self._backend.no_truncation()
        self.prefix, self.suffix = self._special_ends()
        vocabulary = self._backend
        self._blank = {
            index for piece in BLANK_PIECES if (index := vocabulary.token_to_id(piece)) is not None
        }

    def _special_ends(self) -> tuple[list[int], list[int]]:
        """Return the special tokens that the tokenizer puts before and after a text."""
        encoding = self._backend.encode("a")
        inside = [i for i, special in enumerate(encoding.special_tokens_mask) if not special]
        if not inside:
            return [], []
        return encoding.ids[: inside[0]], encoding.ids[inside[-1] + 1 :]

    def tokenise(self, texts: Sequence[str]) -> list[Tokenised]:
        """Return the tokens of each text with character offsets; counts unknown tokens."""
        unknown = self.tokenizer.unk_token_id
        result: list[Tokenised] = []
        for encoding in self._backend.encode_batch(list(texts), add_special_tokens=False):
            ids = np.array(encoding.ids, dtype=np.int64)
            offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
            if self._blank:
                blank = np.isin(ids, list(self._blank))
                offsets[blank, 1] = offsets[blank, 0]
            self.report.texts += 1
            self.report.tokens += len(ids) + len(self.prefix) + len(self.suffix)
            if unknown is not None:
                self.report.unknown += int((ids == unknown).sum())
            result.append(Tokenised(ids, offsets))
        return result

    def windows(self, text: int, tokenised: Tokenised) -> list[Window]:
        """Return the windows of one text, in order; exactly one owner for every kept token."""
        ids = tokenised.ids
        room = self.max_tokens - len(self.prefix) - len(self.suffix)
        if len(ids) > room and self.overflow == "truncate":
            self.report.truncated += 1
            self.report.dropped_tokens += len(ids) - room
            ids = ids[:room]
        if len(ids) <= room:
            return [self._window(text, ids, 0, 0, len(ids), len(ids))]
        self.report.windowed += 1
        starts = [*range(0, len(ids) - room, room - room // 4), len(ids) - room]
        # The border between two windows is the middle of what they share.
        borders = [0]
        for left, right in pairwise(starts):
            borders.append((right + left + room) // 2)
        borders.append(len(ids))
        return [
            self._window(text, ids[start : start + room], start, first, last, len(ids))
            for start, first, last in zip(starts, borders, borders[1:], strict=False)
        ]

    def _window(
        self, text: int, ids: Int[np.ndarray, " w"], start: int, first: int, last: int, total: int
    ) -> Window:
        """Make a window of ``ids``, which starts at ``start``; it owns tokens ``first:last``."""
        k = len(self.prefix)
        whole = np.concatenate([self.prefix, ids, self.suffix]).astype(np.int64)
        return Window(
            text=text,
            ids=whole,
            shift=start - k,
            first=0 if first == 0 else first - start + k,
            last=len(whole) if last == total else last - start + k,
            content=(k, k + len(ids)),
        )
