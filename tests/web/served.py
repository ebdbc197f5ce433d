"""A server in a thread of its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from firth.web.server import bind, serve


@contextmanager
def serving(lab):
    """Serve a lab; yields the address."""
    taken = bind("127.0.0.1", 0)
    ready, addresses, servers = threading.Event(), [], []

    def tell(address):
        addresses.append(address.rstrip("/"))
        ready.set()

    thread = threading.Thread(
        target=serve, args=(lab, taken), kwargs={"ready": tell, "keep": servers.append}
    )
    thread.start()
    assert ready.wait(30)
    try:
        yield addresses[0]
    finally:
        servers[0].should_exit = True
        thread.join(20)
        assert not thread.is_alive()
