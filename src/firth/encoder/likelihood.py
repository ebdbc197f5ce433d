"""Pseudo-log-likelihood: how well a masked LM would have guessed every token of a sentence.

Each token is masked in turn, and the log-probabilities of the tokens that stood there are added up
(Salazar et al. 2020, eq. 1). Tokens of a word betray each other: "##loo" says what stands before
it. ``within-word`` masks the rest of the word to the right too (Kauf & Ivanova 2023,
PLL-word-l2r). A word is a run of letters and digits; in scripts without blanks between words every
token is one, since nothing says where a word ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from firth.encoder.cloze import MaskedLMHead, Query
from firth.text.words import SPACELESS

Masking = Literal["original", "within-word"]
MASKINGS = ("original", "within-word")
# Tokens of masked copies that are held at a time.
_AT_ONCE = 500_000
_WORD_LETTER = re.compile(rf"[^\W_{SPACELESS}]")


@dataclass(frozen=True)
class Likelihood:
    """The pseudo-log-likelihood of one sentence.

    Attributes:
        total: Sum over its tokens, natural logarithm; 0 for a sentence without tokens.
        tokens: How many there are.
    """

    total: float
    tokens: int

    @property
    def perplexity(self) -> float | None:
        """The pseudo-perplexity of this sentence alone, by token; None without tokens."""
        return math.exp(-self.total / self.tokens) if self.tokens else None


def pseudo_log_likelihoods(
    head: MaskedLMHead, texts: Sequence[str], masking: Masking = "original"
) -> list[Likelihood]:
    """Return the pseudo-log-likelihood of each text.

    Args:
        head: The model.
        texts: Sentences. A mask that stands in one is context and is not scored.
        masking: ``original``, or ``within-word``.
    """
    totals = np.zeros(len(texts))
    counts = np.zeros(len(texts), dtype=np.int64)
    blanked = head.blanker.blank(texts)
    head.count_longer(blanked)
    rows = ((i, one.ids, _words(one.text, one.offsets)) for i, one in enumerate(blanked))
    copies = (
        (index, query, gold)
        for index, ids, words in rows
        for query, gold in _copies(ids, words, head.blanker.mask_id, masking)
    )
    batch: list[tuple[int, Query, int]] = []
    size = 0
    for copy in copies:
        batch.append(copy)
        size += len(copy[1].ids)
        if size >= _AT_ONCE:
            _score(head, batch, totals, counts)
            batch, size = [], 0
    _score(head, batch, totals, counts)
    return [Likelihood(float(t), int(n)) for t, n in zip(totals, counts, strict=True)]


def pseudo_perplexity(likelihoods: Sequence[Likelihood]) -> float | None:
    """Return the pseudo-perplexity of a corpus: exp of minus the mean over all its tokens."""
    tokens = sum(one.tokens for one in likelihoods)
    return math.exp(-sum(one.total for one in likelihoods) / tokens) if tokens else None


def _score(
    head: MaskedLMHead,
    batch: list[tuple[int, Query, int]],
    totals: np.ndarray,
    counts: np.ndarray,
) -> None:
    def read(rows: Tensor, owners: list[tuple[int, int]]) -> list[float]:
        gold = torch.tensor([batch[query][2] for query, _ in owners], device=rows.device)
        return rows.gather(1, gold[:, None])[:, 0].tolist()

    found = head.predict([query for _, query, _ in batch], read)
    for (index, _, _), values in zip(batch, found, strict=True):
        totals[index] += values[0]
        counts[index] += 1


def _copies(
    ids: Int[np.ndarray, " t"], words: Int[np.ndarray, " t"], mask: int, masking: Masking
) -> Iterator[tuple[Query, int]]:
    """Yield one masked copy for each token, and the token."""
    for position, token in enumerate(ids.tolist()):
        if token == mask:
            continue
        copy = ids.copy()
        copy[position] = mask
        if masking == "within-word":
            behind = np.arange(len(ids)) > position
            copy[behind & (words == words[position])] = mask
        yield Query(copy, np.array([position])), token


def _words(text: str, offsets: Int[np.ndarray, "t 2"]) -> Int[np.ndarray, " t"]:
    """Return the number of the word that each token belongs to, [t]."""
    words = np.zeros(len(offsets), dtype=np.int64)
    for at in range(1, len(offsets)):
        end, start = int(offsets[at - 1, 1]), int(offsets[at, 0])
        # Byte tokens of one letter share its offsets.
        inside = start < end
        touch = start == end and 0 < start < len(text)
        joined = touch and all(_WORD_LETTER.match(c) for c in text[start - 1 : start + 1])
        words[at] = words[at - 1] + (0 if inside or joined else 1)
    return words
