"""What `transfer` has to beat without any network: k-mer counts, and a guess.

The arm ``kmers`` is a linear model on k-mer counts, every setting of it chosen on the development
data (`firth.probe.kmer_model`); ``majority`` answers the most frequent class of the training data,
or the mean number, whatever it is asked. Both read whole sequences: nothing is cut into windows.

Legend of dimensions: n test sequences, g classes (1 for a number).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from firth.experiments.transfer_scores import labels_of
from firth.probe.kmer_model import PENALTIES, KmerModel, Labelled, fit_kmers
from firth.probe.linear import class_frequencies
from firth.text.sequences import SequenceSet
from firth.text.splits import Splits


@dataclass(frozen=True)
class PlainArms:
    """Answers on the test data, in the order of its places.

    Attributes:
        kmers: Probabilities, or numbers.
        majority: The same for every sequence.
        model: What was chosen for ``kmers``.
    """

    kmers: Float[np.ndarray, "n g"]
    majority: Float[np.ndarray, "n g"]
    model: KmerModel


def plain_arms(
    data: SequenceSet,
    splits: Splits,
    train: Sequence[int] | None = None,
    orders: Sequence[int] | None = None,
    penalties: Sequence[float] = PENALTIES,
) -> PlainArms:
    """Fit both arms and ask them about the test data.

    Args:
        data: The sequences.
        splits: Training, development and test data.
        train: Places to learn from instead of all training data, such as a subset of it.
        orders: Lengths of k-mers; by default what the alphabet allows.
        penalties: From strong to weak.

    Raises:
        InputError: There is no development data.
    """
    numbers = {symbol: number for number, symbol in enumerate(data.alphabet)}

    def labelled(places: Sequence[int]) -> Labelled:
        rows = [
            np.array([numbers[symbol] for symbol in data.examples[at].symbols], dtype=np.int64)
            for at in places
        ]
        return Labelled(rows, labels_of(data, places))

    own = labelled(splits.train if train is None else train)
    test = labelled(splits.test)
    k = len(data.classes)
    model = fit_kmers(own, labelled(splits.dev), len(numbers), k, orders, penalties)
    level = class_frequencies(own.labels, k) if k else np.array([own.labels.mean()])
    return PlainArms(model.predict(test.sequences), np.tile(level, (len(splits.test), 1)), model)
