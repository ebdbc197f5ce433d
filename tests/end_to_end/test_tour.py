"""The main job, as a stranger runs it."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from browsing import Watched, accessible, opened_browser
from firth.experiments.tour import STOPS
from firth.report.page import write_report
from firth.text.carried import girl
from firth.text.language import LANGUAGES

FIRTH = Path(sys.executable).with_name("firth")


@pytest.fixture(scope="module")
def toured(tmp_path_factory):
    """A folder in which the tour was taken, and what it said."""
    folder = tmp_path_factory.mktemp("tour")
    begun = time.monotonic()
    done = subprocess.run([FIRTH, "tour"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 300
    return folder, done


@pytest.mark.browser
@pytest.mark.timeout(600)  # a tour, and two checks of all that it drew
def test_the_report_of_the_tour_can_be_read_by_everybody(toured, tmp_path):
    runs = toured[0] / "runs"
    with opened_browser() as browser:
        for language, width, scheme in (("en", 1400, "light"), ("zh", 360, "dark")):
            page = write_report(runs, tmp_path / f"{language}.html", language=language)
            one = Watched(browser, page.as_uri(), width, scheme, offline=True)
            one.page.goto(page.as_uri())
            one.page.wait_for_selector("body[data-ready]")
            places = one.page.eval_on_selector_all("nav a", "all => all.map(a => a.hash)")
            assert len(places) > len(STOPS)
            for place in places:
                one.page.click(f'nav a[href="{place}"]')
                one.page.wait_for_selector(place, state="visible")
                assert one.too_wide() <= 0, place
            one.page.click("#every")  # all pages at once: the check reads the whole file each time
            assert all(one.page.is_visible(place) for place in places)
            assert accessible(one) == []
            one.close()


def test_the_tour_ends_in_a_page_that_needs_no_network(toured):
    tmp_path, done = toured
    *stops, last = done.stdout.splitlines()
    assert len(stops) == len(STOPS)
    for number, line in enumerate(stops, 1):
        assert re.match(rf"{number}/{len(STOPS)} .+ \(\d+\.\d s\): \S", line)
        assert "skipped" not in line
    assert "苹果" in stops[0]
    assert "MRR" in stops[[stop.name for stop in STOPS].index("align")]
    assert last.startswith("report: ")
    page = tmp_path / "runs" / "report.html"
    assert str(page) in done.stdout
    html = page.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", html)
    assert "智利苹果的季节来了" in html
    stored = sorted((tmp_path / "runs").glob("senses/mini/*/result.json"))
    documents = [json.loads(one.read_text(encoding="utf-8")) for one in stored]
    assert len(documents) == 2
    (fills,) = (tmp_path / "runs").glob("cloze/mini/*/result.json")
    filled = json.loads(fills.read_text(encoding="utf-8"))
    assert [score["metric"] for score in filled["scores"]] == ["mlm_accuracy"]
    assert len({row["sentence"] for row in filled["tables"]["fills"]}) == 18
    (languages,) = (tmp_path / "runs").glob("consistency/mini/*/result.json")
    scores = json.loads(languages.read_text(encoding="utf-8"))["scores"]
    for metric in ("mlm_accuracy", "language_consistency"):
        rows = [one for one in scores if one["metric"] == metric and "control" not in one]
        assert {one["language"] for one in rows if "language" in one} == set(LANGUAGES)
        assert all(one["low"] <= one["value"] <= one["high"] for one in rows)
    (cube,) = (tmp_path / "runs").glob("align/mini/*/result.json")
    aligned = json.loads(cube.read_text(encoding="utf-8"))
    assert len(aligned["tables"]["words"]) > 5 * 200
    best = [one for one in aligned["scores"] if one.get("arm") == "best_on_half"]
    assert {one["pair"] for one in best} == {f"en-{other}" for other in LANGUAGES if other != "en"}
    moved = sorted((tmp_path / "runs").glob("translate/mini/*/result.json"))
    outputs = [json.loads(one.read_text(encoding="utf-8"))["tables"]["texts"] for one in moved]
    assert {one["text"] for own in outputs for one in own} == set(girl().values())
    assert all(one["model"]["revision"].startswith("edition") for one in documents)
    again = subprocess.run([FIRTH, "tour"], cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0
    assert [json.loads(one.read_text(encoding="utf-8")) for one in stored] == documents
