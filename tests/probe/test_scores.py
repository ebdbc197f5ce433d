import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.probe.ranking import auc, rank_pairs, weighted_auc
from firth.probe.scores import nearest_correct, neighbour_chance, score_labels
from firth.probe.similarity import centre, cosine, principal_map
from firth.probe.statistics import bootstrap_counts, interval, labellings, permutation_p


def brute_auc(same, different):
    wins = sum((s > d) + 0.5 * (s == d) for s in same for d in different)
    return wins / (len(same) * len(different))


def test_cosine_by_hand():
    vectors = np.array([[[1, 0], [0, 2], [3, 3]]], dtype=np.float32)
    half = np.sqrt(0.5)
    expected = [[1, 0, half], [0, 1, half], [half, half, 1]]
    np.testing.assert_allclose(cosine(vectors)[0], expected, atol=1e-7)
    means = np.array([[1.0, 0.0]], dtype=np.float32)
    # (0,0), (-1,2), (2,3): the zero vector has cosine 0 with everything.
    centred = cosine(centre(vectors, means))[0]
    assert centred[0, 0] == 0
    assert centred[1, 2] == pytest.approx(4 / np.sqrt(5 * 13), abs=1e-6)


def test_auc_by_hand():
    # Pairs 01 and 23 are of the same label. Similarities: .9, .1, .1, .2, .1, .8
    pairs = np.array([0.9, 0.1, 0.1, 0.2, 0.1, 0.85])
    same = np.array([True, False, False, False, False, True])
    ranks = rank_pairs(pairs)
    assert auc(ranks.midranks()[None], same[None])[0, 0] == 1.0
    swapped = np.array([False, True, False, False, False, True])
    # .1 against .9 .1 .2 .1: two halves of four; .85 against the same: three of four.
    assert auc(ranks.midranks()[None], swapped[None])[0, 0] == pytest.approx((1 + 3) / 8)


@given(
    st.lists(st.integers(0, 6), min_size=4, max_size=40),
    st.integers(1, 39),
    st.integers(0, 2**31),
)
def test_auc_equals_brute_force_with_ties(values, cut, seed):
    pairs = np.array(values) / 10
    same = np.arange(len(pairs)) < min(cut, len(pairs) - 1)
    np.random.default_rng(seed).shuffle(same)
    expected = brute_auc(pairs[same], pairs[~same])
    ranks = rank_pairs(pairs)
    assert auc(ranks.midranks()[None], same[None])[0, 0] == pytest.approx(expected)
    ones = np.ones((1, len(pairs)))
    assert weighted_auc(ranks, same, ones)[0] == pytest.approx(expected)
    weights = np.random.default_rng(seed).integers(1, 4, len(pairs)).astype(float)
    repeated = np.repeat(np.arange(len(pairs)), weights.astype(int))
    again = brute_auc(pairs[repeated][same[repeated]], pairs[repeated][~same[repeated]])
    assert weighted_auc(ranks, same, weights[None])[0] == pytest.approx(again)


def test_no_weight_on_one_kind_is_no_number():
    ranks = rank_pairs(np.array([0.1, 0.2]))
    assert np.isnan(weighted_auc(ranks, np.array([True, False]), np.array([[0.0, 1.0]]))).all()


def test_collapsed_vectors_score_at_chance():
    codes = np.array([0, 0, 0, 1, 1, 1])
    similarity = np.ones((2, 6, 6), dtype=np.float32)
    similarity += np.random.default_rng(0).normal(0, 1e-8, similarity.shape).astype(np.float32)
    found = score_labels(similarity, codes, np.random.default_rng(0))
    for one in found.auc:
        assert (one.value, one.low, one.high, one.p) == (0.5, 0.5, 0.5, 1.0)
    assert found.nn_accuracy[0].value == pytest.approx(neighbour_chance(codes))


