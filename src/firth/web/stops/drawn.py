"""Figures of a result as an answer: the documents that the page draws, and what was found."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from firth.errors import FirthError
from firth.report.charts import figure
from firth.report.findings import findings, title_of
from firth.report.notices import noticed
from firth.report.words import words
from firth.results.schema import Result
from firth.web.faults import FieldError


class Drawing(BaseModel):
    """One figure."""

    title: str = Field(description="What it asks.")
    file: str = Field(description="A name for it as a file, without an ending.")
    spec: dict[str, Any] = Field(description="A Vega-Lite document, data included.")
    csv: str = Field(description="Its data.")


class DrawnAnswer(BaseModel):
    """A result as figures."""

    title: str = Field(description="What was asked of which model.")
    findings: list[str] = Field(description="What was found, a line each.")
    warnings: list[str] = Field(description="What a reader must know.")
    figures: list[Drawing] = Field(description="At least one.")


def drawn(
    result: Result, asked: list[tuple[str, dict[str, Any]]], language: str, field: str
) -> DrawnAnswer:
    """Return the figures of a result.

    Args:
        result: The result.
        asked: Names of its figures, with their options; what cannot be drawn is left out.
        language: Of titles and axes.
        field: What of the request is to blame where nothing can be drawn.

    Raises:
        FieldError: Nothing can be drawn.
    """
    figures: list[Drawing] = []
    for name, options in asked:
        try:
            one = figure(result, name, language=language, **options)
        except FirthError:
            continue
        extra = "-".join(str(value) for value in options.values())
        file = "-".join(filter(None, (result.experiment, name, extra, result.model.name)))
        figures.append(Drawing(title=one.title, file=file, spec=one.spec, csv=one.to_csv()))
    if not figures:
        raise FieldError(field, "no_figure")
    say = words(language)
    return DrawnAnswer(
        title=title_of(result, say), findings=findings(result, say),
        warnings=noticed(result.warnings, say["page"]["lang"]), figures=figures,
    )  # fmt: skip


def stored(result: Result | None, experiment: str) -> Result:
    """Return a stored result if it is one of an experiment.

    Raises:
        FieldError: It is not there any more, or of another experiment.
    """
    if result is None or result.experiment != experiment:
        raise FieldError("run", "unknown_run")
    return result
