"""The order of a report: what was found first, then a page for each story.

A story is a chapter of the lecture and may have several experiments; whatever is not known here
comes last, on a page of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firth.report.words import Words
from firth.results.schema import Result

STORIES: dict[str, tuple[str, ...]] = {
    "senses": ("senses", "wic"),
    "cloze": ("cloze", "consistency"),
    "cbow": ("vectors",),
    "transfer": ("transfer",),
    "reading": ("reading", "reading_arms", "ask"),
    "align": ("align", "retrieval", "links"),
    "pretrain": ("pretrain",),
    "shift": ("translate", "sweep", "language_vectors", "where", "search"),
}
OTHER = "other"


def story_of(experiment: str) -> str:
    """Return the story that an experiment belongs to."""
    return next((name for name, own in STORIES.items() if experiment in own), OTHER)


def ordered(results: Sequence[Result]) -> list[Result]:
    """Return results in the order of the stories, then of their experiments, then of their age."""
    names = [experiment for own in STORIES.values() for experiment in own]

    def place(result: Result) -> tuple[int, str, str]:
        known = result.experiment in names
        at = names.index(result.experiment) if known else len(names)
        return at, result.experiment, result.started

    return sorted(results, key=place)


def pages(sections: Sequence[dict[str, Any]], say: Words) -> list[dict[str, Any]]:
    """Return the pages: ``id``, ``title`` and ``sections`` of each, in the order of the stories.

    Args:
        sections: What `firth.report.sections.section` returned, in the order of `ordered`.
        say: The words of a language.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for one in sections:
        found.setdefault(one["story"], []).append(one)
    return [
        {"id": f"story-{name}", "title": say["story"][name], "sections": own}
        for name, own in found.items()
    ]
