from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from firth.web.app import create_app
from firth.web.lab import Lab
from firth.web.server import bind, names_of, serve

HOST = "127.0.0.1:8765"


@pytest.fixture(scope="session")
def lab(mini, tmp_path_factory):
    return Lab.of(mini, runs=tmp_path_factory.mktemp("served") / "runs", dtype="fp32")


@pytest.fixture(scope="session")
def client(lab):
    app = create_app(lab, names_of("127.0.0.1", 8765))
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) as found:
        yield found


@contextmanager
def serving(lab):
    """A server in a thread of its own; yields its address."""
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
