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

CHUNK = 128  # masked positions whose logits are held in fp32 at a time


def product_dtype() -> torch.dtype:
    """Return autocast's type where it is on, else fp32."""
    on = torch.is_autocast_enabled("cpu")
    return torch.get_autocast_dtype("cpu") if on else torch.float32


def hidden_layers(model: Any, ids: Tensor) -> list[Tensor]:
    """Compute the hidden states of all layers.

    Args:
        model: ``BertModel`` of transformers.
        ids: Token ids, [b, t], no padding.

    Returns:
        Layer 0 to L, each fp32, [b * t, d].
    """
    low = product_dtype()
    heads = model.config.num_attention_heads
    with torch.autocast("cpu", enabled=False):
        layers = [_embed(model.embeddings, ids)]
        for layer in model.encoder.layer:
            layers.append(_block(layers[-1], layer, ids.shape, heads, low))
    return layers


def _embed(embeddings: Any, ids: Tensor) -> Tensor:
    n = ids.shape[1]
    x = F.embedding(ids, embeddings.word_embeddings.weight)  # (b, t, d)
    x = x + embeddings.position_embeddings.weight[:n] + embeddings.token_type_embeddings.weight[0]
    return _norm(x, embeddings.LayerNorm).flatten(0, 1)


def _block(x: Tensor, layer: Any, shape: torch.Size, n_heads: int, low: torch.dtype) -> Tensor:
    b, n = shape
    d = x.shape[1]
    own, output = layer.attention.self, layer.attention.output
    weight = torch.cat([own.query.weight, own.key.weight, own.value.weight])
    bias = torch.cat([own.query.bias, own.key.bias, own.value.bias])
    qkv = F.linear(x.to(low), weight.to(low), bias.to(low))  # (b t, 3 d)
    heads = qkv.view(b, n, 3, n_heads, d // n_heads).permute(2, 0, 3, 1, 4)  # (3, b, h, t, k)
    q, k, v = heads.reshape(3, b * n_heads, n, d // n_heads)
    # At these lengths two batched products beat the fused kernel on CPU, forward and back.
    scores = torch.bmm(q * (d // n_heads) ** -0.5, k.transpose(1, 2))  # (b h, t, t)
    mixed = torch.bmm(torch.softmax(scores, dim=-1), v)  # (b h, t, k)
    mixed = mixed.view(b, n_heads, n, -1).transpose(1, 2).reshape(b * n, d)
    x = _norm(x + _linear(mixed, output.dense), output.LayerNorm)
    activation = layer.intermediate.intermediate_act_fn
    up = activation(_linear(x.to(low), layer.intermediate.dense))
    return _norm(x + _linear(up, layer.output.dense), layer.output.LayerNorm)


def _linear(x: Tensor, linear: nn.Linear) -> Tensor:
    return F.linear(x, linear.weight.to(x.dtype), linear.bias.to(x.dtype))


def _norm(x: Tensor, norm: nn.LayerNorm) -> Tensor:
    return F.layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps)


def before_decoder(head: Any, hidden: Tensor) -> Tensor:
    """Dense, GELU, LayerNorm: ``cls.predictions.transform`` on [n, d], in the products' type."""
    low = product_dtype()
    with torch.autocast("cpu", enabled=False):
        x = head.transform_act_fn(_linear(hidden.to(low), head.dense))
        return _norm(x.float(), head.LayerNorm).to(low)


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
    with torch.autocast("cpu", enabled=False):
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
        loss, right = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        by_bias = torch.zeros_like(bias)
        for start in range(0, n, CHUNK):
            own = labels[start : start + CHUNK]
            row = torch.arange(len(own))
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
