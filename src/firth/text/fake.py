"""Fake English: a second language with the same words in letters of their own.

K et al. 2020 and Dufter & Schütze 2020 shift every token id of English by the size of its
vocabulary: the new language shares no token with English, and its dictionary is known without a
mistake. Here the text itself is shifted, from ASCII to the full-width forms of the same characters
("The cat." becomes "Ｔｈｅ ｃａｔ．"), so that a fake language is a file like any other. Blanks
stay as they are.
"""

from __future__ import annotations

import unicodedata

FAKE = "-x-fake"  # private use of BCP 47: en-x-fake
SHIFT = 0xFEE0  # from U+0021 to U+FF01
ASCII = range(0x21, 0x7F)

_TO_FAKE = {code: code + SHIFT for code in ASCII}
_TO_PLAIN = {code + SHIFT: code for code in ASCII}
_MARKS = str.maketrans("‘’“”–—…\u00a0", "''\"\"--. ")


def fake_language(language: str) -> str:
    """Return the code of a language's fake twin."""
    return language + FAKE


def is_fake(language: str) -> bool:
    """Tell whether a code is that of a fake language."""
    return language.endswith(FAKE)


def twin_of(language: str) -> str:
    """Return the language that a fake one is made of."""
    return language.removesuffix(FAKE)


def ascii_only(text: str) -> str:
    """Return what of a text can be shifted: accents are taken off, other characters left out.

    Both twins are read in this form; otherwise one would have characters that the other lacks.
    """
    apart = unicodedata.normalize("NFKD", text.translate(_MARKS))
    return " ".join("".join(c for c in apart if c == " " or ord(c) in ASCII).split())


def fake(text: str) -> str:
    """Shift a text: every character of ASCII but the blank."""
    return text.translate(_TO_FAKE)


def unfake(text: str) -> str:
    """Undo `fake`."""
    return text.translate(_TO_PLAIN)
