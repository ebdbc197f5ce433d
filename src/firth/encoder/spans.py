"""From scores of tokens to answers: the best span over all windows of a context.

A span's score is that of its first token as a start plus that of its last token as an end (Devlin
et al. 2019, section 4.2); white space before a word counts as its start, and where several windows
have the span, the best of its scores. The probability of an answer is a softmax over all legal
spans of all windows together. That there is no answer is said by the first token of each window,
and only when all of them say so: the lowest of their scores counts (section 4.3, and
``run_squad.py`` for several windows).

Legend: t tokens of the context, w of a window, m tokens of an answer at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from firth.encoder.passages import Passage
from firth.encoder.question_windows import QuestionWindow
from firth.errors import OptionError

Logits = Float[np.ndarray, "_ 2"]


@dataclass(frozen=True)
class SpanLimits:
    """Which answers are legal.

    Attributes:
        tokens: Tokens of an answer at most.
        characters: Its characters at most; None for as many as there are.
        n_best: How many answers are listed.
    """

    tokens: int = 30
    characters: int | None = None
    n_best: int = 1

    def __post_init__(self) -> None:
        """Refuse what allows no answer."""
        for name, value in vars(self).items():
            if value is not None and value < 1:
                raise OptionError(f"{name} {value}: it must be at least 1")


@dataclass(frozen=True)
class Candidate:
    """An answer that may be given.

    Attributes:
        text: The context's own characters.
        start: The first of them.
        end: Past the last.
        probability: Of this answer among all legal ones, if there is one.
    """

    text: str
    start: int
    end: int
    probability: float


def span_scores(
    windows: Sequence[QuestionWindow], logits: Sequence[Logits], limits: SpanLimits
) -> Float[np.ndarray, "t m"]:
    """Score every span of a context: [i, k] from token i to token i + k; minus infinity if illegal.

    Args:
        windows: All windows of one question.
        logits: Of each, the scores of its tokens as a start and as an end.
        limits: Which answers are legal.
    """
    passage = windows[0].passage
    t = len(passage.ids)
    m = min(limits.tokens, t)
    scores = np.full((t, m), -np.inf)
    for window, own in zip(windows, logits, strict=True):
        part = slice(window.begin, window.end)
        inner = own[window.first : window.first + window.end - window.begin].astype(np.float64)
        starts = _best(inner[:, 0], passage.start_of[part] - window.begin, passage.opens[part])
        ends = _best(inner[:, 1], passage.end_of[part] - window.begin, passage.closes[part])
        ends = np.append(ends, np.full(max(0, m - 1), -np.inf))
        if len(starts):
            reached = np.lib.stride_tricks.sliding_window_view(ends, m)  # (w, m)
            scores[part] = np.maximum(scores[part], starts[:, None] + reached)
    if limits.characters is not None and t:
        last = np.minimum(np.arange(t)[:, None] + np.arange(m), t - 1)
        long = passage.offsets[last, 1] - passage.offsets[:, :1] > limits.characters
        scores[long] = -np.inf
    return scores


def _best(
    scores: Float[np.ndarray, "_"], places: Int[np.ndarray, "_"], legal: Bool[np.ndarray, "_"]
) -> Float[np.ndarray, "_"]:
    """Return the best score of the tokens that stand for each place where an answer may lie.

    A reader that learnt from English points at the blank before a Chinese word, and which of the
    tokens of one character is meant depends on who trained it.
    """
    found = np.full(len(scores), -np.inf)
    inside = (places >= 0) & (places < len(scores))
    np.maximum.at(found, places[inside], scores[inside])
    found[~legal] = -np.inf
    return found


def candidates(
    passage: Passage, scores: Float[np.ndarray, "t m"], limits: SpanLimits
) -> tuple[tuple[Candidate, ...], float]:
    """Return the best spans, best first, and the log of the sum over all legal ones.

    Of equally good spans the one that begins first comes first, then the shorter one.
    """
    flat = scores.ravel()
    legal = np.flatnonzero(np.isfinite(flat))
    if not len(legal):
        return (), -np.inf
    own = flat[legal]
    n = min(limits.n_best, len(own))
    at_least = np.partition(own, len(own) - n)[len(own) - n]
    kept = np.flatnonzero(own >= at_least)
    kept = kept[np.argsort(-own[kept], kind="stable")][:n]
    total = float(own.max() + np.log(np.exp(own - own.max()).sum()))
    found: list[Candidate] = []
    for place in kept:
        first, more = divmod(int(legal[place]), scores.shape[1])
        start, end = passage.span(first, first + more)
        probability = float(np.exp(own[place] - total))
        found.append(Candidate(passage.text[start:end], start, end, probability))
    return tuple(found), total


def no_answer_probability(logits: Sequence[Logits], total: float) -> float:
    """Return the probability that there is no answer, against all legal spans together.

    Args:
        logits: Of each window, [w, 2].
        total: Log of the sum over all legal spans, as `candidates` returns it.
    """
    none = min(float(own[0, 0]) + float(own[0, 1]) for own in logits)
    return float(np.exp(none - np.logaddexp(none, total)))
