from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.errors import InputError
from firth.text.dictionary import dictionary_of, read_dictionary
from firth.text.matching import Matcher


def write(folder: Path, text: str) -> Path:
    path = folder / "d.tsv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "source\ttarget\nice cream\t冰淇淋\ndog\t狗\ndog\t犬\ndog\t狗\n",
        "ice cream\t冰淇淋\n\ndog\t狗\ndog\t犬\n",
    ],
)
def test_pairs_come_once_in_order(tmp_path, text):
    found = read_dictionary(write(tmp_path, text), "en", "zh")
    assert found == dictionary_of(
        "en", "zh", [("ice cream", "冰淇淋"), ("dog", "狗"), ("dog", "犬")]
    )
    assert found.name == "en-zh"
    assert found.words(0) == ["ice cream", "dog"]
    assert found.words(1) == ["冰淇淋", "狗", "犬"]


def test_muse_has_a_blank_between(tmp_path):
    assert read_dictionary(write(tmp_path, "dog Hund\ncat Katze\n"), "en", "de").pairs == (
        ("dog", "Hund"), ("cat", "Katze"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dog\tHund\ncat\n", "line 2: 'cat' has no translation"),
        ("dog\tHund\ncat\t\n", "line 2"),
        ("the old dog Hund\n", "line 1: 4 words and no tab"),
        ("\n\n", "is empty"),
    ],
)
def test_mistakes_are_named(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_dictionary(write(tmp_path, text), "en", "de")


def found(words: list[str], sentence: str) -> list[str]:
    matcher = Matcher(words)
    matches = matcher.find(sentence)
    for one, other in pairwise(matches):
        assert one.end <= other.start
    return [f"{matcher.words[one.word]}@{one.start}-{one.end}" for one in matches]


def test_the_longest_is_taken_and_case_does_not_count():
    assert found(["ice", "ice cream", "cream"], "Ice cream, ICE and cream.") == [
        "ice cream@0-9", "ice@11-14", "cream@19-24",
    ]  # fmt: skip


def test_no_phrase_goes_over_a_sign():
    assert found(["ice cream", "ice"], "ice, cream") == ["ice@0-3"]


def test_words_are_whole():
    assert found(["ice", "well"], "nice, well-known, icy") == []
    assert found(["don't"], "I don't") == ["don't@2-7"]


def test_letters_without_blanks_are_cut_from_the_left():
    assert found(["苹果", "果", "果汁", "我"], "我喝苹果汁，果汁好") == [
        "我@0-1", "苹果@2-4", "果汁@6-8",
    ]  # fmt: skip


def test_both_scripts_in_one_sentence():
    assert found(["bert", "模型"], "BERT是模型。") == ["bert@0-4", "模型@5-7"]


@given(st.lists(st.sampled_from(["ab", "cd", "ef gh", "苹果", "果"]), max_size=12))
def test_what_was_written_is_found(words: list[str]):
    sentence = ", ".join(words)
    assert [
        one.split("@")[0] for one in found(["ab", "cd", "ef gh", "苹果", "果"], sentence)
    ] == words
