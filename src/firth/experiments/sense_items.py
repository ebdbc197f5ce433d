"""What each test occurrence, and each word, brings to the scores of nearest sense centroids.

Legend of dimensions: c columns (choices of layers, and the best of them), n occurrences, w words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from firth.probe.resampled import resampled_value
from firth.results.items import Items, keys_of, numbered
from firth.shapes import Codes

F1 = "macro_f1"


@dataclass(frozen=True)
class Answered:
    """The test occurrences of one word.

    Attributes:
        word: Which.
        names: What tells its occurrences apart, from those of other words as well.
        truth: Their senses, [n].
        answers: What was answered under each choice, [c, n].
    """

    word: str
    names: Sequence[str]
    truth: Codes
    answers: Int[np.ndarray, "c n"]

    def right(self) -> Float[np.ndarray, "n c"]:
        """Return which answers are right."""
        return (self.answers == self.truth).T.astype(np.float64)

    def both(self) -> Float[np.ndarray, "n c 2"]:
        """Return answers beside the truth."""
        truth = np.broadcast_to(self.truth, self.answers.shape)
        return np.stack([self.answers.T, truth.T], axis=2).astype(np.float64)


def centroid_items(
    kind: str, answered: Sequence[Answered], columns: Sequence[dict[str, Any]]
) -> Iterator[Items]:
    """Yield the items of one similarity: of each word, of all, and of words as items.

    Args:
        kind: ``raw`` or ``centred``.
        answered: The words.
        columns: What names each choice in a score.
    """

    def rows(metric: str, **more: str) -> tuple[dict[str, Any], ...]:
        fields = {"metric": metric, "similarity": kind, "split": "test", **more}
        return tuple({**fields, **one} for one in columns)

    place = f"centroids.{kind}"
    for one in answered:
        keys = keys_of(numbered(one.names))
        accuracy = rows("centroid_accuracy", word=one.word)
        yield Items(f"{place}.accuracy.{one.word}", keys, accuracy, one.right())
        f1 = rows("centroid_f1", word=one.word)
        yield Items(f"{place}.f1.{one.word}", keys, f1, one.both(), statistic=F1)
    every = keys_of(numbered(name for one in answered for name in one.names))
    right = [one.right() for one in answered]
    yield Items(f"{place}.accuracy", every, rows("centroid_accuracy"), np.concatenate(right))
    words = keys_of(one.word for one in answered)
    means = np.stack([one.mean(axis=0) for one in right])  # (w, c)
    yield Items(f"{place}.accuracy_macro", words, rows("centroid_accuracy_macro"), means)
    each = [[resampled_value(F1, own) for own in one.both().swapaxes(0, 1)] for one in answered]
    yield Items(f"{place}.f1", words, rows("centroid_f1"), np.array(each))
