"""Hidden states of texts, and which tokens make a word.

A word is a span of characters; its tokens are those whose character offsets overlap the span.
Pieces that are white space alone ("▁", "Ġ") carry the offset of the character that follows in
some tokenizers, so they never count as part of a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

Span = tuple[int, int]

# What the word boundary looks like on its own: SentencePiece, byte-level BPE.
BLANK_PIECES = ("▁", "Ġ")


@dataclass(frozen=True)
class HiddenStates:
    """Hidden states of one text, special tokens left out.

    Attributes:
        layers: Which layers the first axis holds.
        vectors: Hidden states, float32, [l, t, d].
        offsets: First and past-the-last character of each token, [t, 2].
        tokens: The ids of the tokens, [t].
    """

    layers: tuple[int, ...]
    vectors: Float[np.ndarray, "l t d"]
    offsets: Int[np.ndarray, "t 2"]
    tokens: Int[np.ndarray, " t"]

    def word(self, start: int, end: int) -> Float[np.ndarray, "l d"]:
        """Return the vector of the word at ``[start, end)``: the mean over its tokens, [l, d].

        Raises:
            ValueError: No token overlaps the span.
        """
        chosen = overlapping(self.offsets, (start, end))
        if len(chosen) == 0:
            raise ValueError(f"no token covers characters {start} to {end}")
        return self.vectors[:, chosen].mean(axis=1)


@dataclass(frozen=True)
class Pooled:
    """Vectors of one text after pooling.

    Attributes:
        vectors: One vector a slot (token, word or the whole text), float32, [l, n, d]; zeros where
            ``counts`` is 0.
        counts: How many tokens each vector is the mean of, [n].
        offsets: Character offsets of the text's tokens, [t, 2].
        tokens: Ids of the text's tokens, [t].
    """

    vectors: Float[np.ndarray, "l n d"]
    counts: Int[np.ndarray, " n"]
    offsets: Int[np.ndarray, "t 2"]
    tokens: Int[np.ndarray, " t"]


def overlapping(offsets: Int[np.ndarray, "t 2"], span: Span) -> Int[np.ndarray, " k"]:
    """Return the indices of the tokens that share a character with ``span``."""
    start, end = span
    inside = (offsets[:, 0] < end) & (offsets[:, 1] > start) & (offsets[:, 1] > offsets[:, 0])
    return np.flatnonzero(inside)


def shares_token(offsets: Int[np.ndarray, "t 2"], span: Span, text: str) -> bool:
    """Say whether a token of the word also covers letters outside it, white space not counted."""
    start, end = span
    for index in overlapping(offsets, span):
        first, last = int(offsets[index, 0]), int(offsets[index, 1])
        if text[first : min(start, last)].strip() or text[max(end, first) : last].strip():
            return True
    return False


def check_layers(layers: Sequence[int] | None, n_layers: int) -> tuple[int, ...]:
    """Return the layers in ascending order, all of them for None.

    Raises:
        OptionError: A layer is not between 0 and ``n_layers``.
    """
    from firth.errors import OptionError

    if layers is None:
        return tuple(range(n_layers + 1))
    chosen = sorted(set(layers))
    for layer in chosen:
        if not 0 <= layer <= n_layers:
            raise OptionError(
                f"layer {layer} does not exist: this encoder has layers 0 (embeddings) "
                f"to {n_layers} (last block)"
            )
    if not chosen:
        raise OptionError(f"no layer was chosen; legal are 0 to {n_layers}")
    return tuple(chosen)
