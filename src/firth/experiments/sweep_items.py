"""What each text brings to the scores of ``sweep``, so that models can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from firth.experiments.sweep_scores import STATISTICS
from firth.results.items import MOST_BYTES, Items, keys_of, numbered

Counts = Mapping[str, Float[np.ndarray, "n _"]]


@dataclass
class Kept:
    """The counts of one direction.

    Attributes:
        direction: Which.
        texts: Split -> its texts.
        columns: Split and metric -> of each setting what names it, and its counts, [n, k].
    """

    direction: str
    texts: Mapping[str, Sequence[str]]
    columns: dict[tuple[str, str], list[tuple[dict[str, Any], np.ndarray]]] = field(
        default_factory=dict[tuple[str, str], list[tuple[dict[str, Any], np.ndarray]]]
    )

    def add(self, split: str, counts: Counts, **fields: Any) -> None:
        """Keep what one setting counts."""
        for metric, own in counts.items():
            row = {"metric": metric, "split": split, **fields}
            self.columns.setdefault((split, metric), []).append((row, own))

    def items(self) -> Iterator[Items]:
        """Yield a group a split and metric; what is too large to be stored is left out."""
        for (split, metric), columns in self.columns.items():
            size = sum(own.size for _, own in columns) * np.dtype(np.float32).itemsize
            if size <= MOST_BYTES:
                yield Items(
                    f"{self.direction}.{split}.{metric}",
                    keys_of(numbered(self.texts[split])),
                    tuple(row for row, _ in columns),
                    np.stack([own for _, own in columns], axis=1),
                    statistic=STATISTICS[metric],
                )
