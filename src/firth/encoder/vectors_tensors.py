"""Word vectors in safetensors: the vectors, the counts, and the words as bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from firth.encoder.vectors_text import encoded
from firth.errors import InputError, first_line

FORMAT = {"format": "firth-static-vectors", "version": "1"}


def read_tensors(
    path: Path,
) -> tuple[list[str], Float32[np.ndarray, "v d"], Int64[np.ndarray, " v"] | None, dict[str, str]]:
    """Read words, vectors, counts and what the file says of itself.

    Raises:
        InputError: It is damaged, or no file of word vectors.
        OSError: The file cannot be read.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            said: dict[str, str] = file.metadata() or {}
            if said.get("format") != FORMAT["format"] or not {"words", "vectors"} <= set(names):
                some = ", ".join(sorted(names)[:4])
                raise InputError(
                    f"{path} holds no word vectors of firth's: it has the tensors {some}"
                )
            if said.get("version") != FORMAT["version"]:
                raise InputError(
                    f"{path} is of version {said.get('version')}; this firth reads version "
                    f"{FORMAT['version']}"
                )
            vectors: np.ndarray = file.get_tensor("vectors")
            raw: np.ndarray = file.get_tensor("words")
            counts: np.ndarray | None = file.get_tensor("counts") if "counts" in names else None
    except SafetensorError as error:
        raise InputError(f"{path} is damaged: {first_line(error)}") from error
    try:
        words = raw.tobytes().decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: its words are not UTF-8") from error
    if vectors.ndim != 2 or len(vectors) != len(words) or vectors.size == 0:
        raise InputError(f"{path}: {len(words)} words, but vectors of shape {vectors.shape}")
    if counts is not None and counts.shape != (len(words),):
        raise InputError(f"{path}: {len(words)} words, but counts of shape {counts.shape}")
    about = {key: value for key, value in sorted(said.items()) if key not in FORMAT}
    whole = None if counts is None else counts.astype(np.int64)
    return words, vectors.astype(np.float32, copy=False), whole, about


def write_tensors(
    path: Path,
    words: Sequence[str],
    vectors: Float32[np.ndarray, "v d"],
    counts: Int64[np.ndarray, " v"] | None,
    about: Mapping[str, str],
) -> None:
    """Write a safetensors file.

    Raises:
        InputError: A word has a line feed in it, or is no Unicode text.
        OSError: The file cannot be written.
    """
    for word in words:
        if "\n" in word:
            raise InputError(f"the word {word!r} has a line feed in it and cannot be saved")
    joined = b"\n".join(encoded(word) for word in words)
    tensors = {
        "vectors": np.ascontiguousarray(vectors),
        "words": np.frombuffer(joined, dtype=np.uint8),
    }
    if counts is not None:
        tensors["counts"] = np.ascontiguousarray(counts)
    try:
        save_file(tensors, path, metadata={**about, **FORMAT})
    except SafetensorError as error:  # a full disk comes as this
        raise OSError(first_line(error)) from error
