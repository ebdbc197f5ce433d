"""What takes the language out of vectors, on vectors whose language is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.probe.corrections import Agnostic, Lir, Unchanged, ZeroMean

LANGUAGES = ("en", "zh", "de", "ja")


def languages(seed, g=3, n=40, d=8, gap=5.0):
    rng = np.random.default_rng(seed)
    return {
        language: (rng.normal(size=(n + at, d)) + gap * rng.normal(size=d)).astype(np.float32)
        for at, language in enumerate(LANGUAGES[:g])
    }


SEEDS = st.integers(0, 10_000)
SIZES = st.integers(2, 4)


@settings(max_examples=25, deadline=None)
@given(SEEDS, SIZES)
def test_after_zero_mean_all_means_are_the_same(seed, g):
    vectors = languages(seed, g)
    fitted = ZeroMean.fit(vectors)
    for language, own in vectors.items():
        after = fitted.apply(own, language)
        np.testing.assert_allclose(after.mean(axis=0), 0, atol=1e-5)
        # Only the place changes: what parts two vectors of a language stays.
        np.testing.assert_allclose(after[0] - after[1], own[0] - own[1], atol=1e-5)
    again = ZeroMean.fit({key: fitted.apply(own, key) for key, own in vectors.items()})
    assert all(np.abs(own).max() < 1e-5 for own in again.means.values())


@settings(max_examples=25, deadline=None)
@given(SEEDS, SIZES, st.booleans())
def test_after_agnostic_all_means_are_the_same_and_other_directions_untouched(seed, g, centred):
    vectors = languages(seed, g)
    fitted = Agnostic.fit(vectors, centred=centred)
    assert fitted.basis.shape == (8, g - 1)
    np.testing.assert_allclose(fitted.basis.T @ fitted.basis, np.eye(g - 1), atol=1e-10)
    centre = np.mean([own.mean(axis=0, dtype=np.float64) for own in vectors.values()], axis=0)
    for language, own in vectors.items():
        after = fitted.apply(own, language)
        np.testing.assert_allclose(
            after.mean(axis=0), 0 if centred else centre, atol=1e-5 * (1 + np.abs(centre).max())
        )
        moved = (own - after).astype(np.float64) - (centre if centred else 0)
        outside = moved - moved @ fitted.basis @ fitted.basis.T
        assert np.abs(outside).max() < 1e-5 * (1 + np.abs(own).max())
        # One affine map, whatever the language.
        weight, bias = fitted.affine()
        np.testing.assert_allclose(after, own @ weight.T + bias, atol=1e-4)
        np.testing.assert_array_equal(after, fitted.apply(own))
    if not centred:
        once = fitted.apply(vectors["en"])
        np.testing.assert_allclose(fitted.apply(once), once, atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(0, 8))
def test_lir_removes_exactly_r_directions(seed, r):
    vectors = languages(seed)
    fitted = Lir.fit(vectors, r)
    for language, own in vectors.items():
        after = fitted.apply(own, language)
        tolerance = 1e-5 * np.linalg.norm(own)
        assert np.linalg.matrix_rank(after.astype(np.float64), tol=tolerance) == 8 - r
        # The strongest ones, not centred: the others keep their strength.
        strength = np.linalg.svd(own.astype(np.float64), compute_uv=False)
        left = np.linalg.svd(after.astype(np.float64), compute_uv=False)
        np.testing.assert_allclose(left[: 8 - r], strength[r:], rtol=1e-4, atol=tolerance)
        np.testing.assert_allclose(fitted.apply(after, language), after, atol=1e-4)
    for fewer in range(r + 1):
        first, direct = fitted.first(fewer), Lir.fit(vectors, fewer)
        np.testing.assert_allclose(
            first.apply(vectors["en"], "en"), direct.apply(vectors["en"], "en"), atol=1e-4
        )


def test_no_direction_changes_nothing():
    vectors = languages(1)
    for fitted in (Lir.fit(vectors, 0), Agnostic.fit(vectors, r=0), Unchanged()):
        np.testing.assert_array_equal(fitted.apply(vectors["zh"], "zh"), vectors["zh"])
    assert Agnostic.fit(vectors, r=1).basis.shape == (8, 1)


def test_a_hand_computed_case():
    vectors = {"a": np.array([[1.0, 0], [1, 2]]), "b": np.array([[3.0, 0], [3, 4]])}
    # Means (1, 1) and (3, 2), common mean (2, 1.5), direction (2, 1) / sqrt(5).
    fitted = Agnostic.fit(vectors)
    np.testing.assert_allclose(np.abs(fitted.basis[:, 0]), np.array([2, 1]) / np.sqrt(5))
    np.testing.assert_allclose(fitted.centre, [2, 1.5])
    # (1, 0) - centre = (-1, -1.5); its part along (2, 1) is (-3.5 / 5) (2, 1) = (-1.4, -0.7).
    np.testing.assert_allclose(fitted.apply(vectors["a"])[0], [2.4, 0.7], atol=1e-6)
    assert ZeroMean.fit(vectors).apply(vectors["b"], "b").tolist() == [[0, -2], [0, 2]]


def test_fewer_vectors_than_numbers():
    rng = np.random.default_rng(0)
    vectors = {"a": rng.normal(size=(3, 9)), "b": rng.normal(size=(4, 9))}
    assert not Lir.fit(vectors, 3).apply(vectors["a"], "a").any()
    assert Lir.fit(vectors, 3).apply(vectors["b"], "b").any()


def test_what_is_only_rounding_afterwards_is_nothing():
    same = {"a": np.full((3, 4), 0.1, dtype=np.float32), "b": np.full((3, 4), 0.7, np.float32)}
    assert not ZeroMean.fit(same).apply(same["a"], "a").any()
    assert not Lir.fit(same).apply(same["b"], "b").any()
    alike = {"a": same["a"], "b": same["a"]}
    assert Agnostic.fit(alike).basis.shape == (4, 0)  # no difference has no direction


def test_mistakes_are_named():
    vectors = languages(0)
    with pytest.raises(InputError, match="1 language were given"):
        Agnostic.fit({"en": vectors["en"]})
    for fit in (ZeroMean.fit, Lir.fit, Agnostic.fit):
        with pytest.raises(InputError, match="the language zh has 1 vectors"):
            fit({"en": vectors["en"], "zh": vectors["zh"][:1]})
    with pytest.raises(InputError, match="no vectors"):
        ZeroMean.fit({})
    for fitted in (ZeroMean.fit(vectors), Lir.fit(vectors)):
        with pytest.raises(OptionError, match="'fr'; it knows en, zh, de"):
            fitted.apply(vectors["en"], "fr")
    with pytest.raises(OptionError, match="r 9: from 0 to 8"):
        Lir.fit(vectors, 9)
    with pytest.raises(OptionError, match="r 3: the means of 3 languages span 0 to 2"):
        Agnostic.fit(vectors, r=3)
