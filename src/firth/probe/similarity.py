"""Cosine similarity, raw and centred, and a map in two dimensions."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from firth.shapes import LayerMeans, LayerSimilarity, LayerVectors


def centre(vectors: LayerVectors, means: LayerMeans) -> LayerVectors:
    """Subtract each layer's mean, which must come from other text, from its vectors."""
    return vectors - means[:, None, :]


def cosine(vectors: LayerVectors) -> LayerSimilarity:
    """Return the cosine of every two vectors at each layer, float32; a zero vector has cosine 0.

    Computed in float64, so that equal vectors have equal similarities to the last digit of float32.
    """
    unit = normalise(vectors)
    return np.matmul(unit, unit.transpose(0, 2, 1)).astype(np.float32)


def normalise(vectors: Float[np.ndarray, "... d"]) -> Float[np.ndarray, "... d"]:
    """Scale vectors to length one, float64; zero vectors stay zero."""
    wide = vectors.astype(np.float64)
    length = np.linalg.norm(wide, axis=-1, keepdims=True)
    return wide / np.where(length > 0, length, 1)


def pairs_cosine(
    a: Float[np.ndarray, "l p d"], b: Float[np.ndarray, "l p d"]
) -> Float[np.ndarray, "l p"]:
    """Return the cosine of the vectors that stand at the same place in both arrays."""
    return np.einsum("lpd,lpd->lp", normalise(a), normalise(b))


def principal_map(vectors: LayerVectors) -> Float[np.ndarray, "l n 2"]:
    """Project each layer's vectors, made unit length, onto their first two principal axes.

    The sign of an axis is arbitrary; it is fixed by the largest coordinate being positive.
    """
    unit = normalise(vectors)
    shifted = unit - unit.mean(axis=1, keepdims=True)
    left, values, _ = np.linalg.svd(shifted, full_matrices=False)
    k = min(2, values.shape[1])
    flat = left[:, :, :k] * values[:, None, :k]
    top = np.take_along_axis(flat, np.abs(flat).argmax(axis=1, keepdims=True), axis=1)
    flat = flat * np.where(top < 0, -1, 1)
    result = np.zeros((*vectors.shape[:2], 2), dtype=np.float32)
    result[:, :, :k] = flat
    return result
