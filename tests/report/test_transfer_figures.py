"""The figures of ``transfer`` and what the page says of it, from a result made by hand."""

import json

import pytest

from firth.errors import OptionError, ResultError
from firth.report.charts import figure, figures_of
from firth.report.findings import findings, title_of
from firth.report.page import write_report
from firth.report.words import words
from firth.results.schema import ModelCard, Result, Score

CARD = ModelCard(
    name="mini", revision="1", fingerprint="0", parameters=1, family="bert", layers=2, width=4,
    source="mini",
)  # fmt: skip
VALUES = {
    "pretrained": 0.95, "random": 0.91, "shuffled": 0.92, "re-embedded": 0.94, "re-blocked": 0.90,
    "frozen": 0.72, "kmers": 0.96, "cnn": 0.94, "majority": 0.52,
}  # fmt: skip
P = {"random": (0.001, 0.005), "shuffled": (0.2, 0.4), "re-embedded": (0.3, 0.4),
     "frozen": (0.0005, 0.0025), "cnn": (0.9, 0.9)}  # fmt: skip


def scores(unit, n):
    for arm, value in VALUES.items():
        about = {"n": n, "unit": unit, "arm": arm, "split": "test"}
        yield Score(metric="accuracy", value=value, low=value - 0.02, high=value + 0.02, **about)
        if arm in P:
            gap = 0.95 - value
            p, adjusted = P[arm]
            yield Score(metric="difference", value=gap, low=gap - 0.02, high=gap + 0.02, p=p,
                        p_adjusted=adjusted, scorer="accuracy", pair=f"pretrained - {arm}",
                        **about)  # fmt: skip
    yield Score(metric="accuracy", value=0.34, n=n, unit=unit, arm="pretrained", control="labels")


def make(runs=3, groups=False):
    tables = {"runs": [], "curves": [], "bands": [], "contrasts": []}
    for arm in ("pretrained", "random", "shuffled", "re-embedded", "re-blocked"):
        for number in range(runs):
            met = {"steps_to": 40, "seconds_to": 9.5} if arm != "random" or number else {}
            tables["runs"].append(
                {"arm": arm, "map": number, "seed": 0, "accuracy": VALUES[arm] + 0.01 * number,
                 "rate": 1e-4, "warmup": 0.1} | met
            )  # fmt: skip
            tables["curves"] += [
                {"arm": arm, "map": number, "seed": 0, "step": step, "dev_score": 0.5 + step / 200}
                for step in (20, 40, 60)
            ]
        for step in (20, 40, 60):
            value = 0.5 + step / 200
            ends = {"low": value - 0.1, "high": value + 0.1} if runs > 1 else {}
            tables["bands"].append({"arm": arm, "step": step, "value": value, "runs": runs} | ends)
    about = {"n": runs, "unit": "run", "arm": "pretrained", "scorer": "accuracy 0.9 on dev"}
    own = [*scores("sequence", 319), *(scores("group", 40) if groups else ())]
    own += [
        Score(metric="steps_to", value=40, **about),
        Score(metric="seconds_to", value=9.5, **about),
    ]
    return Result(
        experiment="transfer", version="0", config={"metric": "accuracy"}, model=CARD, data=[],
        seed=0, scores=own, tables=tables, environment={}, started="2026-01-01T00:00:00",
        seconds=1.0,
    )  # fmt: skip


def test_arms_and_their_runs():
    result = make()
    assert figures_of(result) == ["arms", "contrasts", "curves"]
    rows = figure(result, "arms").rows()
    means = {row["name"]: row["value"] for row in rows if "value" in row}
    assert means["pre-trained"] == 0.95
    assert means["pre-trained, random labels"] == 0.34
    assert len(means) == len(VALUES) + 1
    assert sum(row.get("arm") == "random" and "run" in row for row in rows) == 3
    by_group = figure(make(groups=True), "arms")
    assert "n = 40" in json.dumps(by_group.spec)
    assert not [row for row in by_group.rows() if "run" in row]
    assert "n = 319" in json.dumps(figure(make(groups=True), "arms", unit="sequence").spec)
    with pytest.raises(OptionError, match="this result has sequence"):
        figure(result, "arms", unit="group")


def test_contrasts_are_drawn_with_their_p():
    rows = figure(make(), "contrasts").rows()
    assert [row["arm"] for row in rows] == ["random", "shuffled", "re-embedded", "frozen", "cnn"]
    assert rows[0]["tested"] == "p = 0.005"
    assert rows[3]["value"] == pytest.approx(0.23)
    none = make().model_copy(update={"scores": []})
    for name in ("arms", "contrasts"):
        with pytest.raises(ResultError):
            figure(none, name)


def test_curves_have_bands_where_there_are_enough_runs():
    rows = figure(make(), "curves").rows()
    assert {row["arm"] for row in rows if "low" in row} == {
        "pretrained", "re-embedded", "shuffled", "random",
    }  # fmt: skip
    assert sum("run" in row for row in rows) == 5 * 3 * 3
    assert not [row for row in figure(make(runs=2), "curves").rows() if "low" in row]
    assert not [row for row in figure(make(runs=1), "curves").rows() if "run" in row]
    told = {runs: str(figure(make(runs=runs), "curves").spec["title"]) for runs in (1, 2, 3)}
    assert "one run an arm" in told[1]
    assert "thin: each run; too few" in told[2]
    assert "Student" in told[3]
    one = figure(make(), "curves", arms="random", language="zh").rows()
    assert {row["name"] for row in one} == {"随机权重"}
    with pytest.raises(OptionError, match="Did you mean 'random'"):
        figure(make(), "curves", arms=["randm"])
    empty = make().model_copy(update={"tables": {}})
    with pytest.raises(ResultError, match="nothing was fine-tuned"):
        figure(empty, "curves")


def test_what_the_page_says(tmp_path):
    result = make()
    lines = "\n".join(findings(result, words("en")))
    assert "pre-trained 0.950 [0.930, 0.970]" in lines
    assert "random weights +0.040 [0.020, 0.060] (p = 0.005)" in lines
    assert "Better than chance would have it than: random weights, frozen, linear probe." in lines
    assert "without any, k-mer counts reach 0.960; the pre-trained model 0.950" in lines
    assert "pre-trained 40 steps, 9.5 s" in lines
    assert "random weights in 2 of 3 runs" in lines
    assert "random labels 0.340" in lines
    chinese = "\n".join(findings(result, words("zh")))
    assert "预训练 0.950" in chinese
    assert title_of(result, words("zh")).startswith("文本 BERT")
    result.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Kao &amp; Lee 2021" in page
    for name in figures_of(result):
        assert figure(result, name).to_svg().startswith("<svg")
