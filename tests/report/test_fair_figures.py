"""The figures and findings of where the language is, and of fair search, from results by hand."""

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
ARMS = {"none": 0.9, "zero_mean": 0.3, "lir_1": 0.35, "lir_4": 0.4, "agnostic": 0.25}
CENTRED = "agnostic_centred"


def make(experiment, scores, tables):
    return Result(
        experiment=experiment, version="0", config={}, model=CARD, data=[], seed=0, scores=scores,
        tables=tables, environment={}, started="2026-01-01T00:00:00", seconds=1.0,
    )  # fmt: skip


def ends(value):
    return {"value": value, "low": max(0, value - 0.05), "high": min(1, value + 0.05)}


def probes():
    about = {"metric": "language_id_accuracy", "n": 300, "unit": "sentence"}
    for unit, less in (("sentence", 0.0), ("token", 0.2)):
        for layer in (0, 1, 2):
            for arm, value in ARMS.items():
                yield Score(**about, **ends(value - less + 0.01 * layer), layer=layer, arm=arm,
                            scorer=unit)  # fmt: skip
            yield Score(**about, **ends(0.17), layer=layer, arm="none", scorer=unit,
                        control="shuffled_labels")  # fmt: skip
        yield Score(**about, value=0.166, control="chance", scorer=unit)


def alignment(pair):
    first, second = pair.split("-")
    for way in (pair, f"{second}-{first}"):
        about = {"pair": pair, "direction": way, "n": 80, "unit": "sentence"}
        for metric, more in (("retrieval_accuracy", 0.0), ("mrr", 0.05)):
            for layer in (0, 1, 2):
                for at, arm in enumerate([*ARMS, CENTRED]):
                    value = 0.2 + 0.2 * layer + 0.02 * at * (3 - layer) + more
                    yield Score(metric=metric, **ends(value), layer=layer, arm=arm,
                                scorer="sentence", similarity="raw", **about)  # fmt: skip
            yield Score(metric=metric, value=0.0125, control="chance", **about)


def searches():
    for way, base in (("en-zh", 0.6), ("zh-en", 0.3)):
        about = {"pair": "en-zh", "direction": way, "unit": "query"}
        for metric, more in (("mrr", 0.1), ("recall_at_1", 0.0), ("recall_at_10", 0.2),
                             ("same_language_share", 0.15)):  # fmt: skip
            for layer in (0, 2):
                for at, arm in enumerate([*ARMS, CENTRED]):
                    value = base + more + 0.01 * at - (0.1 if layer == 0 else 0)
                    own = ends(value) | {"layer": layer, "arm": arm, "similarity": "raw"}
                    yield Score(metric=metric, n=90, **own, **about)
                    if layer == 2:
                        yield Score(metric=metric, n=45, split="best_on_half", **own, **about)
                    if metric in ("mrr", "recall_at_1"):
                        own |= ends(0.95)
                        yield Score(metric=metric, n=90, control="others_only", **own, **about)
            yield Score(metric=metric, n=90, value=0.499, control="chance", **about)


@pytest.fixture
def where():
    return make("where", [*probes(), *alignment("en-zh"), *alignment("en-de")],
                {"languages": [], "pairs": []})  # fmt: skip


@pytest.fixture
def search():
    texts = [{"pair": "en-zh", "direction": way} for way in ("en-zh", "zh-en")]
    return make("search", list(searches()), {"texts": texts, "fit": [], "examples": []})


def rows_of(spec, **fields):
    data = spec["datasets"][spec["data"]["name"]]
    return [row for row in data if all(row.get(key) == value for key, value in fields.items())]


