"""Texts longer than the encoder: every token once, or cut and counted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from firth.encoder.model import Encoder
from firth.encoder.windows import Tokenised, Windower

LONG = "an apple and 苹果 again, " * 30


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_windows_give_every_token_one_state(
    family: str, encoder_of: Callable[..., Encoder]
) -> None:
    encoder = encoder_of(family)
    assert encoder.max_tokens == tiny.POSITIONS
    before = encoder.report.windowed
    (one,) = encoder.stream([(LONG, ())], pooling="tokens")
    assert len(one.tokens) > 2 * tiny.POSITIONS
    assert (one.counts == 1).all()
    assert np.isfinite(one.vectors).all()
    assert (np.abs(one.vectors).sum(axis=2) > 0).all()
    assert encoder.report.windowed == before + 1


def test_truncation_is_counted(encoder_of: Callable[..., Encoder]) -> None:
    encoder = encoder_of("bert")
    cut, dropped = encoder.report.truncated, encoder.report.dropped_tokens
    (one,) = encoder.stream([(LONG, ())], pooling="tokens", overflow="truncate")
    assert encoder.report.truncated == cut + 1
    assert encoder.report.dropped_tokens - dropped == len(one.tokens) - (tiny.POSITIONS - 2)
    assert one.counts.sum() == tiny.POSITIONS - 2
    (states,) = encoder.hidden_states([LONG], overflow="truncate")
    ids = torch.tensor([encoder.tokenizer(LONG, truncation=True, max_length=48)["input_ids"]])
    with torch.inference_mode():
        last = encoder.model(ids).last_hidden_state[0, 1:-1].numpy()
    np.testing.assert_allclose(states.vectors[-1], last, atol=1e-4)
    assert any("cut" in line for line in encoder.report.sentences())


def test_a_word_past_the_first_window_has_a_vector(encoder_of: Callable[..., Encoder]) -> None:
    encoder = encoder_of("bert")
    text = LONG + "pear apple"
    span = (len(text) - 5, len(text))
    (one,) = encoder.word_vectors([(text, [span])])
    assert one.counts[0] > 0
    (gone,) = encoder.word_vectors([(text, [span])], overflow="truncate")
    assert gone.counts[0] == 0
    assert not gone.vectors.any()


@settings(max_examples=200, deadline=None)
@given(n=st.integers(0, 400), longest=st.integers(6, 60))
def test_exactly_one_owner_for_every_token(n: int, longest: int) -> None:
    windower = Windower(_fast(), longest)
    tokenised = Tokenised(np.arange(n), np.zeros((n, 2), dtype=np.int64))
    owned: list[int] = []
    for window in windower.windows(0, tokenised):
        assert len(window.ids) <= longest
        first, last = max(window.first, window.content[0]), min(window.last, window.content[1])
        tokens = window.ids[first:last].tolist()
        assert tokens == [p + window.shift for p in range(first, last)]
        owned += tokens
    assert owned == list(range(n))


_CACHE: list[object] = []


def _fast() -> object:
    if not _CACHE:
        _CACHE.append(tiny.tokenizer("pieces", 0))
    return _CACHE[0]
