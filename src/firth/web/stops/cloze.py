"""What stands in the blank? Several blanks are filled jointly, easiest first."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, Field

from firth.web import limits
from firth.web.faults import FieldError
from firth.web.lab import Lab
from firth.web.lane import Ticket
from firth.web.stops.stop import Question, Stop

Language = Literal["en", "zh", "ja", "de", "es", "ru"]


class ClozeQuestion(Question):
    """A text with blanks."""

    text: str = Field(
        min_length=1,
        max_length=limits.CLOZE_TEXT,
        description="A text with [MASK] where a token is missing.",
        examples=["北京是中国的[MASK]都"],
    )
    top: int = Field(5, ge=1, le=limits.TOP, description="How many candidates of each blank.")
    only_language: Language | None = Field(
        None, description="Candidates of this language only; of all languages by default."
    )


class Candidate(BaseModel):
    """One filler of one blank."""

    token: str = Field(description="The token, as letters.")
    probability: float = Field(description="The model's own, when this blank was filled.")
    filled: str = Field(description="The whole text with it in place.")


class Blank(BaseModel):
    """One blank."""

    blank: int = Field(description="Which one, counted from 1.")
    candidates: list[Candidate] = Field(description="The likeliest first.")


class ClozeAnswer(BaseModel):
    """The text with its blanks filled."""

    filled: str = Field(description="The text with the best joint fill.")
    joint_log_probability: float | None = Field(description="Of the best fill, natural logarithm.")
    blanks: list[Blank] = Field(description="In their order.")


def fill(lab: Lab, question: ClozeQuestion, ticket: Ticket, language: str) -> ClozeAnswer:
    """Fill the blanks of a text."""
    head = lab.needed("head")
    n = len(head.blanker.spans(question.text))
    if n == 0:
        raise FieldError("text", "no_blank")
    if n > limits.BLANKS:
        raise FieldError("text", "many_blanks", n=n, most=limits.BLANKS)
    filler = lab.filler(question.top, question.only_language)
    ticket.check()
    one = next(filler.fill([question.text]))
    blanks = [
        Blank(
            blank=blank,
            candidates=[
                Candidate(
                    token=own.token,
                    probability=math.exp(own.log_probability),
                    filled=own.filled,
                )
                for own in one.candidates
                if own.blank == blank
            ],
        )
        for blank in dict.fromkeys(own.blank for own in one.candidates)
    ]
    return ClozeAnswer(filled=one.filled, joint_log_probability=one.joint, blanks=blanks)


STOP = Stop("cloze", "Fill the blanks of a text.", ClozeQuestion, ClozeAnswer, fill, "text")
