"""A masked language model from nothing: parts add up, switches do what they say, folders load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import firth
from firth.errors import InputError, OptionError
from firth.text.carried import plain
from firth.text.fake import ascii_only, fake
from firth.train.forward import hidden_layers, last_states
from firth.train.masking import Masking
from firth.train.mlm import masked_loss
from firth.train.model_folder import write_model
from firth.train.packing import Packed
from firth.train.pretraining import (
    Pretraining,
    Recipe,
    check_switches,
    own_special,
    pretraining,
    sources_of,
    with_own_specials,
)
from firth.train.replicas import Part
from firth.train.shape import Shape
from firth.train.tokenizer import special_ids, train_tokenizer

LINES = [ascii_only(line) for line in plain("en")]
PAIR = {"en": LINES, "en-x-fake": [fake(line) for line in LINES]}
TOKENIZER = train_tokenizer(PAIR, "wordpiece", 500)
RECIPE = Recipe(Shape(3, 24, 2), length=16, batch=10, held_out_sequences=6)


def task(switches: tuple[str, ...] = (), seed: int = 0) -> Pretraining:
    tokenizer = with_own_specials(TOKENIZER, list(PAIR)) if "specials" in switches else TOKENIZER
    return pretraining(PAIR, PAIR, tokenizer, replace(RECIPE, switches=switches, seed=seed))


def test_parts_add_up_to_the_whole() -> None:
    whole, parted = task(), task()
    loss, counts = whole.loss(3)
    loss.backward()
    total = 0.0
    masked = 0.0
    for index in range(3):
        part, own = parted.loss(3, Part(index, 3))
        part.backward()
        total += float(part.detach())
        masked += own["masked"]
    assert total == pytest.approx(float(loss.detach()), abs=1e-6)
    assert masked == counts["masked"]
    theirs = dict(parted.model.named_parameters())
    for name, parameter in whole.model.named_parameters():
        torch.testing.assert_close(parameter.grad, theirs[name].grad, atol=1e-6, rtol=1e-4)


def test_parts_are_disjoint_and_all() -> None:
    whole = task(("positions",)).batch(0)
    assert whole.offsets is not None
    for of in (1, 2, 3, 7):
        parts = [whole.part(Part(index, of)) for index in range(of)]
        rows = [row.tolist() for part in parts for row in part.inputs]
        assert sorted(rows) == sorted(whole.inputs.tolist())
        offsets = [n for part in parts if part.offsets is not None for n in part.offsets.tolist()]
        assert sorted(offsets) == sorted(whole.offsets.tolist())


def test_the_last_layer_at_some_positions_is_the_last_layer() -> None:
    model = task().model
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(5, 400, (4, 16), generator=generator)
    chosen = torch.rand(4, 16, generator=generator) < 0.3
    offsets = torch.tensor([0, 0, 0, 0])
    every = hidden_layers(model.bert, ids)[-1]
    torch.testing.assert_close(
        last_states(model.bert, ids, chosen, offsets), every[chosen.flatten()]
    )
    none = torch.zeros(4, 16, dtype=torch.bool)
    none[1, 3] = True
    torch.testing.assert_close(last_states(model.bert, ids, none), every[none.flatten()])


def test_positions_of_its_own() -> None:
    plain_task, own = task(), task(("positions",))
    assert own.model.config.max_position_embeddings == 2 * RECIPE.length
    batch = own.batch(0)
    packed = own.sequences
    assert isinstance(packed, Packed)
    assert batch.offsets is not None
    assert batch.offsets.tolist() == [RECIPE.length * row for row in packed.rows(0)]
    assert plain_task.batch(0).offsets is None
    ids, chosen = torch.from_numpy(batch.inputs), torch.from_numpy(batch.chosen)
    offsets = torch.from_numpy(batch.offsets)
    theirs = own.model.bert(ids, position_ids=offsets[:, None] + torch.arange(16))
    torch.testing.assert_close(
        last_states(own.model.bert, ids, chosen, offsets),
        theirs.last_hidden_state[chosen], atol=1e-5, rtol=1e-5,
    )  # fmt: skip


def test_specials_of_its_own() -> None:
    own = task(("specials",))
    tokenizer = with_own_specials(TOKENIZER, list(PAIR))
    ids = special_ids(tokenizer)
    twins = {token: tokenizer.token_to_id(own_special(token, "en-x-fake")) for token in ids}
    assert twins["[CLS]"] is not None
    packed = own.sequences
    assert isinstance(packed, Packed)
    batch, rows = own.batch(0), packed.rows(0)
    for language, names in ((0, ids), (1, twins)):
        inputs = batch.inputs[rows == language]
        assert (inputs[:, 0] == names["[CLS]"]).all()
        assert (inputs == names["[MASK]"]).any()
    assert not np.isin(
        batch.inputs[rows == 0], [twins[t] for t in ("[CLS]", "[SEP]", "[MASK]")]
    ).any()
    assert not np.isin(
        batch.inputs[rows == 1], [ids[t] for t in ("[CLS]", "[SEP]", "[MASK]")]
    ).any()
    special = [*ids.values(), *(number for number in twins.values() if number is not None)]
    assert not np.isin(batch.original[batch.chosen], special).any()


def test_no_random() -> None:
    own, usual = task(("no-random",)), task()
    mask = special_ids(TOKENIZER)["[MASK]"]
    for one, expected in ((own, False), (usual, True)):
        strange = False
        for step in range(20):
            batch = one.batch(step)
            shown, there = batch.inputs[batch.chosen], batch.original[batch.chosen]
            strange |= bool(((shown != mask) & (shown != there)).any())
        assert strange == expected


def test_seeds_and_held_out_text() -> None:
    first, again, other = task(), task(), task(seed=1)
    one = first.model.bert.encoder.layer[0].output.dense.weight
    assert torch.equal(one, again.model.bert.encoder.layer[0].output.dense.weight)
    assert not torch.equal(one, other.model.bert.encoder.layer[0].output.dense.weight)
    for language, batches in first.held_out.items():
        assert (batches[0].original == other.held_out[language][0].original).all()
        assert (batches[0].chosen == other.held_out[language][0].chosen).all()
    scores = first.validate()["languages"]
    assert scores["en"]["n"] == first.held_out["en"][0].chosen.sum()
    # Twins of the same text: an untrained model is as wrong on both.
    assert scores["en"]["mlm_loss"] == pytest.approx(scores["en-x-fake"]["mlm_loss"], abs=0.2)


def test_the_folder_is_one_that_transformers_and_firth_load(tmp_path: Path) -> None:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    own = task()
    write_model(tmp_path / "model", own.model, TOKENIZER, RECIPE.length, "# card\n")
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= names
    model = AutoModelForMaskedLM.from_pretrained(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    text = LINES[0].split()[0] + " [MASK] " + LINES[1]
    inputs = tokenizer(text, return_tensors="pt", truncation=True)
    assert inputs["input_ids"].shape[1] <= RECIPE.length
    with torch.no_grad():
        states = model.bert(**inputs).last_hidden_state[0]
    torch.testing.assert_close(
        states, hidden_layers(own.model.bert, inputs["input_ids"])[-1], atol=1e-5, rtol=1e-5
    )
    encoder = firth.load(str(tmp_path / "model"), dtype="fp32")
    assert encoder.n_layers == 3
    fills = firth.cloze(encoder, [f"{LINES[0].split()[0]} [MASK]"]).tables["fills"]
    assert fills
    # A second one takes the place of the first.
    write_model(tmp_path / "model", own.model, TOKENIZER, RECIPE.length, "# another\n")
    assert (tmp_path / "model" / "README.md").read_text() == "# another\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_refusals() -> None:
    with pytest.raises(OptionError, match="Did you mean 'positions'"):
        check_switches(["position"])
    with pytest.raises(OptionError, match="not a multiple of heads"):
        Shape(2, 10, 3)
    with pytest.raises(OptionError, match="layers 0"):
        Shape(0, 10)
    with pytest.raises(InputError, match="nothing but blanks"):
        sources_of({"en": [" "]}, TOKENIZER)
    assert masked_loss(task().model, task().batch(0))[0] > 0
    assert Masking(0.3).share == 0.3
