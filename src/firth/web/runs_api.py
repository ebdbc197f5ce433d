"""The stored runs as JSON: the list, and each result whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from firth.results.schema import Result
from firth.web.faults import Faults
from firth.web.runs import Run, Shelf
from firth.web.words import preferred

# What an id looks like; anything else is refused before the list is looked at.
Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="The id of a run in the list.")]
_NONE: dict[int | str, dict[str, Any]] = {
    404: {"model": Faults, "description": "There is no such run."}
}


class RunLine(BaseModel):
    """A stored run in the list."""

    id: str = Field(description="Names it in `/api/runs/{id}`.")
    experiment: str = Field(description="Of which experiment.")
    model: str = Field(description="Of which model.")
    started: str = Field(description="When it was started, ISO 8601.")
    scores: int = Field(description="How many scores it has.")
    title: str = Field(description="What was asked, in the language of `Accept-Language`.")
    findings: list[str] = Field(description="What was found, a line each, likewise.")


def line_of(run: Run, language: str) -> RunLine:
    """Return a run as the list shows it."""
    return RunLine(
        id=run.id, experiment=run.experiment, model=run.model, started=run.started,
        scores=run.scores, title=run.titles[language], findings=run.findings[language],
    )  # fmt: skip


def add_runs(app: FastAPI, shelf: Shelf) -> None:
    """Add the calls to the application; FastAPI runs plain functions in threads of their own."""

    @app.get("/api/runs", tags=["runs"], summary="List the stored runs, the latest first.")
    def listed(request: Request) -> list[RunLine]:
        language = preferred(request.headers.get("accept-language"))
        return [line_of(one, language) for one in shelf.runs()]

    @app.get(
        "/api/runs/{run}",
        tags=["runs"],
        summary="Return a stored result.",
        response_model=Result,
        responses=_NONE,
    )
    def one(run: Id) -> Response:
        result = shelf.result(run)
        if result is None:
            raise HTTPException(404)
        return Response(result.to_json(), media_type="application/json")

    del listed, one
