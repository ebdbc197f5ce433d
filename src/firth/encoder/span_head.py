"""The head of a reader: two numbers a token, its score as the start and as the end of an answer.

The library's ``...ForQuestionAnswering`` holds backbone and head under the names that its files
have; here only what stands outside the backbone is used.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from firth.encoder.quantised import is_int8_rows, read_int8_rows
from firth.errors import ModelError, first_line

if TYPE_CHECKING:
    from firth.encoder.model import Encoder


def backbone(model: Any) -> Any:
    """Return the encoder of a model with a head."""
    return getattr(model, model.base_model_prefix)


def head_names(model: Any) -> list[str]:
    """Return the names of the head's weights."""
    inner = f"{model.base_model_prefix}."
    return [name for name, _ in model.named_parameters() if not name.startswith(inner)]


def span_logits(model: Any, states: Tensor) -> Tensor:
    """Score tokens as start and end of an answer.

    Args:
        model: A model with a head, its backbone not needed.
        states: Last hidden states, [t, d].

    Returns:
        fp32, [t, 2].
    """
    with torch.autocast(states.device.type, enabled=False):
        x = states.float()
        if hasattr(model, "qa_outputs"):
            # DistilBERT alone has a dropout of its own here; it does nothing in evaluation.
            before = getattr(model, "dropout", None)
            return model.qa_outputs(x if before is None else before(x))
        return model.classifier(model.drop(model.head(x)))  # ModernBERT


def read_span_head(encoder: Encoder) -> Any:
    """Read the head that lies in an encoder's folder.

    Returns:
        The library's model with its head and without its backbone.

    Raises:
        ModelError: The folder has none, or it cannot be read.
    """
    from transformers import AutoConfig

    if encoder.folder is None:
        raise ModelError(f"{encoder.name} was not loaded from a folder, so it has no span head")
    config = AutoConfig.from_pretrained(
        str(encoder.folder), trust_remote_code=False, local_files_only=True
    )
    model = _without_weights(config)
    names = head_names(model)
    try:
        state = _read(encoder.folder, names)
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{encoder.name}: its span head cannot be loaded: {first_line(error)[:160]}"
        ) from error
    lost = [name for name in names if name not in state]
    if lost:
        raise ModelError(
            f"{encoder.name} has no span head ({lost[0]} is not in its weights), so it cannot "
            "answer questions; train a reader on it first"
        )
    return _filled(model, state, encoder)


def span_head_of(encoder: Encoder, state: dict[str, Tensor]) -> Any:
    """Make the head of an encoder's family from its weights.

    Args:
        encoder: The encoder.
        state: Name -> weight, of every shape as long as the numbers fit.

    Returns:
        As `read_span_head`.
    """
    model = _without_weights(copy.deepcopy(encoder.model.config))
    shapes = {name: weight.shape for name, weight in model.named_parameters()}
    shaped = {name: state[name].reshape(shapes[name]) for name in head_names(model)}
    return _filled(model, shaped, encoder)


def _without_weights(config: Any) -> Any:
    from transformers import AutoModelForQuestionAnswering

    # Two scores a token, whatever labels the configuration names.
    config.num_labels = 2
    with torch.device("meta"):
        return AutoModelForQuestionAnswering.from_config(config)


def _filled(model: Any, state: dict[str, Tensor], encoder: Encoder) -> Any:
    shapes = {name: weight.shape for name, weight in model.named_parameters()}
    for name in head_names(model):
        if shapes[name] != state[name].shape:
            raise ModelError(
                f"{encoder.name}: {name} is {list(state[name].shape)} where {list(shapes[name])} "
                "is needed, so it is no reader's head"
            )
    delattr(model, model.base_model_prefix)
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval().to(encoder.device)


def _read(folder: Path, names: list[str]) -> dict[str, Tensor]:
    """Return those of the named weights that the folder's files hold, fp32."""
    state: dict[str, Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        if is_int8_rows(path):
            stored = read_int8_rows(path)
            state |= {name: stored[name] for name in names if name in stored}
            continue
        with safe_open(path, framework="pt") as file:
            here = set(file.keys())
            state |= {name: file.get_tensor(name).float() for name in names if name in here}
    return state
