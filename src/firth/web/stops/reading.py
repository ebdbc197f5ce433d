"""Ask a question of a text; the answer is a piece of the text."""

from __future__ import annotations

from pydantic import BaseModel, Field

from firth.web import limits
from firth.web.faults import FieldError
from firth.web.lab import Lab
from firth.web.lane import Ticket
from firth.web.stops.stop import Question, Stop


class ReadingQuestion(Question):
    """A question and a text."""

    question: str = Field(
        min_length=1, max_length=limits.QUESTION, description="In any language of the reader."
    )
    context: str = Field(
        min_length=1, max_length=limits.CONTEXT, description="The text that holds the answer."
    )
    top: int = Field(3, ge=1, le=limits.TOP, description="How many answers are listed.")


class Passage(BaseModel):
    """A piece of the text that may be the answer."""

    text: str = Field(description="The text's own letters.")
    start: int = Field(description="Its first letter in the text, counted from 0.")
    end: int = Field(description="Past its last.")
    probability: float = Field(description="Among all legal answers, if there is one.")


class ReadingAnswer(BaseModel):
    """What the reader says."""

    text: str = Field(description="The answer; empty where the reader finds none.")
    no_answer: float = Field(description="Probability that the text does not hold the answer.")
    answers: list[Passage] = Field(description="The best ones, best first.")


def ask(lab: Lab, question: ReadingQuestion, ticket: Ticket, language: str) -> ReadingAnswer:
    """Answer a question."""
    from firth.encoder.spans import SpanLimits

    reader = lab.needed("reader")
    for field in ("question", "context"):
        if not getattr(question, field).strip():
            raise FieldError(field, "empty")
    pairs = [(question.question, question.context)]
    (found,) = reader.ask(pairs, SpanLimits(n_best=question.top))
    return ReadingAnswer(
        text=found.text,
        no_answer=found.no_answer_probability,
        answers=[
            Passage(text=one.text, start=one.start, end=one.end, probability=one.probability)
            for one in found.n_best
        ],
    )


STOP = Stop(
    "reading", "Ask a question of a text.", ReadingQuestion, ReadingAnswer, ask, "context"
)  # fmt: skip
