"""An encoder with a correction behind it, as a folder that sentence-transformers loads.

    DIR/config.json, model.safetensors, tokenizer.json ...    the backbone, cut after a block; fp32
    DIR/modules.json                                          Transformer, Pooling, Dense
    DIR/sentence_bert_config.json                             longest input
    DIR/1_Pooling/config.json                                 mean, or the first token
    DIR/2_Dense/config.json, model.safetensors                the correction: weight and bias
    DIR/config_sentence_transformers.json                     cosine; the prefix as default prompt
    DIR/README.md                                             the card

Only modules that the library brings are used, by the names and keys that its releases 2 to 6 read,
and no code travels along. Weights are written in fp32, those of mini too, which are int8 at home:
the library then computes what firth does.

Legend of dimensions: t tokens, d width.
"""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from safetensors.numpy import save_file
from torch import Tensor

from firth.encoder.model import Encoder
from firth.encoder.silence import silent
from firth.errors import ModelError, OptionError, first_line
from firth.results.files import replacing_folder

_MODULES = ("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense")
# The cut model must give the hidden states of the whole one up to the rounding of fp32.
_SAME = 1e-4
_SAMPLES = 4


@dataclass(frozen=True)
class FairEncoder:
    """What is written.

    Attributes:
        encoder: The encoder it comes from.
        layer: The block after which it is cut.
        pooling: ``mean`` over all tokens, special ones included, or ``cls``.
        prefix: Stands before each text; a default prompt of the library.
        weight: Of the correction, [d, d].
        bias: Of the correction, [d].
        card: The model card, Markdown.
    """

    encoder: Encoder
    layer: int
    pooling: Literal["mean", "cls"]
    prefix: str
    weight: Float[np.ndarray, "d d"]
    bias: Float[np.ndarray, " d"]
    card: str


def check_export(encoder: Encoder, layer: int | None, output: str | Path) -> int:
    """Return the block to cut after; refuse what cannot be written before anything is computed.

    Args:
        encoder: The encoder.
        layer: A block from 1; the last one for None.
        output: The folder; it must not exist, or be empty.

    Raises:
        ModelError: The model is no transformer.
        OptionError: There is no such block, or the folder cannot be used.
    """
    if encoder.model is None:
        raise ModelError(f"{encoder.name} holds word vectors; only a transformer can be exported")
    last = encoder.n_layers
    if layer is not None and not 1 <= layer <= last:
        raise OptionError(f"layer {layer}: {encoder.name} can be cut after block 1 to {last}")
    folder = Path(output)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OptionError(f"{folder} is not empty; name a folder that does not exist yet")
    if not folder.absolute().parent.is_dir():
        raise OptionError(f"{folder} cannot be written: there is no folder {folder.parent}")
    return last if layer is None else layer


def export_fair(one: FairEncoder, output: str | Path, samples: Sequence[str]) -> Path:
    """Write the folder, whole or not at all.

    Args:
        one: What is written.
        output: The folder; it must not exist, or be empty.
        samples: Some texts, on which the cut model must give the hidden states of the whole one.

    Raises:
        ModelError: The model cannot be cut there.
        OptionError: The folder cannot be written.
    """
    layer = check_export(one.encoder, one.layer, output)
    model = cut(one.encoder, layer, samples[:_SAMPLES])
    folder = Path(output)
    try:
        with replacing_folder(folder) as staging, silent():
            model.save_pretrained(staging)
            one.encoder.tokenizer.save_pretrained(staging)
            _write_modules(one, model, staging)
            (staging / "README.md").write_text(one.card, encoding="utf-8")
    except OSError as error:
        raise OptionError(f"cannot write {folder}: {first_line(error)}") from error
    return folder


def cut(encoder: Encoder, layer: int, samples: Sequence[str]) -> Any:
    """Return a model of the first blocks only, whose last hidden states are those of the layer.

    Raises:
        ModelError: No such model can be made of this family.
    """
    config = copy.deepcopy(encoder.model.config)
    kinds = getattr(config, "layer_types", None)
    if kinds is not None:
        config.layer_types = kinds[:layer]
    config.num_hidden_layers = layer
    family = type(encoder.model)
    options = {"add_pooling_layer": False} if _has_pooler(family) else {}
    try:
        model = family(config, **options).eval()
        wanted = model.state_dict()
        kept = {key: own.cpu() for key, own in encoder.model.state_dict().items() if key in wanted}
        model.load_state_dict(kept)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ModelError(
            f"{encoder.name} cannot be cut after block {layer}: {first_line(error)[:120]}; leave "
            "--layer out"
        ) from error
    if not all(_same(encoder, model, layer, text) for text in samples):
        raise ModelError(
            f"{encoder.name} cannot be cut after block {layer}: a {config.model_type} of so many "
            "blocks has other hidden states there; leave --layer out"
        )
    return model


@torch.inference_mode()
def _same(encoder: Encoder, model: Any, layer: int, text: str) -> bool:
    """Say whether a text has the hidden states of a layer after the last block of a cut model."""
    ids: Tensor = encoder.tokenizer(
        text, return_tensors="pt", truncation=True, max_length=encoder.max_tokens
    )["input_ids"]
    whole = encoder.model(ids.to(encoder.device), output_hidden_states=True).hidden_states[layer]
    own = model(ids).last_hidden_state  # (1, t, d)
    return bool((whole.float().cpu() - own).abs().max() <= _SAME)


def _has_pooler(family: type) -> bool:
    return "add_pooling_layer" in inspect.signature(family.__init__).parameters


def _write_modules(one: FairEncoder, model: Any, folder: Path) -> None:
    """Write what makes the library pool and correct."""
    d = len(one.bias)
    sentence: dict[str, Any] = {"max_seq_length": one.encoder.max_tokens, "do_lower_case": False}
    if _has_pooler(type(model)):
        # Without it the library would make up a pooler, and say so.
        sentence["model_args"] = {"add_pooling_layer": False}
    prompts = {"query": one.prefix, "document": one.prefix}
    modules = [
        {
            "idx": at, "name": str(at), "path": path,
            "type": f"sentence_transformers.models.{kind}",
        }
        for at, (path, kind) in enumerate(_MODULES)
    ]  # fmt: skip
    pooling: dict[str, Any] = {
        "word_embedding_dimension": d,
        "pooling_mode_cls_token": one.pooling == "cls",
        "pooling_mode_mean_tokens": one.pooling == "mean",
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }
    dense: dict[str, Any] = {
        "in_features": d, "out_features": d, "bias": True,
        "activation_function": "torch.nn.modules.linear.Identity",
    }  # fmt: skip
    whole: dict[str, Any] = {
        "prompts": prompts,
        "default_prompt_name": "query" if one.prefix else None,
        "similarity_fn_name": "cosine",
    }
    _write(folder / "modules.json", modules)
    _write(folder / "sentence_bert_config.json", sentence)
    _write(folder / "config_sentence_transformers.json", whole)
    _write(folder / "1_Pooling" / "config.json", pooling)
    _write(folder / "2_Dense" / "config.json", dense)
    arrays = {"linear.weight": one.weight, "linear.bias": one.bias}
    save_file(
        {key: np.ascontiguousarray(own, dtype=np.float32) for key, own in arrays.items()},
        folder / "2_Dense" / "model.safetensors",
    )


def _write(file: Path, content: Mapping[str, Any] | Sequence[Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
