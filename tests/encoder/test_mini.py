"""The encoder aboard: quick to load, and what its files say it is."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
import transformers

from firth.encoder.load import MINI_FOLDER, load
from firth.encoder.quantised import is_int8_rows, read_int8_rows
from firth.errors import ModelError

TEXTS = [
    "我吃了一个苹果。",
    "Apple shares rose.",
    "one",
    "Ein Satz über Äpfel und Birnen.",
]

TIMED = """
import time
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer, BertModel, PreTrainedTokenizerFast
from firth.encoder.load import load
start = time.perf_counter()
load("mini")
print(time.perf_counter() - start)
"""


def test_loads_in_less_than_two_seconds() -> None:
    best = float("inf")
    for _ in range(2):  # a busy machine gets a second try
        done = subprocess.run(
            [sys.executable, "-c", TIMED], capture_output=True, text=True, check=True
        )
        best = min(best, float(done.stdout.split()[-1]))
        if best < 2:
            break
    assert best < 2, f"load('mini') took {best:.2f} s"


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_is_bert_model(dtype: str) -> None:
    config = transformers.BertConfig.from_pretrained(MINI_FOLDER)
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    state = read_int8_rows(MINI_FOLDER / "model.safetensors")
    model.load_state_dict(
        {name[5:]: weight for name, weight in state.items() if name.startswith("bert.")}
    )
    encoder = load("mini", dtype=dtype, device="cpu")
    for text, states in zip(TEXTS, encoder.hidden_states(TEXTS), strict=True):
        ids = torch.tensor([encoder.tokenizer(text)["input_ids"]])
        with torch.inference_mode():
            expected = torch.cat(model(ids, output_hidden_states=True).hidden_states)[:, 1:-1]
        if dtype == "fp32":
            np.testing.assert_allclose(states.vectors, expected.numpy(), atol=1e-4)
        else:
            got = torch.from_numpy(states.vectors)
            assert torch.cosine_similarity(got, expected, dim=2).min() > 0.999


def test_tokenizer_is_fast_and_fits() -> None:
    encoder = load("mini")
    assert encoder.tokenizer.is_fast
    assert len(encoder.tokenizer) == encoder.model.config.vocab_size
    assert encoder.tokenizer.mask_token_id == len(encoder.tokenizer) - 1
    assert encoder.tokenizer("a <mask>")["input_ids"][-2:] == [encoder.tokenizer.mask_token_id, 2]
    assert (encoder.max_tokens, encoder.n_layers, encoder.width) == (512, 12, 384)


def test_card() -> None:
    card = load("mini").card
    assert (card.name, card.revision, card.family) == ("mini", "edition 2", "bert")
    assert load("mini").card.fingerprint == card.fingerprint
    assert json.loads((MINI_FOLDER / "config.json").read_text())["model_type"] == "bert"


def test_int8_rows_only_reads_its_own(tmp_path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(2)}, tmp_path / "a.safetensors")
    assert not is_int8_rows(tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match="states the format 'none'"):
        read_int8_rows(tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match="no file"):
        read_int8_rows(tmp_path / "b.safetensors")
    (tmp_path / "c.safetensors").write_bytes(b"\xff" * 64)
    assert not is_int8_rows(tmp_path / "c.safetensors")
