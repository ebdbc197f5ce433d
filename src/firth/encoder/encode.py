"""The fast path: many texts to pooled hidden states, streamed and in order.

Texts are read in chunks, tokenised, sorted by length, packed into batches without padding and
computed in bf16 where the processor has it. Each layer is pooled as soon as it is computed, so
memory holds one batch's layer and one chunk's result, whatever the size of the corpus.

Everything is one mechanism: a *slot* is what a vector is wanted for (a token, a word, a text),
and a vector is the mean over the slot's tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from firth.encoder.blocks import PackedBatch
from firth.encoder.states import Pooled, Span, overlapping
from firth.encoder.windows import Tokenised, Window, Windower

if TYPE_CHECKING:
    from firth.encoder.model import Encoder

Pooling = Literal["tokens", "words", "mean", "cls"]

# About 256 MiB of fp32 results a chunk, and never more texts than this in one.
CHUNK_BYTES = 256 * 2**20
CHUNK_TEXTS = 8192
# Tokens a batch: large enough for full products, small enough for the processor's cache.
BATCH_TOKENS = 2048

Item = tuple[str, Sequence[Span]]


@runtime_checkable
class _HasIds(Protocol):
    @property
    def ids(self) -> Int[np.ndarray, " t"]: ...


T = TypeVar("T", bound=_HasIds)


@dataclass
class _Chunk:
    """Texts that are encoded together, and where their slots begin."""

    tokenised: list[Tokenised]
    spans: list[Sequence[Span]]
    first_slot: list[int]

    @property
    def n_slots(self) -> int:
        return self.first_slot[-1]


def pooled(
    encoder: Encoder,
    items: Iterable[Item],
    *,
    layers: tuple[int, ...],
    pooling: Pooling,
    windower: Windower,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Pooled]:
    """Yield the pooled vectors of each text, in the order of ``items``.

    Args:
        encoder: The encoder.
        items: Texts with the character spans of their words; spans are used by ``words`` only.
        layers: Which layers, ascending.
        pooling: ``tokens``: every token; ``words``: mean over each span's tokens; ``mean``: mean
            over all tokens of the text, special tokens included (as sentence-transformers does);
            ``cls``: the first token.
        windower: Tokenises and cuts; its report counts what happened.
        progress: Called with the number of texts done since the last call.
    """
    slot_bytes = 4 * len(layers) * encoder.width
    budget = max(1, CHUNK_BYTES // slot_bytes)
    for chunk in _chunks(items, pooling, windower, budget):
        sums, counts = _encode_chunk(encoder, chunk, layers, pooling, windower)
        sums /= np.maximum(counts, 1)[None, :, None]
        for index, tokenised in enumerate(chunk.tokenised):
            a, b = chunk.first_slot[index], chunk.first_slot[index + 1]
            yield Pooled(sums[:, a:b], counts[a:b], tokenised.offsets, tokenised.ids)
        if progress is not None:
            progress(len(chunk.tokenised))


def _chunks(
    items: Iterable[Item], pooling: Pooling, windower: Windower, budget: int
) -> Iterator[_Chunk]:
    """Group texts so that a chunk has at most ``budget`` slots (one text may exceed it alone)."""
    chunk = _Chunk([], [], [0])
    for texts, spans in _blocks(items):
        for tokenised, own in zip(windower.tokenise(texts), spans, strict=True):
            if pooling == "tokens":
                n = len(tokenised.ids)
            elif pooling == "words":
                n = len(own)
            else:
                n = 1
            full = chunk.n_slots + n > budget or len(chunk.tokenised) >= CHUNK_TEXTS
            if chunk.tokenised and full:
                yield chunk
                chunk = _Chunk([], [], [0])
            chunk.tokenised.append(tokenised)
            chunk.spans.append(own)
            chunk.first_slot.append(chunk.n_slots + n)
    if chunk.tokenised:
        yield chunk


def _blocks(items: Iterable[Item]) -> Iterator[tuple[list[str], list[Sequence[Span]]]]:
    """Split the stream into blocks that the tokenizer takes at once."""
    texts: list[str] = []
    spans: list[Sequence[Span]] = []
    for text, own in items:
        texts.append(text)
        spans.append(own)
        if len(texts) == 512:
            yield texts, spans
            texts, spans = [], []
    if texts:
        yield texts, spans


def _encode_chunk(
    encoder: Encoder,
    chunk: _Chunk,
    layers: tuple[int, ...],
    pooling: Pooling,
    windower: Windower,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums [l, n, d] and the number of tokens [n] of the chunk's slots."""
    windows = [
        window
        for index, tokenised in enumerate(chunk.tokenised)
        for window in windower.windows(index, tokenised)
    ]
    windows.sort(key=lambda window: len(window.ids))
    # Written before it is read where every slot has one token, so zeros are only kept for sums.
    sums = torch.zeros(len(layers), chunk.n_slots, encoder.width)
    counts = np.zeros(chunk.n_slots, dtype=np.int64)
    # Longest first: what does not fit in memory shows at once.
    for batch in reversed(list(batches(windows))):
        packed, positions, slots = _pack(batch, chunk, pooling, encoder.device)
        np.add.at(counts, slots, 1)
        where, into = torch.from_numpy(positions).to(encoder.device), torch.from_numpy(slots)
        with torch.inference_mode():
            for row, states in _wanted(encoder.forward(packed), layers):
                sums[row].index_add_(0, into, states.index_select(0, where).float().cpu())
    return sums.numpy(), counts


