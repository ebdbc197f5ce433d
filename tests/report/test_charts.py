from __future__ import annotations

import base64
import csv
import io
import json
import re

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from conftest import make
from firth.errors import OptionError, ResultError
from firth.report import fonts
from firth.report.charts import figure, figures_of
from firth.report.vega import columns, shorten


def letters_of(css: str) -> set[int]:
    font = base64.b64decode(re.search(r"base64,([^)]+)\)", css)[1])
    return set(TTFont(io.BytesIO(font)).getBestCmap())


def test_font_subset_has_the_letters_and_little_else():
    css = fonts.subset_css("苹果яあ한é")
    assert {ord(letter) for letter in "苹果яあ한éA0"} <= letters_of(css)
    assert ord("草") not in letters_of(css)
    assert len(css) < 30_000
    assert 'font-family:"firth CJK"' in css


def test_without_the_package_figures_still_draw(result, monkeypatch):
    monkeypatch.setattr(fonts, "font_file", lambda: None)
    fonts._subset_css.cache_clear()
    try:
        assert fonts.subset_css("苹果") == ""
        assert "@font-face" not in figure(result, "matrix", layer=1).to_svg()
        assert fonts.PACKAGE in fonts.status()
    finally:
        fonts._subset_css.cache_clear()


@pytest.mark.parametrize("name", ["matrix", "layers", "map"])
def test_every_figure_is_valid_and_saves(result, name, tmp_path):
    one = figure(result, name)
    assert one.chart.to_dict()["$schema"].endswith("v6.json")  # Altair validates against the schema
    svg = one.save(tmp_path / "f.svg").read_text(encoding="utf-8")
    css = re.search(r"<style>(.*?)</style>", svg)[1]
    assert {ord("苹"), ord("果")} <= letters_of(css)
    assert one.save(tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(one.save(tmp_path / "f.json").read_text(encoding="utf-8")) == one.spec
    rows = list(csv.DictReader(one.save(tmp_path / "f.csv").open(encoding="utf-8", newline="")))
    assert len(rows) == {"matrix": 6 * 6 * 4, "layers": 8 + 3, "map": 6 * 4}[name]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.csv", "f.json", "f.png", "f.svg"]


def test_csv_has_the_numbers_and_the_sentences(result):
    rows = figure(result, "matrix", layer=2, similarity="raw").rows()
    one = next(row for row in rows if (row["first"], row["second"]) == (2, 5))
    assert one["raw"] == pytest.approx(float(result.arrays["similarity.raw"][2, 1, 4]), abs=1e-6)
    assert one["layer"] == 2
    assert one["second_sentence"].startswith("</script>")
    assert one["first_label"] == "fruit"


def test_png_draws_chinese_letters_not_boxes(result):
    # Boxes are all alike: two different titles of equal length would give the same picture.
    pictures = set()
    for letters in ("苹果", "中国"):
        one = figure(result, "layers")
        spec = {**one.spec, "title": letters}
        pictures.add(type(one)(name="layers", title=letters, spec=spec).to_png(scale=1))
    assert len(pictures) == 2


def test_html_cannot_be_broken_out_of(result, tmp_path):
    page = figure(result, "matrix").save(tmp_path / "f.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in page
    assert 'src="http' not in page


def test_unknown_names_say_what_is_legal(result, tmp_path):
    with pytest.raises(OptionError, match=r"matrix, layers, map.*Did you mean 'matrix'"):
        figure(result, "matrx")
    with pytest.raises(OptionError, match="Did you mean 'layer'"):
        figure(result, "matrix", leyer=3)
    with pytest.raises(OptionError, match="no layer 9 here; there are 0, 1, 2, 3"):
        figure(result, "matrix", layer=9)
    with pytest.raises(OptionError, match="Did you mean 'cluster'"):
        figure(result, "matrix", order="clusters")
    with pytest.raises(OptionError, match=r"\.svg, \.png"):
        figure(result, "matrix", layer=1).save(tmp_path / "f.bmp")
    assert not list(tmp_path.iterdir())


def test_several_words_need_a_choice():
    result = make(words=("苹果", "杜鹃"))
    with pytest.raises(OptionError, match="several words; give word= as one of 苹果, 杜鹃"):
        figure(result, "matrix")
    assert "杜鹃" in figure(result, "matrix", word="杜鹃").title


def test_order_by_label_keeps_senses_together():
    result = make(many=2)
    spec = figure(result, "matrix", layer=3, order="label").spec
    assert spec["encoding"]["y"]["sort"] == [1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12]
    cluster = figure(result, "matrix", layer=3, order="cluster").spec["encoding"]["y"]["sort"]
    assert sorted(cluster) == list(range(1, 13))
    assert {number in {1, 2, 3, 7, 8, 9} for number in cluster[:6]} in ({True}, {False})


def test_what_is_not_in_the_result_is_said():
    with pytest.raises(ResultError, match="without its similarity arrays"):
        figure(make(arrays=False), "matrix")
    with pytest.raises(ResultError, match="without labels"):
        figure(make(labelled=False), "layers")
    assert figure(make(labelled=False), "matrix", layer=1).to_svg()


def test_large_matrices_are_sampled_and_say_so():
    spec = figure(make(many=30), "matrix").spec
    assert len(spec["datasets"]["data"]) == 150**2
    assert any("150 of 180" in line for line in spec["title"]["subtitle"])


def test_chinese_figures(result):
    assert figure(result, "matrix", language="zh").title == "“苹果”的各次出现有多相似？"
    with pytest.raises(OptionError, match="en, zh"):
        figure(result, "matrix", language="fr")


def test_shorten_keeps_the_word_in_view():
    text = "a long sentence that goes on and on before the bank comes and goes on after it"
    short = shorten(text, 47, 51, 28)
    assert "bank" in short
    assert columns(short) <= 28
    assert shorten("短句", 0, 1, 28) == "短句"


def test_figures_of_an_unknown_experiment(result):
    other = result.model_copy(update={"experiment": "other"})
    assert figures_of(other) == []
    with pytest.raises(OptionError, match="it has none yet"):
        figure(other, "matrix")


def test_notebook(result):
    bundle = figure(result, "layers")._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]


def test_anchors_are_further_rows_of_the_matrix(result):
    n, layers = len(result.tables["items"]), 4
    rng = np.random.default_rng(1)
    anchors = [
        {"index": i, "anchor": word, "sentence": word, "start": 0, "end": 1}
        for i, word in enumerate("草电")
    ]
    beside = rng.uniform(-1, 1, (layers, n + 2, 2)).astype(np.float32)
    arrays = dict(result.arrays) | {"anchors.raw": beside, "anchors.centred": beside}
    with_some = result.model_copy(update={"tables": result.tables | {"anchors": anchors}})
    with_some = with_some.with_arrays(arrays)
    spec = figure(with_some, "matrix", layer=2, anchors=True).spec
    rows = spec["datasets"][spec["data"]["name"]]
    assert len(rows) == (n + 2) ** 2
    cells = {(row["first"], row["second"]): row["centred"][0] for row in rows}
    assert cells[1, n + 2] == pytest.approx(float(beside[2, 0, 1]), abs=1e-6)
    assert cells[n + 2, 1] == cells[1, n + 2]
    assert cells[n + 1, n + 2] == pytest.approx(float(beside[2, n, 1]), abs=1e-6)
    names = next(one["value"] for one in spec["params"] if one["name"] == "sentences")
    assert names[-2:] == ["草", "电"]
