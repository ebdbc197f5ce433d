"""Every stop in a real browser: both languages, narrow and wide, nothing off the machine."""

from __future__ import annotations

import pytest
from served import serving

from browsing import Watched, accessible, opened_browser
from firth.web.assets import asset
from firth.web.lab import Lab
from firth.web.pages import PAGES
from firth.web.words import languages, words

pytestmark = pytest.mark.browser
WIDTHS = (360, 1400)
# What is asked when a stop opens; the others wait for a word of the reader.
AT_ONCE = ("senses", "cloze", "neighbours", "shift")


@pytest.fixture(scope="module")
def browser():
    with opened_browser() as found:
        yield found


@pytest.fixture(scope="module")
def address(mini, tmp_path_factory):
    """A server with a stored cube and a stored run of blanks."""
    from firth.experiments.align import align
    from firth.experiments.cloze import cloze

    runs = tmp_path_factory.mktemp("browsed") / "runs"
    dictionary = {"en-de": [("water", "Wasser"), ("bread", "Brot"), ("house", "Haus")]}
    corpora = {
        "en": ["The water is cold.", "We eat bread.", "A small house."],
        "de": ["Das Wasser ist warm.", "Ich kaufe Brot.", "Ein altes Haus."],
    }
    align(mini, dictionary, corpora, runs=str(runs))
    cloze(mini, ["A [MASK]."], runs=str(runs))
    asset("vega.js")  # takes seconds to make, once
    with serving(Lab.of(mini, runs=runs)) as found:
        yield found


@pytest.fixture
def watched(browser, address):
    opened = []

    def make(width=1400, scheme="light"):
        one = Watched(browser, address, width, scheme)
        opened.append(one)
        return one

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("width", WIDTHS)
def test_every_stop(watched, address, language, width):
    one = watched(width, "dark" if width < 1000 else "light")
    for name in ("", *PAGES):
        one.page.goto(f"{address}/{language}/{name}".rstrip("/"))
        if name in (*AT_ONCE, "align") or one.page.locator("#context").count():
            one.answered()
        assert one.page.get_attribute("html", "lang") == words(language)["page"]["lang"]
        wide = one.too_wide()
        assert wide <= 0, f"{name} is {wide} pixels wider than the window"
        assert accessible(one) == [], name
        assert one.page.locator("#mistakes:not([hidden])").count() == 0


def test_the_matrix_follows_the_layer(watched, address):
    one = watched()
    one.page.goto(f"{address}/en/senses")
    one.answered()
    cells = one.page.locator(".matrix tbody td")
    assert cells.count() == 100
    before = cells.nth(1).inner_text()
    colours = cells.evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert colours[0] == "rgb(253, 231, 37)"  # as alike as can be: the lightest
    assert len(set(colours)) > 20
    one.page.focus("#layer")
    one.page.keyboard.press("Home")
    assert "layer 0" in one.page.inner_text(".matrix caption")
    assert cells.nth(1).inner_text() != before
    assert cells.nth(0).inner_text() == "1.00"


def test_a_mistake_is_shown_where_it_was_typed(watched, address):
    one = watched()
    one.page.goto(f"{address}/zh/cloze")
    one.answered()
    one.page.fill("#text", "没有空")
    one.page.keyboard.press("Tab")
    one.page.click("button.ask")
    one.page.wait_for_selector("#text-mistake:not([hidden])")
    assert one.page.inner_text("#text-mistake") == words("zh")["error"]["no_blank"]
    assert one.page.get_attribute("#text", "aria-invalid") == "true"
    assert one.page.evaluate("document.activeElement.id") == "text"
    assert "text-mistake" in one.page.get_attribute("#text", "aria-describedby")
    one.errors.clear()  # the browser itself notes the status 422
    one.page.click("#insert")
    one.page.click("button.ask")
    one.page.wait_for_selector("#text-mistake", state="hidden")
    one.answered()


def test_dragging_alpha_changes_the_language(watched, address):
    one = watched()
    one.page.goto(f"{address}/en/shift")
    one.answered()
    one.page.focus("#alpha")
    one.page.keyboard.press("Home")  # alpha 0
    one.page.wait_for_selector("#shown .big:has-text('人可以帮助我')")
    for _ in range(20):
        one.page.keyboard.press("ArrowRight")
    one.page.wait_for_selector("#shown .big:has-text('help')")
    assert one.page.inner_text("#alpha-value") == "2.0"
    assert one.page.locator(".pairs li.target").count() >= 2


def test_what_was_typed_goes_along_to_the_other_language(watched, address):
    one = watched()
    one.page.goto(f"{address}/en/cloze")
    one.answered()
    one.page.fill("#text", "An [MASK] a day.")
    one.page.click("a[data-language=zh]")
    one.page.wait_for_url("**/zh/cloze")
    one.answered()
    assert one.page.input_value("#text") == "An [MASK] a day."


def test_figures_are_drawn_without_making_code(watched, address):
    one = watched()
    one.page.goto(f"{address}/en/align")
    one.answered()
    assert one.page.locator("figure svg").count() == 3
    with one.page.expect_download() as saved:
        one.page.locator("figure button").last.click()
    assert saved.value.suggested_filename.endswith(".csv")


def test_a_run_opens_as_its_report_and_leads_back(watched, address):
    one = watched()
    one.page.goto(f"{address}/en/runs")
    one.page.fill("#filter", "SAME meaning")
    assert one.page.locator("#runs > li:not([hidden])").count() == 1
    one.page.click("#runs > li:not([hidden]) a")
    one.page.wait_for_selector("body[data-ready]")
    assert one.page.get_attribute("body", "data-ready") != "0 figures"
    assert one.page.evaluate("window.origin") == "null"
    one.page.click("nav a")
    one.page.wait_for_url("**/en/runs")


def test_without_a_mouse(watched, address):
    one = watched()
    one.page.goto(f"{address}/en/neighbours")
    one.answered()
    one.page.keyboard.press("Tab")
    assert one.page.evaluate("document.activeElement.className") == "skip"
    one.page.focus("#word")
    one.page.fill("#word", "seven")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector("#shown caption:has-text('seven')")
    assert "sieben" in one.page.inner_text("#shown")


def test_leaving_the_page_ends_the_question(browser, lab, monkeypatch):
    from test_server import Slow, until

    from firth.web import app as application
    from firth.web.stops import neighbours
    from firth.web.stops.stop import Stop

    slow = Slow()
    stop = Stop("neighbours", "Slow.", neighbours.NeighboursQuestion,
                neighbours.NeighboursAnswer, slow.work, "word")  # fmt: skip
    monkeypatch.setattr(application, "STOPS", (stop,))
    with serving(lab) as address:
        page = browser.new_page()
        page.goto(f"{address}/en/neighbours")
        until(lambda: slow.begun)
        page.wait_for_selector("#stop:not([hidden])")
        assert page.inner_text("#status") == words("en")["status"]["working"]
        page.goto("about:blank")
        until(lambda: slow.given_up)
        page.close()