def batches(items: Sequence[T]) -> Iterator[list[T]]:
    """Group what has ``ids``, in ascending length, into batches of about `BATCH_TOKENS` tokens."""
    batch: list[T] = []
    tokens = 0
    for one in items:
        if batch and tokens + len(one.ids) > BATCH_TOKENS:
            yield batch
            batch, tokens = [], 0
        batch.append(one)
        tokens += len(one.ids)
    if batch:
        yield batch


def _pack(
    batch: Sequence[Window], chunk: _Chunk, pooling: Pooling, device: torch.device
) -> tuple[PackedBatch, np.ndarray, np.ndarray]:
    """Return the packed batch, and which of its tokens go into which slots."""
    positions: list[np.ndarray] = []
    slots: list[np.ndarray] = []
    base = 0
    for window in batch:
        local, own = _slots(window, chunk, pooling)
        positions.append(base + local)
        slots.append(chunk.first_slot[window.text] + own)
        base += len(window.ids)
    ids = torch.from_numpy(np.concatenate([window.ids for window in batch])).to(device)
    packed = PackedBatch(ids, [len(window.ids) for window in batch])
    return packed, np.concatenate(positions), np.concatenate(slots)


def _slots(window: Window, chunk: _Chunk, pooling: Pooling) -> tuple[np.ndarray, np.ndarray]:
    """Return positions in the window and their slots in the text."""
    tokenised = chunk.tokenised[window.text]
    if pooling == "cls":
        chosen = np.arange(1 if window.first == 0 and len(window.ids) else 0)
        return chosen, np.zeros_like(chosen)
    if pooling == "mean":
        chosen = np.arange(window.first, window.last)
        return chosen, np.zeros_like(chosen)
    # Tokens of the text that this window owns, special tokens left out.
    first, last = max(window.first, window.content[0]), min(window.last, window.content[1])
    if pooling == "tokens":
        chosen = np.arange(first, last)
        return chosen, chosen + window.shift
    positions: list[np.ndarray] = []
    slots: list[np.ndarray] = []
    for slot, span in enumerate(chunk.spans[window.text]):
        chosen = overlapping(tokenised.offsets, span) - window.shift
        chosen = chosen[(chosen >= first) & (chosen < last)]
        positions.append(chosen)
        slots.append(np.full(len(chosen), slot, dtype=np.int64))
    if not positions:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return np.concatenate(positions), np.concatenate(slots)


def _wanted(states: Iterator[Tensor], layers: tuple[int, ...]) -> Iterator[tuple[int, Tensor]]:
    """Yield (row, states) of the wanted layers; deeper layers are never computed."""
    rows = {layer: row for row, layer in enumerate(layers)}
    for layer, x in enumerate(states):
        if layer in rows:
            yield rows[layer], x
        if layer == layers[-1]:
            return
