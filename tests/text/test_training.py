"""Text to train on: order, sizes, what is held out, and what is refused."""

from __future__ import annotations

import pytest

from firth.errors import InputError, OptionError
from firth.text.fake import unfake
from firth.text.training import LONGEST, training_text, with_fake

EN = [f"sentence {i}" for i in range(300)]
ZH = [f"句子 {i}" for i in range(260)]


def test_sizes_are_nested_and_nothing_that_is_held_out_is_learnt() -> None:
    text = training_text({"en": EN, "zh": ZH}, [50, 200], held_out=40)
    assert text.sizes == (50, 200)
    small, large = text.first(50), text.first(200)
    for language in ("en", "zh"):
        assert large[language][:50] == small[language]
        assert not {*text.held_out[language]} & {*text.pool[language]}
        assert len(text.held_out[language]) == 40
    assert len(text.pool["en"]) == 260
    assert any("en: 60 sentences are not learnt from" in note for note in text.notes)


def test_the_order_of_the_file_does_not_matter() -> None:
    assert training_text({"en": EN}, held_out=40) == training_text({"en": EN[::-1]}, held_out=40)


def test_as_many_as_all_have() -> None:
    assert training_text({"en": EN, "zh": ZH}, held_out=40).sizes == (220,)


def test_long_lines_are_cut_and_repeated_ones_counted() -> None:
    long = " ".join(["word"] * 300_000)  # over a megabyte
    solid = "x" * 5_000
    text = training_text({"en": [*EN, EN[0], long, solid]}, held_out=40)
    every = text.pool["en"] + text.held_out["en"]
    assert max(map(len, every)) <= LONGEST
    assert len(every) == len({*every})
    assert any("2 lines of over 2,000 characters" in note for note in text.notes)
    again = training_text({"en": [*EN, EN[0]]}, held_out=40)
    assert any("1 sentences stood there before" in note for note in again.notes)


@pytest.mark.parametrize(
    ("corpora", "sizes", "held_out", "error", "says"),
    [
        ({}, None, 40, InputError, "no text"),
        ({"en": EN, "zh": ["", "  "]}, None, 40, InputError, "the zh text is empty"),
        ({"en": EN, "zh": ZH}, [250], 40, InputError, "at most 220 can be asked for"),
        ({"en": EN[:30]}, None, 40, InputError, "bring more text"),
        ({"en": EN}, [0], 40, OptionError, "sentences 0"),
        ({"en": EN}, None, 5, OptionError, "at least 20"),
    ],
)
def test_refusals(
    corpora: dict[str, list[str]],
    sizes: list[int] | None,
    held_out: int,
    error: type[Exception],
    says: str,
) -> None:
    with pytest.raises(error, match=says):
        training_text(corpora, sizes, held_out)


def test_a_fake_twin_has_the_other_half() -> None:
    pair = with_fake({"en": [*EN, "Café", "猫"]}, "en")
    assert list(pair) == ["en", "en-x-fake"]
    there = [unfake(sentence) for sentence in pair["en-x-fake"]]
    assert not {*there} & {*pair["en"]}
    assert {*there, *pair["en"]} == {*EN, "Cafe"}
    assert abs(len(there) - len(pair["en"])) <= 1
    with pytest.raises(OptionError, match="a language that has a text: en"):
        with_fake({"en": EN}, "zh")
