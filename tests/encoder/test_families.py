"""Every family: firth's hidden states are the library's own, whatever stands beside a text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
import transformers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firth.encoder.model import Encoder

EncoderOf = Callable[..., Encoder]


def reference(folder: Path, texts: list[str]) -> list[np.ndarray]:
    """Hidden states of each text alone by transformers, special tokens left out, [l, t, d]."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    result: list[np.ndarray] = []
    for text in texts:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            states = model(ids, output_hidden_states=True).hidden_states
        result.append(torch.cat(states)[:, 1:-1].numpy())
    return result


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_every_layer_is_the_librarys(
    family: str, folder_of: Callable[[str], Path], encoder_of: EncoderOf
) -> None:
    encoder = encoder_of(family)
    got = list(encoder.hidden_states(tiny.TEXTS))
    expected_of = reference(folder_of(family), tiny.TEXTS)
    for expected, states in zip(expected_of, got, strict=True):
        assert states.vectors.shape == expected.shape
        assert expected.shape[0] == encoder.n_layers + 1
        assert expected.shape[2] == encoder.width
        np.testing.assert_allclose(states.vectors, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_bf16_stays_close(family: str, encoder_of: EncoderOf) -> None:
    exact = encoder_of(family).sentence_vectors(tiny.TEXTS)
    fast = encoder_of(family, "bf16").sentence_vectors(tiny.TEXTS)
    norms = np.linalg.norm(exact, axis=2) * np.linalg.norm(fast, axis=2)
    assert ((exact * fast).sum(2) / norms).min() > 0.999


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_company_does_not_matter(family: str, encoder_of: EncoderOf) -> None:
    encoder = encoder_of(family)
    alone = np.concatenate([encoder.sentence_vectors([text]) for text in tiny.TEXTS], axis=1)
    order = np.random.default_rng(3).permutation(len(tiny.TEXTS))
    shuffled = encoder.sentence_vectors([tiny.TEXTS[i] for i in order])
    np.testing.assert_allclose(shuffled, alone[:, order], atol=1e-5, rtol=0)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(
        st.one_of(st.sampled_from(tiny.TEXTS), st.text(max_size=30), st.just("苹果 " * 40)),
        min_size=1,
        max_size=12,
    ),
    data=st.data(),
)
def test_order_and_batches_do_not_matter(
    texts: list[str], data: st.DataObject, encoder_of: EncoderOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoder_of("xlm-roberta")
    whole = [one.vectors for one in encoder.hidden_states(texts)]
    order = data.draw(st.permutations(range(len(texts))))
    with monkeypatch.context() as patch:
        patch.setattr("firth.encoder.encode.BATCH_TOKENS", data.draw(st.integers(1, 200)))
        patch.setattr("firth.encoder.encode.CHUNK_TEXTS", data.draw(st.integers(1, 5)))
        again = [one.vectors for one in encoder.hidden_states([texts[i] for i in order])]
    for i, vectors in zip(order, again, strict=True):
        np.testing.assert_allclose(vectors, whole[i], atol=1e-5, rtol=0)


def test_mean_is_over_special_tokens_too_and_cls_is_the_first(encoder_of: EncoderOf) -> None:
    encoder, text = encoder_of("bert"), tiny.TEXTS[0]
    ids = torch.tensor([encoder.tokenizer(text)["input_ids"]])
    with torch.inference_mode():
        states = torch.cat(encoder.model(ids, output_hidden_states=True).hidden_states).numpy()
    mean = encoder.sentence_vectors([text])[:, 0]
    first = encoder.sentence_vectors([text], pooling="cls")[:, 0]
    np.testing.assert_allclose(mean, states.mean(1), atol=1e-5)
    np.testing.assert_allclose(first, states[:, 0], atol=1e-5)


def test_chosen_layers_are_rows_of_all_layers(encoder_of: EncoderOf) -> None:
    encoder = encoder_of("albert")
    everything = encoder.sentence_vectors(tiny.TEXTS)
    np.testing.assert_array_equal(
        encoder.sentence_vectors(tiny.TEXTS, layers=[2, 0]), everything[[0, 2]]
    )


def test_no_texts_and_blank_texts(encoder_of: EncoderOf) -> None:
    encoder = encoder_of("bert")
    assert encoder.sentence_vectors([]).shape == (4, 0, 32)
    assert [one.vectors.shape for one in encoder.hidden_states(["", "  "])] == [(4, 0, 32)] * 2
    assert np.isfinite(encoder.sentence_vectors([""])).all()


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_static_vector_belongs_to_the_form(family: str, encoder_of: EncoderOf) -> None:
    encoder = encoder_of(family)
    rows = encoder.model.get_input_embeddings().weight
    assert encoder.static_vector("apple").shape == (rows.shape[1],)
