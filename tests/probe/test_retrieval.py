import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.probe.correct import Correct
from firth.probe.directions import Directions, remove_mean
from firth.probe.expected_rank import Ranks, chance, first_correct
from firth.probe.likeness import Likeness
from firth.probe.neighbours import FLOOR, csls, hubness, k_occurrence, margin, nearest_mean
from firth.probe.retrieval import rank, rank_both

TIE = 1e-6
SIMILARITIES = {"cosine": lambda one, k: one, "csls": csls, "margin": margin}


def brute_cosine(sources, targets):
    unit = []
    for one in (sources.astype(np.float64), targets.astype(np.float64)):
        length = np.linalg.norm(one, axis=1, keepdims=True)
        unit.append(np.divide(one, length, out=np.zeros_like(one), where=length > 0))
    return unit[0] @ unit[1].T


def brute_similarity(sources, targets, kind, k):
    cosine = brute_cosine(sources, targets)
    if kind == "cosine":
        return cosine
    r = np.sort(cosine, axis=1)[:, ::-1][:, :k].mean(axis=1)[:, None]
    c = np.sort(cosine, axis=0)[::-1][:k].mean(axis=0)[None, :]
    return cosine - (r + c) / 2 if kind == "csls" else cosine / np.maximum((r + c) / 2, FLOOR)


def brute_ranks(similarity, lists):
    """above, tied and best by definition."""
    rows = []
    for values, own in zip(similarity, lists, strict=True):
        best = max(values[list(own)])
        wrong = np.delete(values, list(own))
        rows.append(
            (
                int((wrong > best + TIE).sum()),
                int((abs(wrong - best) <= TIE).sum()),
                int((values[list(own)] >= best - TIE).sum()),
            )
        )
    return rows


def triples(ranks):
    return list(zip(ranks.above.tolist(), ranks.tied.tolist(), ranks.best.tolist(), strict=True))


def expectation_over_orders(above, tied, best, gain):
    """Every placing of the correct ones among the tied, in fractions."""
    total = Fraction(0)
    for first in range(tied + 1):
        rest = math.comb(tied + best - 1 - first, best - 1)
        total += Fraction(rest, math.comb(tied + best, best)) * gain(above + 1 + first)
    return total


