"""Add a vector to a hidden layer: what is computed after it sees states that were moved.

    with added(encoder, 7, alpha * (chinese - english)):
        ...                                  # every call of this encoder in here is moved

The vector is added to the output of block ``layer`` (0: to that of the embeddings) at every
position, special tokens too. Inside, forward hooks stand on the model's own blocks, and firth's
packed path adds the same; on leaving, whatever happened, both are gone.

Legend: d width.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from firth.encoder.model import Encoder
from firth.errors import InputError, OptionError


@contextmanager
def added(encoder: Encoder, layer: int, vector: Float[Tensor, " d"]) -> Generator[None]:
    """Move the hidden states of a layer while the context is open.

    Args:
        encoder: The encoder.
        layer: 0 is the output of the embeddings, L that of the last block.
        vector: What is added.

    Raises:
        OptionError: The layer does not exist.
        InputError: The vector has another width, or holds NaN or infinity.
    """
    if not 0 <= layer <= encoder.n_layers:
        raise OptionError(
            f"layer {layer} does not exist: {encoder.name} has 0 to {encoder.n_layers}"
        )
    if vector.shape != (encoder.width,):
        raise InputError(
            f"a vector of shape {tuple(vector.shape)} cannot be added: {encoder.name} is "
            f"{encoder.width} wide"
        )
    if not bool(torch.isfinite(vector).all()):
        raise InputError("the vector that is added holds NaN or infinity; is alpha too large?")
    own = vector.detach().to(encoder.device, torch.float32)
    handles = _hooks(encoder.model, layer, encoder.n_layers, own)
    before = dict(encoder.moved)
    encoder.moved[layer] = own + before[layer] if layer in before else own
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        encoder.moved.clear()
        encoder.moved.update(before)


def _hooks(model: Any, layer: int, n_layers: int, vector: Tensor) -> list[Any]:
    """Put hooks on the module whose output is the hidden state of a layer."""

    def move(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return (output[0] + vector.to(output[0].dtype), *output[1:])
        return output + vector.to(output.dtype)

    if model.config.model_type == "albert" and layer > 0:
        return _hooks_of_shared_blocks(model, layer, move)
    return [_module(model, layer, n_layers).register_forward_hook(move)]


def _module(model: Any, layer: int, n_layers: int) -> nn.Module:
    """Return the module whose output is the hidden state of a layer."""
    if layer == 0:
        encoder = getattr(model, "encoder", None)
        projections = (
            getattr(model, "embeddings_project", None),
            getattr(encoder, "embedding_hidden_mapping_in", None),
        )
        return next((one for one in projections if one is not None), model.embeddings)
    if model.config.model_type == "modernbert":
        # What the library calls the last hidden state has gone through the final norm.
        return model.final_norm if layer == n_layers else model.layers[layer - 1]
    if model.config.model_type == "distilbert":
        return model.transformer.layer[layer - 1]
    if layer == 1 and getattr(model.encoder, "conv", None) is not None:
        return model.encoder.conv  # DeBERTa v2: a convolution joins the first block's output
    return model.encoder.layer[layer - 1]


def _hooks_of_shared_blocks(
    model: Any, layer: int, move: Callable[[nn.Module, Any, Any], Any]
) -> list[Any]:
    """Put hooks on ALBERT, one block that runs again and again: only the n-th run is moved."""
    encoder = model.encoder
    groups, runs = list(encoder.albert_layer_groups), [0]
    config = model.config
    group = groups[int((layer - 1) / (config.num_hidden_layers / config.num_hidden_groups))]

    def begin(_module: nn.Module, _inputs: Any) -> None:
        runs[0] = 0

    def count(module: nn.Module, inputs: Any, output: Any) -> Any:
        runs[0] += 1
        return move(module, inputs, output) if runs[0] == layer and module is group else output

    return [encoder.register_forward_pre_hook(begin)] + [
        one.register_forward_hook(count) for one in groups
    ]
