"""Learning to answer: parity with the library, batches, resume, a toy that can be learnt."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedTokenizerFast

from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.encoder.question_windows import QuestionWindower, WindowOptions, windower_of
from firth.encoder.reader import Reader
from firth.errors import InputError, OptionError, ResultError
from firth.results.schema import ModelCard
from firth.text.carried import plain
from firth.text.squad_records import Answer, Item, Question
from firth.train.loop import train
from firth.train.plan import Plan
from firth.train.reader import SpanReader, frozen_names, new_reader, window_losses
from firth.train.reader_folder import write_reader
from firth.train.reader_windows import (
    LabelledWindow,
    WindowBatches,
    chosen_answer,
    reader_windows,
)
from firth.train.replicas import WHOLE, Part
from firth.train.tokenizer import train_tokenizer

POSITIONS = 64
OPTIONS = WindowOptions(length=40, stride=8, question_length=8)
MARK = "mark"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    lines = plain("en")[:200] + [MARK] * 50
    return PreTrainedTokenizerFast(
        tokenizer_object=train_tokenizer({"en": lines}, size=400),
        pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=POSITIONS,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )  # fmt: skip


def encoder(tokenizer: Any, kind: str = "Bert", layers: int = 2, **changed: Any) -> Encoder:
    """A random encoder whose weights are far from those of a fresh one."""
    options: dict[str, Any] = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": layers,
        "num_attention_heads": 4, "intermediate_size": 48, "max_position_embeddings": POSITIONS,
        "pad_token_id": 0, "initializer_range": 0.2,
    }  # fmt: skip
    if kind == "DistilBert":
        options = {
            "vocab_size": len(tokenizer), "dim": 32, "n_layers": layers, "n_heads": 4,
            "hidden_dim": 48, "max_position_embeddings": POSITIONS, "pad_token_id": 0,
        }  # fmt: skip
    if kind == "XLMRoberta":
        options |= {"max_position_embeddings": POSITIONS + 1, "type_vocab_size": 1}
    config = getattr(transformers, f"{kind}Config")(**(options | changed))
    torch.manual_seed(3)
    model = getattr(transformers, f"{kind}Model")(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 1:
                weight.add_(0.1 * torch.randn_like(weight))
    card = ModelCard(
        name="tiny", revision="local", fingerprint="0" * 64, parameters=1, family=config.model_type,
        layers=layers, width=32, source="tiny",
    )  # fmt: skip
    return Encoder(card, tokenizer, model, POSITIONS, torch.float32, torch.device("cpu"))


def toys(tokenizer: Any, n: int, seed: int, least: int = 5, most: int = 10) -> list[Item]:
    """Questions whose answer is the word behind the mark."""
    pieces = sorted(p for p in tokenizer.get_vocab() if p.isalpha() and len(p) > 2 and p != MARK)
    rng = np.random.default_rng(seed)
    items: list[Item] = []
    for number in range(n):
        words = [str(word) for word in rng.choice(pieces[:30], rng.integers(least, most))]
        at = int(rng.integers(0, len(words) - 1))
        words[at] = MARK
        start = len(" ".join(words[: at + 1])) + 1
        question = Question(f"{seed}-{number}", "what?", (Answer(words[at + 1], start),))
        items.append(Item(f"#{number % 7}", " ".join(words), question))
    return items


def windower(of: Encoder, options: WindowOptions = OPTIONS) -> QuestionWindower:
    return windower_of(of.tokenizer, of.model.config, options, of.max_tokens)


def padded(model: Any, batch: list[LabelledWindow], row: int) -> Any:
    """The library's own loss of one window."""
    one = batch[row]
    types = one.window.types
    return model(
        input_ids=torch.from_numpy(one.window.ids)[None],
        token_type_ids=None if types is None else torch.from_numpy(types)[None],
        start_positions=torch.tensor([one.start]),
        end_positions=torch.tensor([one.end]),
    )


