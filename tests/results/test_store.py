import json

import numpy as np
import pytest
from pydantic import ValidationError

from firth.errors import ResultError
from firth.results import store
from firth.results.files import replacing
from firth.results.metrics import METRICS
from firth.results.schema import DataCard, ModelCard, Result, Score

MODEL = ModelCard(
    name="tiny", revision="local", fingerprint="ab", parameters=1, family="bert", layers=2,
    width=4, source="tiny",
)  # fmt: skip


def make(**changes):
    fields = {
        "experiment": "senses", "version": "0", "config": {"word": "苹果", "seed": 0, "sentences": "a"},
        "model": MODEL, "data": [DataCard(name="x", sha256="cd", n=2)], "seed": 0,
        "scores": [Score(metric="auc", value=0.1 + 0.2, n=3, unit="pair", low=0.1, high=0.9)],
        "environment": {}, "started": "now", "seconds": 1.0,
    }  # fmt: skip
    return Result(**{**fields, **changes})


def test_a_result_comes_back_as_it_was(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    folder = make().with_arrays({"m": array}).save(tmp_path)
    back = store.load(folder)
    assert back.model_dump() == make().model_dump()
    assert back.scores[0].value == 0.1 + 0.2
    np.testing.assert_array_equal(back.arrays["m"], array)
    row = json.loads((folder / "result.json").read_text())["scores"][0]
    assert set(row) == {"metric", "value", "n", "unit", "low", "high"}


def test_the_same_question_has_the_same_folder_wherever_the_file_lies(tmp_path):
    folder = make().save(tmp_path)
    assert make(config={"word": "苹果", "seed": 0, "sentences": "b"}).save(tmp_path) == folder
    assert make(config={"word": "苹果", "seed": 1, "sentences": "a"}).save(tmp_path) != folder
    assert make(data=[DataCard(name="x", sha256="ee", n=2)]).save(tmp_path) != folder
    result = make()
    found = store.find(tmp_path, "senses", "0", result.config, MODEL, result.data)
    assert found is not None
    assert len(list(store.results_below(tmp_path))) == 3


def test_a_failed_write_leaves_the_old_result(tmp_path, monkeypatch):
    folder = make().save(tmp_path)
    before = (folder / "result.json").read_bytes()

    def broken(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Result, "to_json", broken)
    with pytest.raises(ResultError, match="No space left"):
        make(seconds=2.0).save(tmp_path)
    assert (folder / "result.json").read_bytes() == before
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "not JSON"), ("[]", "schema version None"), ('{"schema_version": 99}', "version 99")],
)
def test_damaged_results_say_so(tmp_path, content, said):
    file = tmp_path / "result.json"
    file.write_text(content)
    with pytest.raises(ResultError, match=said):
        store.load(file)
    with pytest.raises(ResultError, match="no result"):
        store.load(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    "row",
    [
        {"metric": "nonsense", "value": 0.5},
        {"metric": "auc", "value": 1.5},
        {"metric": "auc", "value": float("nan")},
        {"metric": "auc", "value": 0.5, "low": 0.1},
        {"metric": "auc", "value": 0.5, "low": 0.9, "high": 0.1},
        {"metric": "auc", "value": 0.5, "colour": "red"},
    ],
)
def test_a_score_that_cannot_be_is_refused(row):
    with pytest.raises(ValidationError):
        Score(n=1, unit="pair", **row)


def test_every_metric_says_what_it_means():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.meaning.endswith(".")
        if metric.chance is not None:
            assert metric.low is None or metric.low <= metric.chance
            assert metric.high is None or metric.chance <= metric.high


def test_replacing_is_whole_or_nothing(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as staging:
        staging.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with replacing(path) as staging:
        staging.write_text("new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]
