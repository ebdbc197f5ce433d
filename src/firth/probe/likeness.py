"""Similarities of all sources with all targets, in blocks: float32, and float64 where it counts.

A block is one matrix product in float32. Its last digits depend on where in a block a pair stands:
the order of summation is the library's. So float32 only *screens*. `Likeness.slack` bounds how far
a number of a block can be from the float64 cosine of the vectors as given; what a decision needs
and the bound leaves open is computed again in float64 (`pairs`, `rectangle`). Decisions are
therefore those of float64, whatever the blocks.

The bound: a float32 sum of d products, in any order, errs by at most d u / (1 - d u) times the sum
of their absolute values (Higham 2002, equation 3.5; u = 2^-24), which for vectors of length one is
at most 1 (Cauchy and Schwarz). Rounding the vectors, their neighbourhoods and the thresholds to
float32 adds a few u: 16 are allowed. That is 4.7e-5 at d = 768.

Legend of dimensions: n sources, m targets, b sources of a block, p pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32, Int

from firth.errors import InputError
from firth.probe.directions import Directions, Rows32

# Numbers of a block (32 MiB), and pairs that are computed again at once (a cache full).
BLOCK = 2**23
_PAIRS = 256
_UNIT = 2.0**-24

Pairs = Int[np.ndarray, " p"]
# From cosines and what is near their sources and near their targets (it may write into the first).
Adjust = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Likeness:
    """The similarity of sources and targets: cosine, or cosine adjusted by neighbourhoods.

    Attributes:
        sources: The vectors that ask.
        targets: The vectors that are found.
        block: Most numbers of a block of similarities; changes no result.
        adjust: Makes the similarity of cosines; None for the cosine itself.
        near_sources: Mean cosine of each source with its nearest targets, [n].
        near_targets: Mean cosine of each target with its nearest sources, [m].
        steepness: How much, at most, the similarity of each source's pairs changes with the cosine,
            for each source and for each target.
    """

    sources: Directions
    targets: Directions
    block: int = BLOCK
    adjust: Adjust | None = None
    near_sources: Float[np.ndarray, " n"] | None = None
    near_targets: Float[np.ndarray, " m"] | None = None
    steepness: tuple[Float[np.ndarray, " n"], Float[np.ndarray, " m"]] | None = None

    @classmethod
    def cosine(
        cls, sources: Rows32, targets: Float32[np.ndarray, "m w"], block: int = BLOCK
    ) -> Likeness:
        """Compare by cosine; take the means away before for the centred one (`remove_mean`).

        Raises:
            InputError: A row holds NaN or infinity, or the widths differ.
        """
        if sources.shape[1] != targets.shape[1]:
            raise InputError(
                f"sources are {sources.shape[1]} wide and targets {targets.shape[1]}; both must "
                "come from one encoder and layer"
            )
        return cls(Directions.of(sources, "sources"), Directions.of(targets, "targets"), block)

    def turned(self) -> Likeness:
        """Return the same similarities with sources and targets exchanged."""
        return replace(
            self,
            sources=self.targets,
            targets=self.sources,
            near_sources=self.near_targets,
            near_targets=self.near_sources,
            steepness=None if self.steepness is None else self.steepness[::-1],
        )

    def slack(self) -> Float[np.ndarray, " n"]:
        """Return how far a block's number is at most from the float64 one, for each source."""
        d = self.sources.unit.shape[1]
        cosine = (d + 16) * _UNIT / (1 - d * _UNIT)
        if self.steepness is None:
            return np.full(len(self.sources), cosine)
        return cosine * np.maximum(self.steepness[0], 1)

    def blocks(self) -> Iterator[tuple[slice, Float32[np.ndarray, "b m"]]]:
        """Yield sources and their similarities with all targets; the next block overwrites it."""
        n, m = len(self.sources), len(self.targets)
        size = max(1, min(n, self.block // m))
        buffer = np.empty((size, m), dtype=np.float32)
        columns = self.targets.unit.T
        for at in range(0, n, size):
            own = slice(at, min(at + size, n))
            found = buffer[: own.stop - at]
            np.matmul(self.sources.unit[own], columns, out=found)  # (b, m)
            yield own, self._adjusted(found, own, slice(None), grid=True)

    def pairs(self, sources: Pairs, targets: Pairs) -> Float[np.ndarray, " p"]:
        """Return the similarity of pairs, in float64."""
        found = np.empty(len(sources))
        for at in range(0, len(sources), _PAIRS):
            i, j = sources[at : at + _PAIRS], targets[at : at + _PAIRS]
            a = self.sources.vectors[i].astype(np.float64)
            b = self.targets.vectors[j].astype(np.float64)
            products = np.einsum("pd,pd->p", a, b)
            found[at : at + _PAIRS] = products / (self.sources.length[i] * self.targets.length[j])
        return self._adjusted(found, sources, targets, grid=False)

    def rectangle(self, sources: Pairs, targets: slice) -> Float[np.ndarray, "p w"]:
        """Return the similarity of some sources with a range of targets, in float64."""
        a = self.sources.vectors[sources].astype(np.float64)
        found = a @ self.targets.vectors[targets].astype(np.float64).T
        found /= self.sources.length[sources][:, None]
        found /= self.targets.length[targets][None, :]
        return self._adjusted(found, sources, targets, grid=True)

    def _adjusted(
        self, cosines: np.ndarray, sources: slice | Pairs, targets: slice | Pairs, *, grid: bool
    ) -> np.ndarray:
        if self.adjust is None or self.near_sources is None or self.near_targets is None:
            return cosines
        a = self.near_sources[sources].astype(cosines.dtype)
        b = self.near_targets[targets].astype(cosines.dtype)
        return self.adjust(cosines, a[:, None] if grid else a, b[None, :] if grid else b)


def is_dense(counts: Int[np.ndarray, " b"], n_targets: int) -> np.ndarray:
    """Say which rows leave so many pairs open that a product of the whole row is cheaper."""
    return counts > max(16, n_targets // 64)
