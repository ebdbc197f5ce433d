import numpy as np
import pytest

from firth.probe.centroids import Centroids
from firth.probe.classification import Sampled, accuracy_and_f1, over_words
from firth.probe.threshold import best_threshold


def test_nearest_centroid_by_hand():
    centroids = Centroids(2)
    train = np.array([[[1, 0], [3, 0], [0, 1]]], dtype=np.float32)
    centroids.add(train, np.array([0, 0, 1]))
    test = np.array([[[2, 1], [1, 2], [-1, 0.5]]], dtype=np.float32)
    assert centroids.nearest(test).tolist() == [[0, 1, 1]]
    # Centred by (-3, 0) the centroids are (5, 0) and (3, 1), the first vector is (5, 1).
    assert centroids.nearest(test, np.array([[-3, 0]], dtype=np.float32)).tolist() == [[1, 1, 1]]


def test_batches_and_order_change_nothing():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(3, 40, 8)).astype(np.float32)
    codes = rng.integers(4, size=40)
    whole, parts = Centroids(4), Centroids(4)
    whole.add(vectors, codes)
    turned = rng.permutation(40)
    for at in (turned[:7], turned[7:]):
        parts.add(vectors[:, at], codes[at])
    tests = rng.normal(size=(3, 9, 8)).astype(np.float32)
    assert (whole.nearest(tests) == parts.nearest(tests)).all()


def test_a_sense_without_training_is_never_answered():
    centroids = Centroids(3)
    centroids.add(np.ones((1, 2, 2), dtype=np.float32), np.array([0, 2]))
    assert 1 not in centroids.nearest(np.eye(2, dtype=np.float32)[None])
    copied = centroids.copy()
    copied.add(np.ones((1, 1, 2), dtype=np.float32), np.array([1]))
    assert centroids.counts.tolist() == [1, 0, 1]


def test_accuracy_and_f1_agree_with_the_definition():
    codes = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([[0, 0, 1, 1, 0, 2], codes])
    accuracy, f1 = accuracy_and_f1(predicted, codes, np.random.default_rng(0))
    assert accuracy.values == pytest.approx([4 / 6, 1])
    assert f1.values == pytest.approx([(2 / 3 + 1 / 2 + 1) / 3, 1])
    low, high = accuracy.interval(0)
    assert low < 4 / 6 < high
    assert f1.interval(1) == (1, 1)


def test_over_words_micro_and_macro():
    each = [
        Sampled(np.array([1.0]), np.full((50, 1), 1.0), 10),
        Sampled(np.array([0.5]), np.full((50, 1), 0.5), 30),
    ]
    micro, macro = over_words(each, np.random.default_rng(0))
    assert micro.values == pytest.approx([0.625])
    assert micro.interval(0) == pytest.approx((0.625, 0.625))  # words are not resampled
    assert macro.values == pytest.approx([0.75])
    assert macro.interval(0) == pytest.approx((0.5, 1.0))  # words are
    assert (micro.n, macro.n) == (40, 2)


def test_threshold_by_hand():
    values = np.array([[0.1, 0.2, 0.6, 0.8], [0.5, 0.5, 0.5, 0.5], [0.9, 0.8, 0.1, 0.2]])
    same = np.array([False, False, True, True])
    cuts = best_threshold(values, same)
    assert 0.2 < cuts[0] < 0.6
    # Equal similarities are never parted: all "same" or all "different".
    assert ((values[1] > cuts[1]) == same).mean() == 0.5
    assert ((values[2] > cuts[2]) == same).mean() == 0.5


def test_threshold_is_the_best_of_all():
    rng = np.random.default_rng(3)
    values = np.round(rng.normal(size=(1, 60)), 1)
    same = rng.random(60) < 0.4
    (cut,) = best_threshold(values, same)
    best = max(((values[0] > one) == same).mean() for one in np.linspace(-5, 5, 2001))
    assert ((values[0] > cut) == same).mean() == pytest.approx(best)
