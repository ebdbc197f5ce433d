"""Same meaning, same place? A stored cube, or one of the words that firth brings."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from firth.results.schema import Result
from firth.web.lab import Lab
from firth.web.lane import Ticket
from firth.web.stops.drawn import DrawnAnswer, drawn, stored
from firth.web.stops.stop import Question, Stop

Metric = Literal["mrr", "precision_at_1", "precision_at_5", "precision_at_10"]
Fresh = Literal["en-zh", "en-ja", "en-de", "en-es", "en-ru", "all"]
# Pairs whose curves are drawn.
MOST_PAIRS = 6


class AlignQuestion(Question):
    """Which cube, and what of it."""

    run: str | None = Field(
        None, pattern="^[0-9a-f]{16}$", description="The id of a stored run; or a new cube."
    )
    pair: Fresh = Field("en-zh", description="Of a new cube: which languages.")
    metric: Metric = Field("mrr", description="What the grid shows.")


def cube(lab: Lab, question: AlignQuestion, ticket: Ticket, language: str) -> DrawnAnswer:
    """Show how well translations are found at every layer."""
    from firth.report.align_data import pairs_of

    if question.run is not None:
        result = stored(lab.shelf.result(question.run), "align")
    else:
        result = _computed(lab, question.pair, ticket)
    ticket.check()
    asked = [("grid", {"metric": question.metric}), ("best", {})]
    asked += [("layers", {"pair": pair}) for pair in pairs_of(result)[:MOST_PAIRS]]
    return drawn(result, asked, language, "run")


def _computed(lab: Lab, pair: str, ticket: Ticket) -> Result:
    """Ask the words that firth brings; what was asked before comes from the store."""
    from firth.experiments.align import align
    from firth.experiments.align_texts import carried

    runs = str(lab.shelf.folder)
    if pair == "all":
        return align(lab.second(), runs=runs, progress=ticket.step)
    every, corpora = carried()
    dictionaries = [one for one in every if one.name == pair]
    own = {language: corpora[language] for language in pair.split("-")}
    return align(lab.second(), dictionaries, own, runs=runs, progress=ticket.step)


STOP = Stop(
    "align", "Show an alignment cube, a stored one or a new one.", AlignQuestion, DrawnAnswer,
    cube, "run", "long",
)  # fmt: skip
