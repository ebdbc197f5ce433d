"""Masked language modelling: masks, the forward and its loss against transformers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM

from firth.encoder.blocks import PackedBert
from firth.errors import InputError, OptionError
from firth.train.forward import hidden_layers
from firth.train.masking import Masking, Vocabulary, mask
from firth.train.mlm import Keep, MaskedLM, masked_loss
from firth.train.sequences import Sequences, Source

PIECES = ["<s>", "<pad>", "</s>", "<unk>"]
PIECES += [f"▁w{i}" for i in range(60)] + [f"x{i}" for i in range(60)] + list("苹果公司发布新手机")
PIECES += ["<mask>"]
MASK = len(PIECES) - 1
VOCABULARY = Vocabulary.of(PIECES, [0, 1, 2, 3, MASK], MASK)


def ids(b: int = 40, t: int = 102) -> np.ndarray:
    inner = np.random.default_rng(1).integers(4, MASK, (b, t - 2))
    ends = np.zeros((b, 1), np.int64)
    return np.concatenate([ends, inner, ends + 2], axis=1)


def source(first: int, n: int = 300) -> Source:
    return Source.of([[first, first + 1, first + 2 + i % 5] for i in range(n)])


def model() -> BertForMaskedLM:
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=48, max_position_embeddings=128, initializer_range=0.2, pad_token_id=1,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    made = BertForMaskedLM(config)
    with torch.no_grad():
        for weight in made.parameters():
            if weight.ndim == 1:
                weight.add_(0.1 * torch.randn_like(weight))
    return made.eval()


def test_proportions() -> None:
    batch = mask(ids(), Masking(), VOCABULARY, np.random.default_rng(0))
    assert (batch.chosen.sum(1) == 15).all()
    assert not batch.chosen[:, [0, -1]].any()
    seen, was = batch.inputs[batch.chosen], batch.original[batch.chosen]
    assert abs((seen == MASK).mean() - 0.8) < 0.06
    assert abs((seen == was).mean() - 0.1) < 0.05
    assert not VOCABULARY.special[seen[seen != MASK]].any()
    assert (batch.inputs == batch.original)[~batch.chosen].all()
    whole = mask(ids(), Masking(replaced=0, kept=0), VOCABULARY, np.random.default_rng(0))
    assert (whole.inputs[whole.chosen] == MASK).all()
    with pytest.raises(OptionError):
        Masking(replaced=0.6, kept=0.6)


def test_whole_words() -> None:
    masking = Masking(share=0.3, replaced=0, kept=0, whole_words=True)
    text = ids()
    batch = mask(text, masking, VOCABULARY, np.random.default_rng(0))
    assert abs(batch.chosen[:, 1:-1].mean() - 0.3) < 0.03
    # A piece that goes on with a word shares its word's lot.
    goes_on = ~VOCABULARY.starts[text] & ~VOCABULARY.special[text] & ~VOCABULARY.unspaced[text]
    goes_on[:, 1:] &= ~VOCABULARY.unspaced[text[:, :-1]] & ~VOCABULARY.special[text[:, :-1]]
    goes_on[:, 0] = False
    b, t = np.nonzero(goes_on)
    assert len(b) > 100
    assert (batch.chosen[b, t] == batch.chosen[b, t - 1]).all()
    han = np.random.default_rng(0).integers(124, MASK, (20, 102))
    alone = mask(han, Masking(), VOCABULARY, np.random.default_rng(0)).chosen
    runs = mask(han, Masking(whole_words=True), VOCABULARY, np.random.default_rng(0)).chosen
    assert abs(runs.mean() - 0.15) < 0.02
    assert (runs[:, 1:] & runs[:, :-1]).sum() > 2 * (alone[:, 1:] & alone[:, :-1]).sum()


def test_loss_and_gradient_equal_the_librarys() -> None:
    ours, theirs = model(), model()
    batch = mask(ids(6, 30), Masking(), VOCABULARY, np.random.default_rng(0))
    layers = hidden_layers(ours.bert, torch.from_numpy(batch.inputs))
    loss, right = masked_loss(ours, batch)
    loss.backward()
    labels = torch.from_numpy(np.where(batch.chosen, batch.original, -100))
    output = theirs(
        input_ids=torch.from_numpy(batch.inputs), labels=labels, output_hidden_states=True
    )
    output.loss.backward()
    assert loss.item() == pytest.approx(output.loss.item(), abs=1e-5)
    for own, other in zip(layers, output.hidden_states, strict=True):
        torch.testing.assert_close(own, other.flatten(0, 1), atol=1e-5, rtol=1e-5)
    hits = (output.logits.argmax(-1) == labels).sum()
    assert int(right) == int(hits)
    grads = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, grads[name].grad, atol=2e-5, rtol=1e-3)
    low = mask(ids(6, 30), Masking(), VOCABULARY, np.random.default_rng(0))
    with torch.autocast("cpu", torch.bfloat16):
        coarse, _ = masked_loss(ours, low)
    assert coarse.dtype == torch.float32
    assert coarse.item() == pytest.approx(loss.item(), abs=0.05)


def test_sequences() -> None:
    sources = {"a": {"long": source(4, 900), "short": source(20, 100)}, "b": {"one": source(40)}}
    sequences = Sequences(sources, length=12, batch=400, first=0, last=2)
    weights = sequences.weights()
    assert weights["a", "long"] == pytest.approx(0.5 * 30 / 40)
    assert weights["b", "one"] == pytest.approx(0.5)
    drawn = sequences.draw(0, 7)
    assert drawn.shape == (400, 12)
    assert (drawn[:, 0] == 0).all()
    assert (drawn[:, -1] == 2).all()
    np.testing.assert_array_equal(drawn, sequences.draw(0, 7))
    assert (drawn != sequences.draw(0, 8)).any()
    assert abs((drawn[:, 1] >= 40).mean() - 0.5) < 0.08
    with pytest.raises(InputError, match="no text"):
        Sequences({"c": {"none": Source.of([])}}, length=8, batch=1, first=0, last=2)


def test_task_and_pull() -> None:
    learner, frozen = model(), model()
    sequences = Sequences({"a": {"one": source(4)}}, length=20, batch=6, first=0, last=2)
    keep = Keep(PackedBert(frozen.bert, torch.float32), 1.0, (1, 2), every=2)
    task = MaskedLM(learner, sequences, Masking(), VOCABULARY, keep=keep)
    held = [task.batch(1)]
    task.held_out = {"a": held}
    assert set(task.groups()) == {"encoder", "head"}
    names = [n for group in task.groups().values() for n in group]
    assert sorted(names) == sorted(n for n, _ in learner.named_parameters())
    loss, counts = task.loss(0)
    assert loss.item() == pytest.approx(
        counts["mlm_loss_sum"] / counts["masked"] + counts["keep_loss_sum"], rel=1e-5
    )
    assert "keep_loss_sum" not in task.loss(1)[1]
    # The two are equal, and so there is nothing to pull at; what is hidden plays no part.
    batch = task.batch(0)
    assert keep.penalty(learner.bert, batch).item() < 1e-8
    with torch.no_grad():
        bias = learner.bert.encoder.layer[1].output.dense.bias
        bias += torch.linspace(-1, 1, len(bias))
    whole = keep.penalty(learner.bert, batch).item()
    assert whole > 1e-4
    hidden = type(batch)(batch.inputs * 0 + 3, batch.original, batch.chosen)
    assert keep.penalty(learner.bert, hidden).item() == whole
    first = type(batch)(batch.inputs[:2], batch.original[:2], batch.chosen[:2])
    third = Keep(keep.teacher, 1.0, (1, 2), share=1 / 3)
    assert third.penalty(learner.bert, batch).item() == keep.penalty(learner.bert, first).item()
    scores = task.validate()["languages"]["a"]
    assert scores["n"] == int(held[0].chosen.sum())
    assert task.config()["keep"] == [1.0, [1, 2], 2, 1.0]
