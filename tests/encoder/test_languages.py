"""Language vectors: means that can be checked by hand, their file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch

from firth.encoder.languages import (
    fit_languages,
    languages_of,
    read_languages,
    running_mean,
)
from firth.encoder.load import load
from firth.errors import InputError, OptionError
from firth.text.vocabulary import SHARED

CORPORA = {
    "en": ["I ate an apple, and then another apple.", "one", "The price of Apple shares rose"],
    "zh": ["我吃了一个苹果。", "苹果酱和苹果派都很甜"],
}


def test_a_mean_is_over_tokens_or_over_sentences(encoder_of):
    encoder = encoder_of("bert")
    states = [one.vectors for one in encoder.hidden_states(CORPORA["en"])]
    by_token = np.concatenate(states, axis=1).mean(axis=1)
    by_sentence = np.mean([one.mean(axis=1) for one in states], axis=0)
    np.testing.assert_allclose(running_mean(encoder, CORPORA["en"]).mean(), by_token, atol=1e-5)
    found = running_mean(encoder, CORPORA["en"], "sentences").mean()
    np.testing.assert_allclose(found, by_sentence, atol=1e-5)
    assert np.abs(by_token - by_sentence).max() > 0.01


def test_the_file_says_what_it_is_of(encoder_of, tmp_path):
    encoder = encoder_of("bert")
    vectors = fit_languages(encoder, CORPORA, about={"texts": "made up"})
    again = read_languages(vectors.save(tmp_path / "v.safetensors"), encoder)
    np.testing.assert_array_equal(again.means, vectors.means)
    np.testing.assert_array_equal(again.codes, vectors.codes)
    assert (again.languages, again.about) == (("en", "zh"), vectors.about)
    assert again.sha256() == vectors.sha256()
    assert again.sentences.tolist() == [3, 2]
    difference = again.difference("en", "zh", 2)
    expected = vectors.means[1, 2] - vectors.means[0, 2]
    np.testing.assert_allclose(difference.numpy(), expected)
    assert torch.equal(difference, -again.difference("zh", "en", 2))


def test_vectors_of_another_model_are_refused(encoder_of, tmp_path):
    path = fit_languages(encoder_of("bert"), CORPORA).save(tmp_path / "v.safetensors")
    with pytest.raises(InputError, match="of another model, bert"):
        read_languages(path, encoder_of("electra"))
    tiny.save("bert", tmp_path / "own")
    with pytest.raises(InputError, match="no language vectors aboard"):
        languages_of(load(str(tmp_path / "own"), device="cpu"))


def test_what_cannot_be_fitted_or_read(encoder_of, tmp_path):
    encoder = encoder_of("bert")
    with pytest.raises(InputError, match="at least two languages"):
        fit_languages(encoder, {"en": CORPORA["en"]})
    with pytest.raises(InputError, match="the language zh has 1 sentences"):
        fit_languages(encoder, CORPORA | {"zh": ["苹果"]})
    (tmp_path / "no.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="cannot be read as safetensors"):
        read_languages(tmp_path / "no.safetensors", encoder)
    with pytest.raises(InputError, match="cannot be read"):
        read_languages(tmp_path / "absent", encoder)
    with pytest.raises(InputError, match="holds no language vectors"):
        read_languages(Path(str(encoder.folder)) / "model.safetensors", encoder)
    vectors = fit_languages(encoder, CORPORA)
    with pytest.raises(OptionError, match="no vector of the language 'fr'; there are en, zh"):
        vectors.mean("fr", 1)
    with pytest.raises(OptionError, match="there are 0 to 3"):
        vectors.difference("en", "zh", 4)


def test_mini_brings_its_languages():
    encoder = load("mini", device="cpu")
    vectors = languages_of(encoder)
    assert vectors.languages == ("en", "zh", "ja", "de", "es", "ru")
    assert vectors.codes is not None
    house = encoder.tokenizer.convert_tokens_to_ids("▁house")
    assert vectors.languages[vectors.codes[house]] == "en"
    assert vectors.codes[encoder.tokenizer.mask_token_id] == SHARED
