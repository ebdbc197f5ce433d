"""The k-mer baseline: it finds order, says nothing where there is none, and is chosen on dev."""

import numpy as np
import pytest

from firth.errors import InputError
from firth.probe.kmer_model import Labelled, fit_kmers


def made(n, seed, length=20):
    """Two classes of the same letters: in one the two halves of a letter pair stand together."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    rows = []
    for label in labels:
        pairs = rng.permutation(np.repeat([0, 1], length // 4))
        row = np.stack([pairs * 2, pairs * 2 + 1], axis=1)
        rows.append((row if label else row[:, ::-1]).ravel())
    return Labelled(rows, labels)


def test_order_is_found_by_pairs_and_not_by_letters():
    train, dev, test = made(120, 0), made(60, 1), made(60, 2)
    found = fit_kmers(train, dev, 4, 2, orders=[1, 2], penalties=[10.0, 1.0])
    assert found.setting.order == 2 or found.setting.placed
    chances = found.predict(test.sequences)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert (chances.argmax(axis=1) == test.labels).mean() == 1.0
    # Letters of sequences that are not aligned: counts are equal, so nothing is known.
    uneven = [np.append(own, np.zeros(at % 2, np.int64)) for at, own in enumerate(train.sequences)]
    blind = fit_kmers(Labelled(uneven, train.labels), dev, 4, 2, orders=[1])
    assert {one.placed for one in blind.tried} == {False}


def test_the_best_on_development_data_is_taken_and_the_path_ends_early():
    train, dev = made(40, 0), made(40, 1)
    found = fit_kmers(train, dev, 4, 2, orders=[1, 2], penalties=[1e4, 100.0, 1.0, 0.01])
    assert found.setting.score == max(one.score for one in found.tried)
    assert found.setting in found.tried
    assert [(one.order, one.placed) for one in found.tried if one.penalty == 1e4] == [
        (1, False), (2, False), (1, True), (2, True),
    ]  # fmt: skip
    noise = Labelled(dev.sequences, np.random.default_rng(0).integers(0, 2, 40))
    assert (
        len(
            fit_kmers(
                noise, dev, 4, 2, orders=[2], penalties=[10.0**k for k in range(4, -6, -1)]
            ).tried
        )
        < 20
    )


def test_numbers_are_predicted():
    rng = np.random.default_rng(0)

    def some(n):
        rows = [rng.integers(0, 4, 12) for _ in range(n)]
        return Labelled(rows, np.array([(row[3] == 2) * 2.0 + (row[7] == 1) for row in rows]))

    train, dev, test = some(300), some(80), some(80)
    found = fit_kmers(train, dev, 4, orders=[1], penalties=[100.0, 1.0])
    assert found.setting.placed
    predicted = found.predict(test.sequences)[:, 0]
    assert np.abs(predicted - test.labels).max() < 0.3
    flat = Labelled(dev.sequences, np.ones(80))  # no correlation exists
    assert fit_kmers(train, flat, 4, orders=[1], penalties=[1.0]).setting.score == -1.0


def test_development_data_are_needed():
    with pytest.raises(InputError, match="40 training and 0 development sequences"):
        fit_kmers(made(40, 0), Labelled([], np.zeros(0, np.int64)), 4, 2)
