"""Every word of the page is there in every language, and every one is used with the same values."""

from __future__ import annotations

import re
import string

from firth.web import pages
from firth.web.words import languages, preferred, words


def leaves(node, path=()):
    for key, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def slots(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_all_languages_say_the_same():
    assert languages() == ("en", "zh")
    english = dict(leaves(words("en")))
    for language in languages():
        own = dict(leaves(words(language)))
        assert own.keys() == english.keys()
        for key, text in own.items():
            assert text.strip(), key
            assert slots(text) == slots(english[key]), key


def test_chinese_is_chinese():
    same = {"title", "titled", "foot", "short", "alpha", "mrr", "raw"}
    english = dict(leaves(words("en")))
    for key, text in leaves(words("zh")):
        if text == english[key]:
            assert key[-1] in same or key[-1] == "command", key


def test_every_page_has_its_words():
    for language in languages():
        assert set(words(language)["stops"]) == set(pages.PAGES)


def test_errors_that_the_code_names_have_words():
    from pathlib import Path

    source = Path(pages.__file__).parent
    for path in source.rglob("*.py"):
        for code in re.findall(r'FieldError\(\s*"\w+",\s*"(\w+)"', path.read_text()):
            assert code in words("en")["error"], f"{path}: {code}"


def test_the_language_of_a_browser():
    assert preferred("zh-CN,zh;q=0.9,en;q=0.8") == "zh"
    assert preferred("de-DE, en;q=0.5") == "en"
    assert preferred("fr") == "en"
    assert preferred(None) == "en"
