"""Static vectors behind the calls of an encoder."""

from pathlib import Path

import numpy as np
import pytest
import tiny

import firth
from firth.encoder.static import StaticEncoder
from firth.encoder.vectors import StaticVectors, save_vectors
from firth.errors import InputError, ModelError, OptionError

WORDS = ("苹果", "苹", "果", "手机", "apple", "the", "don't", "我", "吃")


@pytest.fixture
def encoder(tmp_path) -> StaticEncoder:
    rows = np.random.default_rng(0).normal(size=(len(WORDS), 5)).astype(np.float32)
    save_vectors(StaticVectors(WORDS, rows, None, {"unit": "words"}), tmp_path / "v.safetensors")
    loaded = firth.load(f"cbow:{tmp_path / 'v.safetensors'}")
    assert isinstance(loaded, StaticEncoder)
    return loaded


def row(encoder: StaticEncoder, word: str) -> np.ndarray:
    assert encoder.vectors is not None
    return encoder.vectors.vectors[encoder.vectors.index[word]]


def test_the_card_says_what_it_is(encoder):
    assert (encoder.card.family, encoder.n_layers, encoder.width) == ("static", 0, 5)
    assert encoder.card.parameters == 5 * len(WORDS)
    assert encoder.card.source.startswith("cbow:/")
    assert firth.load(encoder.card.source).card.fingerprint == encoder.card.fingerprint


def test_the_longest_word_is_taken_where_there_are_no_blanks(encoder):
    (states,) = encoder.hidden_states(["我吃苹果手机。"])
    assert states.offsets.tolist() == [[0, 1], [1, 2], [2, 4], [4, 6]]
    assert np.array_equal(states.vectors[0, 2], row(encoder, "苹果"))


def test_words_between_blanks_and_their_case(encoder):
    (states,) = encoder.hidden_states(["The apple, don't APPLE pie"])
    assert states.offsets.tolist() == [[0, 3], [4, 9], [11, 16], [17, 22]]
    assert encoder.report.unknown == 1  # pie


def test_a_word_is_the_same_in_every_sentence(encoder):
    texts = ["我吃苹果", "苹果手机", "苹果"]
    items = [(text, ((text.index("苹果"), text.index("苹果") + 2),)) for text in texts]
    found = [one.vectors[0, 0] for one in encoder.word_vectors(items)]
    assert all(np.array_equal(one, row(encoder, "苹果")) for one in found)
    assert np.array_equal(encoder.static_vector("苹果"), row(encoder, "苹果"))


def test_a_word_that_is_not_there_is_the_mean_of_its_parts(encoder):
    (one,) = encoder.word_vectors([("果手机", ((0, 3),))])
    both = (row(encoder, "果") + row(encoder, "手机")) / 2
    assert one.vectors[0, 0] == pytest.approx(both)
    assert one.counts.tolist() == [2]
    (none,) = encoder.word_vectors([("pie 吃", ((0, 3),))])
    assert none.counts.tolist() == [0]
    assert not none.vectors.any()
    assert not encoder.static_vector("pie").any()


def test_a_sentence_is_the_mean_of_its_tokens(encoder):
    vectors = encoder.sentence_vectors(["the apple", "pie"])
    assert vectors.shape == (1, 2, 5)
    assert vectors[0, 0] == pytest.approx((row(encoder, "the") + row(encoder, "apple")) / 2)
    assert not vectors[0, 1].any()


def test_there_is_one_layer(encoder):
    with pytest.raises(OptionError, match="layer 1 does not exist"):
        encoder.sentence_vectors(["the"], layers=[1])


def test_senses_cannot_be_told_apart_by_construction(encoder):
    result = firth.senses(encoder)
    (area,) = result.rows("auc", control=None, similarity="raw")
    assert area.value == 0.5
    assert area.layer == 0


def test_the_rows_of_a_model_are_its_static_vectors(tmp_path):
    folder = tiny.save("bert", tmp_path / "bert")
    model, rows = firth.load(str(folder), dtype="fp32"), firth.load(f"static:{folder}")
    for word in ("苹果", "apple", "Apple shares"):
        assert rows.static_vector(word) == pytest.approx(model.static_vector(word), abs=1e-6)
    assert rows.card.name == "bert static"
    assert rows.n_layers == 0
    with pytest.raises(ModelError, match="no embeddings below"):
        firth.load(f"static:static:{folder}")


def test_vectors_of_pieces_use_the_models_tokenizer(tmp_path):
    folder = tiny.save("bert", tmp_path / "bert")
    tokens = firth.load(str(folder)).tokenizer.tokenize("an apple")
    rows = np.eye(len(set(tokens)), dtype=np.float32)
    about = {"unit": "pieces", "model": str(folder)}
    save_vectors(
        StaticVectors(tuple(dict.fromkeys(tokens)), rows, None, about), tmp_path / "p.safetensors"
    )
    encoder = firth.load(f"cbow:{tmp_path / 'p.safetensors'}")
    (states,) = encoder.hidden_states(["an apple"])
    assert states.vectors.shape[1] == len(tokens)


def test_nothing_to_fill_with(encoder):
    with pytest.raises(ModelError, match="no head"):
        firth.cloze(encoder, ["an [MASK]"])


@pytest.mark.parametrize("name", ["cbow:", "static:"])
def test_a_name_without_a_file(name):
    with pytest.raises(ModelError, match="names nothing"):
        firth.load(name)


def test_no_such_file(tmp_path: Path):
    with pytest.raises(InputError, match=r"nothing\.bin"):
        firth.load(f"cbow:{tmp_path / 'nothing.bin'}")
