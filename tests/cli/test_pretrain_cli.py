"""``firth pretrain``: the whole report from one command, kills, pauses, and mistakes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner

from firth.cli.main import app
from firth.errors import FirthError
from firth.results.schema import Result
from firth.train.log import Log

RUNNER = CliRunner()
TINY = [
    "--layers", "2", "--width", "16", "--batch", "8", "--length", "16", "--vocabulary", "600",
    "--held-out", "40", "--dtype", "fp32", "--warmup", "5", "--checkpoints", "13",
]  # fmt: skip


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("corpora")
    english = [["the", "a", "one"], ["cat", "dog", "sea", "house"], ["is", "was"],
               ["old", "small", "blue"], ["in summer .", "and cold .", "at night ."]]  # fmt: skip
    chinese = [["这只", "一只", "那个"], ["猫", "狗", "海", "房子"], ["是", "曾是"],
               ["老的", "小的", "蓝的"], ["在夏天。", "而且冷。", "在晚上。"]]  # fmt: skip
    files: dict[str, str] = {}
    for half, (language, parts) in enumerate({"en": english, "zh": chinese}.items()):
        lines = [" ".join(words) for words in product(*parts)]
        path = folder / f"{language}.txt"
        path.write_text("\n".join(lines[half:]) + "\n", encoding="utf-8")
        files[language] = str(path)
    words = folder / "words.tsv"
    words.write_text("source\ttarget\ncat\t猫\ndog\t狗\nsea\t海\nis\t是\nsummer\t夏天\n", "utf-8")
    return files | {"words": str(words)}


def command(corpora: dict[str, str], out: Path, *more: str) -> list[str]:
    texts = [f"--corpus={language}={corpora[language]}" for language in ("en", "zh")]
    return ["pretrain", *texts, *TINY, "--out", str(out), *more]


def invoke(arguments: list[str]) -> Any:
    return RUNNER.invoke(app, arguments)


def result_of(arguments: list[str]) -> Result:
    done = invoke([*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return Result.model_validate_json(done.stdout)


def test_one_command_gives_the_whole_report(corpora: dict[str, str], tmp_path: Path) -> None:
    arguments = command(
        corpora, tmp_path, "--sentences", "40", "--sentences", "80", "--steps", "24", "--seeds",
        "2", f"--dictionary=en-zh={corpora['words']}",
    )  # fmt: skip
    result = result_of(arguments)
    assert result.experiment == "pretrain"
    folders = sorted(path.name for path in (tmp_path / "pretraining").iterdir() if path.is_dir())
    # Two sizes of two seeds, CBOW of each size, and each language alone.
    assert len(folders) == 8
    names = {(row["arm"], row["seed"]) for row in result.tables["changes"]}
    assert names == {
        ("40", 0),
        ("80", 0),
        ("40", 1),
        ("80", 1),
        ("en alone", 0),
        ("zh alone", 0),
        ("40 cbow", 0),
        ("80 cbow", 0),
    }
    means = [row for row in result.rows("mrr") if row.unit == "seed"]
    assert {(row.arm, row.split) for row in means} == {
        ("40", "equal_steps"), ("40", "equal_epochs"), ("80", "equal_steps"),
    }  # fmt: skip
    assert all(row.low is not None and row.n == 2 for row in means)
    half = next(row for row in means if row.split == "equal_epochs")
    assert half.checkpoint == "12"
    named = [row for row in result.rows("mrr") if row.unit != "seed"]
    assert {row.layer for row in named if row.checkpoint == "24"} == {0, 1, 2}
    assert {row["contrast"] for row in result.tables["contrasts"]} == {
        "more sentences",
        "more steps",
    }
    losses = [
        row for row in result.rows("mlm_loss") if row.unit == "blank" and row.checkpoint == "24"
    ]
    assert {(row.arm, row.control, row.language) for row in losses} == {
        ("40", None, "en"), ("40", None, "zh"), ("80", None, "en"), ("80", None, "zh"),
        ("80", "alone", "en"), ("80", "alone", "zh"),
        *((size, "cbow", language) for size in ("40", "80") for language in ("en", "zh")),
    }  # fmt: skip
    guessed = result.rows("mlm_loss", control="unigram")
    assert {(row.arm, row.language) for row in guessed} == {
        (size, language) for size in ("40", "80") for language in ("en", "zh")
    }
    vectors = next((tmp_path / "pretraining").glob("*cbow*/vectors.safetensors"))
    assert invoke(["cbow", "neighbours", str(vectors), "cat"]).exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "pretraining").rglob("log*")}
    # One more size trains that alone; what is finished is not redone.
    larger = result_of([*arguments, "--sentences", "60"])
    assert all(path.stat().st_mtime_ns == moment for path, moment in before.items())
    assert {row["arm"] for row in larger.tables["changes"]} >= {"40", "60", "80"}
    shown = invoke(arguments)
    assert shown.exit_code == 0
    assert "difference of the MRR over seeds" in " ".join(shown.output.split())


def test_fake_english_with_switches(corpora: dict[str, str], tmp_path: Path) -> None:
    arguments = [
        "pretrain", f"--corpus=en={corpora['en']}", "--fake", "en", *TINY, "--held-out", "30",
        "--steps", "14", "--switch", "positions+specials+no-random", "--control", "none",
        "--out", str(tmp_path),
    ]  # fmt: skip
    result = result_of(arguments)
    assert result.config["languages"] == ["en", "en-x-fake"]
    controls = {row.control for row in result.rows("mrr") if row.unit == "seed"}
    assert controls == {None, "positions+specials+no-random"}
    assert [row["contrast"] for row in result.tables["contrasts"]] == ["control"]
    chances = result.rows("chance")
    assert chances
    assert all(row.scorer in ("mrr", "precision_at_1") for row in chances)


def rows(folder: Path) -> list[dict[str, Any]]:
    clocked = {"seconds", "tokens_per_second"}
    found = [row for row in Log(folder / "log.jsonl").rows() if row["kind"] != "resumed"]
    return [{key: own for key, own in row.items() if key not in clocked} for row in found]


def test_a_killed_run_goes_on_to_the_same_bits(corpora: dict[str, str], tmp_path: Path) -> None:
    options = ["--steps", "150", "--control", "none", "--checkpoint-minutes", "0.001", "--quiet"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    start = [sys.executable, "-m", "firth"]
    killed = command(corpora, tmp_path / "killed", *options)
    kills = 0
    for wait in (0, 20, 50):
        process = subprocess.Popen([*start, *killed], env=environment, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            logs = list((tmp_path / "killed" / "pretraining").glob("*/log.jsonl"))
            saved = list((tmp_path / "killed" / "pretraining").glob("*/checkpoint.safetensors"))
            if saved and logs and len(logs[0].read_bytes().splitlines()) > wait:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.01)
        process.wait()
    assert kills >= 1
    # The tokenizer is trained once and kept; the unbroken run takes the same one.
    (tmp_path / "whole" / "pretraining").mkdir(parents=True)
    for path in (tmp_path / "killed" / "pretraining").glob("tokenizer-*"):
        (tmp_path / "whole" / "pretraining" / path.name).write_bytes(path.read_bytes())
    for arguments in (killed, command(corpora, tmp_path / "whole", *options)):
        subprocess.run([*start, *arguments], env=environment, check=True, capture_output=True)
    (one,) = [path for path in (tmp_path / "whole" / "pretraining").iterdir() if path.is_dir()]
    other = tmp_path / "killed" / "pretraining" / one.name
    assert rows(other) == rows(one)
    assert Log(other / "log.jsonl").rows("resumed")
    weights = load_file(other / "model" / "model.safetensors")
    for name, weight in load_file(one / "model" / "model.safetensors").items():
        assert (weights[name] == weight).all(), name


def test_hours_only_pause(corpora: dict[str, str], tmp_path: Path) -> None:
    arguments = command(corpora, tmp_path, "--steps", "400", "--control", "none")
    paused = invoke([*arguments, "--hours", "0.0001"])
    assert paused.exit_code == 0
    assert "the same command goes on" in paused.output
    assert not (tmp_path / "pretrain").exists()
    result = result_of(arguments)
    (row,) = result.tables["models"]
    assert row["steps"] == 400
    assert row["tokens"] == 400 * 8 * 16


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--sentences", "5000"], "at most"),
        (["--corpus", "en=other.txt"], "was given before"),
        (["--fake", "en"], "leave the text in zh out"),
        (["--switch", "position"], "Did you mean 'positions'"),
        (["--control", "allone"], "Did you mean 'alone'"),
        (["--width", "15", "--heads", "2"], "not a multiple"),
        (["--rate", "3"], "between 0 and 1"),
        (["--schedule", "constnat"], "Did you mean 'constant'"),
        (["--hours", "0"], "above 0"),
        (["--tokenizer", "bp"], "Did you mean 'bpe'"),
        (["--mask-random", "0.8", "--mask-kept", "0.8"], "together above 1"),
        (["--held-out", "3"], "at least 20"),
        (["--length", "2"], "at least 4 pieces"),
        (["--dtype", "fp23"], "legal are"),
    ],
)
def test_mistakes(corpora: dict[str, str], tmp_path: Path, more: list[str], says: str) -> None:
    done = invoke(command(corpora, tmp_path, "--steps", "3", *more))
    assert isinstance(done.exception, FirthError), done.output
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)


def test_empty_and_missing_texts(corpora: dict[str, str], tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n", encoding="utf-8")
    done = invoke(["pretrain", f"--corpus=en={corpora['en']}", f"--corpus=zh={empty}", *TINY])
    assert "is empty" in str(done.exception)
    done = invoke(["pretrain", *TINY])
    assert "no text" in str(done.exception)
    words = f"--dictionary=en-de={corpora['words']}"
    done = invoke(command(corpora, tmp_path, "--steps", "2", words))
    assert "there is no text in de" in str(done.exception)


def test_a_loss_that_becomes_nan_stops_and_says_what_to_try(
    corpora: dict[str, str], tmp_path: Path
) -> None:
    arguments = command(
        corpora, tmp_path, "--steps", "60", "--rate", "0.999", "--clip", "0", "--warmup", "0",
        "--weight-decay", "1e20", "--checkpoint-minutes", "0", "--control", "none",
    )  # fmt: skip
    done = invoke(arguments)
    assert "is not a number" in str(done.exception)
    assert "try a lower rate" in str(done.exception)
    assert not list(tmp_path.rglob("model.safetensors"))


def test_a_store_that_cannot_be_written(corpora: dict[str, str], tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    done = invoke(command(corpora, place, "--steps", "3"))
    assert isinstance(done.exception, FirthError), done.output
    assert "cannot be written" in str(done.exception)


def test_json_is_one_document(corpora: dict[str, str], tmp_path: Path) -> None:
    done = invoke([*command(corpora, tmp_path, "--steps", "3", "--control", "none"), "--json"])
    assert json.loads(done.stdout)["experiment"] == "pretrain"
    assert "alignment was not measured" in " ".join(json.loads(done.stdout)["warnings"])


def test_what_it_will_cost(corpora: dict[str, str], tmp_path: Path) -> None:
    arguments = command(corpora, tmp_path, "--sentences", "20", "--sentences", "40", "--steps",
                        "50", "--seeds", "2", "--estimate")  # fmt: skip
    done = invoke([*arguments, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    # Two sizes and, with the larger one, each language alone, of two seeds as they are declared.
    assert found["arms"] * 50 == found["left"]
    assert found["arms"] >= 2 * 2 + 2
    assert found["hours"] == pytest.approx(found["left"] * found["seconds"] / 3600)
    assert found["tokens_per_second"] == pytest.approx(8 * 16 / found["seconds"])
    assert found["state"] == 16 * found["parameters"]
    assert not list(tmp_path.rglob("checkpoint*")), "nothing is trained"
    lines = invoke(arguments).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["time", "memory", "between", "left"]
