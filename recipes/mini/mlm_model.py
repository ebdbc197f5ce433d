"""The model of masked-LM training: made from a folder of weights, exported to another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertForMaskedLM
from transformers.utils import logging

from firth.encoder.quantised import read_header, read_int8_rows
from firth.train.checkpoint import read_progress, read_weights
from firth.train.masking import Vocabulary
from firth.train.sequences import Source

from .quantise import save_int8_rows

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
WEIGHTS = "model.safetensors"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
# Tied: the decoder is the embedding matrix, its bias the head's.
TIED = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")
BIAS = "cls.predictions.bias"


def read_tokenizer(folder: Path) -> Tokenizer:
    """Read the tokenizer."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def vocabulary_of(tokenizer: Tokenizer) -> Vocabulary:
    """What masking has to know of the pieces."""
    pieces = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    ids = {name: pieces.index(name) for name in SPECIAL}
    return Vocabulary.of(pieces, list(ids.values()), ids["<mask>"])


def read_model(folder: Path) -> tuple[BertForMaskedLM, bool]:
    """Read an encoder with or without a head.

    Returns:
        The model in fp32, and whether the folder held a head; if not, the head is fresh.

    Raises:
        ValueError: Weights of the encoder are missing.
    """
    config = BertConfig(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
    torch.manual_seed(0)  # a fresh head is the same every time
    logging.set_verbosity_error()
    model = BertForMaskedLM(config)
    state = {
        name if name.startswith(("bert.", "cls.")) else f"bert.{name}": weights
        for name, weights in read_int8_rows(folder / WEIGHTS).items()
    }
    missing = set(model.load_state_dict(state, strict=False).missing_keys) - set(TIED)
    head = {name for name in missing if name.startswith("cls.")}
    if lost := sorted(missing - head):
        raise ValueError(f"{folder}: {len(lost)} weights are missing, {lost[0]} among them")
    model.tie_weights()
    return model.eval(), not head


def start_bias(model: BertForMaskedLM, sources: dict[str, dict[str, Source]]) -> None:
    """Let a fresh head begin with what a unigram knows: log frequency, languages weighing alike."""
    share = np.zeros(model.config.vocab_size)
    for kinds in sources.values():
        ids = np.concatenate([source.ids for source in kinds.values()])
        share += np.bincount(ids, minlength=len(share)) / len(ids) / len(sources)
    # Unseen pieces get half of one occurrence among ten million.
    logs = torch.from_numpy(np.log(share + 5e-8)).float()
    with torch.no_grad():
        model.cls.predictions.bias.copy_(logs - logs.mean())


def copy_frame(start: Path, folder: Path) -> None:
    """Put configuration and tokenizer beside the checkpoints, so that a run can be exported."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        shutil.copyfile(start / name, folder / name)
    config = json.loads((start / "config.json").read_text(encoding="utf-8"))
    config["architectures"] = ["BertForMaskedLM"]
    text = json.dumps(config, indent=2, sort_keys=True)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    source = read_header(start / WEIGHTS).get("source", "unknown")
    (folder / "source.json").write_text(json.dumps({"source": source}) + "\n", encoding="utf-8")


def export(run: Path, output: Path, edition: str) -> None:
    """Write the model of a run's checkpoint as int8 rows, the tied decoder not stored twice.

    Raises:
        ValueError: The folder holds no checkpoint.
    """
    progress = read_progress(run)
    if progress is None:
        raise ValueError(f"{run} holds no checkpoint to export")
    output.mkdir(parents=True, exist_ok=True)
    for name in (*TOKENIZER_FILES, "config.json"):
        shutil.copyfile(run / name, output / name)
    state = {k: v.numpy() for k, v in read_weights(run).items() if k not in TIED}
    metadata = {
        "source": json.loads((run / "source.json").read_text(encoding="utf-8"))["source"],
        "edition": edition,
        "masked_lm_steps": str(progress.step),
    }
    save_int8_rows(dict(sorted(state.items())), output / WEIGHTS, metadata)
