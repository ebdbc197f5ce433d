"""When to leave a question unanswered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.probe.answer_threshold import best_answer_threshold


def test_by_hand() -> None:
    # The two surest that there is an answer have one, and so has the fourth.
    none = np.array([0.9, 0.1, 0.4, 0.2, 0.7])
    answered = np.array([0.0, 1.0, 0.0, 0.5, 0.8])
    unanswered = np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    found = best_answer_threshold(none, answered, unanswered)
    # In ascending order .1 .2 .4 .7 .9: two answered 3.5, four answered 3.3, all 2.3, none 2.
    assert found.threshold == pytest.approx(0.3)
    assert found.score == pytest.approx(3.5 / 5)


def test_always_never_and_ties() -> None:
    none = np.array([0.2, 0.6, 0.6])
    zeros, ones = np.zeros(3), np.ones(3)
    assert best_answer_threshold(none, ones, zeros).threshold > 0.6
    assert best_answer_threshold(none, zeros, ones).threshold < 0.2
    # Two of one probability are never parted, though one should be answered and one not.
    found = best_answer_threshold(none, np.array([1.0, 1, 0]), np.array([0.0, 0, 1]))
    assert found.score == pytest.approx(2 / 3)
    near = np.nextafter(1.0, 0)
    close = best_answer_threshold(np.array([near, 1.0]), np.array([1.0, 0]), np.array([0.0, 1]))
    assert (close.score, near > close.threshold, close.threshold < 1) == (1, False, True)


@given(st.lists(st.tuples(st.integers(0, 6), st.floats(0, 1), st.booleans()), min_size=1))
def test_no_other_threshold_is_better(rows: list[tuple[int, float, bool]]) -> None:
    none = np.array([row[0] / 6 for row in rows])
    unanswered = np.array([float(row[2]) for row in rows])
    answered = np.array([0.0 if row[2] else row[1] for row in rows])
    found = best_answer_threshold(none, answered, unanswered)

    def score(threshold: float) -> float:
        return float(np.where(none > threshold, unanswered, answered).mean())

    assert score(found.threshold) == pytest.approx(found.score)
    assert all(score(at / 12) <= found.score + 1e-9 for at in range(-1, 14))
