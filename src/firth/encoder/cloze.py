"""The masked-LM head: what stands in a blank, as log-probabilities over the vocabulary.

The encoder's own fast path computes the hidden states; dense, activation, norm and decoder run at
the blanks only, a few positions at a time, since one row of logits has as many numbers as the
vocabulary has tokens. Products are in the encoder's type, norm and softmax in fp32.

A text that is longer than the encoder is seen through a window around each blank, the blank in its
middle as far as the text's ends allow.

Legend: t tokens, k positions that are asked for, d width, v vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from firth.encoder.blanks import Blanked, Blanker
from firth.encoder.blocks import PackedBatch
from firth.encoder.encode import batches
from firth.encoder.head import HeadParts, read_head

if TYPE_CHECKING:
    from firth.encoder.model import Encoder

# Positions whose logits are held in fp32 at a time.
CHUNK = 128

R = TypeVar("R")
# Takes log-probabilities [k, v] and (query, slot) of each row; returns what is kept of each row.
Read = Callable[[Tensor, list[tuple[int, int]]], Sequence[R]]


@dataclass(frozen=True)
class Query:
    """A text, and where in it the model is asked.

    Attributes:
        ids: Token ids with masks, special tokens at the ends left out, [t].
        positions: Positions in ``ids`` that are asked for, [k].
    """

    ids: Int[np.ndarray, " t"]
    positions: Int[np.ndarray, " k"]


@dataclass(frozen=True)
class _Slice:
    """What goes through the encoder for a query: ids with special tokens, rows, their owners."""

    ids: Int[np.ndarray, " w"]
    rows: list[int]
    owners: list[tuple[int, int]]


class MaskedLMHead:
    """An encoder with its masked-LM head. Made by :func:`load_head`.

    Attributes:
        encoder: The encoder.
        blanker: Turns texts with ``[MASK]`` into tokens.
        longer: Texts so far that were longer than the encoder and were seen through windows.
    """

    def __init__(self, encoder: Encoder, parts: HeadParts) -> None:
        self.encoder = encoder
        self.blanker = Blanker(encoder.tokenizer, encoder.max_tokens)
        self.longer = 0
        self._activation, self._norm = parts.activation, parts.norm
        self._dense_weight = self._to(parts.dense)
        self._dense_bias = None if parts.dense_bias is None else self._to(parts.dense_bias)
        self._decoder, self._bias = self._to(parts.decoder), parts.bias

    def _to(self, weight: Tensor) -> Tensor:
        return weight.detach().to(self.encoder.dtype)

    @property
    def vocabulary(self) -> int:
        """Number of tokens that the head chooses from."""
        return len(self._decoder)

    @property
    def room(self) -> int:
        """How many tokens of a text are seen at once."""
        return self.blanker.max_tokens - len(self.blanker.prefix) - len(self.blanker.suffix)

    def sentences(self) -> list[str]:
        """Return what a reader of the result must know."""
        if not self.longer:
            return []
        return [
            f"{self.longer} texts were longer than the encoder: each of their blanks saw the "
            f"{self.room} tokens around it"
        ]

    def logits(self, texts: Sequence[str]) -> list[Float[np.ndarray, "k v"]]:
        """Return the logits at the blanks of each text, fp32, [k, v]; k is 0 without a blank.

        Args:
            texts: Texts with ``[MASK]`` or the model's own mask token.
        """
        blanked = self.blanker.blank(texts)
        self.count_longer(blanked)
        rows = self.predict(
            [Query(one.ids, one.blanks) for one in blanked],
            lambda found, _: list(found.cpu().numpy()),
            normalise=False,
        )
        empty = np.zeros((0, self.vocabulary), dtype=np.float32)
        return [np.stack(own) if own else empty for own in rows]

    def count_longer(self, blanked: Sequence[Blanked]) -> None:
        """Count the texts that do not fit the encoder."""
        self.longer += sum(len(one.ids) > self.room for one in blanked)

    @torch.inference_mode()
    def predict(
        self, queries: Sequence[Query], read: Read[R], *, normalise: bool = True
    ) -> list[list[R]]:
        """Ask the model at some positions of each query.

        Args:
            queries: Texts with masks; the result does not depend on which stand together.
            read: Gets log-probabilities, fp32, [k, v], and the (query, slot) of each row; what it
                returns of each row is kept, the rows themselves are not.
            normalise: Give ``read`` log-probabilities; otherwise logits.

        Returns:
            For each query what was read at each of its positions.
        """
        found: list[dict[int, R]] = [{} for _ in queries]
        slices = [one for index, query in enumerate(queries) for one in self._slices(index, query)]
        slices.sort(key=lambda one: len(one.ids))
        for batch in reversed(list(batches(slices))):
            states, owners = self._last_states(batch)  # (k, d)
            for start in range(0, len(owners), CHUNK):
                own = owners[start : start + CHUNK]
                logits = self._head(states[start : start + CHUNK])
                rows = read(logits.log_softmax(-1) if normalise else logits, own)
                for (query, slot), value in zip(own, rows, strict=True):
                    found[query][slot] = value
        return [[one[slot] for slot in sorted(one)] for one in found]

    def _slices(self, index: int, query: Query) -> Iterator[_Slice]:
        """Yield what has to be encoded for a query: the text, or a window around each position."""
        n, room = len(query.ids), self.room
        by_start: dict[int, list[tuple[int, int]]] = {}
        for slot, position in enumerate(query.positions.tolist()):
            start = min(max(position - room // 2, 0), max(n - room, 0))
            by_start.setdefault(start, []).append((slot, position))
        prefix, suffix = self.blanker.prefix, self.blanker.suffix
        for start, asked in by_start.items():
            ids = np.concatenate([prefix, query.ids[start : start + room], suffix])
            rows = [position - start + len(prefix) for _, position in asked]
            yield _Slice(ids.astype(np.int64), rows, [(index, slot) for slot, _ in asked])

    def _last_states(self, batch: list[_Slice]) -> tuple[Tensor, list[tuple[int, int]]]:
        ids = torch.from_numpy(np.concatenate([one.ids for one in batch]))
        packed = PackedBatch(ids.to(self.encoder.device), [len(one.ids) for one in batch])
        where: list[int] = []
        owners: list[tuple[int, int]] = []
        base = 0
        for one in batch:
            where += [base + row for row in one.rows]
            owners += one.owners
            base += len(one.ids)
        states = None
        for layer in self.encoder.forward(packed):
            states = layer
        assert states is not None
        return states[torch.tensor(where, device=states.device)], owners

    def _head(self, states: Tensor) -> Tensor:
        """Return logits, fp32: [k, d] -> [k, v]."""
        low = self.encoder.dtype
        x = self._activation(F.linear(states.to(low), self._dense_weight, self._dense_bias))
        x = self._norm(x.float()).to(low)  # (k, d), or narrower where the embeddings are
        logits = F.linear(x, self._decoder).float()
        return logits if self._bias is None else logits + self._bias


def load_head(encoder: Encoder) -> MaskedLMHead:
    """Read the masked-LM head that belongs to an encoder.

    Args:
        encoder: An encoder that was loaded from a folder.

    Raises:
        ModelError: The weights hold no head; none is ever initialised at random.
    """
    parts = read_head(encoder)
    rows: nn.Module = encoder.model.get_input_embeddings()
    weight = rows.weight
    if isinstance(weight, Tensor) and torch.equal(weight, parts.decoder):
        parts = parts.tied_to(weight)  # the same numbers need no second place in memory
    return MaskedLMHead(encoder, parts)
