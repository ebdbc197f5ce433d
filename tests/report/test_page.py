from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from browsing import NAMES
from conftest import make
from firth.errors import InputError, OptionError
from firth.report.page import result_fragment, write_report


@pytest.fixture
def runs(result, tmp_path):
    result.save(tmp_path / "runs")
    return tmp_path / "runs"


def test_empty_folder_is_one_line(tmp_path):
    for runs in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError, match="no results can be read below") as caught:
            write_report(runs, tmp_path / "page.html")
        assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_page_is_whole_and_escaped(runs, tmp_path):
    page = write_report(runs, tmp_path / "deep" / "page.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert "苹果: a &lt;warning&gt; &amp; more" in page
    assert (
        "at layer 3, AUC 0.870 [0.770, 0.970] over 15 sentence pairs, centred, p &lt; 0.001" in page
    )
    assert "layer 0 0.570, static vector 0.500; chance 0.5" in page
    assert "a" * 64 in page
    assert "f" * 64 in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.search(r"url\(['\"]?http", page)
    assert "@font-face" in page
    assert "FONT-CSS" not in page


def test_page_in_chinese(runs, tmp_path):
    page = write_report(runs, tmp_path / "p.html", language="zh").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    assert "第 3 层最能区分词义" in page
    with pytest.raises(OptionError, match="en, zh"):
        write_report(runs, tmp_path / "q.html", language="xx")


def test_damaged_results_are_listed_and_absent_figures_said(runs, tmp_path):
    make(arrays=False, labelled=False, many=2).model_copy(update={"seed": 8}).save(tmp_path / "b")
    shutil.copytree(tmp_path / "b", runs / "b")
    (runs / "broken").mkdir()
    (runs / "broken" / "result.json").write_text("{", encoding="utf-8")
    page = write_report(runs, tmp_path / "p.html").read_text(encoding="utf-8")
    assert "is not JSON" in page
    assert "without its similarity arrays" in page
    assert "nothing is scored" in page


def test_a_page_that_cannot_be_written_leaves_the_old_one(runs, tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OptionError, match="cannot write"):
        write_report(runs, tmp_path / "file" / "page.html")


def test_fragment(result):
    html = result_fragment(result)
    assert "a &lt;warning&gt;" in html
    assert "AUC 0.870" in html
    assert html.count("<tr>") == 1 + len(result.scores)
    other = result.model_copy(update={"experiment": "other", "scores": []})
    assert "No finding" in result_fragment(other)


def dom_of(page, profile, fragment=""):
    """Return the page as Chromium has it after its scripts."""
    browser = next((found for name in NAMES if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")
    return subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--no-first-run", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={profile}", "--virtual-time-budget=8000", "--dump-dom",
         page.as_uri() + fragment],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
    ).stdout  # fmt: skip


@pytest.mark.browser
def test_browser_draws_every_figure(runs, tmp_path):
    make(words=("苹果", "杜鹃")).save(runs)
    page = write_report(runs, tmp_path / "page.html")
    dom = dom_of(page, tmp_path / "profile")
    assert 'data-ready="10 figures"' in dom
    drawings = re.findall(r"<figure data-figure.*?</figure>", dom, flags=re.DOTALL)
    assert len(drawings) == 10
    for drawing in drawings:
        assert "<svg" in drawing
        assert "<path" in drawing
    assert re.search(r'<div id="errors"[^>]*hidden=""[^>]*></div>', dom)
    assert 'type="range"' in dom


@pytest.mark.browser
def test_one_page_is_shown_at_a_time(runs, tmp_path):
    make().model_copy(update={"experiment": "align", "scores": [], "tables": {}}).save(runs)
    page = write_report(runs, tmp_path / "page.html")
    shown = {}
    for fragment in ("", "#story-align", "#result-1"):
        dom = dom_of(page, tmp_path / "profile", fragment)
        tags = re.findall(r'<(?:section|article) id="([^"]+)" class="page"[^>]*?(hidden="")?>', dom)
        shown[fragment] = {name for name, hidden in tags if not hidden}
        [current] = re.findall(r'<a href="#([^"]+)" aria-current="page">', dom)
        assert shown[fragment] == {current}
    assert shown == {
        "": {"findings"}, "#story-align": {"story-align"}, "#result-1": {"story-senses"},
    }  # fmt: skip


def test_findings_come_first_and_each_result_has_its_methods(runs, tmp_path):
    result = make(words=("苹果", "杜鹃"))
    result.save(runs)
    for language, what in (("en", "How it was measured"), ("zh", "怎样测量")):
        html = write_report(runs, tmp_path / "page.html", language=language).read_text("utf-8")
        body = html[html.index("<main>") : html.index("</main>")]
        assert body.index('id="findings"') < body.index('id="story-senses"')
        assert body.count(what) == 2 * body.count('class="methods"')
        assert body.count('class="methods"') == body.count('<section id="result-')
    assert "义" in html


def test_chinese_has_every_metric_and_both_languages_the_same_words():
    from firth.report.meanings import meanings
    from firth.report.words import words
    from firth.results.metrics import METRICS

    assert set(meanings("zh")) == set(METRICS)
    english, chinese = words("en"), words("zh")
    assert set(english) == set(chinese)
    for name, own in english.items():
        assert set(own) == set(chinese[name]), name
