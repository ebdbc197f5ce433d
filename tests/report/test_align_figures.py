"""The figures and the findings of aligned words, on two tiny random models."""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny_mlm

import firth
from firth.errors import OptionError, ResultError
from firth.experiments.align import align
from firth.report.align_data import name_of, sides_of
from firth.report.charts import figures_of
from firth.report.findings import findings
from firth.report.label_places import label_places
from firth.report.page import write_report
from firth.report.sections import MOST_PAIRS
from firth.report.words import words

EN = ["apple", "price", "shares", "another", "rose", "today", "ate", "the"]
ZH = ["苹果", "价格", "公司", "今天", "手机", "吃", "发布", "新"]
DE = ["Apfel", "Preis", "shares", "andere", "essen", "heute", "essen", "die"]
DICTIONARIES = {"en-zh": [*zip(EN, ZH, strict=True)], "en-de": [*zip(EN, DE, strict=True)]}
NAMES = ("deep", "flat")
BLOCKS = {"deep": 3, "flat": 2}
FIGURES = ("grid", "best", "layers", "map")


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    encoders = [
        firth.load(str(tiny_mlm.save("bert", folder / name, num_hidden_layers=n)), dtype="fp32")
        for name, n in BLOCKS.items()
    ]
    return align(encoders, DICTIONARIES, context="alone")


@pytest.fixture(scope="module")
def one(several):
    """What the first model alone would have given."""
    scores = [
        row.model_copy(update={"model": None}) for row in several.scores if row.model == "deep"
    ]
    tables = {
        name: [
            {key: cell for key, cell in row.items() if key != "model"}
            for row in rows
            if row["model"] == "deep"
        ]
        for name, rows in several.tables.items()
    }
    return several.model_copy(update={"scores": scores, "tables": tables})


def about(name):
    return {"pair": "en-zh"} if name in ("layers", "map") else {}


def parameter(spec, name):
    (found,) = (row for row in spec["params"] if row["name"] == name)
    return found


def test_which_figures_are_drawn_once_a_pair(one):
    assert figures_of(one) == list(FIGURES)
    assert figures_of(one, "result") == ["grid", "best"]
    assert figures_of(one, "pair") == ["layers", "map"]


@pytest.mark.parametrize("metric", ["mrr", "precision_at_1"])
def test_the_cells_are_the_scores(one, metric):
    rows = one.figure("grid", metric=metric).rows()
    scores = one.rows(metric, arm=None, control=None)
    found = {
        (row["pair"], row["direction"], row["layer"], row["similarity"]): row["value"]
        for row in rows
    }
    assert found == {
        (row.pair, row.direction, row.layer, row.similarity): row.value for row in scores
    }
    assert len(rows) == len(scores) == 2 * 2 * 4 * 3
    for pair, way, kind in {(row["pair"], row["direction"], row["similarity"]) for row in rows}:
        own = [
            row
            for row in rows
            if (row["pair"], row["direction"], row["similarity"]) == (pair, way, kind)
        ]
        (best,) = (row for row in own if row.get("best"))
        assert best["value"] == max(row["value"] for row in own)


def test_the_grid_has_a_group_a_model(several):
    figure = several.figure("grid", similarity="raw")
    for name in NAMES:
        layers = {row["layer"] for row in figure.rows() if row["model"] == name}
        assert layers == set(range(BLOCKS[name] + 1))
    assert figure.spec["facet"]["sort"] == list(NAMES)
    chosen = parameter(figure.spec, "similarity")
    assert chosen["value"] == "raw"
    assert chosen["bind"]["labels"] == ["centred", "raw", "csls"]


def test_where_no_number_fits_there_is_none(one):
    first = [row for row in one.scores if row.layer == 0 and row.arm is None]
    scores = [row.model_copy(update={"layer": layer}) for row in first for layer in range(40)]
    many = one.model_copy(update={"scores": scores})
    marks = [part["mark"]["type"] for part in many.figure("grid").spec["layer"]]
    assert marks.count("text") == 1  # what is chosen
    assert [part["mark"]["type"] for part in one.figure("grid").spec["layer"]].count("text") == 2


