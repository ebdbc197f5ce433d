"""Tokens to words by character offsets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.encoder.states import overlapping, shares_token


@pytest.fixture(scope="module")
def mini() -> Encoder:
    return load("mini", dtype="fp32", device="cpu")


def spans(text: str, word: str) -> list[tuple[int, int]]:
    found, at = [], text.find(word)
    while at >= 0:
        found.append((at, at + len(word)))
        at = text.find(word, at + 1)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "我喜欢苹果酱",
        "🍎🍎 苹果",
        "e\u0301te\u0301 苹果 e\u0301",
        "👩\u200d🚀苹果",
        "苹果",
        " \u3000苹果。",
    ],
)
def test_a_word_is_its_own_tokens(mini: Encoder, text: str) -> None:
    (states,) = mini.hidden_states([text])
    ((start, end),) = spans(text, "苹果")
    chosen = overlapping(states.offsets, (start, end))
    pieces = [mini.tokenizer.convert_ids_to_tokens(int(i)) for i in states.tokens[chosen]]
    assert "".join(pieces).replace("▁", "") == "苹果"
    assert "▁" not in pieces
    (one,) = mini.word_vectors([(text, [(start, end)])])
    np.testing.assert_allclose(one.vectors[:, 0], states.word(start, end), atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta", "modernbert"])
def test_offsets_survive_emoji_and_combining_marks(
    family: str, encoder_of: Callable[..., Encoder]
) -> None:
    encoder, text = encoder_of(family), "🍎 e\u0301 an apple"
    (states,) = encoder.hidden_states([text])
    chosen = overlapping(states.offsets, (len(text) - 5, len(text)))
    assert len(chosen)
    assert states.offsets[chosen][0, 0] >= len(text) - 6
    assert states.offsets[chosen][-1, 1] == len(text)


def test_the_same_word_twice_has_two_vectors(mini: Encoder) -> None:
    text = "苹果发布了新手机，我吃了一个苹果"
    (one,) = mini.word_vectors([(text, spans(text, "苹果"))])
    assert one.vectors.shape[1] == 2
    # One form at two places: apart from layer 0 on, where the position already differs.
    assert np.abs(one.vectors[:, 0] - one.vectors[:, 1]).max(axis=1).min() > 1e-3
    np.testing.assert_array_equal(mini.static_vector("苹果"), mini.static_vector("苹果"))


def test_a_token_shared_with_a_neighbour_is_seen() -> None:
    offsets = np.array([[0, 1], [1, 4], [4, 5]])
    assert shares_token(offsets, (1, 3), "我苹果酱。")
    assert not shares_token(offsets, (1, 4), "我苹果酱。")


def test_a_span_without_tokens(mini: Encoder) -> None:
    (states,) = mini.hidden_states(["a  b"])
    with pytest.raises(ValueError, match="no token covers"):
        states.word(1, 2)
    (one,) = mini.word_vectors([("a  b", [(1, 2), (0, 1)])])
    assert one.counts.tolist() == [0, 1]
