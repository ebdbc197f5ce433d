"""``firth compare`` end to end: terminal, Markdown, CSV, Parquet, page and card."""

from __future__ import annotations

import csv
import io
import json
import re

import numpy as np
import pyarrow.parquet as pq
import pytest
from made import ITEMS, made
from typer.testing import CliRunner

from firth.cli.main import app
from firth.compare.compare import compare
from firth.errors import FirthError, InputError, OptionError
from firth.report.comparison_card import card
from firth.report.comparison_text import markdown

RNG = np.random.default_rng(1)
BASE = RNG.uniform(0.2, 0.6, (len(ITEMS), 3))


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "runs"
    made("a", chosen=(1, BASE[:, 1])).save(folder)
    made("b|<x>", chosen=(2, BASE[:, 1] + 0.05)).save(folder)
    made("alone", BASE, data="e").save(folder)
    return folder


def call(*arguments):
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def places(runs):
    return [next(runs.glob(f"*/{name}/*")) for name in ("a", "b-x")]


def test_on_the_terminal(runs):
    said = " ".join(call(*places(runs)).split())
    assert "▲" in said
    assert "b|<x> is better than a by 0.050" in said
    assert "1 together corrected by Holm's method" in said
    chinese = call(*places(runs), "--language", "zh")
    assert "更好" in chinese
    assert " ".join(call("--model", "a", "--model", "b|<x>", "--runs", runs).split()) == said


def test_rows_for_machines_are_not_rounded(runs, tmp_path):
    place = tmp_path / "c.csv"
    call(*places(runs), "-o", place)
    rows = list(csv.DictReader(io.StringIO(place.read_text(encoding="utf-8"))))
    assert [row["run"] for row in rows] == ["a", "b|<x>"]
    assert float(rows[0]["value"]) == float(BASE[:, 1].mean())
    assert rows[1]["mark"] == "better"
    assert rows[1]["layer"] == "2"
    assert float(rows[1]["p_adjusted"]) < 0.05
    assert call(*places(runs), "--format", "csv") == place.read_text(encoding="utf-8")
    other = tmp_path / "c.parquet"
    call(*places(runs), "-o", other)
    table = pq.read_table(other).to_pylist()
    assert table[0]["value"] == float(BASE[:, 1].mean())
    assert table[1]["tested_items"] == len(ITEMS)
    documents = json.loads(call(*places(runs), "--json"))
    assert documents[1]["difference"] == table[1]["difference"]


def test_markdown_and_page(runs, tmp_path):
    text = call(*places(runs), "--format", "markdown")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "b\\|\\<x\\>" in text
    page = tmp_path / "page.html"
    call(*places(runs), "-o", page)
    html = page.read_text(encoding="utf-8")
    assert 'id="comparison-1"' in html
    first = html[html.index('<section id="findings"') : html.index("<article")]
    assert '<a href="#comparison-1">' in first
    assert first.count("<br>") >= 3  # what the tests say, and a line a run
    assert "b|&lt;x&gt;" in html
    assert "<x>" not in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


def test_card_of_a_model(runs):
    text = call(*places(runs), "--card")
    assert text.startswith("## ")
    (block,) = re.findall(r"```yaml\nmodel-index:\n- (.*)\n```", text)
    index = json.loads(block)
    assert index["name"] == "a"
    (metric,) = index["results"][0]["metrics"]
    assert metric["value"] == float(BASE[:, 1].mean())
    assert "layer 1" in metric["name"]


def test_mistakes_are_one_line(runs):
    first, second = places(runs)
    for arguments, error, message in (
        ((), OptionError, "two or more"),
        ((first, "--model", "a"), OptionError, "not both"),
        (("--model", "a", "--runs", runs), OptionError, "--model twice"),
        (("--model", "a", "--model", "c", "--runs", runs), InputError, "no run of the model 'c'"),
        (
            ("--model", "a", "--model", "alone", "--runs", runs),
            InputError,
            "same data and settings",
        ),
        (("--model", "a", "--model", "b", "--runs", runs / "none"), InputError, "no results"),
        ((first, second, "-o", "x.txt"), OptionError, ".parquet or .html"),
        ((first, second, "--format", "x"), OptionError, "legal are"),
        ((first, second, "--language", "xx"), OptionError, "en, zh"),
        ((first, second, "--metric", "mmr"), OptionError, "Did you mean 'mrr'"),
        ((first,), FirthError, "two or more"),
    ):
        with pytest.raises(error, match=re.escape(message)) as caught:
            call(*arguments)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_reason_has_words(language):
    from typing import get_args

    from firth.report.words import words
    from firth.results.comparison import Mark, Untested

    say = words(language)["comparison"]
    assert set(say["why"]) == set(say["because"]) == set(get_args(Untested))
    assert set(say["marks"]) == set(get_args(Mark)) - {""}
    untested = compare([made("a", BASE), made("b", BASE, stored=False)])
    for text in (markdown(untested, language=language), card([untested], language=language)):
        assert say["because"]["not_stored"] in text
        assert say["untested"].strip() in text