@pytest.mark.parametrize("which", ["one", "several"])
def test_the_points_are_the_layers_chosen_on_a_half(which, request):
    result = request.getfixturevalue(which)
    rows = result.figure("best").rows()
    chosen = result.rows("mrr", arm="best_on_half")
    assert [(row["layer"], row["value"], row["low"]) for row in rows if "layer" in row] == [
        (row.layer, row.value, row.low) for row in chosen
    ]
    static = result.rows("mrr", control="static", similarity="centred")
    assert [row["value"] for row in rows if row.get("control") == "static"] == [
        row.value for row in static
    ]
    # A guess stands once for each pair and way, whatever the models.
    assert len([row for row in rows if row.get("control") == "chance"]) == 4
    series = list(dict.fromkeys(row["series"] for row in rows))
    own = {"one": ["raw", "centred", "csls", "chance", "static vector"]}
    assert series == own.get(which, [*NAMES, "chance"])


def test_curves_of_one_model_are_its_similarities(one):
    rows = one.figure("layers", pair="en-de").rows()
    for kind in ("raw", "centred", "csls"):
        for way in ("en-de", "de-en"):
            scores = one.rows(
                "mrr", pair="en-de", direction=way, similarity=kind, arm=None, control=None
            )
            own = [row for row in rows if row["series"] == kind and row["direction"] == way]
            assert [row["value"] for row in own] == [row.value for row in scores]
            assert [row["low"] for row in own] == [row.low for row in scores]
            assert [row["layer"] for row in own] == [0, 1, 2, 3]
    controls = [(row["control"], row["direction"]) for row in rows if "control" in row]
    assert sorted(controls) == sorted(
        (control, way) for control in ("chance", "static") for way in ("en-de", "de-en")
    )
    alone = one.figure("layers", pair="en-de", similarity="csls").rows()
    assert {row["series"] for row in alone} == {"csls", "static vector", "chance"}


def test_curves_of_several_models_lie_over_relative_depth(several):
    rows = several.figure("layers", pair="en-zh").rows()
    for name, blocks in BLOCKS.items():
        own = [
            row
            for row in rows
            if row["series"] == name and row["direction"] == "en-zh" and "layer" in row
        ]
        assert [row["depth"] for row in own] == [n / blocks for n in range(blocks + 1)]
        assert {row["similarity"] for row in own} == {"centred"}
        static = [row for row in rows if row["series"] == name and "control" in row]
        assert [row["value"] for row in static] == [
            row.value
            for row in several.rows(
                "mrr", pair="en-zh", model=name, control="static", similarity="centred"
            )
        ]
    assert len([row for row in rows if row.get("control") == "chance"]) == 2


def test_the_map_is_the_table(one):
    figure = one.figure("map", pair="en-de")
    table = [row for row in one.tables["map"] if row["pair"] == "en-de"]
    rows = figure.rows()
    assert [row["word"] for row in rows] == [row["word"] for row in table]
    assert [row["x_raw"] for row in rows] == [row["x_raw"] for row in table]
    assert rows[0]["nearest_raw"] == ", ".join(table[0]["nearest_raw"])
    pairs = {(row["word"], row["translation"]) for row in rows if row["side"] == "source"}
    assert pairs <= set(DICTIONARIES["en-de"])
    places = parameter(figure.spec, "places")["value"]
    assert {kind: len(own) for kind, own in places.items()} == dict.fromkeys(
        ("raw", "centred"), len(table)
    )
    # Points keep their order in both directions; the second one goes upwards.
    for axis, sign in (("x", 1), ("y", -1)):
        values = np.array([row[f"{axis}_centred"] for row in rows]) * sign
        pixels = np.array([place["xy".index(axis)] for place in places["centred"]])
        assert np.corrcoef(values, pixels)[0, 1] == pytest.approx(1)
    # A word that two translate to is written once.
    essen = [at for at, row in enumerate(rows) if row["word"] == "essen"]
    assert len(essen) == 2
    assert len(places["raw"][essen[1]]) == 2


