"""Which layers a vector is made of: one, the sum of the last four blocks, the mean of all.

The sum of the last four is what Devlin et al. 2019 (table 7) and Loureiro et al. 2021 use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

LAST_FOUR = "last_four"
MEAN_OF_LAYERS = "mean_of_layers"
# Not a choice of its own: the one that was best on development data.
BEST_ON_DEV = "best_on_dev"


@dataclass(frozen=True)
class Choice:
    """One way to make a vector of the layers.

    Attributes:
        layer: The layer, where it is a single one.
        arm: ``last_four`` or ``mean_of_layers``, where it is not.
    """

    layer: int | None = None
    arm: str | None = None

    def __str__(self) -> str:
        return self.arm or f"layer {self.layer}"

    @property
    def fields(self) -> dict[str, int | str]:
        """What a score row says of it."""
        return {"arm": self.arm} if self.arm else {"layer": self.layer or 0}


@dataclass(frozen=True)
class Choices:
    """All choices that a set of layers allows.

    Attributes:
        each: Every layer for itself, then the combinations.
        weights: What of each layer goes into each choice, [c, l].
    """

    each: tuple[Choice, ...]
    weights: Float[np.ndarray, "c l"]

    @classmethod
    def of(cls, layers: tuple[int, ...], n_layers: int) -> Choices:
        """Return the choices; a combination is one only where all of its layers are there."""
        each = [Choice(layer=layer) for layer in layers]
        weights = list(np.eye(len(layers), dtype=np.float32))
        last = range(n_layers - 3, n_layers + 1)
        if n_layers >= 4 and set(last) <= set(layers):
            each.append(Choice(arm=LAST_FOUR))
            weights.append(np.array([float(layer in last) for layer in layers], dtype=np.float32))
        if set(layers) == set(range(n_layers + 1)):
            each.append(Choice(arm=MEAN_OF_LAYERS))
            weights.append(np.full(len(layers), 1 / len(layers), dtype=np.float32))
        return cls(tuple(each), np.stack(weights))

    def combine(self, states: Float[np.ndarray, "l ..."]) -> Float[np.ndarray, "c ..."]:
        """Return the states of each choice, the single layers first: [l, ...] -> [c, ...]."""
        n = states.shape[0]
        if len(self.each) == n:
            return states
        extra = np.tensordot(self.weights[n:], states, axes=1).astype(states.dtype)
        return np.concatenate([states, extra])
