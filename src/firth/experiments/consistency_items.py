"""What each sentence brings to the scores of ``consistency``, so that models can be compared.

A model hides tokens of its own, so what models have in common are sentences: the sums over a
sentence's hidden tokens, above and below the line of a ratio, are kept.

Legend of dimensions: k positions, s sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from firth.results.items import Items, keys_of


@dataclass
class Kept:
    """The sums of one language's sentences.

    Attributes:
        language: Which.
        number: Its place among the languages.
        sentences: Those that are scored, each once.
        owner: The sentence of each position, [k].
        rows: Of each score what names it.
        counts: Its sums above and below the line, each [s, 2].
    """

    language: str
    number: int
    sentences: Sequence[str]
    owner: Int[np.ndarray, " k"]
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    counts: list[Float[np.ndarray, "s 2"]] = field(default_factory=list[np.ndarray])

    def add(
        self,
        metric: str,
        above: Float[np.ndarray, " k"],
        below: Float[np.ndarray, " k"],
        scorer: str | None = None,
    ) -> None:
        """Keep a score that is the sum of ``above`` by that of ``below`` over all positions."""
        n = len(self.sentences)
        sums = [np.bincount(self.owner, one, minlength=n) for one in (above, below)]
        self.counts.append(np.stack(sums, axis=1))
        fields = {} if scorer is None else {"scorer": scorer}
        self.rows.append({"metric": metric, "language": self.language, **fields})

    def items(self) -> Items:
        """Return the sums, a column a score."""
        values = np.stack(self.counts, axis=1)  # (s, c, 2)
        keys = keys_of(self.sentences)
        return Items(self.language, keys, tuple(self.rows), values, statistic="ratio")


def mean_items(kept: Sequence[Kept], metric: str, scorers: Sequence[str]) -> Iterator[Items]:
    """Yield what the mean over languages is made of, a group a scorer.

    Args:
        kept: The languages.
        metric: Of which score.
        scorers: Its scorers.
    """
    for scorer in scorers:
        names: list[str] = []
        counts: list[np.ndarray] = []
        for one in kept:
            for row, own in zip(one.rows, one.counts, strict=True):
                if row["metric"] == metric and row.get("scorer") == scorer:
                    stratum = np.full((len(own), 1), float(one.number))
                    counts.append(np.concatenate([own, stratum], axis=1))  # (s, 3)
                    names += [f"{one.language}\t{sentence}" for sentence in one.sentences]
        if len(counts) > 1:
            fields = {"metric": metric, "scorer": scorer}
            values = np.concatenate(counts)[:, None]
            group = f"languages.{scorer}"
            yield Items(group, keys_of(names), (fields,), values, statistic="macro_ratio")
