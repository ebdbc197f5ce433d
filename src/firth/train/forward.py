"""A BERT's forward pass for training: sequences of one length, no padding, few large products.

As in ``firth.encoder.blocks``, but with gradients: query, key and value are one product, weights
are cast to bf16 once a step, residuals and LayerNorm stay fp32. Under autocast the products run in
its type; without it all is fp32 and equals transformers' forward. There is no dropout: with far
more text than one pass reads, it only slows learning (as in later BERTs: Liu et al. 2019 to
Warner et al. 2024).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from firth.encoder.blocks import NARROW

CHUNK = 128  # masked positions whose logits are held in fp32 at a time


def product_dtype(device: torch.device | None = None) -> torch.dtype:
    """Return autocast's type where it is on, else fp32."""
    kind = "cpu" if device is None else device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else torch.float32


def hidden_layers(model: Any, ids: Tensor, offsets: Tensor | None = None) -> list[Tensor]:
    """Compute the hidden states of all layers.

    Args:
        model: ``BertModel`` of transformers.
        ids: Token ids, [b, t], no padding.
        offsets: The first position of each sequence, [b]; 0 by default.

    Returns:
        Layer 0 to L, each fp32, [b * t, d].
    """
    low = product_dtype(ids.device)
    heads = model.config.num_attention_heads
    with torch.autocast(ids.device.type, enabled=False):
        layers = [_embed(model.embeddings, ids, offsets)]
        for layer in model.encoder.layer:
            layers.append(_block(layers[-1], layer, ids.shape, heads, low))
    return layers


def last_states(model: Any, ids: Tensor, chosen: Tensor, offsets: Tensor | None = None) -> Tensor:
    """Compute the last layer at some positions only.

    Args:
        model: ``BertModel`` of transformers.
        ids: Token ids, [b, t], no padding.
        chosen: Which positions, bool, [b, t].
        offsets: The first position of each sequence, [b]; 0 by default.

    Returns:
        fp32, [n, d], from the first sequence to the last.
    """
    low = product_dtype(ids.device)
    heads = model.config.num_attention_heads
    *lower, top = model.encoder.layer
    with torch.autocast(ids.device.type, enabled=False):
        x = _embed(model.embeddings, ids, offsets)
        for layer in lower:
            x = _block(x, layer, ids.shape, heads, low)
        return _block(x, top, ids.shape, heads, low, chosen)


def _embed(embeddings: Any, ids: Tensor, offsets: Tensor | None) -> Tensor:
    n = ids.shape[1]
    places = embeddings.position_embeddings.weight
    x = F.embedding(ids, embeddings.word_embeddings.weight)  # (b, t, d)
    if offsets is None:
        x = x + places[:n]
    else:
        x = x + F.embedding(offsets[:, None] + torch.arange(n, device=ids.device), places)
    x = x + embeddings.token_type_embeddings.weight[0]
    return layer_norm(x, embeddings.LayerNorm).flatten(0, 1)


def _block(
    x: Tensor,
    layer: Any,
    shape: torch.Size,
    n_heads: int,
    low: torch.dtype,
    chosen: Tensor | None = None,
) -> Tensor:
    own, output = layer.attention.self, layer.attention.output
    if chosen is None:
        mixed = _attend_all(x.to(low), own, shape, n_heads)
    else:
        mixed = _attend_from(x.to(low), own, chosen, n_heads)
        x = x[chosen.flatten()]  # (n, d)
    x = layer_norm(x + linear(mixed, output.dense), output.LayerNorm)
    activation = layer.intermediate.intermediate_act_fn
    up = activation(linear(x.to(low), layer.intermediate.dense))
    return layer_norm(x + linear(up, layer.output.dense), layer.output.LayerNorm)


