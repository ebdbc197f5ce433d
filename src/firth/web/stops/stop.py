"""A stop: what may be asked, what comes back, and the work between, for the page and for JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from firth.web.lab import Lab
from firth.web.lane import Ticket


class Question(BaseModel):
    """What all requests have in common: a field that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class Stop:
    """One call of the API.

    Attributes:
        name: Its path below ``/api``.
        summary: One line for the description of the API.
        question: The model of the request.
        answer: The model of the answer.
        work: Computes it; runs in a lane's thread. The last argument is the language of what is
            written for a reader.
        field: Which field of the request an error of the work is about, unless it says itself.
        lane: ``quick``; or ``long``, for work that takes longer than a person watches.
    """

    name: str
    summary: str
    question: type[Question]
    answer: type[BaseModel]
    work: Callable[[Lab, Any, Ticket, str], BaseModel]
    field: str | None
    lane: Literal["quick", "long"] = "quick"
