from pathlib import Path

import pytest

from firth.errors import InputError, OptionError
from firth.text.carried import blanks
from firth.text.corpora import check_several, parse_corpora, read_corpora
from firth.text.language import LANGUAGES


def test_languages_and_files():
    assert parse_corpora(["en=a.txt", "zh-Hant=b=c.txt"]) == {"en": "a.txt", "zh-Hant": "b=c.txt"}
    assert parse_corpora(["carried"]) == {}


@pytest.mark.parametrize("wrong", ["a.txt", "=a.txt", "en=", "e n=a.txt", "carried="])
def test_what_is_neither_is_refused(wrong: str):
    with pytest.raises(OptionError, match="LANGUAGE=FILE"):
        parse_corpora(["zh=x.txt", wrong])


def test_a_language_comes_once():
    with pytest.raises(OptionError, match="en was given before, as a.txt"):
        parse_corpora(["en=a.txt", "en=b.txt"])


def test_each_sentence_is_kept_once(tmp_path: Path):
    (tmp_path / "a.txt").write_text("one\n\ntwo\none\n", encoding="utf-8")
    assert read_corpora({"en": str(tmp_path / "a.txt")}) == {"en": ["one", "two"]}


def test_the_carried_texts():
    corpora = read_corpora({})
    assert tuple(corpora) == LANGUAGES
    check_several(corpora, 20)
    with pytest.raises(InputError, match="at least 2000"):
        check_several(corpora, 2000)


def test_the_carried_blanks_are_three_a_language():
    found = blanks()
    assert [language for language, _, _ in found] == [one for one in LANGUAGES for _ in range(3)]
    for _, sentence, answer in found:
        assert sentence.count("[MASK]") == 1
        assert answer.strip()
