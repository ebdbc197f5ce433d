"""Fake English: shifted letter by letter, and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firth.text.fake import ascii_only, fake, fake_language, is_fake, twin_of, unfake


def test_shifted() -> None:
    assert fake("The cat, 9 o'clock.") == "Ｔｈｅ ｃａｔ， ９ ｏ＇ｃｌｏｃｋ．"
    assert fake_language("en") == "en-x-fake"
    assert is_fake("en-x-fake")
    assert not is_fake("en")
    assert twin_of("en-x-fake") == "en"


def test_ascii_only() -> None:
    assert ascii_only("Café “naïve” – 猫  it’s…") == 'Cafe "naive" - it\'s.'


@given(st.text())
def test_what_is_left_can_be_shifted_and_back(text: str) -> None:
    plain = ascii_only(text)
    assert plain.isascii()
    assert unfake(fake(plain)) == plain
    assert not {*fake(plain)} & {*plain} - {" "}
    assert [len(word) for word in fake(plain).split(" ")] == [len(w) for w in plain.split(" ")]
