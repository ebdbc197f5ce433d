import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.probe.link_scores import count_links, count_nulls
from firth.probe.links import itermax, mutual_argmax


def pairs(links):
    return set(map(tuple, np.argwhere(links).tolist()))


def simalign_itermax(sim, max_count=2, alpha=0.9):
    """The algorithm as SimAlign's program runs it, one sentence pair at a time."""
    m, n = sim.shape
    sim = (sim + 1) / 2
    inter = np.eye(n)[sim.argmax(1)] * np.eye(m)[sim.argmax(0)].T
    if min(m, n) <= 2:
        return inter > 0
    for _ in range(max_count - 1):
        x = 1 - np.tile(inter.sum(1)[:, None], (1, n)).clip(0, 1)
        y = 1 - np.tile(inter.sum(0)[None, :], (m, 1)).clip(0, 1)
        mask = (alpha * x + alpha * y).clip(0, 1)
        zeros = 1 - (1 - x) * (1 - y)
        if x.sum() < 1 or y.sum() < 1:
            break
        scaled = sim * mask
        new = np.eye(n)[scaled.argmax(1)] * zeros * (np.eye(m)[scaled.argmax(0)].T * zeros)
        if np.array_equal(inter + new, inter):
            break
        inter = inter + new
    return inter > 0


def test_mutual_argmax_by_hand():
    similarity = np.array([[[0.9, 0.1, 0.2], [0.8, 0.3, 0.2], [0.1, 0.2, 0.7]]])
    # Source 1 likes target 0, which likes source 0; target 1 likes source 1.
    assert pairs(mutual_argmax(similarity)[0]) == {(0, 0), (2, 2)}
    assert pairs(mutual_argmax(similarity, null=0.8)[0]) == {(0, 0)}


def test_itermax_by_hand():
    similarity = np.array([[[0.9, 0.1, 0.2], [0.8, 0.3, 0.2], [0.1, 0.2, 0.7]]])
    # Free are source 1 and target 1. Moved to [0, 1], source 1 has .9 x .9 = .81 with target 0,
    # .65 with target 1; target 0 prefers it now (source 0 and it are both linked), so they link.
    assert pairs(itermax(similarity)[0]) == {(0, 0), (2, 2), (1, 0)}
    # With alpha .5 its .45 with target 0 loses against the free target 1.
    assert pairs(itermax(similarity, alpha=0.5)[0]) == {(0, 0), (2, 2), (1, 1)}
    assert pairs(itermax(similarity, iterations=1)[0]) == {(0, 0), (2, 2)}


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_batched_itermax_is_simalign_on_each_pair(seed, rounds):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 8, size=(6, 2))
    padded = np.full((6, 7, 7), np.nan)
    padded[:] = np.nan
    for row, (s, t) in zip(padded, sizes, strict=True):
        row[:s, :t] = rng.uniform(-0.9, 1, size=(s, t))
    many = itermax(padded, sizes, iterations=rounds)
    one_round = mutual_argmax(padded, sizes)
    for row, links, first, (s, t) in zip(padded, many, one_round, sizes, strict=True):
        assert links.sum() == links[:s, :t].sum()
        assert (links[:s, :t] == simalign_itermax(row[:s, :t], rounds)).all()
        assert (first[:s, :t] == simalign_itermax(row[:s, :t], 1)).all()
        assert (first.sum(axis=0) <= 1).all()
        assert (first.sum(axis=1) <= 1).all()


def test_links_say_what_is_wrong():
    similarity = np.zeros((2, 3, 3))
    similarity[1, 2, 2] = np.nan
    with pytest.raises(InputError, match="sentence pair 1"):
        mutual_argmax(similarity)
    assert mutual_argmax(similarity, np.array([[3, 3], [2, 2]])).any()
    with pytest.raises(InputError, match=r"\[4, 1\]"):
        mutual_argmax(similarity, np.array([[4, 1], [1, 1]]))
    with pytest.raises(OptionError, match="alpha"):
        itermax(similarity, alpha=1.5)


def test_error_rate_and_f1_by_hand():
    first, second = np.zeros((3, 3), dtype=bool), np.zeros((2, 2), dtype=bool)
    first[[0, 1, 2], [0, 1, 1]] = True
    second[0, 0] = True
    # A = 3 + 1, S = 2 + 1, A and S = 1 + 0, A and P = 2 + 0.
    counts = count_links([first, second], [[(0, 0), (2, 2)], [(1, 1)]], [[(1, 1)], []])
    assert counts.answered.tolist() == [3, 1]
    assert counts.sure.tolist() == [2, 1]
    assert counts.right_sure.tolist() == [1, 0]
    assert counts.right_possible.tolist() == [2, 0]
    assert counts.error_rate() == pytest.approx([1 - 3 / 7])
    assert counts.f1() == pytest.approx([2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3)])
    weights = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert counts.error_rate(weights) == pytest.approx([1 - 3 / 5, 1])
    assert counts.f1(weights) == pytest.approx([2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2), 0])


def test_no_links_at_all():
    none = np.zeros((2, 2), dtype=bool)
    assert count_links([none], [[(0, 0)]], [[]]).f1().tolist() == [0]
    assert count_links([none], [[(0, 0)]], [[]]).error_rate().tolist() == [1]
    empty = count_links([none], [[]], [[]])
    assert np.isnan(empty.f1()).all()
    assert np.isnan(empty.error_rate()).all()
    with pytest.raises(InputError, match="2-0"):
        count_links([none], [[(2, 0)]], [[]])
    with pytest.raises(InputError, match="1 sentence pairs"):
        count_links([none], [], [])


def test_words_without_a_link_by_hand():
    first, second = np.zeros((3, 3), dtype=bool), np.zeros((2, 1), dtype=bool)
    first[[0, 1], [0, 1]] = True
    # Alone: source 2 and target 2 of the first pair, all three words of the second. In gold:
    # source 1, target 1 and target 2 of the first, source 1 of the second.
    counts = count_nulls([first, second], [[(0, 0)], [(0, 0)]], [[(2, 0)], []])
    assert counts.answered.tolist() == [2, 3]
    assert counts.sure.tolist() == [3, 1]
    assert counts.right_sure.tolist() == counts.right_possible.tolist() == [1, 1]
    precision, recall = 2 / 5, 2 / 4
    assert counts.f1() == pytest.approx([2 * precision * recall / (precision + recall)])
    assert np.isnan(count_nulls([first[:1, :1]], [[(0, 0)]], [[]]).f1()).all()
