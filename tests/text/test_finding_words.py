import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.errors import InputError
from firth.text.words import find_word, word_pattern


@pytest.mark.parametrize(
    ("sentence", "word", "spans"),
    [
        ("苹果酱和苹果", "苹果", [(0, 2), (4, 6)]),
        ("A pineapple is no apple.", "apple", [(18, 23)]),
        ("Apple sells; apple falls", "apple", [(0, 5), (13, 18)]),
        ("我买apple手机", "apple", [(2, 7)]),
        ("😀👍🏽 苹果", "苹果", [(4, 6)]),
        ("e\u0301te\u0301 bank", "bank", [(6, 10)]),
        ("cafe\u0301 cafe", "cafe", [(6, 10)]),
        ("C++ and c++", "C++", [(0, 3), (8, 11)]),
        ("nothing", "bank", []),
    ],
)
def test_occurrences_by_characters(sentence, word, spans):
    assert find_word(sentence, word_pattern(word)) == spans


def test_forms_and_patterns():
    assert find_word("mouse mice mousepad", word_pattern(["mouse", "mice"])) == [(0, 5), (6, 10)]
    assert find_word("bank banks banker", word_pattern("/banks?/")) == [(0, 4), (5, 10)]


@pytest.mark.parametrize("wrong", ["", "  ", "/(/", "/a*/"])
def test_wrong_words_are_refused(wrong):
    with pytest.raises(InputError):
        word_pattern(wrong)


@given(st.text(max_size=30), st.text(max_size=30))
def test_offsets_point_at_the_word(before, after):
    sentence = f"{before} 苹果 {after}"
    spans = find_word(sentence, word_pattern("苹果"))
    assert (len(before) + 1, len(before) + 3) in spans
    assert all(sentence[a:b] == "苹果" for a, b in spans)
