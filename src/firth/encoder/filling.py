"""Filling several blanks: each on its own, left to right, the easiest first, or with a beam.

Only ``independent`` ignores what stands in the other blanks; the others ask the model again after
each token, so that the fills agree with each other. The *joint log-probability* of a fill is the
sum of the log-probabilities that its tokens had when they were chosen, given the tokens chosen
before (and masks in the blanks still open). For ``independent`` nothing was chosen before, so the
sum is the one that would hold if blanks did not depend on each other.

A masked LM has no one joint distribution: sums over different orders do not agree exactly.
Probabilities are the model's own over its whole vocabulary, also where candidates are restricted.

Nothing here knows a model: it is a :class:`Predictor`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from firth.encoder.cloze import Query, Read

Decode = Literal["independent", "left-to-right", "easiest-first", "beam"]
# What a user may ask for; joint is the default.
DECODES = ("joint", "independent", "left-to-right", "easiest-first", "beam")
R = TypeVar("R")


@runtime_checkable  # for the shape checks under pytest
class Predictor(Protocol):
    """What decoding needs of a model: log-probabilities at some positions of texts."""

    def predict(self, queries: Sequence[Query], read: Read[R]) -> list[list[R]]:
        """Return what ``read`` keeps of the log-probabilities at each query's positions."""
        ...


@dataclass(frozen=True)
class Choices:
    """The best tokens for one blank when it was filled, the likeliest first.

    Attributes:
        ids: Token ids, at most as many as were asked for.
        log_probabilities: Their natural logarithms of probability.
    """

    ids: list[int]
    log_probabilities: list[float]


@dataclass
class Fill:
    """One way to fill the blanks of a text.

    Attributes:
        ids: The token in each blank; the mask itself where a blank is still open.
        log_probabilities: Each token's, given those that were chosen before it.
        order: The blanks in the order in which they were filled.
        choices: What else could have stood in each blank at that moment.
    """

    ids: list[int]
    log_probabilities: list[float]
    order: list[int] = field(default_factory=list[int])
    choices: list[Choices] = field(default_factory=list[Choices])

    @property
    def joint(self) -> float:
        """The joint log-probability."""
        return float(sum(self.log_probabilities))

    @classmethod
    def empty(cls, query: Query) -> Fill:
        """Return a fill in which every blank is open."""
        m = len(query.positions)
        masks = [int(query.ids[position]) for position in query.positions]
        return cls(masks, [0.0] * m, [], [Choices([], [])] * m)

    def with_token(self, blank: int, choices: Choices, rank: int = 0) -> Fill:
        """Return this fill with one blank more filled."""
        ids, logs, kept = list(self.ids), list(self.log_probabilities), list(self.choices)
        ids[blank], logs[blank] = choices.ids[rank], choices.log_probabilities[rank]
        kept[blank] = choices
        return Fill(ids, logs, [*self.order, blank], kept)

    def query(self, query: Query, blanks: Sequence[int]) -> Query:
        """Return the text as filled so far, asked at some of its blanks."""
        ids = query.ids.copy()
        ids[query.positions] = self.ids
        return Query(ids, query.positions[np.array(blanks, dtype=np.int64)])


def best(top: int, allowed: Tensor | None = None) -> Read[Choices]:
    """Return a reader that keeps the ``top`` likeliest tokens of each row.

    Args:
        top: How many.
        allowed: Which tokens may stand in a blank, bool, [v]; all for None.
    """
    n_allowed = None if allowed is None else int(allowed.sum())

    def read(rows: Tensor, _owners: list[tuple[int, int]]) -> list[Choices]:
        k = min(top, rows.shape[1] if n_allowed is None else n_allowed)
        if allowed is not None:
            rows = rows.masked_fill(~allowed.to(rows.device), -torch.inf)
        found = rows.topk(k, dim=1)
        pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
        return [Choices(ids, logs) for ids, logs in pairs]

    return read


def fill(
    model: Predictor,
    queries: Sequence[Query],
    decode: Decode,
    *,
    top: int = 10,
    allowed: Tensor | None = None,
    width: int = 5,
) -> list[list[Fill]]:
    """Fill the blanks of many texts.

    Args:
        model: Who is asked.
        queries: Texts; ``positions`` are their blanks.
        decode: In which order.
        top: How many tokens of each blank are kept in ``Fill.choices``.
        allowed: Which tokens may stand in a blank, bool, [v].
        width: How many fills a beam keeps, and returns.

    Returns:
        For each text its fills, the likeliest first: one, or with a beam at most ``width``.
    """
    if decode == "beam":
        return _beam(model, queries, best(max(top, width), allowed), width)
    steps = {"independent": _independent, "left-to-right": _leftmost, "easiest-first": _easiest}
    return [[one] for one in _greedy(model, queries, best(top, allowed), steps[decode])]


