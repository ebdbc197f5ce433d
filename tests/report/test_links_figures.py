"""The matrix of a sentence pair and the curve over layers, from a result made by hand."""

import pytest

from firth.errors import OptionError, ResultError
from firth.report.charts import figure, figures_of
from firth.report.findings import findings, title_of
from firth.report.page import write_report
from firth.report.words import words
from firth.results.schema import ModelCard, Result, Score

CARD = ModelCard(
    name="m", revision="1", fingerprint="0", parameters=1, family="bert", layers=2, width=4,
    source="m",
)  # fmt: skip
PAIRS = [
    (["科学家", "猜想", "。"], ["scientists", "it's", "<b>", "."]),
    (["w"] * 40, ["v" * (1 + at % 30) for at in range(45)]),
    (["a"], ["b"]),
]


def score(metric, value, **fields):
    bounds = {"low": value - 0.1, "high": value + 0.1}
    return Score(metric=metric, value=value, n=40, unit="sentence pair", **bounds, **fields)


def rows(layer, value, **fields):
    return [
        score("alignment_f1", value, layer=layer, **fields),
        score("alignment_error_rate", 1 - value, layer=layer, **fields),
    ]


def make(scored=True):
    tables = {
        "chosen": [{"layer": 1, "similarity": "centred", "method": "itermax", "by": "x"}],
        "sentences": [
            {"sentence": at, "source": source, "target": target, "links": ["0-0"]}
            | ({"sure": ["0-0"], "possible": []} if scored else {})
            for at, (source, target) in enumerate(PAIRS, start=1)
        ],
        # The last pair is one of which no similarities were kept.
        "matrices": [
            {"sentence": at, "word": i, "similarities": [0.01 * (i + j) for j in range(len(target))]}
            for at, (source, target) in enumerate(PAIRS[:2], start=1)
            for i in range(len(source))
        ],
    }  # fmt: skip
    scores = []
    if scored:
        tables["sentences"][0] |= {"links": ["0-0", "1-3"], "sure": ["0-0"], "possible": ["1-1"]}
        for at, method in enumerate(("argmax", "itermax")):
            for similarity in ("raw", "centred"):
                about = {"arm": method, "similarity": similarity}
                for layer in (0, 1, 2):
                    scores += rows(layer, 0.5 + 0.1 * layer + 0.05 * at, **about)
                scores += rows(1, 0.61 + 0.05 * at, split="best_on_half", **about)
                scores += rows(None, 0.3 + 0.05 * at, control="static", **about)
        scores += rows(None, 0.15, control="diagonal")
    return Result(
        experiment="links", version="0", config={}, model=CARD, data=[], seed=0, scores=scores,
        tables=tables, environment={}, started="2026-01-01T00:00:00", seconds=1.0,
    )  # fmt: skip


def test_the_matrix_holds_similarities_links_and_gold():
    result = make()
    one = figure(result, "matrix", sentence=1)
    cells = one.rows()
    assert len(cells) == 12
    first = cells[0]
    assert (first["source_word"], first["target_word"]) == ("科学家", "scientists")
    assert (first["similarity"], first["links"], first["sure"]) == (0, True, True)
    assert [(row["source_word"], row["target_word"]) for row in cells if row.get("links")] == [
        ("科学家", "scientists"), ("猜想", "."),
    ]  # fmt: skip
    (maybe,) = (row for row in cells if row.get("possible"))
    assert maybe["target_word"] == "it's"
    assert cells[7]["similarity"] == pytest.approx(0.04)
    assert figures_of(result, "sentence") == ["matrix"]
    assert figures_of(result, "result") == ["layers"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scored", [True, False])
def test_the_legend_says_only_what_is_there(language, scored, tmp_path):
    text = words(language)["links_matrix"]
    result = make(scored)
    one = figure(result, "matrix", sentence=1, language=language)
    one.save(tmp_path / "a.svg")
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text["links"] in drawn
    assert (text["sure"] in drawn, text["possible"] in drawn) == (scored, scored)
    for word in ("科学家", "scientists", "it's"):
        assert word in drawn
    assert one.title == "科学家 猜想 。"


def test_a_long_pair_keeps_every_word():
    one = figure(make(), "matrix", sentence=2)
    step = one.spec["width"]["step"]
    assert step == one.spec["height"]["step"] == 13
    labels = one.spec["params"][0]["value"]
    assert len(labels) == 85
    assert max(map(len, labels)) <= 18
    assert one.rows()[29]["target_word"] == "v" * 30
    assert one.spec["encoding"]["x"]["axis"]["labelFontSize"] < step


def test_what_a_matrix_cannot_draw():
    with pytest.raises(OptionError, match="sentence 3: the result has similarities of 1, 2"):
        figure(make(), "matrix", sentence=3)
    empty = make().model_copy(update={"tables": make().tables | {"matrices": []}})
    with pytest.raises(ResultError, match="no similarities"):
        figure(empty, "matrix")


def test_the_curves_are_the_scores():
    one = figure(make(), "layers")
    curve = [row["value"] for row in one.rows() if row["series"] == "itermax"]
    assert curve == pytest.approx([0.55, 0.65, 0.75])
    rules = {row["series"]: row["value"] for row in one.rows() if "control" in row}
    text = words("en")["links_layers"]
    assert rules == {text["static"]: 0.35, text["diagonal"]: 0.15}
    raw = figure(make(), "layers", similarity="raw", language="zh")
    assert raw.title == words("zh")["links_layers"]["title"]
    with pytest.raises(OptionError, match="Did you mean 'raw'"):
        figure(make(), "layers", similarity="rav")
    with pytest.raises(ResultError, match="without gold"):
        figure(make(scored=False), "layers")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_findings(language):
    say = words(language)
    argmax, itermax, controls, told = findings(make(), say)
    for line, number, rate in ((argmax, "0.610", "0.390"), (itermax, "0.660", "0.340")):
        assert number in line
        assert rate in line
    assert "0.350" in controls
    assert "0.150" in controls
    assert "itermax" in told
    (alone,) = findings(make(scored=False), say)
    assert say["links_finding"]["usual"] in alone
    assert say["title"]["links"] in title_of(make(), say)


def test_the_page_shows_the_pairs_that_were_kept(tmp_path):
    make().save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Which word translates which?" in page
    assert page.count("links-1-matrix-m") == 1
    assert "links-2-matrix-m" in page
    assert "links-3-matrix-m" not in page
    assert "links-layers-m" in page
    assert "&lt;b&gt;" in page
