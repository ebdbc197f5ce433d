"""The process keeps memory that was freed, unless its environment decides."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from firth.memory import DECIDED

# Each block is larger than what the C library maps anew each time by default.
SCRIPT = """
import resource, sys
from firth.memory import keep_freed_memory
done = keep_freed_memory()
import torch
def use():
    for _ in range(20):
        torch.ones(12_000_000)
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use()
print(done, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(**environment: str) -> tuple[bool, int]:
    bare = {name: value for name, value in os.environ.items() if name not in DECIDED}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=bare | environment, text=True, check=True,
        stdout=subprocess.PIPE,
    ).stdout.split()  # fmt: skip
    return done[0] == "True", int(done[1])


@pytest.mark.skipif(sys.platform != "linux", reason="the GNU C library's allocator")
def test_freed_memory_is_used_again() -> None:
    kept, few = faults()
    if not kept:
        pytest.skip("this C library has no such setting")
    left, many = faults(MALLOC_MMAP_THRESHOLD_="131072")
    assert not left
    assert few < many / 20
