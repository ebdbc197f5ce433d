"""What continued training does to an encoder: drift of its states, retrieval of translations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firth.encoder.model import Encoder

Floats = NDArray[np.float32]


def drift(before: Encoder, after: Encoder, texts: Sequence[str]) -> list[dict[str, float]]:
    """Compare the hidden states of all tokens, layer by layer.

    Args:
        before: The encoder as it was.
        after: The same architecture and tokenizer, trained on.
        texts: Sentences.

    Returns:
        By layer: the mean cosine of a token's two states, raw, and centred (each encoder's mean
        over all tokens taken away).
    """
    one, other = (_states(encoder, texts) for encoder in (before, after))  # [l, t, d]
    rows: list[dict[str, float]] = []
    for layer, (x, y) in enumerate(zip(one, other, strict=True)):
        centred = _cosines(x - x.mean(0), y - y.mean(0))
        rows.append(
            {"layer": layer, "raw": float(_cosines(x, y).mean()), "centred": float(centred.mean())}
        )
    return rows


def retrieval(encoder: Encoder, pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Find each sentence's translation among all, in both directions.

    Vectors are means over the tokens of the last layer, the mean of each side taken away.

    Returns:
        Accuracy at rank 1 (a tie counts as a miss) by direction, with n.
    """
    sides = [_sentences(encoder, side) for side in zip(*pairs, strict=True)]  # 2 x [n, d]
    cosines = sides[0] @ sides[1].T  # [n, n]
    scores: list[dict[str, Any]] = []
    for direction, table in (("en-zh", cosines), ("zh-en", cosines.T)):
        right = np.diagonal(table)
        others = table - np.diag(np.full(len(table), np.inf, np.float32))
        hit = right > others.max(axis=1)
        scores.append({"direction": direction, "accuracy": float(hit.mean()), "n": len(hit)})
    return scores


def _states(encoder: Encoder, texts: Sequence[str]) -> Floats:
    found = [one.vectors for one in encoder.hidden_states(texts)]
    return np.concatenate(found, axis=1).astype(np.float32)


def _sentences(encoder: Encoder, texts: Sequence[str]) -> Floats:
    last = encoder.n_layers
    found = encoder.stream(((t, ()) for t in texts), pooling="mean", layers=[last])
    vectors = np.concatenate([one.vectors[0] for one in found]).astype(np.float32)  # [n, d]
    vectors = vectors - vectors.mean(0)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _cosines(x: Floats, y: Floats) -> Floats:
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return (x * y).sum(1) / np.maximum(lengths, 1e-12)