def test_the_map_of_several_models_has_a_choice(several):
    figure = several.figure("map", pair="en-zh")
    assert parameter(figure.spec, "model")["bind"]["options"] == list(NAMES)
    alone = several.figure("map", pair="en-zh", model="flat")
    assert {row["model"] for row in alone.rows()} == {"flat"}
    with pytest.raises(OptionError, match="no model 'flot' here; there are deep, flat.*'flat'"):
        several.figure("map", pair="en-zh", model="flot")


def test_options_are_checked(one):
    with pytest.raises(OptionError, match="several pairs; give pair= as one of en-zh, en-de"):
        one.figure("layers")
    with pytest.raises(OptionError, match="no pair 'en-zz' here.*Did you mean 'en-zh'"):
        one.figure("map", pair="en-zz")
    for name in FIGURES:
        with pytest.raises(OptionError, match="similarity='rav' is not one of .*'raw'"):
            one.figure(name, similarity="rav", **about(name))
    with pytest.raises(OptionError, match="metric='mr' is not one of mrr, precision_at_1"):
        one.figure("grid", metric="mr")
    with pytest.raises(OptionError, match="the result is about one model"):
        one.figure("map", pair="en-zh", model="deep")


def test_what_is_missing_is_said(one):
    controls = [row for row in one.scores if row.control or row.metric == "coverage"]
    bare = one.model_copy(update={"scores": controls, "tables": {}})
    for name, said in (
        ("grid", "No heat map of languages"),
        ("best", "no layer was chosen"),
        ("layers", "No curves of languages"),
        ("map", "no map of en-zh"),
    ):
        with pytest.raises(ResultError, match=said):
            bare.figure(name, **about(name))
    assert findings(bare, words("en")) == [words("en")["page"]["no_finding"]]


@pytest.mark.parametrize(("which", "language"), [("one", "zh"), ("several", "en")])
@pytest.mark.parametrize("name", FIGURES)
def test_they_are_valid_and_are_drawn(which, name, language, request):
    figure = request.getfixturevalue(which).figure(name, language=language, **about(name))
    assert figure.chart.to_dict()["$schema"].endswith("v6.json")
    svg = re.sub(r"<style>.*?</style>", "", figure.to_svg())
    shown = {"en": ("English", "Chinese"), "zh": ("英文", "中文")}[language]
    for text in (*shown, *(NAMES if which == "several" and name != "map" else ())):
        assert text in svg
    assert "undefined" not in svg
    assert "NaN" not in svg
    rows = list(csv.DictReader(io.StringIO(figure.to_csv())))
    assert len(rows) == len(figure.rows())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_findings(several, language):
    lines = findings(several, words(language))
    assert len(lines) == 2 * (len(NAMES) + 1)
    for line, name in zip(lines, NAMES, strict=False):
        (best,) = several.rows(
            "mrr", arm="best_on_half", pair="en-zh", direction="en-zh", model=name,
            similarity="centred",
        )  # fmt: skip
        (back,) = several.rows(
            "mrr", arm="best_on_half", pair="en-zh", direction="zh-en", model=name,
            similarity="centred",
        )  # fmt: skip
        assert name in line
        assert f"{best.value:.3f} [{best.low:.3f}, {best.high:.3f}]" in line
        assert f"{words(language)['align_finding']['back']} {back.value:.3f}" in line
        assert "1.000" in line
    failed = [row for row in several.tables["words"] if row["expected_rank"] > 1]
    best = max(NAMES, key=lambda name: several.rows(
        "mrr", arm="best_on_half", pair="en-zh", direction="en-zh", model=name,
        similarity="centred")[0].value)  # fmt: skip
    worst = next(row for row in failed if row["model"] == best and row["pair"] == "en-zh")
    assert worst["word"] in lines[2]
    assert f"{worst['expected_rank']:.0f}" in lines[2]


