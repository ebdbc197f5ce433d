"""Store a state dict as int8 rows: the writing side of ``firth.encoder.quantised``."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

Floats = NDArray[np.float32]

FORMAT = "int8-rows"
LEVELS = 127
# Clipping a row's largest weights a little makes all its other weights finer. Shares of the row's
# absolute maximum to try; 1 is no clipping.
CLIPS = np.linspace(1.0, 0.80, 41)


def quantise_rows(matrix: Floats) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Round each row to int8 with the fp16 scale, among `CLIPS`, that errs least in squares.

    Args:
        matrix: Weights, [r, c].

    Returns:
        The integers, [r, c], in -127..127, and the scales, [r]. A row of zeros has scale 0.
    """
    best_error = np.full(len(matrix), np.inf)  # [r]
    best_scale = np.zeros(len(matrix), np.float16)  # [r]
    largest = np.abs(matrix).max(axis=1)  # [r]
    for clip in CLIPS:
        scale = (largest * clip / LEVELS).astype(np.float16)  # [r]
        error = np.square(matrix - _round(matrix, scale) * scale[:, None].astype(np.float32))
        total = error.sum(axis=1, dtype=np.float64)  # [r]
        better = total < best_error
        best_error[better], best_scale[better] = total[better], scale[better]
    return _round(matrix, best_scale).astype(np.int8), best_scale


def _round(matrix: Floats, scale: NDArray[np.float16]) -> Floats:
    """The nearest integers, [r, c], as floats; the fp16 scale is the one that reading will use."""
    step = np.where(scale > 0, scale, 1).astype(np.float32)[:, None]  # [r, 1]
    return np.clip(np.rint(matrix / step), -LEVELS, LEVELS)


def quantise(
    state: Mapping[str, Floats],
) -> dict[str, NDArray[np.int8] | NDArray[np.float16] | Floats]:
    """Quantise every matrix of a state dict; vectors stay fp32.

    Args:
        state: Names and weights.

    Returns:
        For a matrix ``NAME``: ``NAME`` in int8 and ``NAME.scale``. Vectors unchanged.
    """
    stored: dict[str, NDArray[np.int8] | NDArray[np.float16] | Floats] = {}
    for name, weights in state.items():
        if weights.ndim == 2:
            stored[name], stored[f"{name}.scale"] = quantise_rows(weights)
        else:
            stored[name] = weights
    return stored


def save_int8_rows(state: Mapping[str, Floats], path: Path, metadata: Mapping[str, str]) -> None:
    """Quantise and write; ``metadata`` joins the format's name in the file's header."""
    metadata = {**metadata, "format": FORMAT}
    path.write_bytes(_with_ordered_metadata(save(quantise(state), metadata), metadata))


def _with_ordered_metadata(raw: bytes, metadata: Mapping[str, str]) -> bytes:
    """Put the metadata in the order given: the library's changes from run to run."""
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size]) | {"__metadata__": dict(metadata)}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return raw[:8] + text.ljust(size) + raw[8 + size :]
