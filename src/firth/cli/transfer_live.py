"""How far ``firth transfer run`` is: a bar over all steps on a terminal, lines elsewhere.

Steps of fine-tuning are what takes time; how many are left is known before the first one, for every
arm's search has a fixed length. On standard error.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from firth.cli.screen import WORTH_SAYING

if TYPE_CHECKING:
    from firth.experiments.transfer_runs import Run

EVERY = 60.0  # seconds between two lines where there is no terminal
ENOUGH = 8  # steps that an estimate is made of
CNN = "cnn"


class Live:
    """Shows the runs of an experiment; ``tell`` takes the rows of their logs.

    Args:
        total: Steps of fine-tuning, all runs together.
        quiet: Whether nothing is shown.
    """

    def __init__(self, total: int, *, quiet: bool) -> None:
        self.total, self.quiet = total, quiet
        self.finished = self.done = 0  # steps of earlier commands, and of this one
        self.at: dict[str, int] = {}
        self.begun = self.said = time.monotonic()
        self.estimated = False
        shown = not quiet and sys.stderr.isatty()
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True),
            transient=True,
        ) if shown else None  # fmt: skip
        self.task = self.bar.add_task("transfer", total=total) if self.bar is not None else None

    def __enter__(self) -> Self:
        if self.bar is not None:
            self.bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def tell(self, run: Run, row: dict[str, Any]) -> None:
        """Take a row of a run."""
        trial, kind = run.trial, row["kind"]
        if trial.arm == CNN:  # in no time
            return
        name = run.folder.name
        if kind == "begin" and row["finished"] and name not in self.at:
            self.finished += trial.steps
            self.at[name] = trial.steps
        elif kind == "resumed":
            self.finished += row["step"]
            self.at[name] = row["step"]
        elif kind == "train":
            self.done += row["step"] - self.at.get(name, 0)
            self.at[name] = row["step"]
        self._show(run, row)

    @property
    def left(self) -> float:
        """Seconds to go, as far as can be told."""
        pace = (time.monotonic() - self.begun) / max(1, self.done)
        return pace * max(0, self.total - self.finished - self.done)

    def _show(self, run: Run, row: dict[str, Any]) -> None:
        if self.quiet:
            return
        if not self.estimated and self.done >= ENOUGH:
            self.estimated = True
            if self.left > WORTH_SAYING:
                self._say(f"about {self.left / 60:.0f} minutes for {self.total:,} steps")
        if self.bar is not None and self.task is not None:
            self.bar.update(
                self.task, completed=self.finished + self.done, description=run.trial.name
            )
        elif row["kind"] == "end" and time.monotonic() - self.said > EVERY:
            self.said = time.monotonic()
            self._say(
                f"{run.trial.name}: dev {run.record['dev_score']:.3f}; "
                f"{self.finished + self.done:,} of {self.total:,} steps, "
                f"{self.left / 60:.0f} minutes to go"
            )

    def _say(self, text: str) -> None:
        if self.bar is not None:
            self.bar.console.print(f"transfer: {text}", highlight=False)
        else:
            print(f"transfer: {text}", file=sys.stderr)
