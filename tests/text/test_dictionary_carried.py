import re
import unicodedata
from collections import Counter
from importlib.resources import files
from itertools import combinations

import pytest

from firth.text.carried import apples, dictionary, homographs, plain
from firth.text.language import LANGUAGES

ENTRIES = dictionary()
CONCEPTS = list(dict.fromkeys(one.concept for one in ENTRIES))
BY_LANGUAGE = {
    language: [one.occurrence for one in ENTRIES if one.language == language]
    for language in LANGUAGES
}
SPACELESS = {"zh", "ja"}


def words(language: str) -> list[str]:
    return [one.word.casefold() for one in BY_LANGUAGE[language]]


def relative_place(one) -> float:
    """0 where the word opens the sentence, 1 where nothing stands behind it."""
    return one.start / (one.start + len(one.sentence) - one.end)


def test_a_concept_has_six_languages_in_order():
    assert len(CONCEPTS) >= 210
    assert [(one.concept, one.language) for one in ENTRIES] == [
        (concept, language) for concept in CONCEPTS for language in LANGUAGES
    ]
    assert all(re.fullmatch("[a-z]+", concept) for concept in CONCEPTS)


def test_the_file_has_four_columns_of_composed_text():
    path = files("firth.text").joinpath("builtin", "dictionary.tsv")
    text = path.read_bytes().decode("utf-8")
    head, *rows, last = text.split("\n")
    assert head.split("\t") == ["concept", "language", "word", "sentence"]
    assert last == ""
    assert len(rows) == len(ENTRIES)
    assert {row.count("\t") for row in rows} == {3}
    assert "\r" not in text
    assert unicodedata.is_normalized("NFC", text)
    assert [cell for row in rows for cell in row.split("\t") if cell != cell.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_stands_once_in_its_sentence_as_written(language):
    for one in BY_LANGUAGE[language]:
        assert one.form == one.word
        assert one.label is None
        if language in SPACELESS:
            assert one.sentence.count(one.word) == 1
        else:
            tokens = re.findall(r"[^\W_]+", one.sentence.casefold())
            assert tokens.count(one.word.casefold()) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_serves_two_concepts(language):
    assert [word for word, n in Counter(words(language)).items() if n > 1] == []


def test_few_words_are_written_alike_in_two_languages():
    alike = [
        (*pair, word)
        for pair in combinations(("en", "de", "es"), 2)
        for word in sorted(set(words(pair[0])) & set(words(pair[1])))
    ]
    assert len(alike) <= 10
    assert len(set(words("zh")) & set(words("ja"))) <= 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short_and_whole(language):
    for one in BY_LANGUAGE[language]:
        if language in SPACELESS:
            assert 8 <= len(one.sentence) <= 25
            assert one.sentence[-1] in "。？！"
        else:
            assert 5 <= len(one.sentence.split()) <= 14
            assert one.sentence[-1] in ".?!"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_stands_at_the_beginning_the_middle_and_the_end(language):
    places = [relative_place(one) for one in BY_LANGUAGE[language]]
    thirds = Counter(min(int(3 * place), 2) for place in places)
    assert min(thirds[third] for third in range(3)) >= len(places) / 8
    assert sum(one.start == 0 for one in BY_LANGUAGE[language]) <= len(places) / 5


def test_no_sentence_occurs_twice_anywhere():
    sentences = [one.occurrence.sentence for one in ENTRIES]
    sentences += {one.sentence for one in homographs() + apples()}
    sentences += [sentence for language in LANGUAGES for sentence in plain(language)]
    assert [s for s, n in Counter(sentences).items() if n > 1] == []
