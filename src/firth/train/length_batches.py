"""Batches of things of similar length: a function of seed and step.

An epoch is shuffled, lengths are sorted within pools of batches, and then the batches are shuffled.
Everything is read once an epoch; batches differ by one in size at most.

Legend: n things, b of them in a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from firth.encoder.encode import BATCH_TOKENS
from firth.errors import InputError, OptionError

# Batches whose things are sorted by length together.
POOL = 16

Places = Int[np.ndarray, " b"]


@dataclass
class LengthBatches:
    """Draws batches.

    Attributes:
        sizes: The length of each thing, [n].
        batch: Things of a batch at most.
        pool: Batches that are sorted together; 1 for batches of any length.
    """

    sizes: Int[np.ndarray, " n"]
    batch: int = 32
    pool: int = POOL
    _epoch: dict[tuple[int, int], list[Places]] = field(
        default_factory=dict[tuple[int, int], list[Places]], repr=False
    )

    def __post_init__(self) -> None:
        """Refuse what gives no batch."""
        for name in ("batch", "pool"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} {getattr(self, name)}: it must be at least 1")
        if not len(self.sizes):
            raise InputError("nothing to learn from: bring some sequences")

    @property
    def per_epoch(self) -> int:
        """Batches of an epoch: so many steps make one."""
        return -(-len(self.sizes) // self.batch)

    def draw(self, seed: int, step: int) -> Places:
        """Return the places of a step's batch."""
        epoch, at = divmod(step, self.per_epoch)
        if (seed, epoch) not in self._epoch:
            self._epoch.clear()
            self._epoch[seed, epoch] = self._shuffled(seed, epoch)
        return self._epoch[seed, epoch][at]

    def _shuffled(self, seed: int, epoch: int) -> list[Places]:
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(len(self.sizes))
        pools: list[Places] = []
        for number, at in enumerate(range(0, len(order), self.batch * self.pool)):
            own = order[at : at + self.batch * self.pool]
            if self.pool > 1:
                own = own[np.argsort(self.sizes[own], kind="stable")]
            # Up and down by turns: a batch on the border of two pools has similar lengths too.
            pools.append(own[::-1] if number % 2 else own)
        cut = np.array_split(np.concatenate(pools), self.per_epoch)
        return [cut[place] for place in rng.permutation(len(cut))]


def token_batches(sizes: Sequence[int]) -> list[list[int]]:
    """Return the places of things, shortest first, in batches of about `BATCH_TOKENS` tokens.

    Args:
        sizes: Tokens of each.
    """
    cut: list[list[int]] = []
    tokens = BATCH_TOKENS
    for at in sorted(range(len(sizes)), key=lambda one: sizes[one]):
        if tokens + sizes[at] > BATCH_TOKENS:
            cut.append([])
            tokens = 0
        cut[-1].append(at)
        tokens += sizes[at]
    return cut
