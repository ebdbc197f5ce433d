from __future__ import annotations

import csv

import numpy as np
import pytest

from conftest import make
from firth.errors import OptionError, ResultError
from firth.report.charts import figure
from firth.report.senses_data import scores_of
from firth.report.words import languages, words
from firth.results.schema import Score

LAYERS = (0, 1, 2)
# Means over layers: 杜鹃 .8, bank .7, 苹果 .6.
VALUES = {"苹果": [0.5, 0.6, 0.7], "杜鹃": [0.7, 0.9, 0.8], "bank": [0.6, 0.75, 0.75]}


def score(word, value, metric="auc", similarity="centred", **fields):
    return Score(
        metric=metric, value=value, low=value - 0.1, high=min(1, value + 0.1), n=15,
        unit="sentence pair", word=word, similarity=similarity, **fields,
    )  # fmt: skip


def several(*more, metric="auc", values=VALUES):
    result = make(words=list(values), layers=LAYERS, arrays=False)
    scores = [
        score(word, value, metric, layer=layer, split="test" if "centroid" in metric else None)
        for word, own in values.items()
        for layer, value in zip(LAYERS, own, strict=True)
    ]
    return result.model_copy(update={"scores": [*scores, *more]})


def parameters(spec):
    return {one["name"]: one["value"] for one in spec["params"]}


def test_cells_are_the_scores_and_means_count_words_alike():
    control = score("苹果", 0.99, layer=0, control="layer_0")
    other = score("苹果", 0.98, layer=0, similarity="raw")
    rows = figure(several(control, other), "words").rows()
    own = {(row["word"], row["layer"]): row for row in rows if "mean" not in row}
    assert len(own) == 9
    for word, values in VALUES.items():
        for layer, value in zip(LAYERS, values, strict=True):
            row = own[word, layer]
            assert (row["value"], row["low"], row["n"]) == (value, value - 0.1, 15)
    means = [row for row in rows if row.get("mean")]
    assert [row["value"] for row in means] == pytest.approx(np.mean(list(VALUES.values()), axis=0))
    assert {(row["word"], row["n"], row["unit"]) for row in means} == {("all words", 3, "word")}


def test_the_hardest_word_is_last_above_the_means():
    spec = figure(several(), "words").spec
    found = parameters(spec)
    assert found["words"] == ["杜鹃", "bank", "苹果"]
    assert found["row_names"] == [*found["words"], "all words"]
    assert found["tops"][-1] > len(found["words"])
    given = figure(several(), "words", order="given").spec
    assert parameters(given)["words"] == list(VALUES)


def test_one_best_layer_a_row_the_shallowest_of_equals():
    rows = figure(several(), "words").rows()
    best = {row["word"]: row["layer"] for row in rows if row.get("best")}
    assert best == {"苹果": 2, "杜鹃": 1, "bank": 1, "all words": 1}
    assert sum(bool(row.get("best")) for row in rows) == 4


def test_arms_are_columns_set_apart_and_development_scores_are_left_out():
    arm = {"metric": "centroid_accuracy"}
    more = [
        score(word, 0.6 + index / 10, arm=name, split="test", **arm)
        for index, word in enumerate(VALUES)
        for name in ("mean_of_layers", "last_four")
    ]
    more.append(score("苹果", 0.55, arm="best_on_dev", layer=1, split="test", **arm))
    more.append(score("苹果", 0.1, layer=1, split="dev", **arm))
    one = figure(several(*more, metric="centroid_accuracy"), "words")
    found = parameters(one.spec)
    assert found["columns"] == [0, 1, 2, "last_four", "mean_of_layers"]
    assert found["lefts"][3] > found["rights"][2]
    rows = one.rows()
    assert len(rows) == 3 * 5 + 5
    assert {row["value"] for row in rows if row["word"] == "苹果"} == {0.5, 0.6, 0.7}
    mean = next(row for row in rows if row.get("mean") and row.get("arm") == "last_four")
    assert mean["value"] == pytest.approx(0.7)
    assert "layer" not in mean
    assert not any(row.get("best") for row in rows if "arm" in row)
    # Without a chance level the colours begin at the smallest value.
    assert one.spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == [0.5, 1]


def test_the_metric_is_auc_where_there_is_one():
    accuracy = [score(word, 0.9, "nn_accuracy", layer=0) for word in VALUES]
    spec = figure(several(*accuracy), "words").spec
    assert spec["title"]["subtitle"][0].startswith("AUC")
    assert spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == [0.5, 1]
    assert len(figure(several(*accuracy), "words", metric="nn_accuracy").rows()) == 4
    only = several(metric="centroid_accuracy")
    assert "nearest centroid" in figure(only, "words").spec["title"]["subtitle"][0]


def test_numbers_are_written_only_where_there_is_room():
    def texts(result):
        marks = figure(result, "words").spec["layer"]
        return any(one["mark"]["type"] == "text" for one in marks)

    assert texts(several())
    assert not texts(several(values={f"word {i}": [0.6, 0.7, 0.8] for i in range(31)}))


def test_one_word_is_no_heat_map(result):
    with pytest.raises(ResultError, match=r"at least two words with scores auc.*has 1"):
        figure(result, "words", metric="auc")
    with pytest.raises(ResultError, match="centroid_accuracy"):
        figure(make(words=("苹果", "杜鹃"), labelled=False), "words")
    with pytest.raises(OptionError, match="Did you mean 'nn_accuracy'"):
        figure(several(), "words", metric="accuracy")
    with pytest.raises(OptionError, match="difficulty, given"):
        figure(several(), "words", order="label")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_saves_in_both_languages(language, tmp_path):
    one = figure(several(), "words", language=language)
    one.chart.to_dict()  # Altair validates against the schema
    assert one.save(tmp_path / "w.png").read_bytes().startswith(b"\x89PNG")
    svg = one.to_svg()
    for name in (*VALUES, words(language)["words"]["all"]):
        assert f">{name}</text>" in svg
    rows = list(csv.DictReader(one.save(tmp_path / "w.csv").open(encoding="utf-8", newline="")))
    assert len(rows) == 12


def test_every_language_says_the_same_things():
    def names(tree, at=()):
        for key, value in tree.items():
            yield from names(value, (*at, key)) if isinstance(value, dict) else [(*at, key)]

    said = {language: set(names(words(language))) for language in languages()}
    assert said["en"] == said["zh"]


def test_a_control_of_a_language_belongs_to_the_words_of_that_language():
    drawn = {"metric": "random_similarity", "n": 50, "unit": "word pair", "control": "random_words"}
    plain = several(*(Score(value=value, language=language, **drawn)
                      for value, language in ((0.1, "zh"), (0.2, "en"))))  # fmt: skip
    spoken = {"苹果": "zh", "杜鹃": "zh", "bank": "en"}
    items = [row | {"language": spoken[str(row["word"])]} for row in plain.tables["items"]]
    result = plain.model_copy(update={"tables": {"items": items}})
    for word, value in (("苹果", 0.1), ("bank", 0.2)):
        found = scores_of(result, word, "random_similarity", control="random_words")
        assert [one.value for one in found] == [value]
    assert scores_of(plain, "苹果", "random_similarity") == []
