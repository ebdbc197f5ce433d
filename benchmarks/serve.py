"""Twenty clients at once on the local page's JSON: none loses an answer, and how long each waits.

    python -m benchmarks.serve [--clients 20] [--questions 5]

A server is started as a user starts it, in a process of its own. Then every client asks its
questions one after another, all clients at once: blanks, shifts, neighbours, matrices in turn.
Each answer is compared with the one that a lone client got.
"""

from __future__ import annotations

import argparse
import http.client
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from firth.text.carried import apples

QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cloze", {"text": "The capital of France is [MASK].", "top": 5}),
    ("shift", {"text": "没有人可以帮助我", "source": "zh", "target": "en", "layer": 6, "alpha": 2}),
    ("neighbours", {"word": "water", "top": 10}),
    ("senses", {"sentences": [one.sentence for one in apples()], "word": "苹果"}),
    ("cloze", {"text": "我每天早上喝一杯[MASK]。", "top": 5}),
)


def ask(address: str, stop: str, question: dict[str, Any]) -> tuple[int, Any, float]:
    """Return status, answer and seconds of one question, on a connection of its own."""
    place, begun = urlsplit(address), time.perf_counter()
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=300)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", f"/api/{stop}", json.dumps(question), headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer, time.perf_counter() - begun


def load(address: str, clients: int, each: int) -> tuple[list[float], int, float]:
    """Return the seconds of all answers, how many were lost or wrong, and the seconds of it all."""
    expected = [ask(address, *one)[1] for one in QUESTIONS]
    seconds: list[float] = []
    lost: list[object] = []

    def client(number: int) -> None:
        for turn in range(each):
            at = (number + turn) % len(QUESTIONS)
            try:
                status, answer, passed = ask(address, *QUESTIONS[at])
            except OSError as error:
                lost.append(error)
                continue
            seconds.append(passed)
            if status != 200 or answer != expected[at]:
                lost.append(answer)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    begun = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return seconds, len(lost), time.perf_counter() - begun


def main() -> int:
    """Print percentiles; exit code 1 where an answer was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--questions", type=int, default=5)
    options = parser.parse_args()
    firth = Path(sys.executable).with_name("firth")
    with tempfile.TemporaryDirectory() as scratch:
        command = [firth, "serve", "--port", "0", "--quiet", "--runs", scratch]
        begun = time.perf_counter()
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            print(f"start, model loaded     {time.perf_counter() - begun:6.2f} s")
            _, _, first = ask(address, *QUESTIONS[0])
            print(f"first answer            {first:6.2f} s")
            seconds, lost, whole = load(address, options.clients, options.questions)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
    total = options.clients * options.questions
    print(f"{options.clients} clients at once, {total} questions in {whole:.2f} s")
    for share in (50, 90, 95, 99, 100):
        print(f"  {share:3d} % answered within {np.percentile(seconds, share):6.2f} s")
    print(f"  lost or different: {lost} of {total}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
