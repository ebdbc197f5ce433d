"""The worked example of docs/extending.md is an experiment: its own code blocks are run."""

import re
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import firth
from firth.errors import InputError
from firth.experiments.tour import STOPS
from firth.report import charts, findings, words
from firth.results import metrics
from firth.results.store import results_below

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
BLOCKS = [
    (kind, *text.split("\n", 1))
    for kind, text in re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.M | re.S)
]
SENTENCES = ["The old dog sleeps by the warm stove", "My sister sold two green boats to him", "Yes"]


def block(begin):
    (text,) = (rest for _, head, rest in BLOCKS if head.startswith(f"# {begin}"))
    return text


@pytest.fixture
def order(monkeypatch):
    """Do what the page says, for the time of a test; gives the command."""

    def module(path):
        name = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        made = types.ModuleType(name)
        exec(compile(block(path), path, "exec"), made.__dict__)
        monkeypatch.setitem(sys.modules, name, made)
        return made.__dict__

    def entries(begin, known):
        return eval(f"{{{block(begin)}}}", dict(known))

    metric = eval(block("into METRICS"), vars(metrics))
    monkeypatch.setitem(metrics.METRICS, metric.name, metric)
    for language in words.languages():
        own = tomllib.loads(block(f"into src/firth/report/words.{language}.toml"))
        for part, texts in own.items():
            for name, text in texts.items():
                monkeypatch.setitem(words.words(language)[part], name, text)
    module("src/firth/experiments/order.py")
    for begin, where, path in (
        ("into FINDINGS", findings.FINDINGS, "src/firth/report/findings_order.py"),
        ("into FIGURES", charts.FIGURES, "src/firth/report/order_layers.py"),
    ):
        for name, one in entries(begin, module(path)).items():
            monkeypatch.setitem(where, name, one)
    app = typer.Typer()
    exec(
        block("into src/firth/cli/main.py"),
        {"app": app, "order": module("src/firth/cli/order.py")["order"]},
    )
    return app


def test_the_page_makes_a_command_with_a_result_a_finding_and_a_page(order, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("\n".join(SENTENCES), encoding="utf-8")
    done = CliRunner().invoke(order, ["text.txt", "--dtype", "fp32"])
    assert done.exit_code == 0, done.output
    assert "another sentence is at" in done.stdout
    (folder,) = results_below("runs")
    result = firth.load_result(folder)
    scores = result.rows("order_similarity", control=None, similarity="centred")
    assert [one.layer for one in scores] == list(range(13))
    assert {one.n for one in scores} == {2}
    assert "1 short sentences were left out" in result.warnings
    assert result.figure("layers").rows()
    page = firth.write_report("runs", "report.html", language="zh").read_text(encoding="utf-8")
    assert "打乱词序后" in page


def test_the_numbers_are_those_of_the_vectors(order, mini):
    from firth.experiments.order import order as run

    twice = ["one one one", "two two two two"]  # no order to lose
    result = run(mini, twice)
    own = result.rows("order_similarity", control=None)
    assert min(one.value for one in own) == pytest.approx(1, abs=1e-5)
    beside = result.rows("order_similarity", control="other_sentence", similarity="raw")
    first, second = mini.sentence_vectors(twice)[12]
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert beside[-1].value == pytest.approx(cosine, abs=1e-5)
    with pytest.raises(InputError, match="1 of 2 sentences"):
        run(mini, [twice[0], "short"])


def test_its_results_are_compared(order, mini):
    from firth.experiments.order import order as run

    from firth.compare.compare import compare

    runs = [run(mini, SENTENCES[:2], seed=seed) for seed in (0, 1)]
    assert {line.fields["metric"] for line in compare(runs, every=True).lines} == {
        "order_similarity"
    }
    assert compare(runs).lines == ()  # neither direction of it is better


def test_the_code_of_the_page_is_in_the_house_style(tmp_path):
    for _, head, rest in BLOCKS:
        if head.startswith("# src/"):
            file = tmp_path / head.removeprefix("# ")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(rest, encoding="utf-8")
    for verb in (["check"], ["format", "--check"]):
        command = ["ruff", *verb, "--config", str(ROOT / "pyproject.toml"), str(tmp_path)]
        command += ["--config", "lint.isort.known-first-party=['firth']"] if "check" in verb else []
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_is_not_in_the_house_already():
    assert "order" not in charts.FIGURES
    assert "order" not in {one.name for one in STOPS}
