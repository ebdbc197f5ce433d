"""`transfer` piece by piece: weights of the arms, controls, searches, the small one, run again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.errors import InputError, OptionError, ResultError
from firth.experiments import transfer_small
from firth.experiments.rerun import compare, rerun
from firth.experiments.transfer import bench_of, total_steps, transfer
from firth.experiments.transfer_arms import (
    ARMS,
    Settings,
    Trial,
    check_arms,
    check_controls,
    key_of,
    plan_of,
    seed_of,
)
from firth.experiments.transfer_data import changed, material_of
from firth.experiments.transfer_frozen import features
from firth.experiments.transfer_small import lowest, small
from firth.experiments.transfer_tables import bands
from firth.experiments.transfer_texts import SequenceSource, parse_numbers, parse_shares
from firth.experiments.transfer_weights import ORIGINS, permuted, set_weights
from firth.text.grammar import grammar
from firth.text.sequences import Example, SequenceSet
from firth.text.splits import make_splits
from firth.train.classify_model import body_of

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))
import tiny

QUICK = Settings(
    arms=("pretrained", "random", "frozen", "kmers"), controls=(), maps=2, seeds=1, epochs=1,
    search_epochs=1, rates=(1e-3, 3e-3), warmups=(0.1, 0.4), batch=8, validations=2,
    shares=(0.6, 0.2, 0.2),
)  # fmt: skip


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load(str(tiny.save("bert", tmp_path_factory.mktemp("model") / "tiny")), dtype="fp32")


def weights(encoder: Encoder, arm: str, seed: int = 3) -> dict[str, torch.Tensor]:
    body = body_of(encoder)
    set_weights(body, arm, seed)
    return {name: one.detach().clone() for name, one in body.named_parameters()}


def test_where_the_weights_of_the_arms_come_from(encoder: Encoder) -> None:
    given = weights(encoder, "pretrained")
    word, norm = "embeddings.word_embeddings.weight", "embeddings.LayerNorm.weight"
    query, bias = (f"encoder.layer.1.attention.self.query.{one}" for one in ("weight", "bias"))

    def same(arm: str, *names: str) -> list[bool]:
        own = weights(encoder, arm)
        return [torch.equal(own[name], given[name]) for name in names]

    every = (word, norm, query, bias)
    assert same("pretrained", *every) == [True] * 4
    assert same("random", *every) == [False] * 4
    assert same("shuffled", *every) == [False, True, False, True]
    assert same("re-embedded", *every) == [False, True, True, True]
    assert same("re-blocked", *every) == [True, True, False, False]
    assert same("shuffled-embeddings", *every) == [False, True, True, True]
    assert same("shuffled-blocks", *every) == [True, True, False, True]
    for arm in ORIGINS:
        one, two, other = (weights(encoder, arm, seed) for seed in (3, 3, 4))
        assert all(torch.equal(one[name], two[name]) for name in one)
        assert (arm == "pretrained") == all(torch.equal(one[name], other[name]) for name in one)
    fresh = weights(encoder, "random")[word]
    assert float(fresh.std()) == pytest.approx(encoder.model.config.initializer_range, rel=0.1)


def test_shuffling_keeps_every_number(encoder: Encoder) -> None:
    given, own = weights(encoder, "pretrained"), weights(encoder, "shuffled")
    for name, weight in own.items():
        assert torch.equal(weight.flatten().sort()[0], given[name].flatten().sort()[0]), name
    matrix = torch.arange(12.0).view(3, 4)
    assert not torch.equal(permuted(matrix, 0, "a"), permuted(matrix, 0, "b"))


def test_controls_change_what_they_say_and_nothing_else() -> None:
    data = grammar(60, length=12)
    splits = make_splits(data, (0.6, 0.2, 0.2))
    material = material_of(data, splits, 8, stride=4)
    assert any("cut into" in note for note in material.notes)
    turned = changed(material.train, "reversed", 1, "train")
    assert turned.symbols[3] == material.train.symbols[3][::-1]
    np.testing.assert_array_equal(turned.labels, material.train.labels)
    dealt = changed(material.train, "labels", 1, "train")
    assert dealt.symbols == material.train.symbols
    assert (dealt.labels != material.train.labels).any()
    counts = [np.bincount(one.labels).tolist() for one in (dealt, material.train)]
    assert counts[0] == counts[1]
    for place in set(dealt.whole.tolist()):  # the windows of a sequence keep one label
        assert len(set(dealt.labels[dealt.whole == place].tolist())) == 1
    assert changed(material.test, "labels", 1, "test") is material.test
    right = np.eye(3)[material.dev.labels]
    assert material.judge(right) == {"dev_score": 1.0, "dev_loss": 0.0}
    assert material.judge(np.full(right.shape, 1 / 3))["dev_loss"] == pytest.approx(np.log(3))


def test_data_that_leave_a_class_alone_are_refused() -> None:
    def examples(*groups: str | None) -> list[Example]:
        own = [Example(tuple("ab" * (at + 2)), "z", f"z {at}", None, group)
               for at, group in enumerate(groups)]  # fmt: skip
        return [*grammar(60, length=12).examples, *own]

    for groups, says in (
        ([None], "label 'z' has one example"),
        (["g"] * 4, "its 4 sequences are in 1 group"),
    ):
        data = SequenceSet("made", tuple(examples(*groups)))
        with pytest.raises(InputError, match=says):
            material_of(data, make_splits(data, (0.6, 0.2, 0.2)), 40)


def test_settings_and_keys() -> None:
    again = Settings.of(QUICK.as_dict(), "float32")
    assert again == QUICK
    trial = Trial("random", 0, 0, 1e-3, 0.1, 40)
    assert key_of(QUICK, trial, ["a"]) == key_of(replace(QUICK, maps=9, seeds=9), trial, ["a"])
    assert key_of(QUICK, trial, ["a"]) != key_of(QUICK, replace(trial, seed=1), ["a"])
    assert key_of(QUICK, trial, ["a"]) != key_of(QUICK, trial, ["b"])
    assert key_of(QUICK, trial, ["a"]) != key_of(replace(QUICK, dtype="bf16"), trial, ["a"])
    # One map and run: the same seed for all arms, so that they are paired.
    assert seed_of(QUICK, trial) == seed_of(QUICK, replace(trial, arm="shuffled", rate=1.0))
    assert seed_of(QUICK, trial) != seed_of(QUICK, replace(trial, map=1))
    plan = plan_of(QUICK, trial)
    assert (plan.warmup, plan.steps, plan.schedule) == (4, 40, "linear")
    assert check_arms(["kmers", "random"]) == ("random", "kmers")
    assert check_arms([]) == ARMS
    assert check_controls(["none"]) == ()
    with pytest.raises(OptionError, match="rates 0.001, 0.001: different numbers"):
        replace(QUICK, rates=(1e-3, 1e-3))
    assert parse_numbers("rates", ["1e-3,3e-3", "1"]) == (1e-3, 3e-3, 1.0)
    assert parse_shares("0.5,0.2,0.3") == (0.5, 0.2, 0.3)


def test_every_arm_has_the_same_search_and_its_best_trial_is_its_first_run(
    encoder: Encoder, tmp_path: Path
) -> None:
    told: list[tuple[str, str]] = []
    data = grammar(60, length=12)
    result, bench = transfer(
        encoder, data, QUICK, out=str(tmp_path),
        tell=lambda run, row: told.append((run.folder.name, row["kind"])),
    )  # fmt: skip
    tried = [row for row in result.tables["search"] if row["arm"] in ("pretrained", "random")]
    by_arm = {arm: [row for row in tried if row["arm"] == arm] for arm in ("pretrained", "random")}
    for own in by_arm.values():
        assert len(own) == 3  # two rates, then one more warm-up at the better rate
        best = max(own[:2], key=lambda row: (row["dev_score"], -row["dev_loss"]))
        assert (own[2]["rate"], own[2]["warmup"]) == (best["rate"], 0.4)
        (chosen,) = [row for row in own if row["chosen"]]
        assert chosen["dev_score"] == max(row["dev_score"] for row in own)
    # Three trials of each arm, and a run of the second map; the first is a trial.
    assert len({name for name, kind in told if kind == "end"}) == 2 * (3 + 1)
    steps = sum(kind == "train" for _, kind in told)
    assert steps == 2 * 4 * 5  # 36 sequences, 8 a step
    assert total_steps(bench) == 2 * 5 * (3 + 2)  # at most: the first runs were trials
    penalties = [row["penalty"] for row in result.tables["search"] if row["arm"] == "frozen"]
    assert penalties == sorted(penalties, reverse=True)


def test_frozen_features_are_the_encoders_first_tokens(encoder: Encoder, tmp_path: Path) -> None:
    bench, _ = bench_of(encoder, grammar(60, length=12), QUICK, str(tmp_path))
    found = features(bench, 1, bench.material.dev)
    pieces = bench.maps[1].pieces
    text = " ".join(pieces[one] for one in bench.material.dev.symbols[2])
    (expected,) = encoder.sentence_vectors([text], layers=[encoder.n_layers], pooling="cls")[0]
    np.testing.assert_allclose(found[2], expected, atol=1e-5)


def test_bands_are_means_over_all_runs_of_an_arm() -> None:
    rows: list[dict[str, Any]] = [
        {"arm": "a", "control": None, "map": at, "seed": 0, "step": step, "dev_score": step + at}
        for at in range(3)
        for step in (1, 2)
    ]
    first, second = bands([*rows, rows[0] | {"step": 9}])
    assert (first["value"], first["runs"]) == (2.0, 3)
    # Student's t over 1, 2, 3: 2 ± 4.303 / √3.
    assert second["low"] == pytest.approx(3 - 4.3027 / np.sqrt(3), abs=1e-3)


def test_lowest_blocks_are_those_of_the_whole_encoder(encoder: Encoder) -> None:
    low = lowest(encoder, 1)
    assert (low.n_layers, encoder.n_layers) == (1, 3)
    assert low.card.fingerprint != encoder.card.fingerprint
    whole = encoder.sentence_vectors(["an apple"], layers=[1])
    np.testing.assert_array_equal(low.sentence_vectors(["an apple"]), np.concatenate(
        [encoder.sentence_vectors(["an apple"], layers=[0]), whole]))  # fmt: skip
    assert encoder.sentence_vectors(["an apple"]).shape[0] == 4


def test_the_small_one_is_stored_and_run_again(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(transfer_small.GRAMMAR, "n", 240)
    monkeypatch.setitem(transfer_small.SETTINGS, "epochs", 0.5)
    monkeypatch.setitem(transfer_small.SETTINGS, "search_epochs", 0.5)
    result = small(encoder, runs=str(tmp_path))
    assert small(encoder, runs=str(tmp_path)) == result
    accuracy = {row.arm: row for row in result.rows("accuracy")}
    assert set(accuracy) == {"pretrained", "random", "shuffled", "frozen", "kmers", "majority"}
    assert accuracy["kmers"].value > 0.9
    again = rerun(result, encoder)
    lines = compare(result, again)
    clocked = len(result.rows("seconds_to"))
    n = len(result.scores)
    assert any(line.startswith(f"{n - clocked} of {n}") or line.startswith(f"{n} of {n}")
               for line in lines), lines  # fmt: skip


def test_files_are_read_again(encoder: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    rows = [f"{''.join(one.symbols)},{one.label}" for one in grammar(60, length=12).examples]
    path.write_text("\n".join(["sequence,label", *rows]) + "\n", encoding="utf-8")
    source = SequenceSource((str(path),))
    assert SequenceSource.of(source.as_dict()) == source
    settings = replace(QUICK, arms=("pretrained", "majority"), rates=(1e-3,), warmups=(0.1,))
    result, _ = transfer(
        encoder, source.read(), settings, out=str(tmp_path), source=source.as_dict()
    )
    again = rerun(result, encoder)
    assert [row for row in again.scores if row.metric != "seconds_to"] == [
        row for row in result.scores if row.metric != "seconds_to"
    ]
    without = result.model_copy(update={"config": result.config | {"source": {}}})
    with pytest.raises(ResultError, match="were not read from files"):
        rerun(without, encoder)