# Which blanks are filled now: from the open blanks and their choices.
_Step = Callable[[list[int], list[Choices]], list[int]]


def _independent(open_blanks: list[int], _choices: list[Choices]) -> list[int]:
    return list(range(len(open_blanks)))


def _leftmost(_open_blanks: list[int], _choices: list[Choices]) -> list[int]:
    return [0]


def _easiest(_open_blanks: list[int], choices: list[Choices]) -> list[int]:
    return [int(np.argmax([one.log_probabilities[0] for one in choices]))]


def _greedy(
    model: Predictor, queries: Sequence[Query], read: Read[Choices], step: _Step
) -> list[Fill]:
    fills = [Fill.empty(query) for query in queries]
    open_blanks = [list(range(len(query.positions))) for query in queries]
    while going := [index for index, blanks in enumerate(open_blanks) if blanks]:
        # Left to right only the first open blank has to be asked for.
        asked = {i: open_blanks[i][:1] if step is _leftmost else open_blanks[i] for i in going}
        found = model.predict([fills[i].query(queries[i], asked[i]) for i in going], read)
        for index, choices in zip(going, found, strict=True):
            chosen = step(asked[index], choices)
            blanks = [asked[index][at] for at in chosen]
            for blank, at in zip(blanks, chosen, strict=True):
                fills[index] = fills[index].with_token(blank, choices[at])
            open_blanks[index] = [blank for blank in open_blanks[index] if blank not in blanks]
    return fills


def _beam(
    model: Predictor, queries: Sequence[Query], read: Read[Choices], width: int
) -> list[list[Fill]]:
    """Left to right with ``width`` fills at a time.

    The greedy fill stays in the beam beside the others, so the best is never worse than it.
    """
    beams = [[Fill.empty(query)] for query in queries]
    greedy = [beam[0] for beam in beams]
    longest = max((len(query.positions) for query in queries), default=0)
    for blank in range(longest):
        going = [i for i, query in enumerate(queries) if blank < len(query.positions)]
        asked = [fill.query(queries[i], [blank]) for i in going for fill in beams[i]]
        found = iter(model.predict(asked, read))
        for i in going:
            grown: list[Fill] = []
            for one in beams[i]:
                choices = next(found)[0]
                longer = [one.with_token(blank, choices, rank) for rank in range(len(choices.ids))]
                if one is greedy[i]:
                    greedy[i] = longer[0]
                grown += longer
            # Ties go to the earlier one, so that the order is the same every time.
            grown.sort(key=lambda one: -one.joint)
            beams[i] = grown[:width]
            if not any(one is greedy[i] for one in beams[i]):
                beams[i].append(greedy[i])
    return [beam[:width] for beam in beams]


def score_words(
    model: Predictor, query: Query, blank: int, words: Sequence[Sequence[int]]
) -> list[float]:
    """Return the log-probability of each word in one blank.

    A word of n tokens takes the place of the blank with n masks, which are filled left to right;
    its score is the sum of the n conditional log-probabilities. It is not divided by n, and a
    longer word is not otherwise favoured: the scores answer "given that so many tokens stand
    here, how likely are these". The text's other blanks stay open.

    Args:
        model: Who is asked.
        query: The text; ``positions`` are its blanks.
        blank: Which of them.
        words: Tokens of each candidate, at least one each.
    """
    position = int(query.positions[blank])
    mask = int(query.ids[position])
    scores = [0.0] * len(words)
    for step in range(max((len(word) for word in words), default=0)):
        # Words of one length that begin alike share their question.
        shared: dict[tuple[int, tuple[int, ...]], list[int]] = {}
        for index, word in enumerate(words):
            if step < len(word):
                shared.setdefault((len(word), tuple(word[:step])), []).append(index)
        queries: list[Query] = []
        for n, begun in shared:
            middle = [*begun, *[mask] * (n - len(begun))]
            ids = np.concatenate([query.ids[:position], middle, query.ids[position + 1 :]])
            queries.append(Query(ids.astype(np.int64), np.array([position + step])))
        wanted = [[words[index][step] for index in own] for own in shared.values()]

        def read(
            rows: Tensor, owners: list[tuple[int, int]], wanted: list[list[int]] = wanted
        ) -> list[list[float]]:
            pairs = zip(rows, owners, strict=True)
            return [
                row[torch.tensor(wanted[q], device=row.device)].tolist() for row, (q, _) in pairs
            ]

        found = model.predict(queries, read)
        for own, answers in zip(shared.values(), found, strict=True):
            for index, value in zip(own, answers[0], strict=True):
                scores[index] += value
    return scores
