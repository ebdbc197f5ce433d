"""The weights of masked-LM heads, family by family, from safetensors only.

Every family's head is dense, activation, LayerNorm, decoder; only the names differ. The decoder is
tied to the input embeddings in most of them and then is not stored twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from firth.encoder.quantised import is_int8_rows, read_int8_rows
from firth.errors import ModelError, first_line

if TYPE_CHECKING:
    from firth.encoder.model import Encoder

# Family -> where dense, activation, norm and decoder hang in the library's model.
_ROBERTA = ("lm_head.dense", None, "lm_head.layer_norm", "lm_head.decoder")
_BERT = (
    "cls.predictions.transform.dense",
    "cls.predictions.transform.transform_act_fn",
    "cls.predictions.transform.LayerNorm",
    "cls.predictions.decoder",
)
_LAYOUT: dict[str, tuple[str, str | None, str, str]] = {
    "bert": _BERT,
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "mpnet": _ROBERTA,
    "distilbert": ("vocab_transform", "activation", "vocab_layer_norm", "vocab_projector"),
    "albert": (
        "predictions.dense",
        "predictions.activation",
        "predictions.LayerNorm",
        "predictions.decoder",
    ),
    "electra": (
        "generator_predictions.dense",
        "generator_predictions.activation",
        "generator_predictions.LayerNorm",
        "generator_lm_head",
    ),
    "deberta": _BERT,
    "deberta-v2": _BERT,
    "modernbert": ("head.dense", "head.act", "head.norm", "decoder"),
}


@dataclass(frozen=True)
class HeadParts:
    """The pieces of a head.

    Attributes:
        dense: [d, d], or [e, d] where embeddings are narrower.
        dense_bias: [d] (or [e]); ModernBERT has none.
        activation: What follows.
        norm: LayerNorm over d (or e).
        decoder: Output embeddings, [v, d] (or [v, e]).
        bias: [v], or None.
    """

    dense: Tensor
    dense_bias: Tensor | None
    activation: Callable[[Tensor], Tensor]
    norm: nn.LayerNorm
    decoder: Tensor
    bias: Tensor | None

    def tied_to(self, embeddings: Tensor) -> HeadParts:
        """Return the same head with the input embeddings as its decoder."""
        return replace(self, decoder=embeddings.detach())


def read_head(encoder: Encoder) -> HeadParts:
    """Read the head's weights from the encoder's folder.

    Raises:
        ModelError: They are not there, or cannot be read.
    """
    if encoder.folder is None:
        raise ModelError(f"{encoder.name} was not loaded from a folder, so it has no head")
    try:
        model, missing = _load(encoder.folder)
    except ModelError:
        raise
    except Exception as error:
        # As in `firth.encoder.load`: the library has many classes for a broken file.
        raise ModelError(
            f"{encoder.name}: its masked-LM head cannot be loaded: {first_line(error)[:160]}"
        ) from error
    prefix = f"{model.base_model_prefix}."
    lost = sorted(key for key in missing if not key.startswith(prefix))
    if lost:
        raise ModelError(
            f"{encoder.name} has no masked-LM head ({lost[0]} is not in its weights), so it cannot "
            "fill blanks; it still does `firth senses` and `firth encode`"
        )
    return _parts(encoder.card.family, model.eval().to(encoder.device))


def _load(folder: Path) -> tuple[Any, set[str]]:
    """Return the library's model with a head, and the weights that the files do not hold."""
    from transformers import AutoConfig, AutoModelForMaskedLM
    from transformers.utils import logging

    options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    config = AutoConfig.from_pretrained(str(folder), **options)
    weights = folder / "model.safetensors"
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        if is_int8_rows(weights):
            return _load_int8_rows(weights, config)
        model, report = AutoModelForMaskedLM.from_pretrained(
            str(folder),
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
    if report.get("mismatched_keys"):
        raise ModelError(f"{folder.name}: shapes in the weights do not fit config.json")
    return model, set(report["missing_keys"])


def _load_int8_rows(weights: Path, config: Any) -> tuple[Any, set[str]]:
    from transformers import AutoModelForMaskedLM

    with torch.device("meta"):
        model = AutoModelForMaskedLM.from_config(config)
    state = read_int8_rows(weights)
    missing = set(model.load_state_dict(state, strict=False, assign=True).missing_keys)
    # What is tied lies in the file once, under its other name.
    tied: dict[str, str] = model._tied_weights_keys or {}  # pyright: ignore[reportPrivateUsage]
    missing -= {key for key, source in tied.items() if source not in missing}
    for key, source in tied.items():
        if key not in state and source in state:
            owner, _, name = key.rpartition(".")
            setattr(model.get_submodule(owner), name, nn.Parameter(state[source]))
    # The encoder has its backbone already; buffers without memory would only be in the way.
    setattr(model, model.base_model_prefix, nn.Module())
    return model, missing


def _parts(family: str, model: Any) -> HeadParts:
    if hasattr(model, "lm_predictions"):  # DeBERTa's own head: the decoder is the embeddings
        head = model.lm_predictions.lm_head
        rows = model.get_input_embeddings().weight
        dense, act, norm = head.dense, head.transform_act_fn, head.LayerNorm
        return HeadParts(dense.weight, dense.bias, act, norm, rows, head.bias)
    first, activation, last, decoder = _LAYOUT[family]
    act = nn.functional.gelu if activation is None else _at(model, activation)
    dense, out = _at(model, first), _at(model, decoder)
    return HeadParts(dense.weight, dense.bias, act, _at(model, last), out.weight, out.bias)


def _at(model: Any, path: str) -> Any:
    found = model
    for name in path.split("."):
        found = getattr(found, name)
    return found
