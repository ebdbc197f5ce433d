"""From two sets of weights to a change at low rank, within a number of bytes.

The best approximation of a matrix at rank k, in squares, are its k largest singular values (Eckart
& Young 1936). Each one costs a row of int8 on both sides and two scales; those that take away most
squared error a byte are kept, over all matrices together.

Legend of dimensions: r rows, c columns, k rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from firth.encoder.compact_reader import CHANGE, HEAD, LEFT, RIGHT

Weights = Mapping[str, NDArray[np.float32]]
SCALES = 4  # bytes of two fp16 scales
NOISE = 1e-4  # singular values below this share of the largest are rounding
HEADER = 200  # bytes that a tensor's name and place take, about


@dataclass(frozen=True)
class Compressed:
    """A change that fits.

    Attributes:
        tensors: As `firth.encoder.compact_reader` reads them, before they are rounded to int8.
        ranks: Matrix -> rank.
        kept: Share of the squared change of the matrices that is kept.
    """

    tensors: dict[str, NDArray[np.float32]]
    ranks: dict[str, int]
    kept: float


def compress(base: Weights, trained: Weights, head: Weights, most: int) -> Compressed:
    """Compress the change of a backbone.

    Args:
        base: Weights before training.
        trained: After it, the same names.
        head: Weights of the head, kept as they are.
        most: Bytes at most.
    """
    tensors: dict[str, NDArray[np.float32]] = {
        HEAD + name: weight.ravel() for name, weight in head.items()
    }
    factors: dict[
        str, tuple[Float[np.ndarray, "r k"], Float[np.ndarray, " k"], NDArray[np.float32]]
    ]
    factors = {}
    for name, weight in trained.items():
        change = (weight - base[name]).astype(np.float32)
        if not change.any():
            continue
        if change.ndim == 2 and min(change.shape) > 1 and "embeddings." not in name:
            u, s, v = np.linalg.svd(change, full_matrices=False)
            factors[name] = (u, s, v)
        elif change.ndim == 1:
            tensors[name + CHANGE] = change
    room = most - sum(one.nbytes + HEADER for one in tensors.values())
    ranks = _ranks(
        {name: (s, u.shape[0] + v.shape[1]) for name, (u, s, v) in factors.items()}, room
    )
    total = sum(float(np.square(s).sum()) for _, s, _ in factors.values())
    kept = 0.0
    for name, (u, s, v) in factors.items():
        k = ranks[name]
        if k:
            root = np.sqrt(s[:k])
            tensors[name + LEFT] = np.ascontiguousarray((u[:, :k] * root).T)  # [k, r]
            tensors[name + RIGHT] = np.ascontiguousarray(v[:k] * root[:, None])  # [k, c]
            kept += float(np.square(s[:k]).sum())
    return Compressed(tensors, ranks, kept / total if total else 1.0)


def _ranks(values: Mapping[str, tuple[Float[np.ndarray, " k"], int]], room: int) -> dict[str, int]:
    """Choose how many singular values of each matrix are kept."""
    offers = [
        (float(value) ** 2 / (size + SCALES), name, size + SCALES)
        for name, (own, size) in values.items()
        for value in own
        if value > NOISE * own[0]
    ]
    ranks = dict.fromkeys(values, 0)
    for _, name, cost in sorted(offers, reverse=True):
        # The names and places of two tensors and their scales come with the first.
        price = cost if ranks[name] else cost + 4 * HEADER
        if price <= room:
            room -= price
            ranks[name] += 1
    return ranks