@pytest.mark.parametrize("kind", ["Bert", "XLMRoberta", "Electra", "DistilBert"])
def test_loss_and_gradient_equal_the_librarys(tokenizer: Any, kind: str) -> None:
    base = encoder(tokenizer, kind, **({"embedding_size": 16} if kind == "Electra" else {}))
    ours, theirs = new_reader(base, seed=5), new_reader(base, seed=5)
    batch = list(reader_windows(toys(tokenizer, 6, 1, 3, 40), windower(base)).windows)
    assert len({one.window.size for one in batch}) > 3
    assert (batch[0].window.types is not None) == (kind in ("Bert", "Electra"))
    losses, exact = window_losses(ours, batch)
    losses.mean().backward()
    outputs = [
        padded(theirs, batch, row) if kind in ("Bert", "Electra") else _untyped(theirs, batch[row])
        for row in range(len(batch))
    ]
    total = torch.stack([one.loss for one in outputs]).mean()
    total.backward()
    for own, other, labelled, right in zip(losses, outputs, batch, exact, strict=True):
        assert own.item() == pytest.approx(other.loss.item(), abs=1e-5)
        found = (int(other.start_logits.argmax()), int(other.end_logits.argmax()))
        assert bool(right) == (found == (labelled.start, labelled.end))
    grads = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, grads[name].grad, atol=1e-5, rtol=1e-3)
    with torch.autocast("cpu", torch.bfloat16):
        coarse, _ = window_losses(ours, batch)
    assert coarse.dtype == torch.float32
    torch.testing.assert_close(coarse, losses, atol=0.1, rtol=0.05)


def _untyped(model: Any, one: LabelledWindow) -> Any:
    return model(
        input_ids=torch.from_numpy(one.window.ids)[None],
        start_positions=torch.tensor([one.start]),
        end_positions=torch.tensor([one.end]),
    )


def test_equal_lengths_need_no_mask(tokenizer: Any) -> None:
    base = encoder(tokenizer)
    model = new_reader(base)
    batch = list(reader_windows(toys(tokenizer, 40, 1), windower(base)).windows)
    size = batch[0].window.size
    same = [one for one in batch if one.window.size == size]
    other = next(one for one in batch if one.window.size > size)
    assert len(same) > 1
    alone, _ = window_losses(model, same)
    mixed, _ = window_losses(model, [*same, other])
    torch.testing.assert_close(alone, mixed[:-1], atol=1e-5, rtol=1e-5)


def test_labels(tokenizer: Any) -> None:
    base = encoder(tokenizer)
    context = "the water " * 30 + f"{MARK} garden and " + "the water " * 30
    at = context.index("garden")
    items = [
        Item("a", context, Question("1", "what?", (Answer("garden and", at),))),
        Item("a", context, Question("2", "what?", (), True)),
        Item("a", context, Question("3", "what?", (Answer("garden", None),))),
        Item("a", context, Question("4", "what?", (Answer(context[: at + 6], 0),))),
        Item("a", context, Question("5", "what?", (Answer("ate", 5),))),
        Item("a", context, Question("6", "what?", (Answer(" water ", 3),))),
    ]
    cuts = windower(base)
    made = reader_windows(items, cuts)
    every = len(cuts.windows([("what?", context)]))
    assert every > 3
    counts = made.counts
    assert (counts.questions, counts.unplaced, counts.too_long, counts.inexact) == (4, 1, 1, 1)
    assert counts.windows == len(made.windows) == 4 * every
    first = made.windows[:every]
    holding = [one for one in first if one.end]
    assert 1 <= len(holding) < every
    for one in holding:
        tokens = [one.start + one.window.begin - one.window.first] * 2
        tokens[1] += one.end - one.start
        assert context[slice(*one.window.passage.span(*tokens))] == "garden and"
        assert tokenizer.decode(one.window.ids[one.start : one.end + 1]) == "garden and"
    # A window that has a part of the answer only counts as one without it.
    assert all((one.start, one.end) == (0, 0) for one in first if one not in holding)
    assert all(one.start == one.end == 0 for one in made.windows[every : 2 * every])
    none = reader_windows(items, cuts, negatives=0.0)
    assert none.counts.dropped == sum(not one.end for one in made.windows) - every
    assert sum(not one.end for one in none.windows) == every  # those of the impossible question
    half = reader_windows(items, cuts, negatives=0.5, seed=2)
    assert none.counts.dropped > half.counts.dropped > 0
    again = reader_windows(items, cuts, negatives=0.5, seed=2)
    assert (half.digest, half.counts) == (again.digest, again.counts)
    assert half.digest not in (made.digest, reader_windows(items[::-1], cuts).digest)
    with pytest.raises(InputError, match="of 1, 1 have no answer whose place is known"):
        reader_windows(items[2:3], cuts)
    with pytest.raises(OptionError, match="negatives 2"):
        reader_windows(items, cuts, negatives=2)


