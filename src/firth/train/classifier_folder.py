"""A trained classifier of sequences as a Hugging Face folder: written whole or not at all.

``AutoModelForSequenceClassification`` of most families puts a dense layer and a tanh between the
first token and the scores. In the folder that layer is the identity times 2^-10, and the scores'
weights are as much larger: tanh is straight there (it bends by a millionth), so the library answers
what the training answered. Families with another activation are written as the encoder alone; the
linear layer lies beside it in any case.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from firth.encoder.model import Encoder
from firth.encoder.sequence_classifier import (
    FORMAT,
    HEAD,
    SETTINGS,
    SYMBOLS,
    VERSION,
    ClassifierOptions,
)
from firth.encoder.silence import silent
from firth.results.files import replacing_folder
from firth.text.symbols import SymbolMap
from firth.train.classify import Scale
from firth.train.classify_model import Classifier, whole_embeddings

SMALL = 2.0**-10
POOLED = frozenset({"bert", "albert"})  # the dense layer is the backbone's
HEADED = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})  # ... is the head's


def write_classifier(
    folder: str | Path,
    model: Classifier,
    encoder: Encoder,
    symbols: SymbolMap,
    options: ClassifierOptions,
    scale: Scale,
    card: str,
) -> None:
    """Write config.json, model.safetensors, the tokenizer and what firth adds.

    Args:
        folder: Where to; an old one is replaced.
        model: The trained model.
        encoder: What it was made from.
        symbols: Its map.
        options: What it knows of its sequences.
        scale: Of the numbers that it predicts.
        card: What it is, in Markdown.
    """
    spread, mean = (1.0, 0.0) if options.classes else (scale.spread, scale.mean)
    with torch.no_grad():
        weight = model.head.weight.detach().cpu() * spread
        bias = model.head.bias.detach().cpu() * spread + mean
    body = whole_embeddings(model, encoder).cpu()
    settings: dict[str, Any] = {"format": FORMAT, "version": VERSION, **options.as_dict()}
    Path(folder).absolute().parent.mkdir(parents=True, exist_ok=True)
    with replacing_folder(folder) as staging, silent():
        library(body, weight, bias, options).save_pretrained(staging)
        encoder.tokenizer.save_pretrained(staging)
        save_file({"weight": weight.contiguous(), "bias": bias.contiguous()}, staging / HEAD)
        symbols.save(staging / SYMBOLS)
        text = json.dumps(settings, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (staging / SETTINGS).write_text(text, encoding="utf-8")
        (staging / "README.md").write_text(card, encoding="utf-8")


def library(body: Any, weight: torch.Tensor, bias: torch.Tensor, options: ClassifierOptions) -> Any:
    """Return the library's model that answers the same; for some families the encoder alone.

    Args:
        body: The trained backbone with all of its word embeddings.
        weight: Of the linear layer, [g, d].
        bias: Of the linear layer, [g].
        options: What the classes are.
    """
    kind = body.config.model_type
    if kind not in POOLED | HEADED:
        return body
    from transformers import AutoModelForSequenceClassification

    config = copy.deepcopy(body.config)
    names = list(options.classes) or ["number"]
    config.num_labels = len(names)
    config.id2label = dict(enumerate(names))
    config.label2id = {name: at for at, name in enumerate(names)}
    config.problem_type = "single_label_classification" if options.classes else "regression"
    model: Any = AutoModelForSequenceClassification.from_config(config).float().eval()
    inner = getattr(model, model.base_model_prefix)
    inner.load_state_dict(body.state_dict(), strict=False)
    dense, out = _layers(model, inner, kind)
    with torch.no_grad():
        dense.weight.copy_(SMALL * torch.eye(len(dense.weight)))
        dense.bias.zero_()
        out.weight.copy_(weight / SMALL)
        out.bias.copy_(bias)
    return model


def _layers(model: Any, inner: Any, kind: str) -> tuple[Any, Any]:
    """Return the dense layer before the tanh, and the one that gives the scores."""
    if kind in HEADED:
        return model.classifier.dense, model.classifier.out_proj
    dense = inner.pooler if kind == "albert" else inner.pooler.dense
    return dense, model.classifier
