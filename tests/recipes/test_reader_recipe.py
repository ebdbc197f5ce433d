"""The reader that travels: what is kept of a change, and that the encoder gets it back."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from recipes.mini.quantise import save_int8_rows
from recipes.reader.compress import compress

from firth.encoder.compact_reader import ABOARD, WEIGHTS, compact_reader
from firth.encoder.model import Encoder
from firth.encoder.question_windows import WindowOptions
from firth.encoder.reader import Reader
from firth.encoder.span_head import head_names
from firth.errors import ModelError
from firth.train.reader import new_reader

MATRIX = "encoder.layer.0.output.dense.weight"
OTHER = "encoder.layer.1.attention.self.value.weight"
VECTOR = "encoder.layer.0.output.dense.bias"


@pytest.fixture(scope="module")
def small(mini: Encoder) -> Encoder:
    """mini's tokenizer with two narrow blocks of random weights."""
    config = copy.deepcopy(mini.model.config)
    config.update(
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 64}
    )  # fmt: skip
    torch.manual_seed(1)
    return replace(mini, model=transformers.BertModel(config, add_pooling_layer=False).eval())


def test_the_largest_singular_values_a_byte_are_kept() -> None:
    base = {"a": np.zeros((8, 8), np.float32), "b": np.zeros((40, 40), np.float32)}
    trained = {"a": np.diag([5.0, 4, 1, 0, 0, 0, 0, 0]), "b": np.zeros((40, 40))}
    trained["b"][0, 0] = 6.0
    weights = {name: one.astype(np.float32) for name, one in trained.items()}
    whole = compress(base, weights, {}, 100_000)
    assert whole.kept == pytest.approx(1)
    # One value of a costs 20 bytes, of b 84; the first of each 800 more.
    both_of_a = compress(base, weights, {}, 20 + 20 + 800)
    assert both_of_a.ranks == {"a": 2, "b": 0}
    assert both_of_a.kept == pytest.approx(41 / 78)
    left, right = both_of_a.tensors["a/left"], both_of_a.tensors["a/right"]
    np.testing.assert_allclose(left.T @ right, np.diag([5.0, 4, 0, 0, 0, 0, 0, 0]), atol=1e-6)


def test_vectors_and_head_come_whole_and_embeddings_stay_behind() -> None:
    base = {"v": np.zeros(4, np.float32), "embeddings.w": np.zeros((3, 2), np.float32)}
    trained = {"v": np.arange(4, dtype=np.float32), "embeddings.w": np.ones((3, 2), np.float32)}
    head = {"qa.weight": np.ones((2, 4), np.float32)}
    found = compress(base, trained, head, 10_000).tensors
    assert set(found) == {"v/change", "head/qa.weight"}
    np.testing.assert_array_equal(found["v/change"], np.arange(4))
    assert found["head/qa.weight"].shape == (8,)


def test_the_encoder_gets_its_change_back(small: Encoder, tmp_path: Path) -> None:
    model = new_reader(small, seed=4)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name in (MATRIX, OTHER):
            weight = model.get_parameter(f"bert.{name}")
            r, c = weight.shape
            weight += (
                0.02
                * torch.randn(r, 3, generator=generator)
                @ torch.randn(3, c, generator=generator)
            )
        model.get_parameter(f"bert.{VECTOR}").add_(0.1)
    whole = Reader.of(small, model, WindowOptions(length=64, stride=16))
    trained = {name: one.detach().numpy() for name, one in model.bert.named_parameters()}
    base = {name: one.detach().numpy() for name, one in small.model.named_parameters()}
    head = {name: model.get_parameter(name).detach().numpy() for name in head_names(model)}
    some = {name: trained[name] for name in (MATRIX, OTHER, VECTOR)}
    found = compress(base, some, head, 40_000)
    assert found.ranks == {MATRIX: 3, OTHER: 3}
    save_int8_rows(found.tensors, tmp_path / WEIGHTS, {"base": small.card.fingerprint})
    (tmp_path / "reader.json").write_text('{"length": 64, "stride": 16, "question_length": 16}')
    again = compact_reader(small, tmp_path)
    assert again.options.length == 64
    assert again.encoder.card.fingerprint != small.card.fingerprint
    weights = dict(again.encoder.model.named_parameters())
    for name in (MATRIX, OTHER):
        change = trained[name] - base[name]
        error = weights[name].detach().numpy() - trained[name]
        assert np.abs(error).max() < 0.02 * np.abs(change).max()
    assert small.model.get_parameter(MATRIX).equal(torch.from_numpy(base[MATRIX]))
    pairs = [("谁发明了电话？", "电话是贝尔发明的，灯泡是爱迪生发明的。")]
    (one,), (other,) = again.ask(pairs), whole.ask(pairs)
    assert one.probability == pytest.approx(other.probability, rel=0.05)


def test_a_change_of_other_weights_is_refused(mini: Encoder, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no reader travels"):
        compact_reader(mini, tmp_path)
    save_int8_rows({"v/change": np.ones(3, np.float32)}, tmp_path / WEIGHTS, {"base": "other"})
    with pytest.raises(ModelError, match="belongs to other weights"):
        compact_reader(mini, tmp_path)


def test_what_travels_is_small_and_says_where_it_comes_from(mini: Encoder) -> None:
    if not (ABOARD / WEIGHTS).exists():
        pytest.skip("no reader travels with this edition")
    assert (ABOARD / WEIGHTS).stat().st_size <= 5_000_000
    assert "from no other language" in " ".join((ABOARD / "README.md").read_text().split())
    reader = compact_reader(replace(mini))
    text = "The old mill was bought by Ada Brook in 1931. Her brother planted the apple trees."
    chinese = "老磨坊在1931年由艾达·布鲁克买下。她的哥哥种下了苹果树。"
    english, answer = reader.ask([("Who bought the mill?", text), ("谁买下了磨坊？", chinese)])
    assert english.text == "Ada Brook"
    assert answer.text == "艾达·布鲁克"
