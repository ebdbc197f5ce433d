"""The token under each token: what the masked-LM head says once a hidden layer was moved.

Every token of a text is asked for at once, nothing is hidden: without a shift the head gives the
text back. With the difference of two language vectors added at a layer it gives tokens of the other
language (Lee's lecture; Hsu, Liu & Lee 2020 speak of "unsupervised token translation").

What may come out (``tokens``):
    any      every token
    target   only tokens of the target language, and those that several languages share

Legend: t tokens, v vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from firth.encoder.cloze import MaskedLMHead, Query
from firth.encoder.languages import LanguageVectors
from firth.encoder.steering import added
from firth.errors import InputError, OptionError
from firth.text.vocabulary import SHARED

Tokens = Literal["any", "target"]
TOKENS: tuple[Tokens, ...] = ("any", "target")


@dataclass(frozen=True)
class Shift:
    """What is added.

    Attributes:
        source: The language of the text.
        target: The language that it shall come out in.
        layer: After which layer.
        alpha: How many times the difference of the two language vectors.
        tokens: ``any`` or ``target``.
    """

    source: str
    target: str
    layer: int
    alpha: float
    tokens: Tokens = "any"

    def check(self, vectors: LanguageVectors) -> None:
        """Refuse what cannot be done.

        Raises:
            OptionError: A language or layer that there is not, or an alpha that is no number.
        """
        for name in (self.source, self.target):
            vectors.mean(name, self.layer)
        if not np.isfinite(self.alpha):
            raise OptionError(f"alpha {self.alpha}: it must be a finite number")
        if self.tokens == "target" and vectors.codes is None:
            raise OptionError("these language vectors do not know the languages of the tokens")


@dataclass(frozen=True)
class Rendering:
    """A text after a shift.

    Attributes:
        text: The text.
        ids: Its tokens, special tokens left out, [t].
        offsets: First and past-the-last character of each token, [t, 2].
        found: The token that the head finds likeliest at each position, [t].
        probability: Its probability, [t].
    """

    text: str
    ids: Int[np.ndarray, " t"]
    offsets: Int[np.ndarray, "t 2"]
    found: Int[np.ndarray, " t"]
    probability: Float[np.ndarray, " t"]


def check_tokens(tokens: str) -> Tokens:
    """Return the kind of tokens of this name.

    Raises:
        OptionError: There is none.
    """
    for one in TOKENS:
        if one == tokens:
            return one
    raise OptionError(f"tokens {tokens!r} is not one of {', '.join(TOKENS)}")


def way_of(vectors: LanguageVectors, shift: Shift) -> Tensor:
    """Return what is added: alpha times the difference of the two languages, [d]."""
    shift.check(vectors)
    return shift.alpha * vectors.difference(shift.source, shift.target, shift.layer)


def allowed_tokens(vectors: LanguageVectors, shift: Shift) -> Tensor | None:
    """Return which tokens may come out, bool [v], or None for all."""
    if shift.tokens == "any" or vectors.codes is None:
        return None
    own = vectors.languages.index(shift.target)
    return torch.from_numpy((vectors.codes == own) | (vectors.codes == SHARED))


def render(
    head: MaskedLMHead,
    texts: Sequence[str],
    move: tuple[int, Tensor] | None = None,
    allowed: Tensor | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Rendering]:
    """Return what the head says at every token of each text.

    A text that is longer than the encoder is read in pieces that fit.

    Args:
        head: The model.
        texts: The texts.
        move: A layer, and what is added after it; None for the text itself.
        allowed: Which tokens may come out, bool [v].
        progress: Called with the number of texts at the end.

    Raises:
        InputError: Numbers that are not finite came out.
    """
    blanked = head.blanker.blank(texts)
    queries: list[Query] = []
    owners: list[int] = []
    for at, one in enumerate(blanked):
        for start in range(0, len(one.ids), head.room):
            piece = one.ids[start : start + head.room]
            queries.append(Query(piece, np.arange(len(piece))))
            owners.append(at)
    banned = None if allowed is None else ~allowed

    def likeliest(rows: Tensor, _owners: list[tuple[int, int]]) -> list[tuple[int, float]]:
        total = rows.logsumexp(dim=1)  # NaN or infinity anywhere in a row shows here
        if not bool(torch.isfinite(total).all()):
            raise InputError("the model gives numbers that are not finite; alpha is too large")
        chosen = rows if banned is None else rows.masked_fill(banned.to(rows.device), -torch.inf)
        highest, best = chosen.max(dim=1)
        return list(zip(best.tolist(), (highest - total).exp().tolist(), strict=True))

    with nullcontext() if move is None else added(head.encoder, *move):
        answers = head.predict(queries, likeliest, normalise=False)
    found: list[list[tuple[int, float]]] = [[] for _ in texts]
    for owner, own in zip(owners, answers, strict=True):
        found[owner] += own
    if progress is not None:
        progress(len(texts))
    return [
        Rendering(
            one.text, one.ids, one.offsets,
            np.array([token for token, _ in own], dtype=np.int64),
            np.array([chance for _, chance in own], dtype=np.float64),
        )
        for one, own in zip(blanked, found, strict=True)
    ]  # fmt: skip


def spelled(head: MaskedLMHead, tokens: Int[np.ndarray, " t"]) -> str:
    """Return a run of tokens as text, as the tokenizer spells it."""
    return str(head.encoder.tokenizer.decode(tokens.tolist(), skip_special_tokens=True)).strip()
