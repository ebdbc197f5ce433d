"""An exported encoder gives in sentence-transformers the vectors that firth corrects."""

from __future__ import annotations

import json
import stat

import numpy as np
import pytest
import torch

from firth.encoder.fair import FairEncoder, check_export, cut, export_fair
from firth.encoder.fair_card import Facts, card
from firth.encoder.load import load
from firth.encoder.vectors import StaticVectors, save_vectors
from firth.errors import ModelError, OptionError
from firth.experiments.fair import fit_agnostic

TEXTS = {
    "en": ["I ate an apple.", "The price rose again today!", "one", "shares of Apple"],
    "zh": ["我吃了一个苹果。", "苹果酱和苹果派都很甜", "苹果公司发布了新手机"],
    "de": ["Äpfel essen", "Übergrößenträger essen Äpfel."],
}
ASKED = ["I ate an apple today.", "苹果很甜。", "Äpfel", "a", "one and another"]


def export(encoder, folder, layer, pooling="mean", prefix="", centred=True):
    fitted = fit_agnostic(
        encoder, TEXTS, layer=layer, pooling=pooling, prefix=prefix, centred=centred
    )
    facts = Facts(
        encoder, layer, pooling, prefix, fitted.basis.shape[1], centred, [("en", "4", "")]
    )
    one = FairEncoder(encoder, layer, pooling, prefix, *fitted.affine(), card(facts))
    export_fair(one, folder, ASKED)
    vectors = encoder.sentence_vectors(
        [prefix + text for text in ASKED], layers=[layer], pooling=pooling
    )
    return fitted.apply(vectors[0])


@pytest.fixture(scope="module")
def peer():
    return pytest.importorskip("sentence_transformers").SentenceTransformer


@pytest.mark.parametrize(
    "name", ["bert", "xlm-roberta", "mpnet", "distilbert", "albert", "electra"]
)
@pytest.mark.parametrize(("layer", "pooling"), [(3, "mean"), (2, "cls")])
def test_tiny_encoders_cut_and_whole(peer, encoder_of, tmp_path, name, layer, pooling):
    ours = export(encoder_of(name), tmp_path / "out", layer, pooling)
    loaded = peer(str(tmp_path / "out"), device="cpu")
    np.testing.assert_allclose(loaded.encode(ASKED), ours, atol=1e-4)
    config = json.loads((tmp_path / "out/config.json").read_text())
    assert config.get("num_hidden_layers", config.get("n_layers")) == layer
    assert not [path for path in tmp_path.iterdir() if path.name != "out"]


def test_mini_with_a_prefix_that_comes_by_itself(peer, mini, tmp_path, capfd):
    ours = export(mini, tmp_path / "out", 4, prefix="query: ")
    loaded = peer(str(tmp_path / "out"), device="cpu")
    np.testing.assert_allclose(loaded.encode(ASKED), ours, atol=1e-4)
    np.testing.assert_allclose(loaded.encode_query(ASKED), ours, atol=1e-4)
    np.testing.assert_allclose(loaded.encode_document(ASKED), ours, atol=1e-4)
    assert loaded.max_seq_length == 512
    assert loaded.similarity_fn_name == "cosine"
    said = "".join(capfd.readouterr())
    assert "newly initialized" not in said
    assert "MISSING" not in said
    assert (tmp_path / "out/model.safetensors").stat().st_size > 4 * 48_000 * 384  # fp32


def test_the_layout_is_the_librarys_and_ordinary(encoder_of, tmp_path):
    export(encoder_of("bert"), tmp_path / "out", 1)
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert files >= {
        "1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors", "README.md",
        "config.json", "config_sentence_transformers.json", "model.safetensors", "modules.json",
        "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip
    modules = json.loads((tmp_path / "out/modules.json").read_text())
    assert [one["path"] for one in modules] == ["", "1_Pooling", "2_Dense"]
    mode = stat.S_IMODE((tmp_path / "out/model.safetensors").stat().st_mode)
    assert mode & 0o004 == stat.S_IMODE((tmp_path / "out").stat().st_mode) & 0o004
    # firth itself reads it again, as a folder like any other.
    again = load(str(tmp_path / "out"), dtype="fp32")
    assert again.n_layers == 1


def test_a_family_that_cannot_be_cut_is_said(encoder_of, tmp_path):
    modern = encoder_of("modernbert")
    with pytest.raises(ModelError, match="cannot be cut after block 2.*leave --layer out"):
        cut(modern, 2, ASKED)
    assert cut(modern, 3, ASKED).config.num_hidden_layers == 3


def test_nothing_is_left_behind_when_it_fails(encoder_of, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("firth.encoder.fair.save_file", full)
    with pytest.raises(OptionError, match="cannot write.*No space left"):
        export(encoder_of("bert"), tmp_path / "out", 2)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_said_before_the_work(encoder_of, tmp_path):
    bert = encoder_of("bert")
    assert check_export(bert, None, tmp_path / "new") == 3
    (tmp_path / "empty").mkdir()
    assert check_export(bert, 2, tmp_path / "empty") == 2
    for layer in (0, 4, -1):
        with pytest.raises(OptionError, match=f"layer {layer}: bert can be cut after block 1 to 3"):
            check_export(bert, layer, tmp_path / "new")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/a").write_text("")
    for place in ("full", "full/a"):
        with pytest.raises(OptionError, match="is not empty"):
            check_export(bert, None, tmp_path / place)
    with pytest.raises(OptionError, match="there is no folder"):
        check_export(bert, None, tmp_path / "no/such")
    vectors = StaticVectors(("a", "b"), np.eye(2, dtype=np.float32), None, {"unit": "words"})
    save_vectors(vectors, tmp_path / "v.safetensors")
    static = load(f"cbow:{tmp_path / 'v.safetensors'}")
    with pytest.raises(ModelError, match="holds word vectors"):
        check_export(static, None, tmp_path / "new")


def test_the_card_says_what_was_done(encoder_of, mini):
    bert = encoder_of("bert")
    texts = [("en", "400", "en.txt"), ("zh", "300", "zh.txt")]
    rows = [("asked", "mrr"), ("en-zh", "0.300 → 0.800")]
    said = card(Facts(bert, 2, "cls", "", 1, False, texts, rows, "Measured so."))
    for part in (
        "library_name: sentence-transformers", "- zh\n", "the first 2 of its 3 blocks",
        "the first token", "the 1 direction in which", "their common mean stays where it is",
        "| en | 400 | en.txt |", "Measured so.", "| en-zh | 0.300 → 0.800 |",
        "If the base model was trained with a prefix", "48 tokens are cut", "whose licence",
        bert.card.fingerprint[:16],
    ):  # fmt: skip
        assert part in said, part
    assert "Not measured here" in card(Facts(bert, 3, "mean", "", 1, True, texts))
    assert "all 3 blocks" in card(Facts(bert, 3, "mean", "", 1, True, texts))
    assert "descends from E5" in card(Facts(mini, 12, "mean", "", 1, True, texts))
    assert "`query: ` before each text. It is the default" in card(
        Facts(mini, 12, "mean", "query: ", 1, True, texts)
    )


def test_the_weights_are_those_of_the_model(encoder_of):
    bert = encoder_of("bert")
    state, own = bert.model.state_dict(), cut(bert, 2, ASKED).state_dict()
    assert all(torch.equal(weight, state[key]) for key, weight in own.items())
    assert not any("pooler" in key or "layer.2." in key for key in own)
