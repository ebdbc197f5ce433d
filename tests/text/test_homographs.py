from collections import Counter

import pytest

from firth.errors import OptionError
from firth.text.carried import HOMOGRAPH_LANGUAGES, apples, homographs, plain
from firth.text.language import LANGUAGES
from firth.text.sentences import group_by_word

WORDS = {language: group_by_word(homographs(language)) for language in HOMOGRAPH_LANGUAGES}
EVERY = [(language, word) for language, words in WORDS.items() for word in words]


def relative_place(one) -> float:
    """0 where the word opens the sentence, 1 where nothing stands behind it."""
    return one.start / (one.start + len(one.sentence) - one.end)


def test_without_a_language_all_are_returned():
    assert homographs() == [one for language in HOMOGRAPH_LANGUAGES for one in homographs(language)]
    assert len(EVERY) >= 12
    assert len(group_by_word(homographs())) == len(EVERY)
    assert all(len(words) >= 3 for words in WORDS.values())


@pytest.mark.parametrize(("language", "word"), EVERY)
def test_a_word_has_two_senses_of_eight_sentences(language, word):
    counts = Counter(one.label for one in WORDS[language][word])
    assert list(counts.values()) == [8, 8]
    assert all(label.isascii() and label.islower() and label.isalpha() for label in counts)


@pytest.mark.parametrize(("language", "word"), EVERY)
def test_the_span_marks_the_word_which_stands_there_once(language, word):
    for one in WORDS[language][word]:
        assert one.form.casefold() == word.casefold()
        assert one.sentence.casefold().count(word.casefold()) == 1
        assert one.sentence == one.sentence.strip()


@pytest.mark.parametrize(("language", "word"), EVERY)
def test_sentences_are_of_an_ordinary_length(language, word):
    for one in WORDS[language][word]:
        if language in {"zh", "ja"}:
            assert 10 <= len(one.sentence) <= 35
        else:
            assert 6 <= len(one.sentence.split()) <= 25


@pytest.mark.parametrize(("language", "word"), EVERY)
def test_each_sense_has_the_word_at_the_beginning_the_middle_and_the_end(language, word):
    for label in {one.label for one in WORDS[language][word]}:
        places = [relative_place(o) for o in WORDS[language][word] if o.label == label]
        thirds = Counter(min(int(3 * place), 2) for place in places)
        assert set(thirds) == {0, 1, 2}
        assert max(thirds.values()) <= 5
        assert max(places) - min(places) > 0.75


def test_no_sentence_occurs_twice_anywhere():
    sentences = [one.sentence for one in homographs() + apples()]
    sentences += [sentence for language in LANGUAGES for sentence in plain(language)]
    assert [s for s, n in Counter(sentences).items() if n > 1] == []


def test_an_unknown_language_is_refused_with_the_legal_ones():
    with pytest.raises(OptionError, match="no homographs in 'ru'; there is zh, en, de, ja, es"):
        homographs("ru")
    with pytest.raises(OptionError, match="Did you mean"):
        homographs("esp")
