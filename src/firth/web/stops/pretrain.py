"""A BERT from nothing: the curve of a stored training, or of the checkpoints that travel along."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from firth.web.lab import Lab
from firth.web.lane import Ticket
from firth.web.stops.drawn import DrawnAnswer, drawn, stored
from firth.web.stops.stop import Question, Stop


class PretrainQuestion(Question):
    """Which training."""

    run: str | None = Field(
        None,
        pattern="^[0-9a-f]{16}$",
        description="The id of a stored run; by default the training that travels with firth.",
    )


def watch(lab: Lab, question: PretrainQuestion, ticket: Ticket, language: str) -> DrawnAnswer:
    """Show loss and alignment over the steps of a training."""
    if question.run is not None:
        result = stored(lab.shelf.result(question.run), "pretrain")
    else:
        from firth.experiments.grown import declaration, grown
        from firth.experiments.pretrain_arms import kept_steps

        ticket.expect(len(kept_steps(declaration()[0])))
        result = grown(runs=str(lab.shelf.folder), progress=ticket.step)
    ticket.check()
    asked: list[tuple[str, dict[str, Any]]] = [("curves", {}), ("layers", {}), ("sizes", {})]
    return drawn(result, asked, language, "run")


STOP = Stop(
    "pretrain", "Show the curve of a training from nothing.", PretrainQuestion, DrawnAnswer,
    watch, "run", "long",
)  # fmt: skip
