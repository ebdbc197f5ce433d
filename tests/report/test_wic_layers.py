"""What the page says of word-in-context pairs and of centroids."""

import pytest

from firth.errors import OptionError, ResultError
from firth.report.charts import figure, figures_of
from firth.report.findings import findings, title_of
from firth.report.words import words
from firth.results.schema import ModelCard, Result, Score

CARD = ModelCard(
    name="m", revision="1", fingerprint="0", parameters=1, family="bert", layers=2, width=4,
    source="m",
)  # fmt: skip


def score(metric, value, **fields):
    bounds = {"low": value - 0.1, "high": value + 0.1}
    return Score(metric=metric, value=value, n=40, unit="sentence pair", **bounds, **fields)


def make(experiment, scores):
    return Result(
        experiment=experiment, version="0", config={}, model=CARD, data=[], seed=0, scores=scores,
        environment={}, started="2026-01-01T00:00:00", seconds=1.0,
    )  # fmt: skip


@pytest.fixture
def pairs():
    rows = [
        score(metric, base + 0.05 * layer, layer=layer, similarity=kind)
        for metric, base in (("accuracy", 0.6), ("auc", 0.7))
        for kind in ("raw", "centred")
        for layer in (0, 1, 2)
    ]
    rows += [
        score("accuracy", 0.66, similarity=kind, arm="best_on_dev") for kind in ("raw", "centred")
    ]
    rows += [
        score("accuracy", 0.5, control="most_frequent_answer"),
        score("accuracy", 0.45, control="static", similarity="raw"),
        score("accuracy", 0.6, control="layer_0", layer=0, similarity="centred"),
    ]
    return make("wic", rows)


def test_the_curve_holds_the_scores_and_the_controls(pairs):
    assert figures_of(pairs) == ["layers"]
    spec = figure(pairs, "layers").spec
    values = spec["datasets"][spec["data"]["name"]]
    curve = [row["value"] for row in values if row.get("series") == "AUC"]
    assert curve == pytest.approx([0.7, 0.75, 0.8])
    assert {row["control"] for row in values if "control" in row} == {
        "static",
        "most_frequent_answer",
    }
    assert figure(pairs, "layers", language="zh").title == words("zh")["wic"]["title"]
    with pytest.raises(OptionError, match="Did you mean 'raw'"):
        figure(pairs, "layers", similarity="rav")
    with pytest.raises(ResultError, match="no layers"):
        figure(make("wic", []), "layers")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_finding_of_pairs(pairs, language):
    say = words(language)
    (line,) = findings(pairs, say)
    for number in ("0.660 [0.560, 0.760]", "40", "0.500", "0.450", "0.600"):
        assert number in line
    assert say["title"]["wic"] in title_of(pairs, say)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_finding_of_centroids(language):
    name, fields = "centroid_accuracy_macro", {"similarity": "centred", "split": "test"}
    rows = [
        score(name, 0.9, arm="best_on_dev", layer=2, **fields),
        score(name, 0.5, layer=0, **fields),
        score(name, 0.7, control="most_frequent_sense", split="test"),
    ]
    (line,) = findings(make("senses", rows), words(language))
    for number in ("0.900 [0.800, 1.000]", "0.700", "0.500", "2"):
        assert number in line
