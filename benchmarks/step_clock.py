"""How long each step of transformers' Trainer takes, the same way in every benchmark."""

from __future__ import annotations

import time
from typing import Any

from transformers import TrainerCallback


class StepClock(TrainerCallback):
    """Keeps the seconds of each step.

    Attributes:
        seconds: One number a step.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._begun = 0.0

    def on_step_begin(self, *_given: Any, **_more: Any) -> None:
        """Start."""
        self._begun = time.perf_counter()

    def on_step_end(self, *_given: Any, **_more: Any) -> None:
        """Stop."""
        self.seconds.append(time.perf_counter() - self._begun)