def _attend_all(x: Tensor, own: Any, shape: torch.Size, n_heads: int) -> Tensor:
    """Attention from every position: [b t, d] -> [b t, d]."""
    b, n = shape
    d = x.shape[1]
    qkv = joint(x, own.query, own.key, own.value)  # (b t, 3 d)
    heads = qkv.view(b, n, 3, n_heads, d // n_heads).permute(2, 0, 3, 1, 4)  # (3, b, h, t, k)
    q, k, v = heads.reshape(3, b * n_heads, n, d // n_heads)
    mixed = attention(q, k, v)  # (b h, t, k)
    return mixed.view(b, n_heads, n, -1).transpose(1, 2).reshape(b * n, d)


def _attend_from(x: Tensor, own: Any, chosen: Tensor, n_heads: int) -> Tensor:
    """Attention from the chosen positions: [b t, d] -> [n, d]."""
    b, n = chosen.shape
    d = x.shape[1]
    counts = chosen.sum(1)  # (b)
    most = int(counts.max())
    # The chosen positions of each sequence first; those that fill up are dropped again below.
    order = torch.argsort(~chosen, dim=1, stable=True)[:, :most]  # (b, q)
    flat = (order + n * torch.arange(b, device=x.device)[:, None]).flatten()
    q = linear(x[flat], own.query).view(b, most, n_heads, -1).transpose(1, 2)  # (b, h, q, k)
    kv = joint(x, own.key, own.value).view(b, n, 2, n_heads, d // n_heads)
    k, v = kv.permute(2, 0, 3, 1, 4).reshape(2, b * n_heads, n, d // n_heads)
    mixed = attention(q.reshape(b * n_heads, most, -1), k, v)  # (b h, q, k)
    mixed = mixed.view(b, n_heads, most, -1).transpose(1, 2).reshape(b * most, d)
    real = torch.arange(most, device=x.device) < counts[:, None]  # (b, q)
    return mixed[real.flatten()]


def joint(x: Tensor, *linears: nn.Linear) -> Tensor:
    """Several linear maps of the same states as one product."""
    weight = torch.cat([one.weight for one in linears])
    bias = torch.cat([one.bias for one in linears])
    return F.linear(x, weight.to(x.dtype), bias.to(x.dtype))


def attention(
    q: Tensor, k: Tensor, v: Tensor, hidden: Tensor | None = None, dropout: float = 0.0
) -> Tensor:
    """Attention of [b h, q, k] to [b h, t, k].

    Args:
        q: Queries.
        k: Keys.
        v: Values.
        hidden: Added to the scores, [b h, 1, t]: minus infinity where a key is none.
        dropout: Of the weights.
    """
    # At these lengths two batched products beat the fused kernel on CPU, forward and back.
    scores = torch.bmm(q * q.shape[2] ** -0.5, k.transpose(1, 2))  # (b h, q, t)
    if hidden is not None:
        scores += hidden
    weights: Tensor = _Softmax.apply(scores)  # pyright: ignore
    return torch.bmm(F.dropout(weights, dropout), v)


class _Softmax(torch.autograd.Function):
    """Softmax over the last axis; in bf16 over few keys it is computed in fp32, which is faster."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor) -> Tensor:
        if scores.dtype == torch.bfloat16 and scores.shape[-1] <= NARROW:
            weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(scores.dtype)
        else:
            weights = torch.softmax(scores, dim=-1)
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (weights,) = ctx.saved_tensors
        return torch._softmax_backward_data(gradients[0], weights, -1, weights.dtype)  # pyright: ignore


def linear(x: Tensor, weights: nn.Linear) -> Tensor:
    """Apply a linear map in the type of the states."""
    return F.linear(x, weights.weight.to(x.dtype), weights.bias.to(x.dtype))


def layer_norm(x: Tensor, norm: nn.LayerNorm) -> Tensor:
    """Normalise, in the type that the residuals come to: fp32."""
    return F.layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


def before_decoder(head: Any, hidden: Tensor) -> Tensor:
    """Dense, GELU, LayerNorm: ``cls.predictions.transform`` on [n, d], in the products' type."""
    low = product_dtype(hidden.device)
    with torch.autocast(hidden.device.type, enabled=False):
        x = head.transform_act_fn(linear(hidden.to(low), head.dense))
        return layer_norm(x.float(), head.LayerNorm).to(low)


def prediction_loss(head: Any, hidden: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the mean cross-entropy of an MLM head.

    Args:
        head: ``cls`` of ``BertForMaskedLM``: ``cls.predictions``, its decoder tied or not.
        hidden: Last hidden states at the masked positions only, [n, d].
        labels: What stood there, [n].

    Returns:
        The loss, and how many of the n were predicted first (a count without gradient).
    """
    predictions = head.predictions
    x = before_decoder(predictions.transform, hidden)
    with torch.autocast(hidden.device.type, enabled=False):
        weight, bias = predictions.decoder.weight, predictions.decoder.bias
        return _CrossEntropy.apply(x, weight.to(x.dtype), bias, labels)  # pyright: ignore


class _CrossEntropy(torch.autograd.Function):
    """Linear map and cross-entropy in one: logits become their own gradient, part by part.

    The ordinary pair keeps several fp32 arrays of n x v, and with 48,000 pieces fetching fresh
    memory for them costs more time than the products.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        n = len(labels)
        gradient = x.new_empty(n, len(weight))  # (n, v)
        loss = torch.zeros((), device=x.device)
        right = torch.zeros((), dtype=torch.int64, device=x.device)
        by_bias = torch.zeros_like(bias)
        for start in range(0, n, CHUNK):
            own = labels[start : start + CHUNK]
            row = torch.arange(len(own), device=x.device)
            logits = F.linear(x[start : start + CHUNK], weight).float().add_(bias)
            right += (logits.argmax(1) == own).sum()
            logits = torch.log_softmax(logits, dim=1)
            loss -= logits[row, own].sum()
            if not any(ctx.needs_input_grad):  # validation needs no gradient
                continue
            logits.exp_()[row, own] -= 1
            by_bias += logits.sum(0)
            gradient[start : start + CHUNK] = logits
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(gradient @ weight, gradient.t() @ x, by_bias)
        ctx.n = n
        ctx.mark_non_differentiable(right)
        return loss / n, right

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # pyright: ignore
        by_x, by_weight, by_bias = ctx.saved_tensors
        scale = grads[0] / ctx.n
        return by_x * scale, by_weight * scale, by_bias * scale, None
