"""The figures and findings of ``reading``, from results by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firth.errors import OptionError, ResultError
from firth.report.charts import figure, figures_of
from firth.report.findings import findings, title_of
from firth.report.page import write_report
from firth.report.words import words
from firth.results.schema import ModelCard, Result, Score

CARD = ModelCard(
    name="reader", revision="local", fingerprint="0", parameters=1, family="bert", layers=2,
    width=4, source="reader",
)  # fmt: skip
TESTS = {"xquad.zh": ("zh", "cmrc"), "xquad.en": ("en", "squad")}
ARMS = {"zero-shot": 0.5, "in-language": 0.6, "untrained": 0.1}
GROUPS = {"answer length": ("1-2", "3-4"), "question type": ("who", "when"),
          "overlap": ("0-25 %", "25-50 %")}  # fmt: skip


def make(experiment: str, scores: list[Score], tables: dict[str, Any]) -> Result:
    config = {"settings": {"seeds": 2}}
    return Result(
        experiment=experiment, version="0", config=config, model=CARD, data=[], seed=0,
        scores=scores, tables=tables, environment={}, started="2026-01-01T00:00:00", seconds=1.0,
    )  # fmt: skip


def score(value: float, **fields: Any) -> Score:
    ends = {} if fields.get("seed") is not None else {"low": value - 0.05, "high": value + 0.05}
    return Score(value=value, n=100, unit="question", **ends, **fields)


def tables(arms: list[str | None]) -> dict[str, Any]:
    about = [{"test": test, "language": language, "scorer": scorer}
             for test, (language, scorer) in TESTS.items()]  # fmt: skip
    return {
        "tests": [one | {"questions": 100} for one in about],
        "groups": [
            one | {"by": by, "group": group, "n": 40, "f1": 0.3 + 0.1 * at, "exact_match": 0.2,
                   "low": 0.1, "high": 0.7} | ({} if arm is None else {"arm": arm})
            for one in about
            for by, groups in GROUPS.items()
            for at, group in enumerate(groups)
            for arm in arms
        ],
        "published": [
            {"test": "xquad.zh", "language": "zh", "model": "mBERT", "f1": 0.58,
             "exact_match": 0.483, "scorer": "xquad", "trained_on": 87599, "source": "README"},
        ],
    }  # fmt: skip


@pytest.fixture
def reading() -> Result:
    scores = [
        score(value, metric=metric, split=test, language=language, scorer=one)
        for test, (language, scorer) in TESTS.items()
        for one, value in ((scorer, 0.5), ("xquad", 0.45))
        for metric in ("exact_match", "f1")
    ]
    return make("reading", scores, tables([None]))


@pytest.fixture
def arms() -> Result:
    scores: list[Score] = []
    for test, (language, scorer) in TESTS.items():
        for arm, value in ARMS.items():
            about: dict[str, Any] = {"split": test, "language": language, "arm": arm}
            for metric in ("exact_match", "f1"):
                scores.append(score(value, metric=metric, scorer=scorer, **about))
                scores.append(score(value - 0.1, metric=metric, scorer="xquad", **about))
                scores += [
                    score(value + shift, metric=metric, scorer=scorer, seed=seed, **about)
                    for seed, shift in enumerate((-0.02, 0.02))
                ]
    more = tables(list(ARMS))
    more["arms"] = [{"arm": arm, "seed": 0, "questions": 1200} for arm in ARMS]
    gap = {"contrast": "gap", "test": "xquad.zh", "language": "zh", "metric": "f1", "scorer": "cmrc",
           "first": "in-language", "second": "zero-shot", "difference": 0.1, "n": 100}  # fmt: skip
    more["contrasts"] = [
        gap | {"low": 0.02, "high": 0.2, "p": 0.0004, "p_adjusted": 0.0008},
        gap | {"metric": "exact_match"},
    ]
    return make("reading_arms", scores, more)


def rows_of(spec: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    data = spec["datasets"][spec["data"]["name"]]
    return [row for row in data if all(row.get(key) == value for key, value in fields.items())]


def test_languages_beside_published_rows(reading: Result) -> None:
    assert figures_of(reading, "result") == ["languages", "lengths", "types", "overlaps"]
    spec = figure(reading, "languages").spec
    zh = rows_of(spec, test="xquad.zh · Chinese")
    assert [(row["series"], row["value"]) for row in zh] == [
        ("scorer of the language", 0.5), ("XQuAD's scorer", 0.45), ("mBERT", 0.58),
    ]  # fmt: skip
    assert [row["is_published"] for row in zh] == [False, False, True]
    exact = figure(reading, "languages", metric="exact_match").spec
    assert rows_of(exact, series="mBERT")[0]["value"] == 0.483
    with pytest.raises(OptionError, match="legal are f1, exact_match"):
        figure(reading, "languages", metric="em")


def test_arms_with_their_seeds(arms: Result) -> None:
    assert figures_of(arms, "result")[0] == "arms"
    spec = figure(arms, "arms").spec
    assert len(spec["vconcat"]) == 2
    means = [row for row in rows_of(spec, test="xquad.zh") if "seed" not in row]
    assert [row["value"] for row in means] == [0.5, 0.6, 0.1]
    assert [row["value"] for row in rows_of(spec, test="xquad.zh", seed=1)] == pytest.approx(
        [0.52, 0.62, 0.12]
    )
    assert "1,200" in spec["title"]["subtitle"][0]


@pytest.mark.parametrize("name", ["lengths", "types", "overlaps"])
def test_kinds_of_questions(arms: Result, reading: Result, name: str) -> None:
    spec = figure(arms, name).spec
    assert len(rows_of(spec)) == 2 * 2 * 3
    assert len(rows_of(figure(reading, name, language="zh").spec)) == 4
    bare = make("reading", [], {"tests": reading.tables["tests"]})
    with pytest.raises(ResultError):
        figure(bare, name)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_findings_and_a_page(reading: Result, arms: Result, tmp_path: Path, language: str) -> None:
    say = words(language)
    lines = findings(reading, say)
    assert len(lines) == 3
    assert "0.500 [0.450, 0.550]" in lines[0]
    assert "mBERT 0.580" in lines[0]
    told = findings(arms, say)
    assert "0.600" in told[0]
    assert "+0.100 [0.020, 0.200]" in told[2]
    assert "< 0.001" in told[2]
    ask = make(
        "ask", [],
        {"questions": [{"question": "谁？", "answer": "安娜", "probability": 0.7},
                       {"question": "Who?", "answer": "", "probability": 0.2}],
         "answers": [{"question": "谁？", "rank": 1, "line": 2, "column": 5}]},
    )  # fmt: skip
    assert "安娜" in findings(ask, say)[0]
    assert title_of(ask, say) != title_of(reading, say)
    for one in (reading, arms, ask):
        one.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "page.html", language=language)
    assert "xquad.zh" in page.read_text("utf-8")


def test_both_languages_have_the_same_words() -> None:
    for name in ("reading_languages", "reading_bars", "reading_kinds", "reading_finding"):
        assert words("en")[name].keys() == words("zh")[name].keys()
    assert set(words("en")["reading"]["arms"]) == set(words("zh")["reading"]["arms"])


def test_figures_are_drawn(reading: Result, arms: Result) -> None:
    for result, name in ((reading, "languages"), (arms, "arms"), (arms, "lengths")):
        assert figure(result, name, language="zh").to_png().startswith(b"\x89PNG")
