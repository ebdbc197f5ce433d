from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from firth.web.app import create_app
from firth.web.lab import Lab
from firth.web.server import names_of

HOST = "127.0.0.1:8765"


@pytest.fixture(scope="session")
def lab(mini, tmp_path_factory):
    return Lab.of(mini, runs=tmp_path_factory.mktemp("served") / "runs", dtype="fp32")


@pytest.fixture(scope="session")
def client(lab):
    app = create_app(lab, names_of("127.0.0.1", 8765))
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) as found:
        yield found
