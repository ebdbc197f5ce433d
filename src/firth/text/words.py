"""Find a word in a sentence by its characters.

In scripts with blanks between words a match must be a whole word, upper and lower case alike; in
Chinese, Japanese and Thai every match counts, inside longer words too (苹果 in 苹果酱): mark the
occurrence with ``start`` and ``end`` where that is not wanted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from firth.errors import InputError, first_line

# Letters of scripts without blanks between words: kana, Han, Thai, Lao, Khmer, Myanmar.
SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
)
_LETTER = rf"[^\W{SPACELESS}]"
_SPACELESS_LETTER = re.compile(rf"[{SPACELESS}]")
_MARK = "[\u0300-\u036f]"  # a combining mark makes another letter of the one before it


def word_pattern(forms: str | Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of a word, or of a list of its forms, the longest tried first.

    A form between slashes is a regular expression (``/banks?/``), matched as a whole word too.

    Raises:
        InputError: There is no form, or an expression is wrong or matches nothing at all.
    """
    given = [forms] if isinstance(forms, str) else list(forms)
    alternatives: list[str] = []
    for form in sorted(given, key=lambda form: -len(form)):
        if len(form) > 2 and form[0] == form[-1] == "/":
            try:
                empty = re.compile(form[1:-1]).search("") is not None
            except re.error as error:
                raise InputError(f"the pattern {form} is wrong: {first_line(error)}") from error
            if empty:
                raise InputError(f"the pattern {form} matches the empty text")
            alternatives.append(rf"(?<!{_LETTER})(?:{form[1:-1]})(?!{_LETTER}|{_MARK})")
        elif form.strip():
            before = rf"(?<!{_LETTER})" if not _SPACELESS_LETTER.match(form[0]) else ""
            after = rf"(?!{_LETTER})" if not _SPACELESS_LETTER.match(form[-1]) else ""
            alternatives.append(rf"{before}{re.escape(form)}{after}(?!{_MARK})")
    if not alternatives:
        raise InputError("the word is empty; give one with --word")
    return re.compile("|".join(alternatives), re.IGNORECASE)


def find_word(sentence: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Return (start, end) of every occurrence, in order, none overlapping."""
    return [match.span() for match in pattern.finditer(sentence) if match.end() > match.start()]
