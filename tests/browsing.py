"""A page in a real browser, watched: what it asks for, what it complains of, what axe finds."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def opened_browser():
    """Open Chromium through Playwright; the test is skipped where either is absent."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


class Watched:
    """A page, and what it must not do: complain, or ask anybody but ``address``."""

    def __init__(self, browser, address, width, scheme="light", offline=False):
        self.context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, offline=offline
        )
        self.page = self.context.new_page()
        self.errors, self.strangers = [], []
        self.page.on(
            "console", lambda one: self.errors.append(one.text) if one.type == "error" else None
        )
        self.page.on("pageerror", lambda one: self.errors.append(str(one)))
        own = (address, "data:", f"blob:{address}", "blob:null")
        self.page.on(
            "request",
            lambda one: None if one.url.startswith(own) else self.strangers.append(one.url),
        )

    def answered(self):
        self.page.wait_for_selector("#answer:not([hidden]):not([aria-busy])", timeout=60_000)

    def too_wide(self):
        """Return by how many pixels the page is wider than its window; at most 0 is well."""
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    def close(self):
        self.context.close()
        assert not self.errors
        assert not self.strangers


def accessible(one):
    """Return what axe finds on a page, a line a place."""
    core = pytest.importorskip("axe_playwright_python.sync_playwright")
    before = list(one.errors)
    response = core.Axe().run(one.page).response
    # axe itself tries to make code of text, which the page's policy refuses.
    one.errors[:] = [own for own in one.errors if own in before or "unsafe-eval" not in own]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:200]}"
        for one in response["violations"]
        for node in one["nodes"][:5]
    ]
