"""Questions that firth brings along, the same in English and in Chinese, written for it.

Everyday scenes, made up, and things that can be looked up; a paragraph an article, two or three
questions each. Ids are the same in both languages, and every answer stands once in its paragraph.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files

from firth.errors import OptionError, did_you_mean
from firth.text.squad import read_squad
from firth.text.squad_records import QuestionSet

QUESTION_LANGUAGES = ("en", "zh")


@cache
def carried_questions(language: str) -> QuestionSet:
    """Return the questions in a language.

    Args:
        language: One of `QUESTION_LANGUAGES`.

    Raises:
        OptionError: There are none in that language.
    """
    if language not in QUESTION_LANGUAGES:
        legal = ", ".join(QUESTION_LANGUAGES)
        raise OptionError(
            f"no questions in {language!r} are carried; legal are {legal}."
            f"{did_you_mean(language, QUESTION_LANGUAGES)}"
        )
    place = files("firth.text").joinpath("builtin", f"questions.{language}.json")
    with as_file(place) as path:
        return replace(read_squad(path), name=f"carried.{language}")