def test_a_curve_a_correction_for_sentences_and_tokens(where):
    assert figures_of(where, "result") == ["layers"]
    assert figures_of(where, "pair") == ["alignment"]
    spec = figure(where, "layers", unit="token").spec
    assert [one["value"] for one in spec["params"] if one["name"] == "unit"] == ["token"]
    drawn = rows_of(spec, unit="sentence", series="as they are")
    assert [row["value"] for row in drawn] == pytest.approx([0.9, 0.91, 0.92])
    assert [row["value"] for row in rows_of(spec, unit="token", series="LIR, 4")] == pytest.approx(
        [0.2, 0.21, 0.22]
    )
    assert len(rows_of(spec, unit="token", series="shuffled languages")) == 3
    [chance] = rows_of(spec, unit="token", series="chance")
    assert chance["control"] == "chance"
    assert figure(where, "layers").to_png().startswith(b"\x89PNG")


def test_alignment_of_a_pair(where):
    spec = figure(where, "alignment", pair="en-de", direction="de-en", metric="mrr").spec
    assert "German → English" in spec["title"]["text"]
    centred = rows_of(spec, series="directions and common mean out")
    assert [row["value"] for row in centred] == pytest.approx([0.55, 0.65, 0.75])
    assert len(rows_of(spec, series="chance")) == 1
    assert "→" in figure(where, "alignment", language="zh").title


def test_bars_before_and_after_with_the_share_beside(search):
    assert figures_of(search, "result") == ["bars"]
    spec = figure(search, "bars").spec
    [before] = rows_of(spec, panel="found", direction="zh-en", series="as they are")
    assert before["value"] == pytest.approx(0.3)
    assert "control" not in before
    [apart] = rows_of(spec, panel="found", direction="zh-en", control="others_only")
    assert apart["value"] == pytest.approx(0.95)
    [share] = rows_of(spec, panel="own", direction="en-zh", series="LIR, 1")
    assert share["value"] == pytest.approx(0.77)
    assert len(rows_of(spec, panel="own", control="chance")) == 2
    assert len(spec["datasets"]["data"]) == 2 * 2 * 6 + 2 * 2
    other = figure(search, "bars", metric="mrr", layer=0, language="zh")
    assert "第 0 层" in other.spec["title"]["subtitle"][0]
    assert figure(search, "bars").to_png().startswith(b"\x89PNG")


def test_what_there_is_not_is_one_line(where, search):
    with pytest.raises(OptionError, match="sentence"):
        figure(where, "layers", unit="word")
    with pytest.raises(OptionError, match="Did you mean 'en-zh'"):
        figure(where, "alignment", pair="en-zhh")
    with pytest.raises(OptionError, match="de-en"):
        figure(where, "alignment", pair="en-de", direction="zh-en")
    with pytest.raises(OptionError, match="recall_at_1"):
        figure(search, "bars", metric="hubness")
    with pytest.raises(OptionError, match="no layer 1 here; there are 0, 2"):
        figure(search, "bars", layer=1)
    for experiment, name in (("where", "layers"), ("where", "alignment"), ("search", "bars")):
        with pytest.raises(ResultError, match="No "):
            figure(make(experiment, [], {"texts": []}), name)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_findings(where, search, language):
    say = words(language)
    lines = findings(where, say)
    assert len(lines) == 2 + 4
    for number in ("0.920 [0.870, 0.970]", "300", "0.166", "0.270", "0.900"):
        assert number in lines[0]
    assert say["where_layers"]["token"] in lines[1]
    for number in ("0.200", "0.500", "0.600", "0.700"):  # most at layer 0; at the last layer
        assert number in lines[2]
    assert say["title"]["where"] in title_of(where, say)
    forward, back = findings(search, say)
    for number in ("0.600 [0.550, 0.650]", "0.650 [0.600, 0.700]", "90", "0.950", "0.750", "0.800",
                   "0.499"):  # fmt: skip
        assert number in forward
    assert "0.300 [0.250, 0.350]" in back
    assert say["title"]["search"] in title_of(search, say)
    for experiment in ("where", "search"):
        assert findings(make(experiment, [], {"texts": []}), say) == [say["page"]["no_finding"]]


def test_the_page_draws_them(where, search, tmp_path):
    for one in (where, search):
        one.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "r.html").read_text(encoding="utf-8")
    for part in ("where-layers-mini", "where-en-de-alignment-mini", "search-bars-mini"):
        assert part in page
