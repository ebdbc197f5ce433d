"""The application: the API below ``/api``, the pages below ``/en`` and ``/zh``, and their files."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from firth import __version__
from firth.web import limits
from firth.web.answering import answer, refusal
from firth.web.faults import Fault, Faults, faults_of_request
from firth.web.guard import Guard
from firth.web.lab import Lab
from firth.web.lane import Lane
from firth.web.pages import add_pages
from firth.web.runs_api import add_runs
from firth.web.stops import align, cloze, neighbours, pretrain, reading, senses, shift
from firth.web.stops.stop import Question, Stop
from firth.web.words import preferred, words

STOPS: tuple[Stop, ...] = (
    senses.STOP, cloze.STOP, neighbours.STOP, reading.STOP, align.STOP, pretrain.STOP, shift.STOP,
)  # fmt: skip
DESCRIPTION = """The experiments of firth on this machine's encoder.

Every question is a POST with a JSON body. Work waits in a line; with `Accept: application/x-ndjson`
the place in it, the progress and then the answer come as one JSON object a line. Work ends when the
connection does. Errors name the field they are about, in the language of `Accept-Language`.
"""
# Statuses -> keys of ``[refused]``.
_CODES = {400: "json", 404: "not_found", 405: "method", 413: "body"}
_ERRORS: dict[int | str, dict[str, Any]] = {
    409: {"model": Faults, "description": "What the question needs is not loaded."},
    413: {"model": Faults, "description": "The request is too long."},
    422: {"model": Faults, "description": "A field holds what cannot be answered."},
    503: {"model": Faults, "description": "As much work waits as may wait; try again."},
}


def create_app(lab: Lab, hosts: Iterable[str]) -> Guard:
    """Return the application around what was loaded.

    Args:
        lab: The encoder and all else.
        hosts: What requests may call this server, as in their ``Host``, port and all.
    """
    lanes: dict[str, Lane] = {}

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncGenerator[None]:
        lanes["quick"] = Lane("quick", limits.QUICK_WAITING)
        lanes["long"] = Lane("long", limits.LONG_WAITING)
        try:
            yield
        finally:
            for lane in lanes.values():
                lane.close()

    app = FastAPI(
        title="firth",
        version=__version__,
        summary="The stories told about BERT, as experiments that anybody can run.",
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,  # their pages load scripts from another machine
        redoc_url=None,
        redirect_slashes=False,
        lifespan=life,
    )
    app.state.lanes = lanes
    for stop in STOPS:
        app.add_api_route(
            f"/api/{stop.name}",
            _endpoint(stop, lab, lanes),
            methods=["POST"],
            response_model=stop.answer,
            responses=_ERRORS,
            summary=stop.summary,
            name=stop.name,
            tags=["stops"],
        )
    add_runs(app, lab.shelf)
    add_pages(app, lab)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _broken)
    return Guard(app, hosts)


def _endpoint(stop: Stop, lab: Lab, lanes: dict[str, Lane]) -> Callable[..., Awaitable[Any]]:
    """Return the function of a stop's path, with the stop's own model of the body."""

    async def endpoint(request: Request, question: Question) -> Any:
        return await answer(stop, lab, lanes[stop.lane], request, question)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter("request", kind, annotation=Request),
        inspect.Parameter("question", kind, annotation=stop.question),
    ]
    endpoint.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    endpoint.__doc__ = stop.work.__doc__
    return endpoint


async def _invalid(request: Request, error: Exception) -> Any:
    assert isinstance(error, RequestValidationError)
    say = words(preferred(request.headers.get("accept-language")))
    return refusal(422, faults_of_request(error.errors(), say))


async def _broken(request: Request, _error: Exception) -> Any:
    """Say in one line that it was not the user's mistake; the traceback goes to the terminal."""
    say = words(preferred(request.headers.get("accept-language")))["refused"]
    return refusal(500, [Fault(field=None, code="ours", message=say["ours"])])


async def _refused(request: Request, error: Exception) -> Any:
    assert isinstance(error, HTTPException)
    say = words(preferred(request.headers.get("accept-language")))["refused"]
    code = _CODES.get(error.status_code, "ours")
    message = say[code].format(kilobytes=limits.BODY // 1024)
    fault = Fault(field=None, code=code, message=message)
    return refusal(error.status_code, [fault])
