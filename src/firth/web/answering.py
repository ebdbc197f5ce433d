"""From a request to its answer: through a lane, told where it stands, and given up when unwanted.

A client that accepts ``application/x-ndjson`` gets one JSON object a line while it waits:

    {"state": "waiting", "place": 2}                    how many are ahead
    {"state": "working", "done": 12, "total": 40}
    {"state": "done", "answer": {...}}                  or {"state": "failed", "errors": [...]}

Any other client gets the answer alone, with a status. In both cases the work ends when the client
goes away.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel
from starlette.types import Receive

from firth.errors import FirthError
from firth.web.faults import Fault, Faults, MissingPartError, fault_of
from firth.web.lab import Lab
from firth.web.lane import FullError, Lane, Ticket
from firth.web.stops.stop import Question, Stop
from firth.web.words import preferred, words

LINES = "application/x-ndjson"
LOG = logging.getLogger("firth.web")
# What a client that is gone would have got; no one reads it.
GONE = 499


async def answer(
    stop: Stop, lab: Lab, lane: Lane, request: Request, question: Question
) -> Response | BaseModel:
    """Answer a request, as a model, as lines, or as an error."""
    language = preferred(request.headers.get("accept-language"))

    def work(ticket: Ticket) -> BaseModel:
        return stop.work(lab, question, ticket, language)

    try:
        ticket = lane.submit(work)
    except FullError:
        message = words(language)["refused"]["full"].format(n=lane.most)
        fault = Fault(field=None, code="full", message=message)
        return refusal(503, [fault], {"Retry-After": "5"})
    if LINES in request.headers.get("accept", ""):
        return _Lines(_lines(ticket, stop, language), ticket)
    gone = asyncio.create_task(_given_up(request.receive, ticket))
    try:
        status = await ticket.over()
    finally:
        gone.cancel()
        ticket.cancel()
    if status.state == "done":
        return ticket.result
    if status.state == "cancelled":
        return Response(status_code=GONE)
    code, faults = _failure(ticket, stop, language)
    return refusal(code, faults)


def refusal(
    status: int, faults: list[Fault], headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return errors as JSON."""
    return JSONResponse(Faults(errors=faults).model_dump(), status, headers)


def _failure(ticket: Ticket, stop: Stop, language: str) -> tuple[int, list[Fault]]:
    """Return status and faults of work that failed; a fault of firth's own goes to the log."""
    error, say = ticket.error, words(language)
    if isinstance(error, FirthError):
        status = 409 if isinstance(error, MissingPartError) else 422
        return status, [fault_of(error, stop.field, say)]
    LOG.error("%s failed", stop.name, exc_info=error)
    return 500, [Fault(field=None, code="ours", message=say["refused"]["ours"])]


async def _given_up(receive: Receive, ticket: Ticket) -> None:
    """Cancel the work when the client goes away; its request has been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass
    ticket.cancel()


async def _lines(ticket: Ticket, stop: Stop, language: str) -> AsyncIterator[bytes]:
    async for status in ticket.changes():
        line: dict[str, Any] = {"state": status.state}
        if status.state == "waiting":
            line["place"] = status.place
        elif status.state == "working":
            line |= {"done": status.done, "total": status.total}
        elif status.state == "done":
            line["answer"] = ticket.result.model_dump(mode="json")
        elif status.state == "failed":
            code, faults = _failure(ticket, stop, language)
            line |= {"status": code, "errors": [one.model_dump() for one in faults]}
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


class _Lines(StreamingResponse):
    """Lines as they come; the work ends with the connection."""

    def __init__(self, lines: AsyncIterator[bytes], ticket: Ticket) -> None:
        super().__init__(lines, media_type=LINES, headers={"Cache-Control": "no-store"})
        self._ticket = ticket

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> None:
        gone = asyncio.create_task(_given_up(receive, self._ticket))
        try:
            with suppress(OSError):  # the client went away between two lines
                await self.stream_response(send)
        finally:
            gone.cancel()
            self._ticket.cancel()