def test_the_answer_that_most_gave() -> None:
    a, b, c = Answer("a", 3), Answer("b", 9), Answer("b", 12)
    assert chosen_answer([a, b, c, b]) is b
    assert chosen_answer([a, b, c]) is a


def test_batches(tokenizer: Any) -> None:
    made = reader_windows(toys(tokenizer, 300, 2, 4, 30), windower(encoder(tokenizer)))
    batches = WindowBatches(made.windows, batch=16, pool=4)
    place = {id(one): at for at, one in enumerate(made.windows)}
    assert batches.per_epoch == math.ceil(len(made.windows) / 16)
    epochs: list[list[list[int]]] = []
    for epoch in range(2):
        steps = range(epoch * batches.per_epoch, (epoch + 1) * batches.per_epoch)
        epochs.append([[place[id(one)] for one in batches.draw(7, step)] for step in steps])
    for epoch in epochs:
        assert sorted(at for batch in epoch for at in batch) == list(range(len(made.windows)))
        assert {len(batch) for batch in epoch} <= {15, 16}
    assert epochs[0] != epochs[1]
    fresh = WindowBatches(made.windows, batch=16, pool=4)
    again = [place[id(one)] for one in fresh.draw(7, batches.per_epoch + 3)]
    assert again == epochs[1][3]
    assert [place[id(one)] for one in fresh.draw(8, 0)] != epochs[0][0]

    def waste(own: WindowBatches) -> float:
        sizes = [[one.window.size for one in own.draw(0, step)] for step in range(own.per_epoch)]
        return 1 - sum(map(sum, sizes)) / sum(len(each) * max(each) for each in sizes)

    assert waste(batches) < 0.15 < 0.3 < waste(WindowBatches(made.windows, batch=16, pool=1))
    assert waste(WindowBatches(made.windows, batch=16)) < 0.05


def task(tokenizer: Any, **changed: Any) -> SpanReader:
    base = encoder(tokenizer)
    cuts = windower(base)
    learnt = reader_windows(toys(tokenizer, 60, 3, 4, 24), cuts)
    held = {"en": reader_windows(toys(tokenizer, 20, 4), cuts)}
    dropout = changed.get("dropout", 0.0)
    model = new_reader(base, dropout=dropout)
    return SpanReader(model, learnt, batch=10, held_out=held, **changed)


def test_parts_add_up(tokenizer: Any) -> None:
    own = task(tokenizer)
    whole, counts = own.loss(2)
    whole.backward()
    expected = {name: p.grad.clone() for name, p in own.model.named_parameters()}
    own.model.zero_grad()
    sums = dict.fromkeys(counts, 0.0)
    total = 0.0
    for index in range(13):  # more parts than windows
        loss, more = own.loss(2, Part(index, 13))
        loss.backward()
        total += loss.item()
        sums = {key: sums[key] + more[key] for key in sums}
    assert total == pytest.approx(whole.item(), rel=1e-5)
    assert sums == counts
    assert counts["windows"] in (9, 10)
    for name, parameter in own.model.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], atol=1e-6, rtol=1e-4)


