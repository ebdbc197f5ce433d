"""What stands before every request: who is asked, who asks, how much, and what a page may do.

    Host     must be a name of this server: a foreign name that was made to point to 127.0.0.1 (DNS
             rebinding) gets nothing
    Origin   of a request that a page makes must be the server itself, and ``Sec-Fetch-Site``, where
             a browser sends it, must not be another site: no other page can ask on a user's behalf
    body     is JSON, and no longer than `firth.web.limits.BODY`
    headers  of every answer: scripts, styles and connections from this server only (CSP), no frame

A program without a browser (curl, httpx) sends no Origin, and is answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firth.web import limits
from firth.web.words import preferred, words

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE = ("GET", "HEAD")
_OWN_SITES = ("same-origin", "none")


class Guard:
    """The ASGI application behind these checks.

    Args:
        app: The application.
        hosts: Names of this server as they stand in ``Host``, port and all.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refuse(scope)
        if refused is not None:
            await _say(*refused, scope, with_headers)
            return
        await self._app(scope, _Body(receive).receive, with_headers)

    def _refuse(self, scope: Scope) -> tuple[int, str] | None:
        """Return status and key of ``[refused]`` where the request is not for this server."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 421, "host"
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{one}" for one in self._hosts}:
            return 403, "origin"
        if scope["method"] in _SAFE:
            return None
        if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
            return 403, "origin"
        # A form of another page can send text and files without asking first, but not JSON.
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            return 415, "json"
        if int(_digits(headers.get("content-length"))) > limits.BODY:
            return 413, "body"
        return None


class _Body:
    """Counts the bytes of a body, which need not say its length."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._bytes = receive, 0

    async def receive(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > limits.BODY:
            raise HTTPException(413)  # the application answers it as it answers others
        return message


def _digits(text: str | None) -> str:
    """Return a length as it was given, or 0: a body that hides its length is counted."""
    return text if text is not None and text.isascii() and text.isdigit() else "0"


async def _say(status: int, key: str, scope: Scope, send: Send) -> None:
    say = words(preferred(Headers(scope=scope).get("accept-language")))["refused"]
    message = say[key].format(kilobytes=limits.BODY // 1024)
    fault = {"field": None, "item": None, "code": key, "message": message}
    body = json.dumps({"errors": [fault]}, ensure_ascii=False).encode()
    kind = b"application/json; charset=utf-8"
    start: dict[str, Any] = {
        "type": "http.response.start",
        "status": status,
        "headers": [(b"content-type", kind), (b"content-length", str(len(body)).encode())],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
