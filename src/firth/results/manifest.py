"""The provenance of a result: machine and library versions, and the sha256 of what was read."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from firth.results.schema import DataCard

LIBRARIES = ("firth", "torch", "transformers", "tokenizers", "safetensors", "numpy", "scipy")


def environment(dtype: str, threads: int) -> dict[str, Any]:
    """Return versions, processor, number of threads and data type of the computation."""
    return {
        "python": platform.python_version(),
        "versions": _versions(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": cpu_name(),
        "cores": os.cpu_count() or 1,
        "threads": threads,
        "dtype": dtype,
    }


@cache
def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


@cache
def cpu_name() -> str:
    """Return the processor's name as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def text_card(name: str, lines: Iterable[str]) -> DataCard:
    """Return the card of texts that are in memory: sha256 over their lines in order."""
    digest = hashlib.sha256()
    n = 0
    for line in lines:
        digest.update(line.encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
        n += 1
    return DataCard(name=name, sha256=digest.hexdigest(), n=n)
