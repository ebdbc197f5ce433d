"""A vector added to a hidden layer: in every family, and gone afterwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tiny
import torch

from firth.encoder.model import Encoder
from firth.encoder.steering import added
from firth.errors import InputError, OptionError

EncoderOf = Callable[..., Encoder]
TEXTS = tiny.TEXTS[:4]


def vector(encoder: Encoder) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(encoder.width, generator=generator)


def library_states(encoder: Encoder, text: str) -> list[np.ndarray]:
    """The hidden states by a plain call of the library's model, special tokens left out."""
    ids = encoder.tokenizer(text, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        states = encoder.model(ids, output_hidden_states=True).hidden_states
    return [one[0, 1:-1].numpy() for one in states]


def hooks_of(encoder: Encoder) -> list[int]:
    """How many hooks each module has; the library's own, which record states, are among them."""
    return [
        len(one._forward_hooks) + len(one._forward_pre_hooks) for one in encoder.model.modules()
    ]


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_later_layers_see_the_moved_states(family: str, layer: int, encoder_of: EncoderOf) -> None:
    encoder = encoder_of(family)
    plain = list(encoder.hidden_states(TEXTS))
    own = vector(encoder)
    with added(encoder, layer, own):
        moved = list(encoder.hidden_states(TEXTS))
        theirs = [library_states(encoder, text) for text in TEXTS]
    for before, after, library in zip(plain, moved, theirs, strict=True):
        # The library's own forward pass, through the hooks, says the same as the packed one
        # where a block comes after, and the last layer always.
        np.testing.assert_allclose(after.vectors[-1], library[-1], atol=2e-4)
        for at in range(layer):
            np.testing.assert_allclose(after.vectors[at], before.vectors[at], atol=1e-5)
        if layer == encoder.n_layers:
            np.testing.assert_allclose(after.vectors[layer], before.vectors[layer] + own.numpy(),
                                       atol=1e-4)  # fmt: skip
        else:
            assert np.abs(after.vectors[-1] - before.vectors[-1]).max() > 0.05


@pytest.mark.parametrize("family", ["bert", "albert", "deberta-v3"])
def test_nothing_stays_behind(family: str, encoder_of: EncoderOf) -> None:
    encoder = encoder_of(family)
    plain, before = encoder.sentence_vectors(TEXTS), hooks_of(encoder)
    with pytest.raises(RuntimeError, match="on the way"), added(encoder, 1, vector(encoder)):
        assert sum(hooks_of(encoder)) > sum(before)
        raise RuntimeError("on the way")
    assert hooks_of(encoder) == before
    assert not encoder.moved
    np.testing.assert_array_equal(encoder.sentence_vectors(TEXTS), plain)


def test_two_vectors_add_up_and_leave_in_turn(encoder_of: EncoderOf) -> None:
    encoder = encoder_of("bert")
    own = vector(encoder)
    with added(encoder, 1, own), added(encoder, 1, -own):
        both = encoder.sentence_vectors(TEXTS)
    np.testing.assert_allclose(both, encoder.sentence_vectors(TEXTS), atol=1e-5)
    with added(encoder, 1, 2 * own):
        once = encoder.sentence_vectors(TEXTS)
    with added(encoder, 1, own), added(encoder, 1, own):
        twice = encoder.sentence_vectors(TEXTS)
    np.testing.assert_allclose(once, twice, atol=1e-4)


def test_what_cannot_be_added(encoder_of: EncoderOf) -> None:
    encoder = encoder_of("bert")
    own, before = vector(encoder), hooks_of(encoder)
    for layer in (-1, 4):
        with pytest.raises(OptionError, match="has 0 to 3"), added(encoder, layer, own):
            pass
    with pytest.raises(InputError, match="is 32 wide"), added(encoder, 1, own[:5]):
        pass
    with pytest.raises(InputError, match="alpha too large"), added(encoder, 1, own * torch.inf):
        pass
    assert hooks_of(encoder) == before
