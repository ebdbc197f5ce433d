"""The documents as a site: what is public is on the page of the API, and nothing is left out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import firth

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
# Said in a sentence, since they are no functions or classes.
IN_WORDS = ("__version__", "lecture")


def test_every_public_name_is_on_the_page_of_the_api():
    for name in firth.__all__:
        module, _, attribute = firth._HOMES.get(name, "").partition(":")
        if name in IN_WORDS:
            assert f"`firth.{name}`" in API
        elif module == "firth.errors":
            assert re.search(rf"members: \[.*\b{attribute}\b.*\]", API)
        else:
            assert f"::: {module}.{attribute}\n" in API, name


def test_the_page_of_the_api_promises_nothing_else():
    promised = {home.replace(":", ".") for home in firth._HOMES.values()}
    for named in re.findall(r"^::: (\S+)$", API, re.M):
        assert named in promised | {"firth.errors", "firth.text.carried"}, named


def test_the_site_is_built_without_a_warning_and_asks_no_network(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {page.name: page.read_text(encoding="utf-8") for page in tmp_path.glob("*.html")}
    assert len(pages) > 20
    assert "@font-face" in (tmp_path / "letters.css").read_text(encoding="utf-8")
    for name, html in pages.items():
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", html):
            assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", tag), f"{name}: {tag}"
    for name in set(firth.__all__) - set(IN_WORDS):
        home = firth._HOMES[name].replace(":", ".")
        assert f'id="{home}"' in pages["api.html"], name


def test_both_readmes_name_each_other_and_their_files_exist():
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for place in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / place).exists(), f"{name}: {place}"
    assert "(README.zh-CN.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(README.md)" in (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")


def test_the_two_walks_through_the_lecture_say_the_same_numbers():
    def numbers(name):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        text = text.split("\n## ", 1)[1]  # the numbered claims
        return [set(re.findall(r"[+-]?\d*\.\d+", part)) for part in text.split("\n## ")]

    english, chinese = numbers("lecture.md"), numbers("lecture.zh-CN.md")
    assert len(english) == len(chinese) == 9
    for number, (one, other) in enumerate(zip(english, chinese, strict=True), 1):
        assert one == other, f"claim {number}: {one ^ other}"
