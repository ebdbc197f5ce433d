"""Linear models on sparse rows against closed forms, scikit-learn and their own conditions."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from firth.errors import InputError
from firth.probe.linear import class_frequencies, fit_logistic, fit_ridge, log_softmax


def made(n=80, d=12, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.poisson(0.4, size=(n, d)).astype(np.float64)
    classes = (rows @ rng.normal(size=(d, 3)) + rng.gumbel(size=(n, 3))).argmax(axis=1)
    return rows, classes, rows @ rng.normal(size=d) + 5 + rng.normal(size=n)


def test_logistic_regression_agrees_with_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    rows, classes, _ = made()
    for penalty in (0.3, 20.0):
        theirs = linear_model.LogisticRegression(C=1 / penalty, tol=1e-9, max_iter=5000)
        theirs.fit(rows, classes)
        ours = fit_logistic(csr_matrix(rows), classes, 3, penalty)
        np.testing.assert_allclose(ours.weights.T, theirs.coef_, atol=0.02)
        chances = np.exp(log_softmax(ours(csr_matrix(rows))))
        np.testing.assert_allclose(chances, theirs.predict_proba(rows), atol=2e-3)


def test_logistic_regression_is_at_its_optimum():
    rows, classes, _ = made(seed=1)
    found = fit_logistic(csr_matrix(rows), classes, 3, 5.0)
    chances = np.exp(log_softmax(found(csr_matrix(rows))))
    wrong = chances - np.eye(3)[classes]
    np.testing.assert_allclose(rows.T @ wrong + 5.0 * found.weights, 0, atol=0.05)
    np.testing.assert_allclose(wrong.sum(axis=0), 0, atol=0.05)
    again = fit_logistic(csr_matrix(rows), classes, 3, 5.0, start=found)
    np.testing.assert_allclose(again.weights, found.weights, atol=1e-3)


def test_a_class_that_never_occurs_is_never_answered():
    rows, classes, _ = made()
    found = fit_logistic(csr_matrix(rows), np.minimum(classes, 1), 3, 1.0)
    assert found(csr_matrix(rows)).argmax(axis=1).max() < 2


def test_ridge_is_the_closed_form():
    rows, _, numbers = made()
    centred = rows - rows.mean(axis=0)
    for penalty in (0.1, 10.0, 1e4):
        square = centred.T @ centred + penalty * np.eye(rows.shape[1])
        weights = np.linalg.solve(square, centred.T @ (numbers - numbers.mean()))
        found = fit_ridge(csr_matrix(rows), numbers, penalty)
        np.testing.assert_allclose(found.weights[:, 0], weights, rtol=1e-4, atol=1e-6)
        predicted = found(csr_matrix(rows))[:, 0]
        np.testing.assert_allclose(predicted.mean(), numbers.mean())


def test_without_columns_the_level_is_answered():
    empty = csr_matrix((4, 0))
    assert fit_ridge(empty, np.array([1.0, 2.0, 3.0, 6.0]), 1.0)(empty).tolist() == [[3.0]] * 4
    found = fit_logistic(empty, np.array([0, 1, 1, 1]), 2, 1.0)
    np.testing.assert_allclose(np.exp(log_softmax(found(empty)))[0], [0.25, 0.75], atol=1e-3)
    assert class_frequencies(np.array([0, 1, 1, 1]), 3).tolist() == [0.25, 0.75, 0.0]


def test_nothing_to_learn_is_said():
    with pytest.raises(InputError, match="0 rows and 0 labels"):
        fit_ridge(csr_matrix((0, 3)), np.zeros(0), 1.0)
    with pytest.raises(InputError, match="2 rows and 1 labels"):
        fit_logistic(csr_matrix((2, 3)), np.zeros(1, np.int64), 2, 1.0)
