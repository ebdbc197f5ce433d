"""The linear probe: it finds what is there, and agrees with scikit-learn."""

import numpy as np
import pytest

from firth.errors import InputError
from firth.probe.language_probe import LinearProbe


def classes(n=60, d=5, g=3, gap=1.0, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % g
    return rng.normal(size=(n, d)) + gap * rng.normal(size=(g, d))[labels], labels


def test_it_finds_what_is_there_and_nothing_where_nothing_is():
    vectors, labels = classes(900, gap=4.0)
    probe = LinearProbe.fit(vectors[:600], labels[:600], 3)
    assert (probe.predict(vectors[600:]) == labels[600:]).mean() > 0.95
    shuffled = np.random.default_rng(1).permutation(labels)
    blind = LinearProbe.fit(vectors[:600], shuffled[:600], 3)
    assert abs((blind.predict(vectors[600:]) == shuffled[600:]).mean() - 1 / 3) < 0.1


def test_it_agrees_with_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    vectors, labels = classes()
    scaled = (vectors - vectors.mean(axis=0)) / vectors.std(axis=0)
    for penalty in (1.0, 30.0):
        theirs = linear_model.LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=1000)
        theirs.fit(scaled, labels)
        ours = LinearProbe.fit(vectors, labels, 3, penalty)
        np.testing.assert_allclose(ours.weights.T * vectors.std(axis=0), theirs.coef_, atol=0.01)
        np.testing.assert_array_equal(ours.predict(vectors), theirs.predict(scaled))


def test_a_coordinate_that_does_not_vary_does_no_harm():
    vectors, labels = classes(gap=3.0)
    wider = np.concatenate([vectors, np.full((60, 1), 7.0)], axis=1)
    a, b = (LinearProbe.fit(own, labels, 3).predict(own) for own in (vectors, wider))
    np.testing.assert_array_equal(a, b)
    constant = LinearProbe.fit(np.ones((4, 2)), np.array([0, 1, 1, 1]), 2)
    assert constant.predict(np.ones((2, 2))).tolist() == [1, 1]  # the intercept knows the sizes


def test_nothing_to_learn_is_said():
    with pytest.raises(InputError, match="nothing to learn"):
        LinearProbe.fit(np.zeros((0, 3)), np.zeros(0, dtype=np.int64), 2)
