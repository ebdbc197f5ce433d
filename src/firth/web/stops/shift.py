"""Add one vector to a hidden layer, and a sentence changes its language, token by token."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from firth.encoder.translation import Shift, allowed_tokens, render, spelled, way_of
from firth.experiments.translate import token_rows
from firth.web import limits
from firth.web.faults import FieldError
from firth.web.lab import Lab
from firth.web.lane import Ticket
from firth.web.stops.stop import Question, Stop


class ShiftQuestion(Question):
    """A text, and what is added to its hidden states."""

    text: str = Field(
        min_length=1,
        max_length=limits.SHIFT_TEXT,
        description="The text.",
        examples=["没有人可以帮助我"],
    )
    source: str = Field(max_length=20, description="Its language.", examples=["zh"])
    target: str = Field(
        max_length=20, description="The language that it shall come out in.", examples=["en"]
    )
    layer: int = Field(ge=0, description="After which layer the vector is added.", examples=[6])
    alpha: float = Field(
        2.0,
        ge=-limits.ALPHA,
        le=limits.ALPHA,
        description="How many times the difference of the two language vectors.",
    )
    tokens: Literal["any", "target"] = Field(
        "any", description="Every token may come out; or the target language's and shared ones."
    )


class Token(BaseModel):
    """One token of the text, and what came out in its place."""

    token: str = Field(description="What stood there.")
    output: str = Field(description="What came out.")
    probability: float = Field(description="Of that, by the model.")
    token_language: str | None = Field(
        description="Of what stood there: a code, `shared`, `foreign`, or null."
    )
    output_language: str | None = Field(description="Of what came out, likewise.")


class ShiftAnswer(BaseModel):
    """The text that came out."""

    output: str = Field(description="The tokens that came out, as text.")
    tokens: list[Token] = Field(description="One a token of the text.")
    converted: float | None = Field(
        description="Share of the output tokens in the target language, among those that belong "
        "to one language; null where none does."
    )
    n: int = Field(description="How many output tokens belong to one language.")


def move(lab: Lab, question: ShiftQuestion, ticket: Ticket, language: str) -> ShiftAnswer:
    """Shift a text."""
    head, vectors = lab.needed("head"), lab.needed("languages")
    for field in ("source", "target"):
        if getattr(question, field) not in vectors.languages:
            legal = ", ".join(vectors.languages)
            raise FieldError(field, "language", given=getattr(question, field), legal=legal)
    if question.layer > lab.encoder.n_layers:
        raise FieldError("layer", "too_large", le=lab.encoder.n_layers)
    if not question.text.strip():
        raise FieldError("text", "empty")
    shift = Shift(question.source, question.target, question.layer, question.alpha, question.tokens)
    ticket.check()
    way = (question.layer, way_of(vectors, shift))
    (one,) = render(head, [question.text], way, allowed_tokens(vectors, shift))
    rows = token_rows(head, vectors, one, 1)
    tokens = [Token.model_validate({key: row[key] for key in Token.model_fields}) for row in rows]
    known = [own.output_language for own in tokens if own.output_language in vectors.languages]
    hits = sum(own == question.target for own in known)
    return ShiftAnswer(
        output=spelled(head, one.found),
        tokens=tokens,
        converted=hits / len(known) if known else None,
        n=len(known),
    )


STOP = Stop(
    "shift", "Add a language vector to a hidden layer and read what comes out.", ShiftQuestion,
    ShiftAnswer, move, "text",
)  # fmt: skip
