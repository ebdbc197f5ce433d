"""Who may ask, and how much."""

from __future__ import annotations

import pytest

from firth.web import limits
from firth.web.server import names_of

QUESTION = {"word": "water", "top": 1}


def codes(response):
    return [one["code"] for one in response.json()["errors"]]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "evil.example:8765", ""]
)
def test_a_foreign_name_gets_nothing(client, host):
    for path in ("/en", "/api/runs", "/static/firth.css"):
        refused = client.get(path, headers={"Host": host})
        assert refused.status_code == 421
        assert codes(refused) == ["host"]


def test_own_names_are_answered(client):
    for host in ("127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"):
        assert client.get("/en", headers={"Host": host}).status_code == 200


def test_names_of_a_server():
    assert names_of("127.0.0.1", 80) == [
        "127.0.0.1:80", "localhost:80", "[::1]:80", "127.0.0.1", "localhost", "[::1]",
    ]  # fmt: skip
    assert "0.0.0.0:9" not in names_of("0.0.0.0", 9, ["lab.local"])
    assert "lab.local:9" in names_of("0.0.0.0", 9, ["lab.local"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:8765"},
        {"Origin": "http://127.0.0.1:9"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_page_cannot_ask(client, headers):
    refused = client.post("/api/neighbours", json=QUESTION, headers=headers)
    assert refused.status_code == 403
    assert codes(refused) == ["origin"]
    assert "access-control-allow-origin" not in refused.headers


def test_the_own_page_and_programs_can(client):
    own = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/neighbours", json=QUESTION, headers=own).status_code == 200
    assert client.post("/api/neighbours", json=QUESTION).status_code == 200


def test_a_form_cannot_ask(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        refused = client.post(
            "/api/neighbours", content='{"word": "water"}', headers={"Content-Type": kind}
        )
        assert refused.status_code == 415


def test_a_body_has_an_end(client):
    long = b'{"word": "' + b"a" * limits.BODY + b'"}'
    json = {"Content-Type": "application/json"}
    refused = client.post("/api/neighbours", content=long, headers=json)
    assert refused.status_code == 413
    assert codes(refused) == ["body"]

    def pieces():  # without a length
        for at in range(0, len(long), 1000):
            yield long[at : at + 1000]

    refused = client.post("/api/neighbours", content=pieces(), headers=json)
    assert refused.status_code == 413


def test_answers_carry_a_strict_policy(client):
    for path in ("/en", "/en/senses", "/zh/nothing", "/api/runs", "/static/firth.js"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
    refused = client.get("/en", headers={"Host": "evil.example"})
    assert "default-src 'none'" in refused.headers["content-security-policy"]
