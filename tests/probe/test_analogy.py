import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from firth.probe import analogy as module
from firth.probe.analogy import analogy, answer_questions, nearest
from firth.probe.correlation import spearman, spearman_interval

HALF = np.sqrt(0.5)
# a, b, c, and two candidates.
PLANE = np.array([[1, 0], [0, 1], [-1, 0], [-HALF, HALF], [-0.8, -0.6]], dtype=np.float32)


def test_both_methods_by_hand():
    rows, scores = analogy(PLANE, (0, 1, 2), 5, "3CosAdd")
    assert rows.tolist() == [3, 4]
    # cos b - cos a + cos c: .7071 + .7071 + .7071, and -.6 + .8 + .8
    np.testing.assert_allclose(scores, [3 * HALF, 1.0], rtol=1e-6)
    rows, scores = analogy(PLANE, (0, 1, 2), 5, "3CosMul")
    # shifted to [0, 1]: .85355 * .85355 / (.14645 + .001), and .2 * .9 / (.1 + .001)
    high, low = (1 + HALF) / 2, (1 - HALF) / 2
    np.testing.assert_allclose(scores, [high * high / (low + 0.001), 0.18 / 0.101], rtol=1e-5)
    rows, scores = analogy(PLANE, (0, 1, 2), 1, "b_only")
    assert rows.tolist() == [4]
    np.testing.assert_allclose(scores, [0.8], rtol=1e-6)


def test_the_two_methods_can_differ():
    # A candidate opposite to a: adding is content with it, multiplying wants b and c as well.
    unit = np.array(
        [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, -0.1, -1], [0.6, 0.6, 0.2]], dtype=np.float32
    )
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    found = answer_questions(unit, np.array([[0, 1, 2]]))
    cos = unit @ unit.T
    add = cos[1] - cos[0] + cos[2]
    mul = (cos[1] + 1) / 2 * (cos[2] + 1) / 2 / ((cos[0] + 1) / 2 + 0.001)
    assert found["3CosAdd"][0] == 3 + int(add[3:].argmax())
    assert found["3CosMul"][0] == 3 + int(mul[3:].argmax())
    assert found["3CosAdd"][0] != found["3CosMul"][0]


def test_neighbours_by_hand():
    rows, cosines = nearest(PLANE, np.array([0.0, 7.0], dtype=np.float32), 2, (1,))
    assert rows.tolist() == [3, 0]
    np.testing.assert_allclose(cosines, [HALF, 0], atol=1e-7)
    rows, _ = nearest(PLANE, PLANE[0], 99)
    assert rows.tolist()[0] == 0
    assert len(rows) == 5


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(4, 13), st.integers(1, 9))
def test_blocks_answer_as_one_question_does(seed, v, n):
    rng = np.random.default_rng(seed)
    unit = rng.normal(size=(v, 4)).astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    questions = rng.integers(v, size=(n, 3))
    done = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_WORDS", 5)
        patch.setattr(module, "_QUESTIONS", 2)
        found = answer_questions(unit, questions, done.append)
    assert sum(done) == v
    for method, rows in found.items():
        for question, row in zip(questions.tolist(), rows.tolist(), strict=True):
            best, scores = analogy(unit, tuple(question), v, method)
            assert row not in question
            at = best.tolist().index(row)
            assert scores[at] == pytest.approx(scores[0], abs=1e-5)


def test_collapsed_vectors_answer_nothing_right():
    unit = np.full((50, 4), 0.5, dtype=np.float32)
    questions = np.array([[0, 1, 2], [10, 11, 12]])
    for rows in answer_questions(unit, questions).values():
        assert rows.tolist() == [3, 0]  # the first candidate, whatever is asked


def test_without_a_candidate_there_is_no_answer():
    unit = np.eye(3, dtype=np.float32)
    for rows in answer_questions(unit, np.array([[0, 1, 2]])).values():
        assert rows.tolist() == [-1]
    assert answer_questions(unit, np.zeros((0, 3), dtype=np.int64))["3CosAdd"].shape == (0,)


def test_spearman_by_hand():
    # Ranks 1 2 3 4 and 2 1 4 3: 1 - 6 * 4 / (4 * 15) = .6
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([20.0, 10.0, 40.0, 30.0])
    assert spearman(a, b) == pytest.approx(0.6)
    assert np.isnan(spearman(a, np.ones(4)))


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=20).filter(
        lambda rows: len({a for a, _ in rows}) > 1 and len({b for _, b in rows}) > 1
    )
)
def test_spearman_agrees_with_scipy_where_there_are_ties(rows):
    a, b = np.array(rows, dtype=np.float64).T
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)


def test_the_interval_ranks_each_resample_anew(monkeypatch):
    rng = np.random.default_rng(0)
    a = rng.normal(size=40)
    b = a + rng.normal(size=40)
    low, high = spearman_interval(a, b, np.random.default_rng(1), draws=200)
    again = np.random.default_rng(1).integers(40, size=(200, 40))
    samples = [spearmanr(a[one], b[one]).statistic for one in again]
    assert (low, high) == pytest.approx(tuple(np.quantile(samples, [0.025, 0.975])))
    assert low < spearman(a, b) < high
    monkeypatch.setattr("firth.probe.correlation._AT_ONCE", 400)  # ten resamples at a time
    assert spearman_interval(a, b, np.random.default_rng(1), draws=200) == (low, high)
