"""``firth transfer``: from a table of sequences to arms, a saved model and its answers; mistakes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from firth.cli.main import app
from firth.errors import FirthError
from firth.results.schema import Result
from firth.text.grammar import grammar

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))
import tiny

RUNNER = CliRunner()
QUICK = ["--maps", "2", "--seeds", "1", "--epochs", "1", "--rates", "1e-3,3e-3", "--warmups", "0.1",
         "--batch", "8", "--validations", "3", "--shares", "0.6,0.2,0.2"]  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny.save("bert", tmp_path_factory.mktemp("model") / "tiny"))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("data") / "data.csv"
    data = grammar(60, length=12)
    rows = [f"{''.join(one.symbols)},{one.label}" for one in data.examples]
    path.write_text("\n".join(["sequence,label", *rows]) + "\n", encoding="utf-8")
    return str(path)


def invoke(*arguments: str) -> Any:
    return RUNNER.invoke(app, ["transfer", *arguments])


def result_of(*arguments: str) -> Result:
    done = invoke("run", *arguments, "--json")
    assert done.exit_code == 0, done.output + repr(done.exception)
    return Result.model_validate_json(done.stdout)


def write(path: Path, rows: list[str]) -> str:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_one_command_trains_saves_and_labels(model: str, table: str, tmp_path: Path) -> None:
    saved = str(tmp_path / "saved")
    arguments = [table, "--model", model, *QUICK, "--out", str(tmp_path / "runs"), "--save", saved]
    result = result_of(*arguments)
    own = {(row.arm, row.control): row for row in result.rows("accuracy", unit="sequence")}
    tuned = ("pretrained", "random", "shuffled", "re-embedded", "re-blocked",
             "shuffled-embeddings", "shuffled-blocks")  # fmt: skip
    plain = ("frozen", "kmers", "cnn", "majority")
    assert set(own) == {(arm, None) for arm in (*tuned, *plain)} | {
        ("pretrained", "reversed"), ("pretrained", "labels"),
    }  # fmt: skip
    assert all(row.low is not None and row.n == 12 for row in own.values())
    tested = result.rows("difference")
    assert {row.arm for row in tested} == {"random", "shuffled", "re-embedded", "frozen", "cnn"}
    assert all(row.p is not None and row.p_adjusted >= row.p for row in tested)
    tried = [row for row in result.tables["search"] if row["arm"] in tuned]
    assert {(row["arm"], row["rate"]) for row in tried} == {
        (arm, rate) for arm in tuned for rate in (1e-3, 3e-3)
    }
    assert sum(bool(row["chosen"]) for row in tried) == len(tuned)
    words = [(row["map"], row["word"]) for row in result.tables["maps"]]
    assert len(set(words)) == len(words) == 18  # two maps of nine symbols
    runs = result.tables["runs"]
    assert sum(row["arm"] == "pretrained" and row.get("control") is None for row in runs) == 2
    assert sum(row["arm"] == "cnn" for row in runs) == 3
    folders = sorted((tmp_path / "runs" / "transferring").glob("*/*"))
    assert not [path for one in folders for path in one.glob("checkpoint*")]
    kept = {path.parent.name.split("-")[0] for one in folders for path in one.glob("weights*")}
    assert kept == {"pretrained"}
    # Again: from the store, on the screen.
    before = {path: path.stat().st_mtime_ns for one in folders for path in one.iterdir()}
    shown = invoke("run", *arguments)
    assert shown.exit_code == 0
    assert "pretrained minus another arm" in " ".join(shown.output.split())
    after = {path: path.stat().st_mtime_ns for one in folders for path in one.iterdir()}
    assert before == after

    new = write(tmp_path / "new.csv", ["id,sequence", "one,apxbqyapxbqy", "two,xpaxpaxpaxpa"])
    labelled = invoke("predict", saved, new)
    assert labelled.exit_code == 0, labelled.output
    head, first, second = labelled.stdout.splitlines()
    assert head.split("\t") == ["id", "label", "backward", "forward", "neither"]
    assert sum(map(float, first.split("\t")[2:])) == pytest.approx(1, abs=1e-3)
    assert second.startswith("two\t")
    as_json = invoke("predict", saved, new, "--json")
    row = json.loads(as_json.stdout.splitlines()[0])
    assert row["label"] == max(row["probabilities"], key=row["probabilities"].get)
    place = tmp_path / "labels.jsonl"
    assert invoke("predict", saved, new, "-o", str(place)).exit_code == 0
    assert json.loads(place.read_text().splitlines()[0]) == row
    odd = write(tmp_path / "odd.csv", ["sequence", "apx", "apZ"])
    for more, says in (
        ([odd], "odd.csv, line 3: the symbol 'Z' is not in the map"),
        ([new, "--unseen", "drop"], "unseen 'drop': legal are refuse, unknown"),
        ([new, "--output", "labels.xls"], ".tsv or .jsonl"),
        ([new, "--sequence", "dna"], "no column `dna`"),
    ):
        done = invoke("predict", saved, *more)
        assert isinstance(done.exception, FirthError), done.output
        assert says in str(done.exception)
    done = invoke("predict", saved, odd, "--unseen", "unknown")
    assert "Z 1" in done.output
    done = invoke("predict", model, new)
    assert "is no classifier of sequences" in str(done.exception)


def test_numbers_groups_and_windows(model: str, tmp_path: Path) -> None:
    rows = ["sequence,label,group,split"]
    for at, one in enumerate(grammar(90, length=60).examples):
        text = "".join(one.symbols)
        split = "test" if at % 5 == 0 else "dev" if at % 5 == 1 else "train"
        rows.append(f"{text},{text.count('a') / 10},g{at // 5}-{split},{split}")
    path = write(tmp_path / "numbers.csv", rows)
    saved = str(tmp_path / "saved")
    result = result_of(
        path, "--model", model, *QUICK, "--target", "number", "--out", str(tmp_path / "runs"),
        "--arms", "pretrained,kmers", "--arms", "frozen", "--control", "none",
        "--save", saved,
    )  # fmt: skip
    assert {row.unit for row in result.rows("spearman")} == {"sequence", "group"}
    assert not result.rows("accuracy")
    assert any("cut into" in note for note in result.warnings)  # 60 symbols, 48 positions
    assert all(row.scorer == "spearman" for row in result.rows("difference"))
    done = invoke("predict", saved, path)
    assert done.exit_code == 0, done.output
    assert "their windows answered together" in done.output
    assert float(done.stdout.splitlines()[1].split("\t")[1])


def test_a_killed_run_goes_on(model: str, table: str, tmp_path: Path) -> None:
    arguments = ["transfer", "run", table, "--model", model, "--maps", "2", "--seeds", "1",
                 "--epochs", "8", "--rates", "1e-3", "--warmups", "0.1", "--arms",
                 "pretrained,random", "--control", "none", "--dtype", "fp32"]  # fmt: skip
    start = [sys.executable, "-m", "firth"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    killed = [*start, *arguments, "--out", str(tmp_path / "killed")]
    process = subprocess.Popen(killed, env=environment, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 200
    while time.monotonic() < end and process.poll() is None:
        done = list((tmp_path / "killed").glob("transferring/*/*/run.json"))
        if done:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.01)
    process.wait()
    finished = {path: path.stat().st_mtime_ns for path in done}
    assert finished
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the killed one, to the same bits
    try:
        places = (str(tmp_path / name) for name in ("killed", "whole"))
        found = [result_of(*arguments[2:], "--out", place) for place in places]
    finally:
        torch.set_num_threads(threads)
    assert all(path.stat().st_mtime_ns == moment for path, moment in finished.items())
    one, two = ([row for row in own.scores if row.metric != "seconds_to"] for own in found)
    assert one == two


def test_hours_only_pause(model: str, table: str, tmp_path: Path) -> None:
    arguments = [table, "--model", model, *QUICK, "--arms", "pretrained", "--out", str(tmp_path)]
    paused = invoke("run", *arguments, "--hours", "0.000001")
    assert paused.exit_code == 0
    assert "the same command goes on" in paused.output
    assert not (tmp_path / "transfer").exists()
    assert result_of(*arguments).rows("accuracy")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--arms", "pretraind"], "Did you mean 'pretrained'"),
        (["--control", "reversd"], "Did you mean 'reversed'"),
        (["--rates", "fast"], "rates 'fast': it is no number"),
        (["--rates", "0"], "with it nothing is learnt"),
        (["--maps", "0"], "maps 0: it must be at least 1"),
        (["--shares", "0.5,0.5"], "give three numbers"),
        (["--shares", "0.8,0,0.2"], "no development data"),
        (["--window", "500"], "legal are 1 to 46"),
        (["--window", "8", "--stride", "9"], "would pass over symbols"),
        (["--vote", "most"], "legal are mean, majority"),
        (["--train-size", "2"], "training size 2"),
        (["--epochs", "0"], "epochs 0: it must be above 0"),
        (["--hours", "-1"], "above 0"),
        (["--format", "splic"], "Did you mean 'splice'"),
        (["--symbols", "kmer:3"], "Did you mean 'kmers'"),
        (["--script", "latn"], "Did you mean 'latin'"),
        (["--target", "number"], "is not a number"),
        (["--label", "clas"], "no column `clas`"),
        (["--save", "x", "--arms", "random"], "only the arm pretrained can be saved"),
        (["--dropout", "1.5", "--arms", "pretrained"], "dropout 1.5"),
    ],
)
def test_mistakes(model: str, table: str, tmp_path: Path, more: list[str], says: str) -> None:
    done = invoke("run", table, "--model", model, *QUICK, "--out", str(tmp_path), *more)
    assert isinstance(done.exception, FirthError), done.output
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)


def test_mistakes_of_the_data(model: str, tmp_path: Path) -> None:
    sentences = ["".join(one.symbols) for one in grammar(60, length=12).examples]
    many = [f"{text},{'xy'[at % 2]}" for at, text in enumerate(sentences)]
    cases = {
        "one": (["sequence,label", *many, "abcabc,z"], "label 'z' has one example"),
        "groups": (
            ["sequence,label,group", *(f"{one},{at % 7}" for at, one in enumerate(many)),
             *(f"{'pq' * at},z,same" for at in range(3, 9))],
            "no test data of label 'z': its 6 sequences are in 1 group(s)",
        ),
        "empty": (["sequence,label", "abc,x", ",y"], "line 3: the sequence is empty"),
        "crossing": (
            ["sequence,label,group,split", "abc,x,g,train", "abd,y,g,test", "abx,x,h,dev"],
            "a group must stay in one split",
        ),
    }  # fmt: skip
    for name, (rows, says) in cases.items():
        done = invoke("run", write(tmp_path / f"{name}.csv", rows), "--model", model, *QUICK)
        assert isinstance(done.exception, FirthError), (name, done.output)
        assert says in str(done.exception), name
    done = invoke("run", "--model", model)
    assert "no file" in str(done.exception)
    done = invoke("run", "train=a.csv", "b.csv", "--model", model)
    assert "such as train=FILE test=FILE" in str(done.exception)
