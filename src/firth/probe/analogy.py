"""Analogies by arithmetic on unit vectors, "a is to b as c is to ?", and nearest neighbours.

    3CosAdd  cos(w, b) - cos(w, a) + cos(w, c)         Mikolov, Yih & Zweig 2013; Levy & Goldberg
                                                       2014, equation 3
    3CosMul  cos(w, b) cos(w, c) / (cos(w, a) + e)     Levy & Goldberg 2014, equation 4: cosines
                                                       shifted to [0, 1], e = 0.001
    b_only   cos(w, c)                                 Linzen 2016 ("Only-b" in his letters, where
                                                       the third word is b): no analogy at all

The word with the highest score is the answer. **The three words of the question are no
candidates**, which is the custom and does much of the work: without it the answer is most often b
or c itself (Linzen 2016). Of words that tie the first one, in the order of the rows, is taken.

Legend of dimensions: v words that may be answered, d width, q questions, u question words, each
once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

EPSILON = 0.001
ADD, MUL, B_ONLY = "3CosAdd", "3CosMul", "b_only"
METHODS = (ADD, MUL)
# Words and questions of a block: its scores stay in a processor's cache.
_WORDS = 4096
_QUESTIONS = 64

Unit = Float[np.ndarray, "v d"]
Questions = Int[np.ndarray, "q 3"]


def nearest(
    unit: Unit, query: Float[np.ndarray, " d"], top: int, exclude: Sequence[int] = ()
) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Return the rows with the highest cosine to a vector, and the cosines, the highest first.

    Args:
        unit: Vectors of length one.
        query: Any vector; its length does not count.
        top: How many.
        exclude: Rows that are no candidates.
    """
    length = float(np.linalg.norm(query))
    return _best(unit @ (query / (length or 1)).astype(unit.dtype), top, exclude)


def analogy(
    unit: Unit, question: tuple[int, int, int], top: int, method: str = ADD
) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Return the best answers to one question, and their scores, the best first.

    Args:
        unit: Vectors of length one.
        question: The rows of a, b and c.
        top: How many answers.
        method: ``3CosAdd``, ``3CosMul`` or ``b_only``.
    """
    a, b, c = unit[list(question)] @ unit.T  # each (v,)
    return _best(_SCORERS[method](a, b, c), top, question)


def _add(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return b - a + c


def _multiply(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return ((b + 1) / 2) * ((c + 1) / 2) / ((a + 1) / 2 + EPSILON)


def _third(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    del a, b
    return c.copy()


_SCORERS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    ADD: _add,
    MUL: _multiply,
    B_ONLY: _third,
}


def _best(
    scores: Float[np.ndarray, " v"], top: int, exclude: Sequence[int]
) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    scores = scores.copy()
    scores[list(exclude)] = -np.inf
    k = max(0, min(top, len(scores) - len(set(exclude))))
    order = np.argsort(-scores, kind="stable")[:k]
    return order, scores[order]


def answer_questions(
    unit: Unit, questions: Questions, progress: Callable[[int], None] | None = None
) -> dict[str, Int[np.ndarray, " q"]]:
    """Return the row that ``3CosAdd``, ``3CosMul`` and ``b_only`` answer; -1 without a candidate.

    The cosines of question words with a block of words are one matrix product, which all questions
    and all methods share.

    Args:
        unit: Vectors of length one, of all words that may be answered.
        questions: The rows of a, b and c.
        progress: Called with the number of words compared since the last call.
    """
    n = len(questions)
    rows, codes = np.unique(questions, return_inverse=True)  # (u,), which of them each word is
    codes = codes.reshape(n, 3)
    best = {name: np.full(n, -np.inf, dtype=np.float32) for name in _SCORERS}
    found = {name: np.full(n, -1, dtype=np.int64) for name in _SCORERS}
    for start in range(0, len(unit), _WORDS):
        block = unit[start : start + _WORDS]
        cosines = unit[rows] @ block.T  # (u, w)
        shifted = (cosines + 1) / 2
        inverse = 1 / (shifted + EPSILON)
        for first in range(0, n, _QUESTIONS):
            some = slice(first, first + _QUESTIONS)
            a, b, c = codes[some].T
            place = questions[some] - start
            asked, which = np.nonzero((place >= 0) & (place < len(block)))
            excluded = asked, place[asked, which]
            for name, scores in (
                (ADD, cosines[b] - cosines[a] + cosines[c]),
                (MUL, shifted[b] * shifted[c] * inverse[a]),
                (B_ONLY, cosines[c]),
            ):
                scores[excluded] = -np.inf
                at = scores.argmax(axis=1)
                value = scores[np.arange(len(scores)), at]
                better = value > best[name][some]
                best[name][some] = np.where(better, value, best[name][some])
                found[name][some] = np.where(better, at + start, found[name][some])
        if progress is not None:
            progress(len(block))
    return found
