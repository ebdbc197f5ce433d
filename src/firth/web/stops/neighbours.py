"""Which words lie nearest to a word that has one vector, wherever it stands?"""

from __future__ import annotations

from pydantic import BaseModel, Field

from firth.web import limits
from firth.web.faults import FieldError
from firth.web.lab import Lab
from firth.web.lane import Ticket
from firth.web.stops.stop import Question, Stop

_BEGIN = "▁"


class NeighboursQuestion(Question):
    """A word."""

    word: str = Field(
        min_length=1, max_length=limits.WORD, description="The word.", examples=["water"]
    )
    top: int = Field(10, ge=1, le=limits.TOP, description="How many neighbours.")


class Neighbour(BaseModel):
    """A word near the word."""

    word: str = Field(description="The neighbour.")
    begins: bool = Field(description="False for a piece that goes on with a word.")
    cosine: float = Field(description="Of both vectors.")


class NeighboursAnswer(BaseModel):
    """The nearest words."""

    word: str = Field(description="The word as the vectors have it.")
    neighbours: list[Neighbour] = Field(description="The nearest first.")
    vectors: str = Field(description="Which vectors.")
    words: int = Field(description="How many words they have.")


def near(lab: Lab, question: NeighboursQuestion, ticket: Ticket, language: str) -> NeighboursAnswer:
    """Find the nearest words."""
    from firth.probe.analogy import nearest

    vectors, word = lab.needed("vectors"), question.word.strip()
    row = vectors.find(word)
    if row is None:
        raise FieldError("word", "unknown_word", word=word, n=len(vectors))
    unit = vectors.normalised
    found, cosines = nearest(unit, unit[row], question.top, (row,))
    names = [vectors.words[at] for at in found.tolist()]
    pieces = vectors.about.get("unit") == "pieces"
    return NeighboursAnswer(
        word=vectors.words[row].removeprefix(_BEGIN),
        neighbours=[
            Neighbour(
                word=name.removeprefix(_BEGIN),
                begins=not (pieces and _goes_on(name)),
                cosine=float(value),
            )
            for name, value in zip(names, cosines.tolist(), strict=True)
        ],
        vectors=lab.vectors_name,
        words=len(vectors),
    )


def _goes_on(piece: str) -> bool:
    """Say whether a piece goes on with a word; in scripts without blanks that has no meaning."""
    return not piece.startswith(_BEGIN) and piece[0].lower() != piece[0].upper()


STOP = Stop(
    "neighbours", "Find the nearest words of a static vector.", NeighboursQuestion,
    NeighboursAnswer, near, "word",
)  # fmt: skip