def test_a_killed_run_goes_on_exactly(tokenizer: Any, tmp_path: Path) -> None:
    plan = Plan(rates={"encoder": 1e-3, "head": 1e-2}, steps=8, checkpoint_steps=2, log_every=4)

    class Killed(SpanReader):
        def loss(self, step: int, part: Part = WHOLE) -> Any:
            if step == 5:
                raise KeyboardInterrupt
            return super().loss(step, part)

    whole, second = task(tokenizer, dropout=0.1), task(tokenizer, dropout=0.1)
    first = task(tokenizer, dropout=0.1)
    first.__class__ = Killed
    train(whole, plan, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(first, plan, tmp_path / "killed")
    train(second, plan, tmp_path / "killed")
    other = dict(second.model.named_parameters())
    assert all(torch.equal(weight, other[name]) for name, weight in whole.model.named_parameters())
    fresh = dict(task(tokenizer).model.named_parameters())
    assert not torch.equal(fresh["qa_outputs.weight"], other["qa_outputs.weight"])
    with pytest.raises(ResultError, match="another task: dropout was 0.1 and is now 0.0"):
        train(task(tokenizer), plan, tmp_path / "killed")


def test_dropout_is_a_function_of_the_step(tokenizer: Any) -> None:
    for kind in ("Bert", "DistilBert"):
        base = encoder(tokenizer, kind)
        windows = reader_windows(toys(tokenizer, 20, 3), windower(base))
        model = new_reader(base, dropout=0.3)
        own = SpanReader(model, windows, batch=10, dropout=0.3, held_out={"en": windows})
        quiet = SpanReader(new_reader(base), windows, batch=10)
        torch.manual_seed(1)
        a = own.loss(0)[0].item()
        torch.manual_seed(1)
        assert own.loss(0)[0].item() == a != own.loss(0)[0].item()
        assert quiet.loss(0)[0].item() == quiet.loss(0)[0].item() != a
        validated = own.validate()  # drops nothing
        assert validated == own.validate()
        quiet.held_out = own.held_out
        assert quiet.validate()["languages"]["en"]["span_loss"] == pytest.approx(
            validated["languages"]["en"]["span_loss"], rel=1e-6
        )
    # Whoever trains it further finds the family's own rate in the configuration.
    assert new_reader(encoder(tokenizer), dropout=0.3).config.hidden_dropout_prob == 0.1
    with pytest.raises(OptionError, match="dropout 1"):
        new_reader(encoder(tokenizer), dropout=1.0)


def test_frozen_layers(tokenizer: Any, tmp_path: Path) -> None:
    base = encoder(tokenizer)
    own = task(tokenizer, frozen_layers=1)
    before = {name: weight.clone() for name, weight in own.model.named_parameters()}
    still = frozen_names(own.model, 1)
    assert any("word_embeddings" in name for name in still)
    assert any("layer.0." in name for name in still)
    assert not any("layer.1." in name or "qa_outputs" in name for name in still)
    names = {name for group in own.groups().values() for name in group}
    assert names == set(before) - still
    train(own, Plan(rates={"encoder": 1e-2, "head": 1e-2}, steps=3), tmp_path)
    for name, weight in own.model.named_parameters():
        assert torch.equal(weight, before[name]) == (name in still), name
    assert frozen_names(own.model, None) == set()
    assert all("embeddings." in name for name in frozen_names(own.model, 0))
    distil = new_reader(encoder(tokenizer, "DistilBert"))
    assert any("transformer.layer.1." in name for name in frozen_names(distil, 2))
    shared = new_reader(encoder(tokenizer, "Albert", embedding_size=16))
    with pytest.raises(OptionError, match=r"legal are 0 \(embeddings only\) to 0"):
        frozen_names(shared, 1)
    assert frozen_names(shared, 0)
    assert torch.equal(
        new_reader(base).bert.embeddings.word_embeddings.weight,
        base.model.embeddings.word_embeddings.weight,
    )
    blank = new_reader(base, seed=2, pretrained=False)
    assert not torch.equal(
        blank.bert.embeddings.word_embeddings.weight, base.model.embeddings.word_embeddings.weight
    )
    same = new_reader(base, seed=2, pretrained=False)
    assert torch.equal(blank.qa_outputs.weight, same.qa_outputs.weight)


def test_learns_a_toy_and_keeps_it(tokenizer: Any, tmp_path: Path) -> None:
    base = encoder(tokenizer, layers=1, num_attention_heads=8, intermediate_size=64)
    with torch.no_grad():  # places that a tiny model need not learn first (Vaswani et al. 2017)
        steps = torch.exp(-torch.arange(0, 32, 2) / 32 * math.log(100))
        angles = torch.arange(POSITIONS)[:, None] * steps
        places = base.model.embeddings.position_embeddings.weight
        places[:, 0::2], places[:, 1::2] = torch.sin(angles), torch.cos(angles)
    cuts = windower(base)
    learnt = reader_windows(toys(tokenizer, 600, 0), cuts)
    unseen = toys(tokenizer, 100, 1)
    held = {"en": reader_windows(unseen, cuts)}
    own = SpanReader(new_reader(base), learnt, batch=64, held_out=held)
    untrained = Reader.of(base, own.model, OPTIONS).answers(unseen)
    plan = Plan(
        rates={"encoder": 1e-2, "head": 1e-2}, steps=60, warmup=5, schedule="linear",
        validate_every=60, log_every=10,
    )  # fmt: skip
    log = train(own, plan, tmp_path / "run")
    assert log.rows("validation")[-1]["languages"]["en"]["span_exact"] > 0.85
    rows = log.rows("train")
    assert rows[-1]["loss"] < 0.3 * rows[0]["loss"]
    assert sum(row["windows"] for row in rows) == 60 * 60
    golds = [item.question.golds[0] for item in unseen]
    found = Reader.of(base, own.model, OPTIONS).answers(unseen)
    right = np.mean([one.text == gold for one, gold in zip(found, golds, strict=True)])
    by_chance = np.mean([one.text == gold for one, gold in zip(untrained, golds, strict=True)])
    assert right > 0.85 > 0.3 > by_chance
    # Into a folder, and out of it: by firth, and by the library.
    write_reader(tmp_path / "reader", own.model, tokenizer, OPTIONS, "# Toy\n")
    stored = Reader.load(str(tmp_path / "reader"), device="cpu", dtype="fp32")
    assert [(a.start, a.end) for a in stored.answers(unseen)] == [(a.start, a.end) for a in found]
    library = AutoModelForQuestionAnswering.from_pretrained(tmp_path / "reader").eval()
    pieces = AutoTokenizer.from_pretrained(tmp_path / "reader")
    for item, answer in zip(unseen[:20], found, strict=False):
        coded = pieces(item.question.text, item.context, return_tensors="pt")
        with torch.inference_mode():
            output = library(**coded)
        if answer.probability > 0.9:
            start = coded.token_to_chars(int(output.start_logits.argmax())).start
            end = coded.token_to_chars(int(output.end_logits.argmax())).end
            assert item.context[start:end] == answer.text
    assert sum(answer.probability > 0.9 for answer in found[:20]) > 5


def test_mini_becomes_a_reader(tmp_path: Path) -> None:
    mini = load("mini", device="cpu", dtype="fp32")
    model = new_reader(mini)
    assert model.config.model_type == "bert"
    assert torch.equal(
        model.bert.encoder.layer[3].output.dense.weight,
        mini.model.encoder.layer[3].output.dense.weight,
    )
    cuts = windower(mini, WindowOptions(64, 16, 16))
    context = "苹果公司今天发布了新手机。"
    items = [Item("a", context, Question("1", "谁发布了新手机？", (Answer("苹果公司", 0),)))]
    own = SpanReader(model, reader_windows(items, cuts), frozen_layers=11)
    assert own.training.windows[0].window.types is None  # XLM-R's template has no types
    ids = own.training.windows[0].window.ids
    assert ids.tolist() == mini.tokenizer(items[0].question.text, context)["input_ids"]
    loss, _ = own.loss(0)
    loss.backward()
    assert model.bert.embeddings.word_embeddings.weight.grad is None
    assert model.bert.encoder.layer[11].output.dense.weight.grad.abs().sum() > 0


def test_refusals(tokenizer: Any) -> None:
    own = task(tokenizer)
    with pytest.raises(OptionError, match="batch 0"):
        WindowBatches(own.training.windows, batch=0)
    with pytest.raises(InputError, match="no window"):
        WindowBatches([])
    config = own.config()
    assert config["windows"] == own.training.digest
    assert replace(own, about={"encoder": "x"}).config()["encoder"] == "x"
    assert own.steps_per_epoch == own.batches.per_epoch
