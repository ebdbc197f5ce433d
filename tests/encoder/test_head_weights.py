"""Int8 rows that hold a head beside the backbone load as the backbone."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from firth.encoder.load import load
from firth.encoder.quantised import read_int8_rows
from firth.errors import ModelError

sys.path.insert(0, str(Path(__file__).parents[2]))

from recipes.mini.quantise import save_int8_rows

HEAD = {
    "cls.predictions.bias": np.zeros(8, np.float32),
    "cls.predictions.transform.dense.weight": np.ones((32, 32), np.float32),
}


def write(folder: Path, plain: Path, prefix: str, *, drop: str = "") -> Path:
    shutil.copytree(plain, folder)
    state = {
        f"{prefix}{name}": weight.numpy()
        for name, weight in load(str(plain)).model.state_dict().items()
        if not (drop and drop in name)
    }
    (folder / "model.safetensors").unlink()
    save_int8_rows(state | HEAD, folder / "model.safetensors", {"edition": "0"})
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["BertForMaskedLM"]
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_prefixed_names_and_a_head(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    plain = folder_of("bert")
    with_head = write(tmp_path / "head", plain, "bert.")
    without = write(tmp_path / "none", plain, "")
    one, other = (load(str(folder), dtype="fp32") for folder in (with_head, without))
    assert "cls.predictions.bias" in read_int8_rows(with_head / "model.safetensors")
    for name, weight in one.model.state_dict().items():
        assert torch.equal(weight, other.model.state_dict()[name]), name
    assert one.card.parameters == other.card.parameters


def test_missing_weights_are_still_missed(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = write(
        tmp_path / "lost", folder_of("bert"), "bert.", drop="layer.1.output.dense.weight"
    )
    with pytest.raises(ModelError, match="weights are missing"):
        load(str(folder))
