"""Ranks in a pool of several languages, against a count by hand and by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.errors import InputError
from firth.probe import mixed_pool
from firth.probe.correct import Correct
from firth.probe.mixed_pool import Pool, search_pool


def angles(*degrees):
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def test_a_hand_computed_case():
    # Documents 0 to 2 are of another language, 3 to 5 of the queries' own.
    own = np.array([False, False, False, True, True, True])
    documents = angles(10, 40, 80, 0, 5, 45)
    queries = angles(0, 45)
    pool = Pool(Correct.of([[0], [1, 2]], 6), [[3], [5]], own)
    found = search_pool(queries, documents, pool)
    # Query 0: itself (3) is left out; 4 at 5 degrees stands before the answer at 10.
    # Query 1: itself (5) is left out; the answer 1 at 5 degrees' distance comes first.
    assert found.ranks.above.tolist() == [1, 0]
    assert found.apart.above.tolist() == [0, 0]
    assert found.first.tolist() == [4, 1]
    # Each pool holds five documents, two of them in the query's language.
    assert found.own.tolist() == pytest.approx([2 / 5, 2 / 5])
    assert pool.sizes().tolist() == [[5, 5], [2, 2]]
    assert found.ranks.reciprocal().tolist() == [0.5, 1.0]


def brute(queries, documents, pool, k=10, tie=1e-6):
    unit = [own / np.linalg.norm(own, axis=1, keepdims=True) for own in (queries, documents)]
    near = unit[0].astype(float) @ unit[1].astype(float).T
    rows = []
    for query, row in enumerate(near):
        answers = pool.answers(query).tolist()
        pooled = [at for at in range(len(row)) if at not in pool.left_out[query]]
        best = max(row[at] for at in answers)
        wrong = [at for at in pooled if at not in answers]
        above = [at for at in wrong if row[at] > best + tie]
        order = sorted(pooled, key=lambda at: -row[at])[:k]
        rows.append(
            (len(above), sum(not pool.own[at] for at in above), np.mean(pool.own[order]), order[0])
        )
    return zip(*rows, strict=True)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(12, 30), st.integers(20, 400))
def test_it_agrees_with_brute_force_in_blocks_of_any_size(seed, n, m, block):
    rng = np.random.default_rng(seed)
    queries, documents = rng.normal(size=(n, 4)), rng.normal(size=(m, 4))
    own = rng.random(m) < 0.5
    answers = [rng.choice(m, size=rng.integers(1, 3), replace=False).tolist() for _ in range(n)]
    left_out = [
        [at for at in rng.choice(m, size=2, replace=False).tolist() if at not in right]
        for right in answers
    ]
    pool = Pool(Correct.of(answers, m), left_out, own)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixed_pool, "_BLOCK", block)
        found = search_pool(queries, documents, pool)
    above, apart, share, first = brute(queries, documents, pool)
    assert found.ranks.above.tolist() == list(above)
    assert found.apart.above.tolist() == list(apart)
    assert found.own.tolist() == pytest.approx(list(share))
    assert found.first.tolist() == list(first)


def test_documents_that_are_all_the_same_score_chance():
    m = 30
    own = np.arange(m) % 3 == 0
    pool = Pool(Correct.of([[1], [2, 4]], m), [[0], [3, 6]], own)
    found = search_pool(np.ones((2, 3)), np.ones((m, 3)), pool)
    ranks, share = pool.chance()
    for of in (lambda one: one.reciprocal(), lambda one: one.precision(10)):
        np.testing.assert_allclose(of(found.ranks), of(ranks))
    np.testing.assert_allclose(found.own, share)
    assert share.tolist() == pytest.approx([9 / 29, 8 / 28])
    assert found.ranks.precision(1).tolist() == pytest.approx([1 / 29, 2 / 28])


def test_a_pool_smaller_than_ten():
    pool = Pool(Correct.of([[1]], 3), [[0]], np.array([True, False, True]))
    found = search_pool(angles(0), angles(0, 5, 9), pool)
    assert found.own.tolist() == [0.5]


def test_mistakes_are_named():
    correct = Correct.of([[0]], 2)
    with pytest.raises(InputError, match="an answer is left out"):
        Pool(correct, [[0]], np.array([True, False]))
    with pytest.raises(InputError, match="1 queries and 2 documents, the rest for 0 and 2"):
        Pool(correct, [], np.array([True, False]))
    pool = Pool(correct, [[]], np.array([True, False]))
    with pytest.raises(InputError, match="1 queries and 3 documents have vectors"):
        search_pool(np.ones((1, 2)), np.ones((3, 2)), pool)