def test_separated_vectors_score_one_and_the_p_is_exact():
    rng = np.random.default_rng(1)
    codes = np.repeat([0, 1], 5)
    points = rng.normal(0, 0.05, (1, 10, 3)) + np.eye(3)[codes][None]
    found = score_labels(cosine(points.astype(np.float32)), codes, rng)
    assert found.auc[0].value == 1.0
    # 252 labellings; the observed one and its mirror image are as good: 2 / 252.
    assert found.auc[0].p_adjusted == pytest.approx(2 / 252)
    assert found.nn_accuracy[0].value == 1.0
    assert found.same[0].value > found.different[0].value


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_permuting_items_changes_no_score(seed):
    rng = np.random.default_rng(seed)
    codes = np.array([0, 0, 0, 1, 1, 1, 1])
    similarity = cosine(rng.normal(size=(2, 7, 4)).astype(np.float32))
    order = rng.permutation(7)
    first = score_labels(similarity, codes, np.random.default_rng(0))
    second = score_labels(similarity[:, order][:, :, order], codes[order], np.random.default_rng(0))
    for a, b in zip(first.auc, second.auc, strict=True):
        assert a.value == pytest.approx(b.value, abs=1e-12)
        assert a.p == pytest.approx(b.p)
    assert first.nn_accuracy[0].value == pytest.approx(second.nn_accuracy[0].value)


def test_p_values_are_uniform_where_there_is_nothing():
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        similarity = cosine(rng.normal(size=(3, 8, 5)).astype(np.float32))
        found.append(score_labels(similarity, np.repeat([0, 1], 4), rng))
    adjusted = np.array([min(one.p_adjusted for one in f.auc) for f in found])
    assert (adjusted < 0.05).mean() <= 0.15
    assert all(one.p_adjusted >= one.p for f in found for one in f.auc)


def test_labellings_are_all_of_them_when_few():
    tried, exact = labellings(np.array([0, 0, 1, 1, 2]), np.random.default_rng(0))
    assert exact
    assert len(tried) == len({tuple(row) for row in tried}) == 30
    many, exact = labellings(np.repeat([0, 1], 30), np.random.default_rng(0))
    assert not exact
    assert (many.sum(axis=1) == 30).all()


def test_permutation_p_by_hand():
    null = np.array([[0.5, 0.6], [0.9, 0.4], [0.5, 0.5]])
    alone, adjusted = permutation_p(np.array([0.5, 0.6]), null, exact=True)
    np.testing.assert_allclose(alone, [3 / 3, 1 / 3])
    np.testing.assert_allclose(adjusted, [3 / 3, 2 / 3])
    alone, _ = permutation_p(np.array([0.5, 0.6]), null, exact=False)
    np.testing.assert_allclose(alone, [4 / 4, 2 / 4])


def test_bootstrap_keeps_the_design_and_the_interval_holds_the_value():
    counts = bootstrap_counts(np.array([0, 0, 1, 1, 1]), np.random.default_rng(0), draws=50)
    assert (counts[:, :2].sum(axis=1) == 2).all()
    assert (counts[:, 2:].sum(axis=1) == 3).all()
    assert interval(np.array([np.nan, np.nan]), 0.3) == (0.3, 0.3)
    low, high = interval(np.linspace(0, 1, 1001), 0.5)
    assert (low, high) == pytest.approx((0.025, 0.975))


def test_nearest_neighbours_share_a_tie():
    layer = np.array([[1, 0.5, 0.5], [0.5, 1, 0.1], [0.5, 0.1, 1]], dtype=np.float32)
    np.testing.assert_allclose(nearest_correct(layer, np.array([0, 0, 1])), [0.5, 1.0, 0.0])


def test_map_has_two_axes_even_of_two_points():
    flat = principal_map(np.array([[[1, 0], [0, 1]]], dtype=np.float32))
    assert flat.shape == (1, 2, 2)
    assert np.isfinite(flat).all()
