"""A BERT-shaped forward pass for training on texts of any length: packed, with gradients.

As in `firth.encoder.blocks` all texts of a batch lie one after another, so that every linear map is
one product without padding; only attention pads, to the longest text of the batch, which costs
little where a batch's texts are of similar length. Products, casts and residuals are those of
`firth.train.forward`: under autocast the products run in its type; without it all is fp32 and
equals transformers' forward.

Legend: b texts, t tokens of all texts, m tokens of the longest one, h heads, d width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from firth.encoder.blocks import PackedBatch
from firth.train.forward import attention, joint, layer_norm, linear, product_dtype

# Families whose positions begin behind the padding index.
_OFFSET = frozenset({"roberta", "xlm-roberta", "camembert"})


@dataclass(frozen=True)
class _Padded:
    """Where packed tokens lie among padded ones.

    Attributes:
        shape: b and m.
        places: Of each token in [b m]; None where no text is shorter than the others.
        hidden: Added to the scores of attention, [b h, 1, m]; None as above.
    """

    shape: tuple[int, int]
    places: Tensor | None
    hidden: Tensor | None

    @classmethod
    def of(cls, lengths: list[int], n_heads: int, dtype: torch.dtype, device: Any) -> _Padded:
        b, m = len(lengths), max(lengths)
        if min(lengths) == m:
            return cls((b, m), None, None)
        own = torch.tensor(lengths, device=device)
        real = torch.arange(m, device=device) < own[:, None]  # (b, m)
        hidden = torch.zeros(b, 1, 1, m, dtype=dtype, device=device)
        hidden = hidden.masked_fill(~real[:, None, None], float("-inf"))
        places = real.flatten().nonzero()[:, 0]
        return cls((b, m), places, hidden.expand(b, n_heads, 1, m).reshape(-1, 1, m))

    def pad(self, x: Tensor) -> Tensor:
        """[t, d] -> [b m, d], zeros where nothing stands."""
        if self.places is None:
            return x
        rows = self.shape[0] * self.shape[1]
        return x.new_zeros(rows, x.shape[1]).index_copy(0, self.places, x)

    def unpad(self, x: Tensor) -> Tensor:
        """[b m, d] -> [t, d]."""
        return x if self.places is None else x[self.places]


def packed_states(model: Any, batch: PackedBatch, dropout: float = 0.0) -> Tensor:
    """Compute the last hidden states of all tokens.

    Args:
        model: A model of `firth.encoder.blocks.BERT_SHAPED`.
        batch: The tokens; the lengths in any order.
        dropout: Of embeddings, attention and what is added to the residuals.

    Returns:
        fp32, [t, d].
    """
    low = product_dtype(batch.ids.device)
    heads = model.config.num_attention_heads
    with torch.autocast(batch.ids.device.type, enabled=False):
        padded = _Padded.of(batch.lengths, heads, low, batch.ids.device)
        x = F.dropout(_embed(model, batch), dropout)
        for layer in model.encoder.layer:
            x = _block(x, layer, padded, heads, low, dropout)
        return x


def first_states(model: Any, batch: PackedBatch, dropout: float = 0.0) -> Tensor:
    """Compute the last hidden state of each text's first token.

    In the last block only keys and values are of all tokens; the rest is of the first ones.

    Args:
        model: A model of `firth.encoder.blocks.BERT_SHAPED`.
        batch: The tokens; the lengths in any order.
        dropout: As in `packed_states`.

    Returns:
        fp32, [b, d].
    """
    low = product_dtype(batch.ids.device)
    heads = model.config.num_attention_heads
    *lower, top = model.encoder.layer
    with torch.autocast(batch.ids.device.type, enabled=False):
        padded = _Padded.of(batch.lengths, heads, low, batch.ids.device)
        x = F.dropout(_embed(model, batch), dropout)
        for layer in lower:
            x = _block(x, layer, padded, heads, low, dropout)
        ends = torch.tensor(batch.lengths, device=x.device).cumsum(0)
        first = x[torch.cat([ends.new_zeros(1), ends[:-1]])]  # (b, d)
        own = top.attention.self
        mixed = _attend_first(x.to(low), first.to(low), own, padded, heads, dropout)
        return _after_attention(first, mixed, top, dropout)


def _attend_first(
    x: Tensor, first: Tensor, own: Any, padded: _Padded, n_heads: int, dropout: float
) -> Tensor:
    """Attention from the first tokens to all: [t, d] and [b, d] -> [b, d]."""
    b, m = padded.shape
    d = x.shape[1]
    kv = padded.pad(joint(x, own.key, own.value)).view(b, m, 2, n_heads, d // n_heads)
    k, v = kv.permute(2, 0, 3, 1, 4).reshape(2, b * n_heads, m, d // n_heads)
    q = linear(first, own.query).view(b * n_heads, 1, d // n_heads)
    return attention(q, k, v, padded.hidden, dropout).view(b, d)


def _embed(model: Any, batch: PackedBatch) -> Tensor:
    e = model.embeddings
    first = e.padding_idx + 1 if model.config.model_type in _OFFSET else 0
    kinds = e.token_type_embeddings.weight
    x = F.embedding(batch.ids, e.word_embeddings.weight)
    x = x + F.embedding(batch.positions() + first, e.position_embeddings.weight)
    x = x + (kinds[0] if batch.types is None else F.embedding(batch.types, kinds))
    x = layer_norm(x, e.LayerNorm)
    project = getattr(model, "embeddings_project", None)
    return x if project is None else linear(x, project)


def _block(
    x: Tensor, layer: Any, padded: _Padded, n_heads: int, low: torch.dtype, dropout: float
) -> Tensor:
    mixed = _attend(x.to(low), layer.attention.self, padded, n_heads, dropout)
    return _after_attention(x, mixed, layer, dropout)


def _after_attention(x: Tensor, mixed: Tensor, layer: Any, dropout: float) -> Tensor:
    """What a block does with what attention gathered: [n, d] and [n, d] -> [n, d]."""
    output = layer.attention.output
    x = layer_norm(x + F.dropout(linear(mixed, output.dense), dropout), output.LayerNorm)
    up = layer.intermediate.intermediate_act_fn(linear(x.to(mixed.dtype), layer.intermediate.dense))
    down = linear(up, layer.output.dense)
    return layer_norm(x + F.dropout(down, dropout), layer.output.LayerNorm)


def _attend(x: Tensor, own: Any, padded: _Padded, n_heads: int, dropout: float) -> Tensor:
    b, m = padded.shape
    d = x.shape[1]
    qkv = padded.pad(joint(x, own.query, own.key, own.value))  # (b m, 3 d)
    heads = qkv.view(b, m, 3, n_heads, d // n_heads).permute(2, 0, 3, 1, 4)  # (3, b, h, m, k)
    q, k, v = heads.reshape(3, b * n_heads, m, d // n_heads)
    mixed = attention(q, k, v, padded.hidden, dropout).view(b, n_heads, m, -1)
    return padded.unpad(mixed.transpose(1, 2).reshape(b * m, d))
