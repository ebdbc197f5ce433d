"""The forward pass of BERT-shaped encoders over packed tokens: no padding, few large products.

The library's forward computes on [b, longest, d]; here all texts of a batch lie one after another,
[t, d], so that every linear map is one product without padding, and attention runs over groups of
texts of equal length, which need no mask, in scores that all layers share: on a processor, fresh
memory costs more than the products. Query, key and value are one product; the scale
1/sqrt(d_head) is folded into the query's weights. Residuals and LayerNorm follow Devlin et al.
2019 (post-norm); positions start behind the padding index in the RoBERTa family.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Families whose modules are named and ordered as BertModel's.
BERT_SHAPED = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "electra"})

# Up to this length two products and a softmax in place beat the library's fused kernel on CPU.
LONG = {torch.bfloat16: 1024, torch.float32: 400}
# Up to this length a softmax in fp32, rounded afterwards, beats the one in bf16 on CPU.
NARROW = 100
# Numbers of attention that are computed together, whole texts at a time: what stays in the cache.
SCORES = 2 << 20


@dataclass(frozen=True)
class PackedBatch:
    """Texts of one batch, one after another.

    Attributes:
        ids: Token ids, special tokens included, int64, [t].
        lengths: Number of tokens of each text, ascending.
        types: Token types, [t], where a text has two parts; all 0 for None.
    """

    ids: Tensor
    lengths: list[int]
    types: Tensor | None = None

    def positions(self) -> Tensor:
        """Return the position of each token in its own text, int64, [t]."""
        return torch.cat([torch.arange(n, device=self.ids.device) for n in self.lengths])

    def groups(self) -> list[tuple[int, int]]:
        """Return (number of texts, length) of each run of texts of equal length."""
        return [(len(list(run)), n) for n, run in itertools.groupby(self.lengths)]


@dataclass(frozen=True)
class _Block:
    qkv_weight: Tensor  # (3 d, d)
    qkv_bias: Tensor
    out_weight: Tensor  # (d, d)
    out_bias: Tensor
    out_norm: nn.LayerNorm
    up_weight: Tensor  # (ff, d)
    up_bias: Tensor
    down_weight: Tensor  # (d, ff)
    down_bias: Tensor
    down_norm: nn.LayerNorm


class PackedBert:
    """A BERT-shaped model behind a packed forward pass.

    Args:
        model: ``BertModel``, ``RobertaModel``, ``XLMRobertaModel``, ``CamembertModel`` or
            ``ElectraModel``, in evaluation mode, fp32.
        dtype: The type of the products: ``torch.bfloat16`` or ``torch.float32``.
    """

    def __init__(self, model: Any, dtype: torch.dtype) -> None:
        config = model.config
        self.dtype = dtype
        self.n_heads: int = config.num_attention_heads
        self.embeddings = model.embeddings
        self.project: nn.Linear | None = getattr(model, "embeddings_project", None)
        padding = getattr(self.embeddings, "padding_idx", None)
        roberta = config.model_type in {"roberta", "xlm-roberta", "camembert"}
        self.first_position = padding + 1 if roberta and padding is not None else 0
        layers = model.encoder.layer
        self.activation: Callable[[Tensor], Tensor] = layers[0].intermediate.intermediate_act_fn
        self.blocks = [self._pack(layer) for layer in layers]

    def _pack(self, layer: Any) -> _Block:
        attention, output = layer.attention.self, layer.attention.output
        width = attention.query.in_features
        scale = (width // self.n_heads) ** -0.5
        weight = torch.cat(
            [attention.query.weight * scale, attention.key.weight, attention.value.weight]
        )
        bias = torch.cat([attention.query.bias * scale, attention.key.bias, attention.value.bias])
        to = self._to
        return _Block(
            to(weight), to(bias),
            to(output.dense.weight), to(output.dense.bias), output.LayerNorm,
            to(layer.intermediate.dense.weight), to(layer.intermediate.dense.bias),
            to(layer.output.dense.weight), to(layer.output.dense.bias), layer.output.LayerNorm,
        )  # fmt: skip

    def _to(self, weight: Tensor) -> Tensor:
        return weight.detach().to(self.dtype).contiguous()

    @torch.inference_mode()
    def layers(
        self, batch: PackedBatch, moved: Mapping[int, Tensor] | None = None
    ) -> Iterator[Tensor]:
        """Yield the hidden states [t, d] of layer 0, 1, ... L, each as soon as it is computed.

        Args:
            batch: The tokens.
            moved: Layer -> [d], added to its states before the next block sees them.
        """
        moved = moved or {}
        x = self._embed(batch)
        groups = batch.groups()
        scores = self._scores(groups, x.device)
        for layer, block in enumerate([None, *self.blocks]):
            if block is not None:
                x = self._block(x, block, groups, scores)
            if layer in moved:
                x = x + moved[layer]
            yield x

    @torch.inference_mode()
    def _embed(self, batch: PackedBatch) -> Tensor:
        e = self.embeddings
        kinds = e.token_type_embeddings.weight
        x = e.word_embeddings(batch.ids) + kinds[0 if batch.types is None else batch.types]
        x = x + e.position_embeddings(batch.positions() + self.first_position)
        x = _norm(x, e.LayerNorm)
        if self.project is None:
            return x
        # Not by calling the module: a hook on it belongs to the library's own forward pass.
        return F.linear(x, self.project.weight, self.project.bias)

    def _scores(self, groups: list[tuple[int, int]], device: torch.device) -> Tensor | None:
        """Return room for the attention of all layers, as much as the groups need; flat."""
        long = LONG.get(self.dtype)
        if device.type != "cpu" or long is None:
            return None
        sizes = [self._together(b, n) * self.n_heads * n * n for b, n in groups if n <= long]
        return torch.empty(max(sizes, default=0), dtype=self.dtype)

    def _together(self, n_texts: int, n: int) -> int:
        """Return how many texts of n tokens are computed together."""
        return min(n_texts, max(1, SCORES // (self.n_heads * n * n)))

    @torch.inference_mode()
    def _block(
        self, x: Tensor, block: _Block, groups: list[tuple[int, int]], scores: Tensor | None
    ) -> Tensor:
        # The residual stays fp32: adding twelve bf16 residuals would cost a digit.
        low = x.to(self.dtype)
        qkv = F.linear(low, block.qkv_weight, block.qkv_bias)  # (t, 3 d)
        mixed = self._attend(qkv, groups, scores)
        mixed = F.linear(mixed, block.out_weight, block.out_bias)
        x = _norm(x + mixed, block.out_norm)
        up = self.activation(F.linear(x.to(self.dtype), block.up_weight, block.up_bias))
        down = F.linear(up, block.down_weight, block.down_bias)
        return _norm(x + down, block.down_norm)

    def _attend(self, qkv: Tensor, groups: list[tuple[int, int]], scores: Tensor | None) -> Tensor:
        t, d = qkv.shape[0], qkv.shape[1] // 3
        mixed = qkv.new_empty(t, d)
        start = 0
        for n_texts, n in groups:
            at_once = n_texts if scores is None else self._together(n_texts, n)
            for first in range(0, n_texts, at_once):
                b = min(at_once, n_texts - first)
                end = start + b * n
                heads = qkv[start:end].view(b, n, 3, self.n_heads, d // self.n_heads)
                heads = heads.permute(2, 0, 3, 1, 4)  # (3, b, h, t, d / h)
                own = _attention(heads, scores)
                mixed[start:end] = own.transpose(1, 2).reshape(b * n, d)
                start = end
        return mixed


def _attention(heads: Tensor, scores: Tensor | None) -> Tensor:
    """Softmax attention, no mask, the query scaled already: [3, b, h, t, k] -> [b, h, t, k].

    Args:
        heads: Queries, keys and values.
        scores: Room for b h t^2 numbers, written over; None for the library's kernel.
    """
    b, h, n, k = heads.shape[1:]
    if scores is None or n > LONG[heads.dtype]:
        return F.scaled_dot_product_attention(heads[0], heads[1], heads[2], scale=1.0)
    q, key, v = heads.reshape(3, b * h, n, k)
    weights = scores[: b * h * n * n].view(b * h, n, n)
    torch.bmm(q, key.transpose(1, 2), out=weights)
    if n <= NARROW and weights.dtype == torch.bfloat16:
        weights.copy_(torch.softmax(weights, dim=-1, dtype=torch.float32))
    else:
        torch.softmax(weights, dim=-1, out=weights)
    return torch.bmm(weights, v).view(b, h, n, k)


def _norm(x: Tensor, norm: nn.LayerNorm) -> Tensor:
    return F.layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
