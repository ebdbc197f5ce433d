"""Blanks in texts: ``[MASK]`` becomes the model's mask token, and the rest keeps its own tokens.

Models learnt with masks in the place of tokens. A tokenizer with word marks (SentencePiece) that is
given text behind a mask begins a new word there, blank or not: "的<mask>都" would end in "▁都",
which no model saw in training. So texts are tokenised piece by piece between the masks, and a piece
that follows a mask without a blank stands behind an anchor, a character that no vocabulary joins
with others; its token is then thrown away. Blanks before a mask belong to the mask where the
tokenizer says so (``lstrip``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Int

from firth.encoder.windows import Windower
from firth.errors import ModelError
from firth.text.words import SPACELESS

MASK = "[MASK]"
# A private-use character: unknown to every vocabulary, so that it is a token of its own.
_ANCHOR = "\ue000"
_SPACELESS = re.compile(f"[{SPACELESS}]")
Spelling = Literal["marks", "bytes", "pieces"]


@dataclass(frozen=True)
class Blanked:
    """A text with blanks as tokens, special tokens at its ends left out.

    Attributes:
        text: The text as it was given.
        ids: Token ids, [t]; the model's mask id at the blanks.
        offsets: First and past-the-last character of each token in ``text``, [t, 2].
        blanks: Positions of the blanks in ``ids``, ascending, [m].
        spans: First and past-the-last character of each blank.
        spaced: Whether the white space before a blank is part of what fills it.
    """

    text: str
    ids: Int[np.ndarray, " t"]
    offsets: Int[np.ndarray, "t 2"]
    blanks: Int[np.ndarray, " m"]
    spans: tuple[tuple[int, int], ...]
    spaced: tuple[bool, ...]


class Blanker(Windower):
    """Turns texts with blanks into tokens, and tokens back into filled texts.

    Raises:
        ModelError: The tokenizer has no mask token.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        token, index = self.tokenizer.mask_token, self.tokenizer.mask_token_id
        if token is None or index is None:
            raise ModelError(
                "this model's tokenizer has no mask token, so there is nothing to fill; "
                "`firth senses` and `firth encode` need none"
            )
        self.mask_token, self.mask_id = str(token), int(index)
        self._pattern = re.compile("|".join(re.escape(one) for one in {MASK, self.mask_token}))
        self.spelling: Spelling = self._find_spelling()

    def _find_spelling(self) -> Spelling:
        if self._backend.encode("a", add_special_tokens=False).tokens[0].startswith("▁"):
            return "marks"
        return "bytes" if "ByteLevel" in type(self._backend.decoder).__name__ else "pieces"

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the blanks of a text stand, in characters."""
        return [match.span() for match in self._pattern.finditer(text)]

    def blank(self, texts: Sequence[str]) -> list[Blanked]:
        """Return the tokens of each text, blanks as the model's mask token."""
        pieces: list[str] = []
        anchored: list[bool] = []
        plan = [self.spans(text) for text in texts]
        for text, spans in zip(texts, plan, strict=True):
            for at, (start, end) in enumerate(_between(spans, len(text))):
                piece = text[start:end]
                glued = bool(at) and bool(piece) and not piece[0].isspace()
                anchored.append(glued and self.spelling == "marks")
                tail = self.mask_token if at < len(spans) else ""
                pieces.append((_ANCHOR if anchored[-1] else "") + piece + tail)
        encoded = iter(self._encode(pieces, anchored))
        return [
            self._assemble(text, spans, encoded) for text, spans in zip(texts, plan, strict=True)
        ]

    def _encode(
        self, pieces: list[str], anchored: list[bool]
    ) -> list[tuple[Int[np.ndarray, " t"], Int[np.ndarray, "t 2"]]]:
        """Return ids and offsets of each piece, anchors removed."""
        found: list[tuple[np.ndarray, np.ndarray]] = []
        encodings = self._backend.encode_batch(pieces, add_special_tokens=False)
        for piece, anchor, encoding in zip(pieces, anchored, encodings, strict=True):
            ids, offsets = _arrays(encoding)
            if anchor:
                first = int(np.argmax(offsets[:, 1] > 1)) if len(ids) else 0
                # The anchor must have come out as a token of its own.
                if first == 0 or offsets[first, 0] < 1 or offsets[first - 1, 1] != 1:
                    plain = self._backend.encode(piece[1:], add_special_tokens=False)
                    ids, offsets = _arrays(plain)
                else:
                    ids, offsets = ids[first:], offsets[first:] - 1
            found.append((ids, offsets))
        return found

    def _assemble(self, text: str, spans: list[tuple[int, int]], encoded: Any) -> Blanked:
        """Put the pieces of one text together again."""
        all_ids: list[np.ndarray] = []
        all_offsets: list[np.ndarray] = []
        blanks: list[int] = []
        spaced: list[bool] = []
        total = 0
        for at, (start, end) in enumerate(_between(spans, len(text))):
            ids, offsets = next(encoded)
            offsets = offsets + start
            total += len(ids)
            if at < len(spans):
                blanks.append(total - 1)
                offsets[-1] = spans[at]
                lone = len(ids) > 1 and int(ids[-2]) in self._blank
                open_end = end == 0 and self.spelling == "marks"
                spaced.append(not lone and (open_end or text[start:end][-1:].isspace()))
            all_ids.append(ids)
            all_offsets.append(offsets)
        return Blanked(
            text,
            np.concatenate(all_ids),
            np.concatenate(all_offsets),
            np.array(blanks, dtype=np.int64),
            tuple(spans),
            tuple(spaced),
        )

    def word_ids(self, word: str, *, spaced: bool) -> list[int]:
        """Return the tokens of a word that fills a blank.

        Args:
            word: The word.
            spaced: Whether it brings the blank before it along (``Blanked.spaced``).
        """
        if self.spelling == "marks" and not spaced:
            return self._encode([_ANCHOR + word], [True])[0][0].tolist()
        lead = " " if spaced and self.spelling == "bytes" else ""
        return list(self._backend.encode(lead + word, add_special_tokens=False).ids)

    def piece(self, token: int) -> str:
        """Return a token as a reader wants to see it; ``##`` of a continued word stays."""
        raw = str(self._backend.id_to_token(token))
        if self.spelling == "marks":
            return raw.replace("▁", " ").strip() or raw
        if self.spelling == "bytes":
            spelt = str(self._backend.decode([token], skip_special_tokens=False)).strip()
            return raw if not spelt or "\ufffd" in spelt else spelt
        return raw

    def surfaces(self, vocabulary: int) -> list[str]:
        """Return what each of ``vocabulary`` tokens looks like in a text; special ones are empty.

        A head may have more rows than its tokenizer has tokens: they are empty as well.
        """
        special = set(self.tokenizer.all_special_ids)
        known = min(len(self.tokenizer), vocabulary)
        return [
            "" if token >= known or token in special else self.piece(token).removeprefix("##")
            for token in range(vocabulary)
        ]

    def render(self, blanked: Blanked, tokens: Sequence[int]) -> str:
        """Return the text with one token in each blank.

        Blanks that touch are spelt together, since a letter may be several byte tokens.
        """
        out, position = "", 0
        run: list[int] = []
        spaced = False
        for (start, end), token, own in zip(blanked.spans, tokens, blanked.spaced, strict=True):
            if start > position or not run:
                out = self._spell(out, run, spaced=spaced)
                out = self._continue(out, blanked.text[position:start], after=bool(run))
                run, spaced = [], own
            run.append(token)
            position = end
        out = self._spell(out, run, spaced=spaced)
        return self._continue(out, blanked.text[position:], after=bool(run))

    def _spell(self, left: str, run: list[int], *, spaced: bool) -> str:
        if not run:
            return left
        raw = [str(self._backend.id_to_token(token)) for token in run]
        if self.spelling == "pieces":
            for piece in raw:
                if piece.startswith("##"):
                    left = left.rstrip() + piece[2:]
                else:
                    left = self._continue(left, piece, after=True)
            return left
        if self.spelling == "marks":
            spelt = "".join(raw).replace("▁", " ")
        else:
            spelt = str(self._backend.decode(run, skip_special_tokens=False))
        if spelt.startswith(" ") and (not left or left[-1].isspace()):
            spelt = spelt[1:]
        elif spaced:  # the blank belonged to the mask, and this token brings none
            left = left.rstrip()
        return left + spelt

    def _continue(self, left: str, right: str, *, after: bool) -> str:
        """Join two strings; whole words of blank-separated scripts do not run together."""
        words = self.spelling == "pieces" and after
        if words and left and right and left[-1].isalnum() and right[0].isalnum():
            cjk = _SPACELESS.match(left[-1]) or _SPACELESS.match(right[0])
            return left + right if cjk else f"{left} {right}"
        return left + right


def _between(spans: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Return the stretches of text before, between and behind the blanks; they may be empty."""
    starts = [0, *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), length]
    return list(zip(starts, ends, strict=True))


def _arrays(encoding: Any) -> tuple[Int[np.ndarray, " t"], Int[np.ndarray, "t 2"]]:
    ids = np.array(encoding.ids, dtype=np.int64)
    return ids, np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