def test_words_written_alike_stand_apart_in_the_finding(one):
    german = findings(one, words("en"))[2]
    assert "(all 7)" in german
    assert "(all 8)" in findings(one, words("en"))[0]


def test_languages_of_three_parts(one):
    rows = [{"language": name} for name in ("en", "zh-Hant")]
    result = one.model_copy(update={"tables": {"languages": rows}})
    assert sides_of(result, "zh-Hant-en") == ("zh-Hant", "en")
    assert sides_of(result, "en-zh-Hant") == ("en", "zh-Hant")
    assert name_of(result, "zh-Hant-en", words("en")) == "Chinese (trad.) → English"


@pytest.mark.parametrize("which", ["one", "several"])
def test_the_page_draws_each_pair(which, request, tmp_path):
    request.getfixturevalue(which).save(tmp_path / "runs")
    text = write_report(tmp_path / "runs", tmp_path / "p.html").read_text(encoding="utf-8")
    assert text.count("<figure data-figure") == 2 + 2 * 2
    titles = re.findall(r"<figcaption>(.*?)</figcaption>", text)
    assert [title for title in titles if "plane" in title] == [
        "English and Chinese words in one plane", "English and German words in one plane",
    ]  # fmt: skip
    assert "Same meaning, same place?" in text
    assert "No finding is stated" not in text


def test_of_many_pairs_the_page_shows_the_first_and_says_so(one, tmp_path):
    names = [f"en-{letter}{letter}" for letter in "abcdefgh"]
    scores = [
        row.model_copy(
            update={
                "pair": name,
                "direction": row.direction
                and (name if row.direction == "en-zh" else f"{name[3:]}-en"),
            }
        )
        for name in names
        for row in one.scores
        if row.pair == "en-zh"
    ]
    many = one.model_copy(update={"scores": scores, "tables": {"languages": [], "words": []}})
    many.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "p.html", language="zh")
    text = page.read_text(encoding="utf-8")
    assert text.count("<figure data-figure") == 2 + MOST_PAIRS  # no map without its table
    assert "只画出 8 个语言对中前 6 个的图" in text
    assert "pair=&#34;en-gg&#34;" in text


def boxes_of(middles, sizes):
    kept = [at for at, middle in enumerate(middles) if middle is not None]
    centre = np.array([middles[at] for at in kept]).reshape(-1, 2)
    return np.hstack([centre - sizes[kept] / 2, centre + sizes[kept] / 2]), kept


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0.02, 1))
def test_labels_never_touch_and_never_leave(seed, n, spread):
    rng = np.random.default_rng(seed)
    points = 300 + spread * rng.uniform(-300, 300, (n, 2))
    sizes = np.stack([rng.uniform(10, 80, n), np.full(n, 14.0)], axis=1)
    lines = points[: n // 2 * 2].reshape(-1, 2, 2)
    boxes, _ = boxes_of(label_places(points, sizes, lines, (600, 600)), sizes)
    assert (boxes >= 0).all()
    assert (boxes <= 600).all()
    apart = (boxes[:, None, :2] >= boxes[None, :, 2:] - 1e-9).any(axis=2)
    assert (apart | apart.T | np.eye(len(boxes), dtype=bool)).all()


def test_labels_keep_off_points_and_lines():
    points = np.array([[100.0, 100.0], [130.0, 100.0]])
    sizes = np.full((2, 2), [40.0, 14.0])
    left, right = label_places(points, sizes, points[None], (300, 200))
    assert left is not None
    assert right is not None
    assert left[0] + 20 <= 100
    assert right[0] - 20 >= 130
    assert label_places(points[:0], sizes[:0], np.zeros((0, 2, 2)), (300, 200)) == []
    crowd = label_places(np.full((60, 2), 50.0), np.full((60, 2), 30.0), points[None], (100, 100))
    assert 0 < sum(middle is not None for middle in crowd) < 60
