"""The bars of a sentence and the confusion of languages, on a tiny random model."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny_mlm

import firth
from firth.errors import OptionError, ResultError
from firth.report.charts import figures_of
from firth.report.page import write_report

TEXTS = ["I ate an [MASK] today", "no blank", "我吃了一个[MASK][MASK]。", "[MASK] " * 9]
CORPORA = {
    "en": ["I ate an apple", "The price of Apple shares", "another apple.", "rose again today!"],
    "zh": ["我吃了一个苹果。", "苹果酱和苹果派", "苹果公司今天", "发布了新手机"],
}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    folder = tiny_mlm.save("bert", tmp_path_factory.mktemp("mlm") / "bert")
    return firth.load(str(folder), dtype="fp32")


@pytest.fixture(scope="module")
def fills(encoder):
    return firth.cloze(encoder, TEXTS, score=True, top=12)


@pytest.fixture(scope="module")
def languages(encoder):
    return firth.consistency(encoder, CORPORA, blanks=2)


def test_bars_are_the_table(fills):
    figure = fills.figure("candidates", sentence=3)
    own = [row for row in fills.tables["fills"] if row["sentence"] == 3 and row["rank"] <= 10]
    assert [row["probability"] for row in figure.rows()] == [row["probability"] for row in own]
    assert {row["blank"] for row in figure.rows()} == {1, 2}
    assert figure.title == TEXTS[2]


def test_the_first_blanks_of_many_are_drawn(fills):
    figure = fills.figure("candidates", sentence=4, language="zh")
    assert {row["blank"] for row in figure.rows()} == set(range(1, 7))
    assert "9 个空中的前 6 个。" in figure.spec["title"]["subtitle"]


def test_a_sentence_that_is_not_there(fills):
    with pytest.raises(OptionError, match="sentence 2: the result has fills of 1, 3, 4"):
        fills.figure("candidates", sentence=2)


def test_no_sentence_has_a_blank(encoder):
    result = firth.cloze(encoder, ["no blank"], score=True)
    with pytest.raises(ResultError, match="no sentence of this result has a blank"):
        result.figure("candidates")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_confusion_is_the_table(languages, language, tmp_path):
    figure = languages.figure("confusion", language=language)
    shares = [row["share"] for row in figure.rows()]
    tables = languages.tables["confusion"] + languages.tables["mixes"]
    assert shares == [row["share"] for row in tables]
    figure.save(tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for name in ("English", "shared", "vocabulary") if language == "en" else ("英文", "共用"):
        assert name in drawn


def test_one_page_tells_both(fills, languages, tmp_path):
    for result in (fills, languages):
        result.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "r.html").read_text(encoding="utf-8")
    assert "What stands in the blank?" in page
    assert "Which language fills the blank?" in page
    assert "the vocabulary" in page
    assert "No finding is stated" not in page
    assert figures_of(fills, "sentence") == ["candidates"]
    assert figures_of(languages, "result") == ["confusion"]
