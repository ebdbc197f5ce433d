"""How long each step of a training takes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from firth.train.loop import Task, train
from firth.train.plan import Plan


def step_seconds(task: Task, plan: Plan, folder: str | Path) -> list[float]:
    """Train, and return the seconds of each step; the first ones warm up.

    Args:
        task: What learns.
        plan: How; nothing is validated, kept or written before its end.
        folder: Of the run.
    """
    seconds: list[float] = []
    last = time.perf_counter()

    def tell(row: Mapping[str, Any]) -> None:
        nonlocal last
        if row["kind"] == "train":
            now = time.perf_counter()
            seconds.append(now - last)
            last = now

    bare = replace(plan, log_every=1, validate_every=0, keep_at=(), checkpoint_minutes=None)
    train(task, bare, folder, progress=tell)
    return seconds
