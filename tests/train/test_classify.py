"""Classifying sequences: parity with the library, batches, resume, a toy that can be learnt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.encoder.sequence_classifier import ClassifierOptions, SequenceClassifier, vocabulary_of
from firth.errors import InputError, OptionError, ResultError
from firth.text.sequences import Example, SequenceSet
from firth.text.symbols import SymbolMap, draw_map
from firth.train.classifier_folder import write_classifier
from firth.train.classify import LabelledWindows, Scale, SequenceTask, answers
from firth.train.classify_model import Classifier, body_of, cut_embeddings, ends_of
from firth.train.length_batches import LengthBatches, token_batches
from firth.train.loop import Paused, train
from firth.train.plan import Plan
from firth.train.replicas import Part
from firth.train.sequence_cnn import SequenceCnn

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))
import tiny

FAMILIES = ("bert", "xlm-roberta", "electra", "distilbert", "mpnet", "modernbert")


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("encoders")
    made: dict[str, Encoder] = {}

    def get(name: str) -> Encoder:
        if name not in made:
            made[name] = load(str(tiny.save(name, folder / name)), dtype="fp32")
        return made[name]

    return get


def symbol_ids(encoder: Encoder, n: int = 4) -> np.ndarray:
    return np.arange(len(encoder.tokenizer) - n, len(encoder.tokenizer))


def classifier(encoder: Encoder, n_outputs: int = 3, **more: Any) -> Classifier:
    body, ends = body_of(encoder), ends_of(encoder)
    rows = cut_embeddings(body, [*symbol_ids(encoder), *ends[0], *ends[1]])
    return Classifier(body, n_outputs, rows, ends, seed=1, **more)


def drawn(encoder: Encoder, lengths: list[int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.choice(symbol_ids(encoder), n) for n in lengths]


@pytest.mark.parametrize("name", FAMILIES)
def test_scores_and_gradients_equal_the_librarys(encoders: Any, name: str) -> None:
    encoder = encoders(name)
    model = classifier(encoder)
    lengths = [5, 9, 3, 9]
    ids = drawn(encoder, lengths)
    ours = model.scores([model.window(one) for one in ids])
    before, after = model.ends
    reference = AutoModel.from_pretrained(encoder.folder).eval()
    first: list[torch.Tensor] = []
    for one in ids:
        row = torch.tensor([[*before, *one.tolist(), *after]])
        first.append(reference(input_ids=row).last_hidden_state[0, 0])
    theirs = torch.stack(first) @ model.head.weight.T + model.head.bias
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=1e-4)
    ours.square().sum().backward()
    theirs.square().sum().backward()
    same = dict(model.body.named_parameters())
    for path, weight in reference.named_parameters():
        if "pooler" in path or weight.grad is None:
            continue
        own = same[path].grad
        assert own is not None, path
        grad = weight.grad
        if "word_embeddings" in path and model.rows is not None:
            others = np.setdiff1d(np.arange(len(grad)), model.rows)
            assert not grad[others].any()
            grad = grad[torch.from_numpy(model.rows)]
        torch.testing.assert_close(own, grad, atol=2e-4, rtol=2e-3)


def test_only_rows_that_are_read_are_kept(encoders: Any) -> None:
    encoder = encoders("bert")
    model = classifier(encoder)
    assert model.body.embeddings.word_embeddings.weight.shape[0] == 4 + 2
    assert len(encoder.model.embeddings.word_embeddings.weight) == len(encoder.tokenizer)
    with pytest.raises(AssertionError):
        model.window(np.array([5]))  # no symbol of the map
    assert classifier(encoders("modernbert")).rows is None


def test_batches_are_a_function_of_seed_and_step_and_read_everything() -> None:
    sizes = np.random.default_rng(1).integers(3, 40, 103)
    one, two = LengthBatches(sizes, 8, 4), LengthBatches(sizes, 8, 4)
    epoch = [one.draw(5, step) for step in range(one.per_epoch)]
    assert sorted(np.concatenate(epoch).tolist()) == list(range(103))
    assert {len(own) for own in epoch} <= {7, 8}
    assert two.draw(5, one.per_epoch + 3).tolist() == one.draw(5, one.per_epoch + 3).tolist()
    np.testing.assert_array_equal(two.draw(5, 2), epoch[2])
    assert one.draw(6, 2).tolist() != epoch[2].tolist()
    spread = np.mean([np.ptp(sizes[own]) for own in epoch])
    assert spread < 12  # lengths of a batch are alike; at random it would be about 30
    with pytest.raises(OptionError, match="batch 0"):
        LengthBatches(sizes, 0)
    with pytest.raises(InputError, match="nothing to learn from"):
        LengthBatches(sizes[:0])
    cut = token_batches([1500, 100, 600, 30])
    assert cut == [[3, 1, 2], [0]]


def toy(encoder: Encoder, model: Classifier, n: int = 96) -> LabelledWindows:
    """Class 1 where the first symbol is the last one of the alphabet."""
    ids = drawn(encoder, [6] * n)
    labels = np.array([int(one[0] == symbol_ids(encoder)[-1]) for one in ids])
    return LabelledWindows([model.window(one) for one in ids], labels)


def plan(steps: int, **more: Any) -> Plan:
    return Plan(rates={"encoder": 3e-3, "head": 3e-3}, steps=steps, schedule="linear", log_every=1,
                validate_every=steps, betas=(0.9, 0.999), **more)  # fmt: skip


def test_a_toy_is_learnt_and_a_stopped_run_goes_on_to_the_same_bits(
    encoders: Any, tmp_path: Path
) -> None:
    encoder = encoders("bert")
    found: list[dict[str, torch.Tensor]] = []
    for name, stops in (("whole", ()), ("stopped", (7,))):
        model = classifier(encoder, 2, dropout=0.1)
        data = toy(encoder, model)
        judge = lambda own, labels=data.labels: {  # noqa: E731
            "dev_score": float((own.argmax(1) == labels).mean()), "dev_loss": 0.0
        }  # fmt: skip
        for stop in (*stops, None):
            task = SequenceTask(model, data, 2, batch=16, seed=2, dev=data.windows, judge=judge)
            steps = iter(range(1000))
            pause = None if stop is None else lambda s=stop, i=steps: next(i) == s
            if stop is None:
                log = train(task, plan(90), tmp_path / name)
                continue
            with pytest.raises(Paused):
                train(task, plan(90), tmp_path / name, pause=pause)
            model = classifier(encoder, 2, dropout=0.1)
        found.append({n: p.detach().clone() for g in task.groups().values() for n, p in g.items()})
        assert log.rows("validation")[-1]["dev_score"] > 0.95
    for name, weight in found[0].items():
        assert (weight == found[1][name]).all(), name


def test_parts_add_up_to_the_whole(encoders: Any) -> None:
    encoder = encoders("xlm-roberta")
    model = classifier(encoder, 2)
    task = SequenceTask(model, toy(encoder, model, 21), 2, batch=7)
    whole = task.loss(0)[0]
    parts = [task.loss(0, Part(at, 3))[0] for at in range(3)]
    torch.testing.assert_close(torch.stack(parts).sum(), whole)
    assert float(task.loss(0, Part(8, 9))[0].detach()) == 0.0
    assert task.loss(0)[1] == {"tokens": 7 * 8.0, "windows": 7.0}


def test_numbers_come_back_on_their_own_scale(encoders: Any, tmp_path: Path) -> None:
    encoder = encoders("bert")
    model = classifier(encoder, 1)
    ids = drawn(encoder, [6] * 64)
    numbers = np.array([100.0 + 50 * float((one == symbol_ids(encoder)[0]).mean()) for one in ids])
    data = LabelledWindows([model.window(one) for one in ids], numbers)
    scale = Scale.of(numbers)
    task = SequenceTask(model, data, 0, batch=16, scale=scale)
    train(task, plan(120), tmp_path)
    own = answers(model, data.windows, 0, scale)[:, 0]
    assert np.abs(own - numbers).mean() < 0.4 * numbers.std()
    assert Scale.of(np.ones(3)) == Scale(1.0, 1.0)


def test_another_task_does_not_go_on(encoders: Any, tmp_path: Path) -> None:
    encoder = encoders("bert")
    model = classifier(encoder, 2)
    data = toy(encoder, model, 32)
    train(SequenceTask(model, data, 2, batch=16), plan(2), tmp_path)
    with pytest.raises(ResultError, match="begun with another task: seed was 0 and is now 1"):
        train(SequenceTask(model, data, 2, batch=16, seed=1), plan(2), tmp_path)


@pytest.mark.parametrize("name", ["bert", "albert", "xlm-roberta", "mpnet", "electra"])
@pytest.mark.parametrize("n_classes", [2, 0])
def test_the_folder_answers_what_was_trained(
    encoders: Any, tmp_path: Path, name: str, n_classes: int
) -> None:
    encoder = encoders(name)
    vocabulary = vocabulary_of(encoder)
    chosen = dict(zip("ABC", range(20, 23), strict=True))
    pieces = {one: vocabulary.pieces[at] for one, at in chosen.items()}
    if name in ("bert", "mpnet"):  # whole words; the tiny vocabularies of the others have none
        symbols = draw_map("ABC", vocabulary, unknown=encoder.tokenizer.unk_token_id)
    else:
        unknown = encoder.tokenizer.unk_token_id
        symbols = SymbolMap(pieces, chosen, unknown, 0, 0, "latin", vocabulary.fingerprint)
    body, ends = body_of(encoder), ends_of(encoder)
    rows = cut_embeddings(body, [*symbols.ids.values(), symbols.unknown or 0, *ends[0], *ends[1]])
    model = Classifier(body, n_classes or 1, rows, ends, seed=1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    scale = Scale(10.0, 2.0)
    classes = ("no", "yes")[:n_classes]
    options = ClassifierOptions(classes, window=8, stride=4)
    folder = tmp_path / "deep" / "saved"
    write_classifier(folder, model, encoder, symbols, options, scale, "# a card\n")
    sequences = ["ABCA", "CC", "ABCABCABCA"]
    data = SequenceSet(
        "new", tuple(Example(tuple(one), None, f"line {at}") for at, one in enumerate(sequences)),
        "none",
    )  # fmt: skip
    ids = symbols.encode([data.examples[0].symbols])[0][0]
    expected = answers(model, [model.window(ids)], n_classes, scale)[0]
    loaded = SequenceClassifier.load(str(folder), dtype="fp32")
    found = loaded.label(data)
    assert [one.windows for one in found] == [1, 1, 2]
    assert loaded.cut == 1
    if n_classes:
        np.testing.assert_allclose(found[0].probabilities, expected, atol=1e-5)
        assert found[0].label == classes[expected.argmax()]
    else:
        assert found[0].label == pytest.approx(expected[0], abs=1e-4)
    # A symbol that was not there: its line is named, or it becomes the unknown token.
    odd = SequenceSet("new", (Example(("A", "Z"), None, "new.csv, line 7"),), "none")
    with pytest.raises(InputError, match=r"new.csv, line 7: the symbol 'Z' is not in the map"):
        loaded.label(odd)
    assert loaded.label(odd, unseen="unknown")[0].windows == 1
    assert loaded.unknown == {"Z": 1}
    if name == "electra":
        return  # its head has a GELU: the folder is the encoder's
    theirs = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    words = " ".join(symbols.pieces[one].lstrip("▁") for one in data.examples[0].symbols)
    tokens = AutoTokenizer.from_pretrained(folder)(words, return_tensors="pt")["input_ids"]
    whole = torch.tensor([[*ends[0], *ids.tolist(), *ends[1]]])
    if name in ("bert", "mpnet"):
        assert tokens.tolist() == whole.tolist()  # words with blanks between are the same tokens
    logits = theirs(input_ids=whole).logits[0].detach().double()
    values = torch.softmax(logits, 0) if n_classes else logits
    np.testing.assert_allclose(values.numpy(), expected, atol=2e-4)
    assert theirs.config.id2label == dict(enumerate(classes or ["number"]))


def test_a_cnn_knows_where_only_with_bins_and_does_not_see_padding(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    windows = [rng.integers(0, 2, n) for n in (24, 24, 17)]
    for bins in (1, 4):
        model = SequenceCnn(4, 2, bins).eval()
        together = model.scores(windows)
        alone = torch.cat([model.scores([one]) for one in windows])
        torch.testing.assert_close(together, alone)
    # One symbol stands out, in the first or in the second half.
    rows, labels = [], []
    for at in range(64):
        own = np.zeros(48, np.int64)  # the borders are out of sight of both convolutions
        own[rng.integers(10, 16) + 22 * (at % 2)] = 1
        rows.append(own)
        labels.append(at % 2)
    right: dict[int, float] = {}
    for bins in (1, 4):
        model = SequenceCnn(2, 2, bins, seed=1)
        task = SequenceTask(model, LabelledWindows(rows, np.array(labels)), 2)
        train(task, plan(40), tmp_path / str(bins))
        right[bins] = float((answers(model, rows, 2).argmax(1) == labels).mean())
    assert right[4] > 0.95
    assert right[1] < 0.8
    again = SequenceCnn(2, 2, 4, seed=1)
    assert torch.equal(again.near.weight, SequenceCnn(2, 2, 1, seed=1).near.weight)
