"""A server as it runs: who goes away is not worked for, who waits is told, Ctrl-C ends it."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from served import serving

from firth.errors import FirthError
from firth.web import app as application
from firth.web.lab import Lab
from firth.web.stops import neighbours
from firth.web.stops.stop import Stop

FIRTH = Path(sys.executable).with_name("firth")


class Slow:
    """A stop whose work lasts until it is let go, and notes who was given up."""

    def __init__(self):
        self.go, self.begun, self.given_up = threading.Event(), [], []

    def work(self, lab, question, ticket, language):
        self.begun.append(question.word)
        try:
            while not self.go.wait(0.01):
                ticket.check()
        except BaseException:
            self.given_up.append(question.word)
            raise
        return neighbours.NeighboursAnswer(word=question.word, neighbours=[], vectors="", words=0)


@pytest.fixture
def slow(monkeypatch):
    own = Slow()
    stop = Stop("neighbours", "Slow.", neighbours.NeighboursQuestion, neighbours.NeighboursAnswer,
                own.work, "word")  # fmt: skip
    monkeypatch.setattr(application, "STOPS", (stop,))
    yield own
    own.go.set()


def post(address, word, accept="application/json"):
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    headers = {"Content-Type": "application/json", "Accept": accept}
    connection.request("POST", "/api/neighbours", json.dumps({"word": word}), headers)
    return connection


def until(condition):
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < 60
        time.sleep(0.01)


def test_who_goes_away_is_not_worked_for(lab, slow):
    with serving(lab) as address:
        plain = post(address, "first")
        until(lambda: slow.begun == ["first"])
        plain.close()
        until(lambda: slow.given_up == ["first"])
        lines = post(address, "second", "application/x-ndjson")
        until(lambda: slow.begun == ["first", "second"])
        waiting = post(address, "third")
        time.sleep(0.1)
        waiting.close()
        lines.close()
        until(lambda: slow.given_up == ["first", "second"])
        slow.go.set()
        last = post(address, "last").getresponse()
        assert json.loads(last.read())["word"] == "last"
        assert "third" not in slow.begun


def test_who_waits_is_told_the_place(lab, slow):
    with serving(lab) as address:
        first = post(address, "first")
        until(lambda: slow.begun == ["first"])
        second, third = (post(address, word, "application/x-ndjson") for word in ("b", "c"))
        streams = [one.getresponse() for one in (second, third)]
        told = [json.loads(one.readline()) for one in streams]
        assert sorted(one["place"] for one in told) == [1, 2]
        assert {one["state"] for one in told} == {"waiting"}
        slow.go.set()
        assert json.loads(first.getresponse().read())["word"] == "first"
        ends = [json.loads(one.read().splitlines()[-1]) for one in streams]
        assert sorted(one["answer"]["word"] for one in ends) == ["b", "c"]


def test_a_full_line_says_so(lab, slow, monkeypatch):
    monkeypatch.setattr(application.limits, "QUICK_WAITING", 1)
    with serving(lab) as address:
        first = post(address, "first")
        until(lambda: slow.begun == ["first"])
        second = post(address, "second")
        time.sleep(0.2)
        refused = post(address, "third").getresponse()
        assert refused.status == 503
        assert refused.headers["Retry-After"]
        assert json.loads(refused.read())["errors"][0]["code"] == "full"
        slow.go.set()
        for one in (first, second):
            assert one.getresponse().status == 200


def test_the_end_of_the_server_gives_up_the_work(lab, slow):
    begun = time.monotonic()
    with serving(lab) as address:
        kept = post(address, "first")
        until(lambda: slow.begun == ["first"])
    assert slow.given_up == ["first"]
    assert time.monotonic() - begun < 60  # and not until the work would have ended, which is never
    kept.close()


def test_a_fault_of_ours_is_no_traceback_for_the_reader(lab, monkeypatch, caplog):
    def work(*_):
        raise RuntimeError("/home/someone/secret")

    stop = Stop("neighbours", "Broken.", neighbours.NeighboursQuestion,
                neighbours.NeighboursAnswer, work, "word")  # fmt: skip
    monkeypatch.setattr(application, "STOPS", (stop,))
    with serving(lab) as address:
        answer = post(address, "first").getresponse()
        text = answer.read().decode()
    assert answer.status == 500
    assert json.loads(text)["errors"][0]["code"] == "ours"
    assert "secret" not in text
    assert "secret" in caplog.text


def test_the_command_serves_until_ctrl_c(tmp_path):
    command = [FIRTH, "serve", "--port", "0", "--runs", "runs", "--quiet"]
    done = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        address = done.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        begun = time.monotonic()
        answer = post(address, "water").getresponse()
        assert len(json.loads(answer.read())["neighbours"]) == 10
        assert time.monotonic() - begun < 10  # two seconds, on a machine that does nothing else
        taken = subprocess.run(
            [FIRTH, "serve", "--port", str(urlsplit(address).port)],
            cwd=tmp_path, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert taken.returncode == 2
        assert "another --port may be free" in taken.stderr
        assert len(taken.stderr.strip().splitlines()) == 1
    finally:
        done.send_signal(signal.SIGINT)
        _, errors = done.communicate(timeout=60)
    assert done.returncode == 130
    assert errors == "firth: stopped; nothing was half written\n"
    assert not list(tmp_path.iterdir())


def test_what_is_named_must_be_there(mini):
    for option in ("reader", "vectors", "language_vectors"):
        with pytest.raises(FirthError, match="absent"):
            Lab.of(mini, **{option: "absent"})
    with pytest.raises(FirthError, match="absent"):
        Lab.open("absent")
