"""What cannot be loaded is said in one line that names the way out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny
import torch
import transformers

from firth.encoder.load import load
from firth.errors import FirthError, ModelError, OptionError

FolderOf = Callable[[str], Path]


def line(name: Path | str, **options: str) -> str:
    """The one line of the error."""
    with pytest.raises(FirthError) as caught:
        load(str(name), **options)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.fixture
def copy(folder_of: FolderOf, tmp_path: Path) -> Path:
    """A BERT folder to break."""
    return Path(shutil.copytree(folder_of("bert"), tmp_path / "broken"))


def test_decoder(tmp_path: Path) -> None:
    transformers.GPT2Config(n_layer=1).save_pretrained(tmp_path)
    assert "is a decoder (gpt2)" in line(tmp_path)


def test_bert_as_decoder(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"is_decoder": True}))
    assert "is a decoder (bert)" in line(copy)


def test_encoder_decoder(tmp_path: Path) -> None:
    transformers.T5Config(num_layers=1).save_pretrained(tmp_path)
    assert "encoder-decoder (t5)" in line(tmp_path)


def test_other_family(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    said = line(tmp_path)
    assert "'vit'" in said
    assert "ModernBERT" in said


@pytest.mark.parametrize("family", ["bert", "roberta", "albert"])
def test_no_fast_tokenizer(family: str, folder_of: FolderOf, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(folder_of(family), tmp_path / "m"))
    for file in folder.glob("*token*"):
        file.unlink()
    assert "tokenizer.json" in line(folder)


def test_unreachable_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    said = line("nobody/no-such-encoder")
    assert "firth prefetch nobody/no-such-encoder" in said
    assert "--model mini" in said


def test_near_miss_of_mini(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "Did you mean 'mini'?" in line("mimi")


def test_truncated_weights(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert "weights cannot be loaded" in line(copy)


def test_config_is_not_json(copy: Path) -> None:
    (copy / "config.json").write_text("{")
    assert "config.json cannot be read" in line(copy)


def test_config_is_missing(copy: Path) -> None:
    (copy / "config.json").unlink()
    assert "config.json is missing" in line(copy)


def test_config_of_another_shape(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"hidden_size": 64}))
    assert "weights" in line(copy)


def test_weights_are_missing(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(copy / "model.safetensors")
    gone = "encoder.layer.1.output.dense.weight"
    del state[gone]
    save_file(state, copy / "model.safetensors", metadata={"format": "pt"})
    assert gone in line(copy)


def test_no_weights(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    assert "model.safetensors is missing" in line(copy)


def test_pickle_is_never_opened(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    torch.save({}, copy / "pytorch_model.bin")
    assert "pickled weights only" in line(copy)


def test_tokenizer_of_another_model(tmp_path: Path) -> None:
    tiny.save("bert", tmp_path / "m", vocab_size=50)
    assert "do not belong together" in line(tmp_path / "m")


def test_a_file_and_nothing(copy: Path) -> None:
    assert "is a file" in line(copy / "config.json")
    assert "there is no folder" in line("./no/such/folder")


def test_bad_dtype_and_device(copy: Path) -> None:
    assert "Did you mean 'bf16'?" in line(copy, dtype="bf61")
    assert "try auto or cpu" in line(copy, device="gpu")
    assert "cannot be used here" in line(copy, device="meta:x")


@pytest.mark.parametrize("layer", [-1, 4, 99])
def test_bad_layer(layer: int, folder_of: FolderOf) -> None:
    encoder = load(str(folder_of("bert")), dtype="fp32")
    with pytest.raises(OptionError, match=r"0 .embeddings. to 3"):
        encoder.sentence_vectors(["a"], layers=[layer])
    with pytest.raises(OptionError, match="no layer"):
        encoder.sentence_vectors(["a"], layers=[])


def test_saved_with_a_head(folder_of: FolderOf, tmp_path: Path) -> None:
    base = folder_of("bert")
    folder = Path(shutil.copytree(base, tmp_path / "m"))
    config = transformers.BertConfig.from_pretrained(base)
    head = transformers.BertForMaskedLM(config)
    head.bert.load_state_dict(
        transformers.BertModel.from_pretrained(base, add_pooling_layer=False).state_dict()
    )
    head.save_pretrained(folder)
    a, b = load(str(folder), dtype="fp32"), load(str(base), dtype="fp32")
    assert (a.sentence_vectors(tiny.TEXTS) == b.sentence_vectors(tiny.TEXTS)).all()
    assert a.card.fingerprint != b.card.fingerprint


def test_errors_are_model_errors(copy: Path) -> None:
    (copy / "config.json").write_text("[]")
    with pytest.raises(ModelError):
        load(str(copy))
