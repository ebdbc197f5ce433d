"""Vectors of a whole file to safetensors or Parquet, streamed: memory does not grow with the file.

safetensors: ``layer.L`` [n, d] float32 for each layer, ``line`` [n] (line number from 0), and with
a word ``start`` and ``end`` [n]. Parquet: the same as columns, one row a vector.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from firth.encoder.encode import Item, Pooling
from firth.encoder.model import Encoder
from firth.encoder.states import Span, check_layers
from firth.encoder.windows import Overflow
from firth.errors import InputError, OptionError, first_line
from firth.results.files import replacing
from firth.text.files import read_lines
from firth.text.words import find_word, word_pattern

SUFFIXES = (".safetensors", ".parquet")
ROW_GROUP = 4096


@dataclass(frozen=True)
class Rows:
    """How many lines go in and how many vectors come out."""

    texts: int
    vectors: int


def check_output(output: str) -> None:
    """Refuse a file whose ending names no format, or whose folder is not there.

    Raises:
        OptionError: With the legal endings.
    """
    path = Path(output)
    if path.suffix not in SUFFIXES:
        raise OptionError(f"{output}: the name must end in {' or '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise OptionError(f"{output}: there is no folder {path.parent}")


def count_rows(text: str, word: str | None) -> Rows:
    """Read the file once to know its size, and that all of it is UTF-8, before the long work.

    Raises:
        InputError: The file cannot be read, is empty, or does not hold the word.
    """
    pattern = word_pattern(word) if word is not None else None
    texts = vectors = 0
    blank = True
    for _, line in read_lines(text):
        texts += 1
        blank = blank and not line.strip()
        vectors += 1 if pattern is None else len(find_word(line, pattern))
    if blank:
        raise InputError(f"{text} is empty: it should hold one sentence a line")
    if vectors == 0:
        raise InputError(f"{text}: the word {word!r} does not occur in any of its {texts} lines")
    return Rows(texts, vectors)


def export(
    encoder: Encoder,
    text: str,
    output: str,
    rows: Rows,
    *,
    layers: Sequence[int] | None = None,
    word: str | None = None,
    pooling: str = "mean",
    overflow: str = "window",
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Encode a file and write its vectors; returns a summary.

    Args:
        encoder: The encoder.
        text: A file with one sentence a line; a line that is blank keeps its row.
        output: Where to; the old file stays until the new one is whole.
        rows: What :func:`count_rows` said of the file.
        layers: Which layers; all of them for None.
        word: Vectors of this word's occurrences instead of the lines'.
        pooling: ``mean`` or ``cls``, for lines.
        overflow: ``window`` or ``truncate``.
        progress: Called with the number of texts done since the last call.

    Raises:
        OptionError: A layer does not exist, or the output cannot be written.
    """
    chosen = check_layers(layers, encoder.n_layers)
    pattern = word_pattern(word) if word is not None else None
    spans: list[tuple[int, Sequence[Span]]] = []

    def items() -> Iterator[Item]:
        for number, line in read_lines(text):
            found = find_word(line, pattern) if pattern is not None else ()
            spans.append((number - 1, found))
            yield line, found

    stream = encoder.stream(
        items(),
        pooling="words" if word is not None else cast(Pooling, pooling),
        layers=chosen,
        overflow=cast(Overflow, overflow),
        progress=progress,
    )

    def blocks() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for one in stream:
            number, found = spans.pop(0)
            n = one.vectors.shape[1]
            if n:
                bounds = np.array(found, dtype=np.int64).reshape(-1, 2)
                yield np.full(n, number, dtype=np.int64), bounds, one.vectors

    is_parquet = Path(output).suffix == ".parquet"
    write = _write_parquet if is_parquet else _write_safetensors
    meta = {"model": encoder.card.name, "revision": encoder.card.revision,
            "fingerprint": encoder.card.fingerprint,
            "pooling": "word" if word else pooling}  # fmt: skip
    try:
        with replacing(output) as path:
            write(path, blocks(), rows.vectors, chosen, encoder.width, word is not None, meta)
    except OSError as error:
        raise OptionError(
            f"cannot write {output}: {error.strerror or first_line(error)}"
        ) from error
    return {
        "output": output, "texts": rows.texts, "vectors": rows.vectors, "layers": list(chosen),
        "width": encoder.width, "model": encoder.card.name, "truncated": encoder.report.truncated,
        "windowed": encoder.report.windowed, "unknown": encoder.report.unknown,
    }  # fmt: skip


Blocks = Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]


def _write_safetensors(
    path: Path,
    blocks: Blocks,
    n: int,
    layers: Sequence[int],
    width: int,
    words: bool,
    meta: dict[str, str],
) -> None:
    """Lay out the file by its header, then fill the tensors in place as blocks arrive."""
    names = ["line", *(["start", "end"] if words else []), *(f"layer.{layer}" for layer in layers)]
    header: dict[str, Any] = {"__metadata__": meta}
    at = 0
    for name in names:
        is_layer = name.startswith("layer.")
        size = 4 * n * width if is_layer else 8 * n
        shape = [n, width] if is_layer else [n]
        dtype = "F32" if is_layer else "I64"
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    base = 8 + len(raw)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(raw)) + raw)
        file.truncate(base + at)
        done = 0
        for lines, bounds, vectors in blocks:
            columns = [lines, *([bounds[:, 0], bounds[:, 1]] if words else []), *vectors]
            for name, column in zip(names, columns, strict=True):
                row_bytes = 4 * width if name.startswith("layer.") else 8
                file.seek(base + header[name]["data_offsets"][0] + done * row_bytes)
                file.write(np.ascontiguousarray(column).tobytes())
            done += len(lines)
        file.flush()
        os.fsync(file.fileno())


def _write_parquet(
    path: Path,
    blocks: Blocks,
    n: int,
    layers: Sequence[int],
    width: int,
    words: bool,
    meta: dict[str, str],
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    del n
    fields = [pa.field("line", pa.int64())]
    fields += [pa.field(name, pa.int64()) for name in (("start", "end") if words else ())]
    fields += [pa.field(f"layer_{layer}", pa.list_(pa.float32(), width)) for layer in layers]
    schema = pa.schema(fields, metadata=meta)
    with pq.ParquetWriter(path, schema) as writer:
        waiting: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

        def flush() -> None:
            if not waiting:
                return
            columns = [np.concatenate([lines for lines, _, _ in waiting])]
            if words:
                bounds = np.concatenate([bounds for _, bounds, _ in waiting])
                columns += [bounds[:, 0], bounds[:, 1]]
            arrays = [pa.array(column) for column in columns]
            vectors = np.concatenate([vectors for _, _, vectors in waiting], axis=1)
            arrays += [
                pa.FixedSizeListArray.from_arrays(pa.array(layer.reshape(-1)), width)
                for layer in vectors
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            waiting.clear()

        for block in blocks:
            waiting.append(block)
            if len(waiting) >= ROW_GROUP:
                flush()
        flush()
