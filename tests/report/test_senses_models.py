from __future__ import annotations

import re

import numpy as np
import pytest

from conftest import make
from firth.errors import OptionError, ResultError
from firth.report.charts import figure, figures_of
from firth.report.page import write_report
from firth.report.sections import MOST_WORDS
from firth.report.senses_models import names_of


def model(name, blocks=3, **options):
    """Return a result of another model; one with more blocks has its scores further apart."""
    result = make(**options)
    card = {"name": name, "fingerprint": name[0] * 64, "source": name, "layers": blocks}
    changed = result.model_copy(update={"model": result.model.model_copy(update=card)})
    shape = next(iter(result.arrays.values())).shape[1] if result.arrays else 1
    noise = np.random.default_rng(len(name)).normal(0, 0.01, (1, shape, shape)).astype(np.float32)
    return changed.with_arrays(
        {key: array + noise for key, array in result.arrays.items() if "similarity" in key}
    )


@pytest.fixture
def pair(result):
    return result, model("dot.ted [x]", blocks=6)


def test_both_matrices_are_the_arrays_at_their_layers(pair):
    first, second = pair
    one = first.figure("beside", other=second, layer=1, other_layer=2, similarity="raw")
    rows = one.rows()
    assert len(rows) == 36
    for name, result, layer in (("mini", first, 1), ("dot.ted [x]", second, 2)):
        expected = result.arrays["similarity.raw"][layer]
        found = np.array([row[f"{name}, layer {layer}"] for row in rows]).reshape(6, 6)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    views = one.spec["hconcat"]
    assert [view["title"]["text"] for view in views] == ["mini", "dot.ted [x]"]
    assert [view["title"]["subtitle"] for view in views] == ["layer 1", "layer 2"]
    assert rows[4]["second_label"] == "company"


def test_layers_are_each_models_best_without_a_choice(pair):
    views = figure(pair[0], "beside", other=pair[1]).spec["hconcat"]
    assert [view["title"]["subtitle"] for view in views] == ["layer 3", "layer 3"]
    with pytest.raises(OptionError, match="no layer 9 here"):
        figure(pair[0], "beside", other=pair[1], other_layer=9)


@pytest.mark.parametrize("order", ["given", "label", "cluster"])
def test_both_matrices_have_the_order_of_the_first(pair, order):
    alone = figure(pair[0], "matrix", order=order, layer=3).spec["encoding"]["y"]["sort"]
    both = figure(pair[0], "beside", other=pair[1], order=order, layer=3).spec["hconcat"]
    for view in both:
        assert view["encoding"]["x"]["sort"] == view["encoding"]["y"]["sort"] == alone


def test_curves_are_the_scores_over_relative_depth(pair):
    third = model("zeta", blocks=12)
    rows = figure(pair[0], "models", others=[pair[1], third], similarity="raw").rows()
    for result, blocks in ((pair[0], 3), (pair[1], 6), (third, 12)):
        own = [row for row in rows if row["series"] == result.model.name]
        scores = result.rows("auc", similarity="raw", control=None)
        assert [row["value"] for row in own] == [one.value for one in scores]
        assert [row["low"] for row in own] == [one.low for one in scores]
        assert [row["depth"] for row in own] == [one.layer / blocks for one in scores]
    (chance,) = [row for row in rows if "layer" not in row]
    assert chance["value"] == 0.5


def test_one_result_is_enough_as_others(pair):
    series = {row["series"] for row in figure(pair[0], "models", others=pair[1]).rows()}
    assert series == {"mini", "dot.ted [x]", "chance"}


def test_models_of_one_name_are_told_apart(result):
    other = result.model.model_copy(update={"revision": "2"})
    again = result.model_copy(update={"model": other})
    assert names_of([result, again]) == ["mini (1)", "mini (2)"]
    print_of = result.model.model_copy(update={"fingerprint": "e" * 64})
    assert names_of([result, result.model_copy(update={"model": print_of})])[1] == "mini (eeeeeeee)"
    assert len(set(names_of([result, result]))) == 2
    assert len(figure(result, "beside", other=result).rows()[0]) > 6


