"""Weights stored as int8 rows: how the embedded encoder fits into the package.

A matrix ``NAME`` is int8 [r, c] beside ``NAME.scale``, fp16 [r]; a weight is its integer times the
scale of its row. Vectors are stored as they are. The file is ordinary safetensors; its metadata
names the format.

Legend of dimensions: r rows, c columns.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from firth.errors import ModelError

if TYPE_CHECKING:
    import torch

FORMAT = "int8-rows"
_SCALE = ".scale"
_LONGEST_HEADER = 100_000_000  # bytes; safetensors' own limit


def read_header(path: Path) -> dict[str, str]:
    """Read the metadata of a safetensors file without touching its weights.

    Args:
        path: A file.

    Returns:
        The metadata; empty if there is none or if this is no safetensors file.
    """
    with path.open("rb") as file:
        length = file.read(8)
        if len(length) < 8 or (size := struct.unpack("<Q", length)[0]) > _LONGEST_HEADER:
            return {}
        try:
            header = json.loads(file.read(size))
        except ValueError:  # not JSON, or not UTF-8
            return {}
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return metadata if isinstance(metadata, dict) else {}


def is_int8_rows(path: Path) -> bool:
    """Tell whether a file holds int8 rows, by its header alone.

    Args:
        path: Any file; one that is absent is no such file.

    Returns:
        Whether `read_int8_rows` can read it.
    """
    return path.is_file() and read_header(path).get("format") == FORMAT


def read_int8_rows(path: Path, dtype: torch.dtype | None = None) -> dict[str, torch.Tensor]:
    """Read int8 rows back into ordinary weights.

    Args:
        path: A safetensors file of this format.
        dtype: What the weights become; float32 unless told.

    Returns:
        A state dict: names without the scales; matrices [r, c] and vectors [c] in ``dtype``. The
        product of integer and scale is taken in float32 and rounded once.

    Raises:
        ModelError: If the file is of another format.
    """
    import torch
    from safetensors.torch import load_file

    if not is_int8_rows(path):
        if not path.is_file():
            raise ModelError(f"There is no file {path}.")
        stated = read_header(path).get("format", "none")
        raise ModelError(
            f"{path} states the format {stated!r}, and only {FORMAT!r} can be read here; "
            "load other weights with transformers."
        )
    dtype = dtype or torch.float32
    stored = load_file(path)
    state: dict[str, torch.Tensor] = {}
    for name, weights in stored.items():
        if name.endswith(_SCALE) and name.removesuffix(_SCALE) in stored:
            continue
        scale = stored.get(name + _SCALE)
        if scale is not None:
            weights = weights.float().mul_(scale.float().unsqueeze(1))  # [r, c] * [r, 1]
        state[name] = weights.to(dtype)
    return state
