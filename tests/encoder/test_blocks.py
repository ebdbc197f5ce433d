"""Attention in memory that is shared between layers, against the library's kernel."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertConfig, BertModel

from firth.encoder import blocks
from firth.encoder.blocks import PackedBatch, PackedBert

TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 4e-2}


def model_of(positions: int = 64) -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50, hidden_size=24, num_hidden_layers=3, num_attention_heads=3,
        intermediate_size=48, max_position_embeddings=positions,
    )  # fmt: skip
    return BertModel(config, add_pooling_layer=False).eval()


def states(bert: PackedBert, lengths: list[int]) -> torch.Tensor:
    ids = torch.arange(sum(lengths)) % 50
    *_, last = bert.layers(PackedBatch(ids, lengths))
    return last


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=9).map(sorted))
@settings(deadline=None, max_examples=25)
def test_shared_scores_change_nothing(dtype: torch.dtype, lengths: list[int]) -> None:
    bert = PackedBert(model_of(), dtype)
    own = states(bert, lengths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "LONG", {})  # the library's kernel
        plain = states(bert, lengths)
    torch.testing.assert_close(own, plain, atol=TOLERANCE[dtype], rtol=0)


def test_groups_in_slices_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bert = PackedBert(model_of(), torch.float32)
    lengths = [7] * 11 + [9] * 5 + [40]
    whole = states(bert, lengths)
    monkeypatch.setattr(blocks, "SCORES", 3 * 7 * 7 * 4)  # four texts of 7 tokens, one longer
    torch.testing.assert_close(states(bert, lengths), whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("n", [1, 5, 31, 64, 129, 400])
def test_the_softmax_may_write_over_what_it_reads(dtype: torch.dtype, n: int) -> None:
    torch.manual_seed(n)
    scores = (8 * torch.randn(5, n, n)).to(dtype)
    apart = torch.softmax(scores, dim=-1)
    torch.softmax(scores, dim=-1, out=scores)
    assert torch.equal(scores, apart)


def test_long_texts_take_the_librarys_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []
    kernel = F.scaled_dot_product_attention

    def watched(query: torch.Tensor, *given: torch.Tensor, **named: float) -> torch.Tensor:
        called.append(query.shape[2])
        return kernel(query, *given, **named)

    monkeypatch.setattr(blocks.F, "scaled_dot_product_attention", watched)
    longest = blocks.LONG[torch.float32]
    bert = PackedBert(model_of(longest + 1), torch.float32)
    states(bert, [3, longest, longest + 1])
    assert called == [longest + 1] * 3
