"""The questions that travel along: parallel, exact, and not to be guessed by their place."""

from __future__ import annotations

from collections import Counter

import pytest

from firth.errors import OptionError
from firth.text.carried_questions import QUESTION_LANGUAGES, carried_questions
from firth.text.question_types import question_type


@pytest.mark.parametrize("language", QUESTION_LANGUAGES)
def test_every_answer_stands_once_and_at_its_offset(language: str) -> None:
    given = carried_questions(language)
    assert given.sizes.paragraphs >= 30
    assert given.sizes.questions >= 60
    assert not given.findings.found
    for item in given.items():
        (answer,) = item.question.answers
        assert answer.start is not None
        assert item.context[answer.start : answer.end] == answer.text
        assert item.context.count(answer.text) == 1
        assert item.question.text.endswith("?" if language == "en" else "？")


def test_both_languages_ask_the_same() -> None:
    english, chinese = (carried_questions(language).items() for language in QUESTION_LANGUAGES)
    ids = [item.question.id for item in english]
    assert ids == [item.question.id for item in chinese]
    assert len(set(ids)) == len(ids)
    kinds = [
        Counter(question_type(item.question.text, language) for item in items)
        for language, items in (("en", english), ("zh", chinese))
    ]
    for kind in ("who", "when", "where", "how many", "what", "why"):
        assert all(own[kind] >= 8 for own in kinds), kind


@pytest.mark.parametrize("language", QUESTION_LANGUAGES)
def test_the_place_of_an_answer_cannot_be_guessed(language: str) -> None:
    places = [
        span.start / len(item.context)
        for item in carried_questions(language).items()
        for span in item.question.spans
        if span.start is not None
    ]
    quarters = Counter(min(3, int(4 * place)) for place in places)
    assert all(quarters[quarter] >= len(places) / 8 for quarter in range(4))


def test_another_language_is_refused() -> None:
    with pytest.raises(OptionError, match="legal are en, zh"):
        carried_questions("fr")
