"""Carrier sentences: a frame that a word can stand in where there is no corpus.

They say nothing of the word, so that its vector differs from that of the word alone only by having
a sentence around it. Written for firth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firth.errors import OptionError

PLACE = "{}"
CARRIERS: Mapping[str, str] = {
    "en": "The next word is {}.",
    "zh": "下一个词是{}。",
    "zh-Hant": "下一個詞是{}。",
    "ja": "次の言葉は{}です。",
    "de": "Das nächste Wort ist {}.",
    "es": "La siguiente palabra es {}.",
    "ru": "Следующее слово — {}.",
}


def parse_carriers(given: Sequence[str]) -> dict[str, str]:
    """Return language -> sentence of ``fr=Le mot suivant est {}.``.

    Raises:
        OptionError: It is not of that form.
    """
    found: dict[str, str] = {}
    for one in given:
        language, sign, sentence = one.partition("=")
        if not sign or not language or sentence.count(PLACE) != 1:
            raise OptionError(
                f"carrier {one!r}: write LANGUAGE=SENTENCE with one {PLACE} for the word, as in "
                f"fr=Le mot suivant est {PLACE}."
            )
        found[language] = sentence
    return found


def carrier_of(language: str, own: Mapping[str, str]) -> str:
    """Return the carrier sentence of a language, the user's own before firth's.

    Raises:
        OptionError: There is none.
    """
    sentence = own.get(language, CARRIERS.get(language))
    if sentence is None:
        raise OptionError(
            f"there is no carrier sentence of the language {language}; firth brings "
            f"{', '.join(CARRIERS)}; give --carrier {language}='... {PLACE} ...'"
        )
    return sentence


def put(sentence: str, word: str) -> tuple[str, tuple[int, int]]:
    """Return the carrier sentence with the word in it, and where the word stands."""
    at = sentence.index(PLACE)
    return sentence.replace(PLACE, word, 1), (at, at + len(word))
