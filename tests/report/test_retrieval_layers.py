"""The figure of sentences over layers, and what the page says of them."""

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
BASE = {"raw": 0.3, "centred": 0.4, "csls": 0.5, "margin": 0.45}


def rows(pair, margin=True):
    first, second = pair.split("-")
    for direction, gain in ((pair, 0.0), (f"{second}-{first}", 0.05)):
        about = {"pair": pair, "direction": direction, "n": 40, "unit": "sentence"}
        for kind, base in BASE.items():
            for layer in (0, 1, 2) if margin or kind != "margin" else ():
                value = base + gain + 0.1 * layer
                ends = {"low": value - 0.05, "high": value + 0.05}
                own = about | {"layer": layer, "similarity": kind}
                yield Score(metric="retrieval_accuracy", value=value, **ends, **own)
                yield Score(metric="mrr", value=value + 0.1, **ends | {"high": value + 0.15}, **own)
                yield Score(metric="hubness", value=2.5, **own)
                if layer == 2:
                    yield Score(metric="retrieval_accuracy", value=value - 0.01, arm="best_on_half",
                                **ends, **own)  # fmt: skip
        for metric in ("retrieval_accuracy", "mrr"):
            yield Score(metric=metric, value=0.025, control="chance", **about)
            for kind in ("raw", "centred"):
                value = {"raw": 0.11, "centred": 0.22}[kind]
                yield Score(metric=metric, value=value, control="static", similarity=kind, **about)


def make(scores, published=()):
    return Result(
        experiment="retrieval", version="0", config={}, model=CARD, data=[], seed=0, scores=scores,
        tables={"texts": [], "failures": [], "published": list(published)},
        environment={}, started="2026-01-01T00:00:00", seconds=1.0,
    )  # fmt: skip


BESIDE = [
    {"model": "mini", "metric": "retrieval_accuracy", "pair": "zh-en", "value": 0.55,
     "source": "this result", "note": "derived"},
    {"model": "e5", "metric": "retrieval_accuracy", "pair": "zh-en", "value": 0.914,
     "source": "its card", "note": "n"},
    {"model": "e5", "metric": "f1", "pair": "zh-en", "value": 0.777, "source": "its card",
     "note": "n"},
]  # fmt: skip


@pytest.fixture
def result():
    return make([*rows("en-zh"), *rows("en-de", margin=False)], BESIDE)


def values(spec, name):
    data = spec["datasets"][spec["data"]["name"]]
    return [row["value"] for row in data if row["series"] == name]


def test_a_curve_a_similarity_and_the_controls(result):
    assert figures_of(result, "pair") == ["layers"]
    spec = figure(result, "layers").spec
    assert values(spec, "csls") == pytest.approx([0.5, 0.6, 0.7])
    assert values(spec, "margin") == pytest.approx([0.45, 0.55, 0.65])
    assert values(spec, "static vector") == [0.22]  # the centred one
    assert values(spec, "chance") == [0.025]
    back = figure(result, "layers", pair="en-zh", direction="zh-en", metric="mrr").spec
    assert values(back, "raw") == pytest.approx([0.45, 0.55, 0.65])
    assert "Chinese → English" in back["title"]["text"]
    assert "1 / rank" in back["title"]["subtitle"][0]
    german = figure(result, "layers", pair="en-de").spec
    assert values(german, "margin") == []
    assert "English → German" in german["title"]["text"]
    assert figure(result, "layers").chart.to_dict()["$schema"].endswith("v6.json")


def test_it_speaks_chinese(result):
    drawn = figure(result, "layers", language="zh", direction="zh-en")
    assert "中文 → 英文" in drawn.title
    assert values(drawn.spec, "中心化") == pytest.approx([0.45, 0.55, 0.65])
    assert drawn.to_png().startswith(b"\x89PNG")


def test_what_there_is_not_is_one_line(result):
    with pytest.raises(OptionError, match="Did you mean 'en-zh'"):
        figure(result, "layers", pair="en-zhh")
    with pytest.raises(OptionError, match="'en-zh', 'zh-en'|en-zh, zh-en"):
        figure(result, "layers", direction="de-en")
    with pytest.raises(OptionError, match="retrieval_accuracy"):
        figure(result, "layers", metric="hubness")
    for empty in ([], [one for one in rows("en-zh") if one.layer is None]):
        with pytest.raises(ResultError, match="no scores over layers"):
            figure(make(empty), "layers")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_findings(result, language):
    say = words(language)
    lines = findings(result, say)
    assert len(lines) == 5  # two ways of two pairs, and one beside the published
    # Centred at the chosen layer, its interval, the others, and the controls.
    for number in ("0.590 [0.550, 0.650]", "40", "0.490", "0.690", "0.640", "0.025", "0.220"):
        assert number in lines[0]
    assert "0.110" not in lines[0]
    for part in ("0.550", "0.914", "e5", say["retrieval_finding"]["derived"]):
        assert part in lines[4]
    assert "0.777" not in lines[4]  # F1 is in the table, not beside an accuracy
    assert say["title"]["retrieval"] in title_of(result, say)
    assert findings(make([]), say) == [say["page"]["no_finding"]]


def test_the_page_draws_every_pair(result, tmp_path):
    result.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "r.html").read_text(encoding="utf-8")
    assert "English → Chinese" in page
    assert "English → German" in page
    assert "retrieval-en-de-layers-mini" in page
