"""Tiny random masked LMs, head included, saved as folders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import tiny
import torch
import transformers

sys.path.insert(0, str(Path(__file__).parents[2]))

TIED = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")


def save(name: str, folder: Path, **changed: Any) -> Path:
    """Make a tiny masked LM of a family and save it with its tokenizer."""
    plain = tiny.save(name, folder.with_name(f"{folder.name}-plain"))
    config = transformers.AutoConfig.from_pretrained(plain)
    for key, value in changed.items():
        setattr(config, key, value)
    torch.manual_seed(3)
    model = transformers.AutoModelForMaskedLM.from_config(config).eval()
    with torch.no_grad():  # biases of 0 and norms of 1 would hide mistakes
        for weight in model.parameters():
            if weight.ndim == 1:
                weight.add_(0.1 * torch.randn_like(weight))
    model.save_pretrained(folder)
    family = tiny.FAMILIES[name]
    tiny.tokenizer(family.tokenizer, family.pad).save_pretrained(folder)
    return folder


def to_int8_rows(folder: Path) -> Path:
    """Store the folder's BERT as int8 rows, the tied decoder left out."""
    from recipes.mini.quantise import save_int8_rows

    model = transformers.AutoModelForMaskedLM.from_pretrained(folder)
    state = {key: w.numpy() for key, w in model.state_dict().items() if key not in TIED}
    (folder / "model.safetensors").unlink()
    save_int8_rows(dict(sorted(state.items())), folder / "model.safetensors", {"edition": "0"})
    return folder
