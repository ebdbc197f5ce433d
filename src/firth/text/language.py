"""Which language a text is in, as far as its script and its function words tell."""

from __future__ import annotations

import re
from collections.abc import Iterable

LANGUAGES = ("en", "zh", "ja", "de", "es", "ru")

_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u3400-\u9fff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_WORD = re.compile(r"[^\W\d_]+")


def _words(text: str) -> list[str]:
    return text.split()


_FUNCTION_WORDS = {
    "en": frozenset(_words("the of and to in is was for that it with as on at by from this an be")),
    "de": frozenset(
        _words("der die das und ist nicht ein eine zu den von mit sich auf im für dem er sie es")
    ),
    "es": frozenset(
        _words("el la los las de que y en un una es no se por con para su al del lo está")
    ),
}


def guess_language(texts: Iterable[str]) -> str | None:
    """Return the language of some texts among `LANGUAGES`, or None when nothing speaks for one.

    Kana make Japanese, Han characters without kana Chinese, Cyrillic Russian; texts in Latin
    letters go to the language with the most function words.
    """
    text = "\n".join(texts)
    han, kana = len(_HAN.findall(text)), len(_KANA.findall(text))
    cyrillic = len(_CYRILLIC.findall(text))
    words = [word.lower() for word in _WORD.findall(text)]
    latin = sum(len(word) for word in words) - han - kana - cyrillic
    # A Han character says about as much as two Latin letters do.
    if 2 * (han + kana) > max(latin, cyrillic):
        return "ja" if kana > 0.1 * (han + kana) else "zh"
    if cyrillic > latin:
        return "ru"
    hits = {
        language: sum(word in function_words for word in words)
        for language, function_words in _FUNCTION_WORDS.items()
    }
    best = max(hits, key=lambda language: hits[language])
    return best if hits[best] else None
