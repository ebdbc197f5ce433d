"""When to leave a question unanswered: a threshold on the probability that it has no answer.

As the published evaluation of SQuAD 2.0 finds it (Rajpurkar, Jia & Liang 2018,
``find_best_thresh``), on questions that the test does not use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class AnswerThreshold:
    """A threshold and what it is worth.

    Attributes:
        threshold: A question is left unanswered where the probability is above it.
        score: The mean over the questions that it was fitted on.
    """

    threshold: float
    score: float


def best_answer_threshold(
    no_answer: Float[np.ndarray, " n"],
    answered: Float[np.ndarray, " n"],
    unanswered: Float[np.ndarray, " n"],
) -> AnswerThreshold:
    """Return the threshold with the highest mean score.

    It lies half way between two neighbouring probabilities; among equally good ones it is the
    middle one, which moves least when the data change. Questions of one probability are never
    parted.

    Args:
        no_answer: The probability that a question has no answer.
        answered: Its score (EM or F1) if it is answered.
        unanswered: Its score if it is not: 1 where it has no answer, else 0.
    """
    order = np.argsort(no_answer, kind="stable")
    ascending = no_answer[order].astype(np.float64)
    gained, left = answered[order].astype(np.float64), unanswered[order].astype(np.float64)
    # totals[i]: the i lowest are answered, the others are not.
    totals = np.append(0.0, np.cumsum(gained)) + np.append(np.cumsum(left[::-1])[::-1], 0.0)
    below, above = ascending[:-1], ascending[1:]
    middle = (below + above) / 2
    # Between two neighbouring floats there is no middle, and the lower one parts them as well.
    middle = np.where(middle < above, middle, below)
    cuts = np.concatenate([[ascending[0] - 1], middle, [ascending[-1] + 1]])
    legal = np.concatenate([[True], above > below, [True]])
    best = np.flatnonzero(legal & np.isclose(totals, totals[legal].max(), rtol=0, atol=1e-9))
    chosen = best[len(best) // 2]
    return AnswerThreshold(float(cuts[chosen]), float(totals[chosen] / len(order)))