@st.composite
def problems(draw):
    """Small integers make exact ties; ragged correct targets; zero vectors and duplicates."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n, m = draw(st.integers(1, 12)), draw(st.integers(1, 40))
    d = draw(st.integers(1, 5))
    if draw(st.booleans()):
        sources = rng.integers(-2, 3, size=(n, d)).astype(np.float32)
        targets = rng.integers(-2, 3, size=(m, d)).astype(np.float32)
    else:
        sources = rng.normal(size=(n, d)).astype(np.float32)
        targets = rng.normal(size=(m, d)).astype(np.float32)
        targets[m // 2 :] = targets[: m - m // 2]  # duplicates
    lists = [
        set(rng.choice(m, size=rng.integers(1, min(m, 4) + 1), replace=False).tolist())
        for _ in range(n)
    ]
    return sources, targets, lists, draw(st.integers(1, 6))


@pytest.mark.parametrize("kind", SIMILARITIES)
@settings(deadline=None, max_examples=60)
@given(problems(), st.integers(1, 400))
def test_ranks_are_those_of_brute_force_in_both_directions(kind, problem, block):
    sources, targets, lists, k = problem
    expected = brute_similarity(sources, targets, kind, k)
    correct = Correct.of(lists, len(targets))
    likeness = SIMILARITIES[kind](Likeness.cosine(sources, targets, block), k)
    forward, backward, asked = rank_both(likeness, correct)
    assert triples(forward) == brute_ranks(expected, lists)
    assert triples(rank(likeness, correct)) == triples(forward)
    back = [{i for i, own in enumerate(lists) if j in own} for j in asked.tolist()]
    assert all(back)
    assert sum(map(len, back)) == sum(map(len, lists))
    assert triples(backward) == brute_ranks(expected.T[asked], back)
    best = [max(row[list(own)]) for row, own in zip(expected, lists, strict=True)]
    np.testing.assert_allclose(forward.similarity, best, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.sampled_from(list(SIMILARITIES)))
def test_order_and_blocks_change_nothing(seed, kind):
    rng = np.random.default_rng(seed)
    n, m, d, k = 150, 400, 16, 5
    targets = rng.normal(size=(m, d)).astype(np.float32)
    sources = (targets[:n] + rng.normal(size=(n, d))).astype(np.float32)
    targets[300:] = targets[:100] * rng.uniform(0.5, 2, size=(100, 1)).astype(np.float32)
    lists = [{i, i + 300} if i < 100 else {i} for i in range(n)]
    likeness = SIMILARITIES[kind](Likeness.cosine(sources, targets), k)
    found = rank_both(likeness, Correct.of(lists, m))
    assert triples(found[0]) == brute_ranks(brute_similarity(sources, targets, kind, k), lists)
    rows, columns = rng.permutation(n), rng.permutation(m)
    place = np.argsort(columns)
    moved = [{int(place[j]) for j in lists[i]} for i in rows]
    block = int(rng.integers(1, 20_000))
    again = rank_both(
        SIMILARITIES[kind](Likeness.cosine(sources[rows], targets[columns], block), k),
        Correct.of(moved, m),
    )
    assert triples(again[0]) == [triples(found[0])[i] for i in rows]
    before = dict(zip(found[2].tolist(), triples(found[1]), strict=True))
    assert triples(again[1]) == [before[int(columns[j])] for j in again[2]]


@pytest.mark.parametrize("kind", SIMILARITIES)
@pytest.mark.parametrize("shape", ["equal", "rank one", "zero"])
def test_a_collapsed_encoder_scores_at_chance_exactly(kind, shape):
    rng = np.random.default_rng(0)
    n, m, d = 60, 300, 32
    one = rng.normal(size=d) if shape != "zero" else np.zeros(d)
    factors = [
        rng.uniform(0.1, 10, size=(size, 1)) if shape == "rank one" else np.ones((size, 1))
        for size in (n, m)
    ]
    sources, targets = ((factor * one).astype(np.float32) for factor in factors)
    correct = Correct.of([{i, m - 1 - i} if i % 2 else {i} for i in range(n)], m)
    likeness = SIMILARITIES[kind](Likeness.cosine(sources, targets, 4096), 4)
    forward, backward, _ = rank_both(likeness, correct)
    for found, guess in ((forward, chance(correct)), (backward, chance(correct.transpose()[0]))):
        assert triples(found) == triples(guess)
        assert found.reciprocal().tolist() == guess.reciprocal().tolist()
        for k in (1, 5, 10):
            assert found.precision(k).tolist() == guess.precision(k).tolist()
    assert forward.precision(1) == pytest.approx(correct.counts() / m)
    assert hubness(k_occurrence(likeness, 10)) == 0


def test_a_collapsed_encoder_has_nothing_left_when_centred():
    one = np.random.default_rng(0).normal(size=16)
    vectors = (one * (1 + 1e-7 * np.random.default_rng(1).normal(size=(9, 16)))).astype(np.float32)
    rest = remove_mean(vectors, one)
    assert not rest.any()
    np.testing.assert_allclose(remove_mean(vectors, 0.5 * one), 0.5 * vectors, rtol=1e-5)


def test_three_by_three_by_hand():
    # Angles in degrees: sources 0, 90, 180; targets 10, 100, 130. cos falls with the difference.
    turn = [np.radians(one) for one in ([0, 90, 180], [10, 100, 130])]
    sources, targets = (np.stack([np.cos(a), np.sin(a)], 1).astype(np.float32) for a in turn)
    correct = Correct.of([[0], [2], [0, 1]], 3)
    forward, backward, asked = rank_both(Likeness.cosine(sources, targets), correct)
    # Source 0: 10 is right. Source 1: 100 before 130. Source 2: 130, then 100 (right).
    assert forward.reciprocal().tolist() == [1, 0.5, 0.5]
    assert forward.precision(1).tolist() == [1, 0, 0]
    assert forward.precision(2).tolist() == [1, 1, 1]
    # Target 0 (10) has sources 0 and 2: 0 is nearest. Target 1 (100) has 2, after 1. Target 2
    # (130) has 1, at 40 degrees, before 2 at 50.
    assert asked.tolist() == [0, 1, 2]
    assert backward.reciprocal().tolist() == [1, 0.5, 1]


def test_csls_and_margin_by_hand():
    sources = np.eye(2, dtype=np.float32)
    targets = np.array([[1, 0], [3, 4], [-1, 0]], dtype=np.float32)
    # cosines: [1, .6, -1], [0, .8, 0]; k = 1: near sources 1, .8; near targets 1, .8, 0.
    cosine = Likeness.cosine(sources, targets)
    np.testing.assert_allclose(nearest_mean(cosine, 2), [0.8, 0.4])
    (_, scaled), = csls(cosine, 1).blocks()  # fmt: skip
    np.testing.assert_allclose(scaled, [[0, -0.3, -1.5], [-0.9, 0, -0.4]], atol=1e-6)
    (_, scaled), = margin(cosine, 1).blocks()  # fmt: skip
    np.testing.assert_allclose(scaled, [[1, 0.6 / 0.9, -2], [0, 1, 0]], atol=1e-6)
    with pytest.raises(OptionError, match="k=0"):
        csls(cosine, 0)


@given(st.integers(0, 20), st.integers(0, 12), st.integers(1, 5))
def test_expectations_are_those_over_all_orders(above, tied, best):
    one = (np.array([value]) for value in (above, tied, best))
    ranks = Ranks(*one, np.array([0.5]), above + tied + best)
    for found, gain in (
        (ranks.reciprocal(), lambda r: Fraction(1, r)),
        (ranks.precision(1), lambda r: int(r <= 1)),
        (ranks.precision(5), lambda r: int(r <= 5)),
        (ranks.precision(10), lambda r: int(r <= 10)),
        (ranks.expected(), lambda r: r),
    ):
        assert found[0] == pytest.approx(float(expectation_over_orders(above, tied, best, gain)))
    assert first_correct(tied, best).sum() == pytest.approx(1)


def test_a_tie_is_not_the_middle_rank():
    ranks = Ranks(np.array([0]), np.array([2]), np.array([1]), np.array([0.0]), 3)
    assert ranks.reciprocal()[0] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)  # not 1 / 2
    assert ranks.expected()[0] == 2
    assert ranks.precision(1)[0] == pytest.approx(1 / 3)


def test_duplicates_of_targets_tie():
    rng = np.random.default_rng(3)
    sources = rng.normal(size=(20, 768)).astype(np.float32)
    correct = Correct.of([[i] for i in range(20)], 60)
    found = rank(Likeness.cosine(sources, np.tile(sources, (3, 1)), 500), correct)
    assert set(triples(found)) == {(0, 2, 1)}
    assert found.reciprocal() == pytest.approx(np.full(20, 11 / 18))


def test_float32_noise_decides_nothing():
    # Nearly parallel in 768 dimensions: all cosines lie within the slack of float32 around the
    # best one, so each rank is settled in float64.
    rng = np.random.default_rng(5)
    base = rng.normal(size=768)
    sources = (base + 0.003 * rng.normal(size=(40, 768))).astype(np.float32)
    targets = (base + 0.003 * rng.normal(size=(90, 768))).astype(np.float32)
    lists = [{i} for i in range(40)]
    found = rank(Likeness.cosine(sources, targets, 1000), Correct.of(lists, 90), 1e-12)
    exact = brute_cosine(sources, targets)
    assert found.above.tolist() == [(row > row[i]).sum() for i, row in enumerate(exact)]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 12))
def test_k_occurrence_is_that_of_brute_force(seed, k):
    rng = np.random.default_rng(seed)
    sources = rng.integers(-2, 3, size=(30, 3)).astype(np.float32)
    targets = rng.integers(-2, 3, size=(int(rng.integers(1, 900)), 3)).astype(np.float32)
    expected = np.zeros(len(targets))
    for row in brute_cosine(sources, targets):
        kth = np.sort(row)[::-1][min(k, len(row)) - 1]
        above, tied = row > kth + TIE, abs(row - kth) <= TIE
        expected += above + tied * (min(k, len(row)) - above.sum()) / tied.sum()
    found = k_occurrence(Likeness.cosine(sources, targets, 5000), k)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert found.sum() == pytest.approx(30 * min(k, len(targets)))


def test_hubness_is_the_skewness():
    from scipy.stats import skew

    counts = np.array([0.0, 1, 1, 2, 9, 0, 3])
    assert hubness(counts) == pytest.approx(skew(counts))
    assert hubness(np.full(5, 2.0)) == 0


def test_a_zero_vector_has_cosine_zero():
    sources = np.array([[0, 0], [1, 0]], dtype=np.float32)
    (_, block), = Likeness.cosine(sources, sources).blocks()  # fmt: skip
    assert block.tolist() == [[0, 0], [0, 1]]


def test_what_is_wrong_is_said():
    bad = np.ones((4, 2), dtype=np.float32)
    bad[2, 1] = np.inf
    good = np.ones((4, 2), dtype=np.float32)
    with pytest.raises(InputError, match="targets: row 2 holds NaN"):
        Likeness.cosine(good, bad)
    bad[2, 1] = np.nan
    with pytest.raises(InputError, match="sources: row 2"):
        Likeness.cosine(bad, good)
    with pytest.raises(InputError, match="2 wide and targets 3"):
        Likeness.cosine(good, np.ones((4, 3), dtype=np.float32))
    with pytest.raises(InputError, match="no vector"):
        Directions.of(np.ones((0, 2), dtype=np.float32), "sources")
    with pytest.raises(InputError, match="source 1 has no correct"):
        Correct.of([[0], []], 4)
    with pytest.raises(InputError, match="target 4 does not exist"):
        Correct.of([[0], [4]], 4)
    with pytest.raises(InputError, match="source 0 has the correct target 3 twice"):
        Correct(np.array([0, 2]), np.array([3, 3]), 4)
    with pytest.raises(InputError, match="indptr"):
        Correct(np.array([0, 3]), np.array([3, 2]), 4)
    with pytest.raises(InputError, match="1 sources among 4"):
        rank(Likeness.cosine(good, good), Correct.of([[0]], 4))


def test_transpose_twice_is_the_same():
    correct = Correct.of([[5, 1], [1], [2, 5, 0]], 7)
    turned, asked = correct.transpose()
    assert asked.tolist() == [0, 1, 2, 5]
    assert turned.indices.tolist() == [2, 0, 1, 2, 0, 2]
    again, sources = turned.transpose()
    assert sources.tolist() == [0, 1, 2]
    assert again.indptr.tolist() == correct.indptr.tolist()
    assert asked[again.indices].tolist() == correct.indices.tolist()
