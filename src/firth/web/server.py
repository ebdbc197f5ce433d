"""Run the application on this machine, until Ctrl-C."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn

from firth.errors import OptionError
from firth.web import assets
from firth.web.app import create_app
from firth.web.lab import Lab

LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Seconds that an open connection gets once Ctrl-C was pressed.
PATIENCE = 2


def names_of(host: str, port: int, more: Sequence[str] = ()) -> list[str]:
    """Return what requests may call a server: loopback's names, its own, and those allowed."""
    named = [*LOOPBACK, *([host] if host not in ("0.0.0.0", "::") else []), *more]
    bare = [f"[{one}]" if ":" in one else one for one in dict.fromkeys(named)]
    ports = [f"{one}:{port}" for one in bare]
    return [*ports, *bare] if port == 80 else ports


def bind(host: str, port: int) -> socket.socket:
    """Take the address before the model is loaded, so that a mistake shows at once.

    Raises:
        OptionError: It cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except (OSError, OverflowError) as error:
        taken.close()
        what = getattr(error, "strerror", None) or str(error)
        raise OptionError(
            f"{host}, port {port} cannot be served: {what}; another --port may be free "
            "(0 takes any)"
        ) from error
    taken.listen(128)
    return taken


def prepare() -> None:
    """Begin to make the files that pages ask for; the libraries and the font take seconds."""

    def make() -> None:
        for name in assets.names():
            assets.asset(name)

    threading.Thread(target=make, name="firth-files", daemon=True).start()


def serve(
    lab: Lab,
    taken: socket.socket,
    allowed: Sequence[str] = (),
    ready: Callable[[str], None] | None = None,
    keep: Callable[[uvicorn.Server], None] | None = None,
) -> None:
    """Answer until Ctrl-C.

    Args:
        lab: What was loaded.
        taken: The socket of `bind`.
        allowed: Further names of this server in requests.
        ready: Called with the address of the page once it answers.
        keep: Called with the server before it starts, for one who ends it in another way.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; everything is closed.
    """
    host, port = taken.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    app = create_app(lab, names_of(host, port, allowed))
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=PATIENCE,
        server_header=False, date_header=False, proxy_headers=False, ws="none", lifespan="on",
    )  # fmt: skip
    server = _Server(config, lambda: ready and ready(f"http://{shown}:{port}/"))
    if keep is not None:
        keep(server)
    try:
        server.run(sockets=[taken])
    finally:
        taken.close()
    if server.stopped:  # uvicorn raises it as well, but not where Ctrl-C is ignored by default
        raise KeyboardInterrupt


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready
        self.stopped = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note that a signal ended the server."""
        self.stopped = True
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