def test_results_about_other_sentences_are_refused(pair):
    first, second = pair
    items = [dict(row) for row in second.tables["items"]]
    items[1]["label"] = "tree"
    changed = second.model_copy(update={"tables": {"items": items}})
    for name, option in (("beside", "other"), ("models", "others")):
        with pytest.raises(ResultError, match=r"dot.ted.*differs in 1 of the occurr") as caught:
            figure(first, name, **{option: changed})
        assert "\n" not in str(caught.value)
        with pytest.raises(ResultError, match="is not about 苹果"):
            figure(first, name, **{option: make(words=("杜鹃",))})
    with pytest.raises(ResultError, match="differs in 6"):
        figure(first, "models", others=make(many=2))
    # Another order of rows is no other sentence: what counts is the index.
    turned = second.model_copy(update={"tables": {"items": second.tables["items"][::-1]}})
    assert figure(first, "models", others=turned)


def test_what_is_missing_is_said(pair):
    with pytest.raises(OptionError, match="beside compares results .* give other="):
        figure(pair[0], "beside")
    with pytest.raises(OptionError, match="give others="):
        figure(pair[0], "models")
    with pytest.raises(OptionError, match="others= is empty"):
        figure(pair[0], "models", others=[])
    with pytest.raises(OptionError, match="other= is a str, not a result"):
        figure(pair[0], "beside", other="runs")
    with pytest.raises(ResultError, match=r"dot.ted.* without its similarity arrays"):
        figure(pair[0], "beside", other=model("dot.ted [x]", arrays=False))
    with pytest.raises(ResultError, match="no scores"):
        figure(make(labelled=False), "models", others=model("dot", labelled=False))
    assert figure(make(labelled=False), "beside", other=model("dot", labelled=False)).to_svg()


def test_large_matrices_are_sampled_alike():
    spec = figure(make(many=30), "beside", other=make(many=30)).spec
    assert len(spec["datasets"]["data"]) == 150**2
    assert any("150 of 180" in line for line in spec["title"]["subtitle"])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("name", "option"), [("beside", "other"), ("models", "others")])
def test_they_save_in_both_languages(pair, name, option, language, tmp_path):
    one = figure(pair[0], name, language=language, **{option: pair[1]})
    one.chart.to_dict()  # Altair validates against the schema
    assert one.save(tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert "dot.ted [x]" in one.to_svg()
    assert ("模型" in one.title) == (language == "zh")


def test_which_figures_need_what(result):
    assert figures_of(result, "word") == ["matrix", "layers", "map"]
    assert figures_of(result, "result") == ["words"]
    assert figures_of(result, "results") == ["beside", "models"]


@pytest.mark.parametrize(("language", "title"), [("en", "Models compared"), ("zh", "模型对比")])
def test_the_page_compares_models_once_a_group(pair, language, title, tmp_path):
    for result in (*pair, model("zeta"), model("eta", many=2)):
        result.save(tmp_path / "runs")
    again = pair[0].model_copy(update={"seed": 8, "started": "2026-02-01T00:00:00+00:00"})
    again.save(tmp_path / "runs")
    page = write_report(tmp_path / "runs", tmp_path / "p.html", language=language)
    text = page.read_text(encoding="utf-8")
    assert re.findall(r'<section id="(models-\d+)"', text) == ["models-1"]
    section = text[text.index('<section id="models-1"') : text.index("</main>")]
    assert f">{title}" in section
    assert section.count("<figure data-figure") == 2
    for name in ("mini", "dot.ted [x]", "zeta"):
        assert name in section
    assert "eta, " not in section.replace("zeta", "")


def test_the_page_of_many_words_shows_the_first_and_says_so(tmp_path):
    names = [f"word {number}" for number in range(MOST_WORDS + 2)]
    make(words=names, layers=(0, 1)).save(tmp_path / "runs")
    text = write_report(tmp_path / "runs", tmp_path / "p.html").read_text(encoding="utf-8")
    assert text.count("<figure data-figure") == 1 + 3 * MOST_WORDS
    assert "Figures of 6 of 8 words are shown" in text
    assert "result.figure(&#34;matrix&#34;, word=&#34;word 6&#34;)" in text
    assert "models-1" not in text
