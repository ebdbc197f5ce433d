"""What the training of readers looks like: a table on a terminal, lines in a file."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from firth.cli.live_table import LiveTable
from firth.cli.pretrain_live import COLUMNS, EVERY, sparkline


@dataclass
class _Line:
    """What is known of one training."""

    steps: int = 0
    step: int = 0
    finished: bool = False
    losses: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    held_out: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    exact: float | None = None
    pace: float = 0.0
    tokens_per_step: float = 0.0
    said: float = -EVERY

    @property
    def minutes(self) -> float | None:
        """Minutes to go, as far as the pace tells."""
        if not self.pace:
            return None
        return (self.steps - self.step) * self.tokens_per_step / self.pace / 60


class ReadingLive(LiveTable):
    """Shows trainings; ``tell`` takes the rows of their logs.

    Args:
        quiet: Whether nothing is shown.
    """

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self.lines: dict[str, _Line] = {}

    def tell(self, name: str, row: dict[str, Any]) -> None:
        """Take a row of a training."""
        line = self.lines.setdefault(name, _Line())
        line.step = max(line.step, row["step"])
        if row["kind"] == "begin":
            line.steps, line.finished = row["steps"], row["finished"]
            line.tokens_per_step = row.get("tokens_per_step", 0.0)
        elif row["kind"] == "train":
            line.losses.append((row["step"], row["loss"]))
            line.exact = row["exact"] / max(1.0, row["windows"])
            line.pace = row["tokens_per_second"]
        elif row["kind"] == "validation":
            line.held_out = row["languages"]
        if self.live is not None:
            self.live.update(self._table())
        elif not self.quiet:
            self._say(name, line, row["kind"])

    def _say(self, name: str, line: _Line, kind: str) -> None:
        now = time.monotonic()
        if kind == "begin":
            at = f"goes on at step {line.step}" if line.step else "begins"
            said = "is finished" if line.finished else f"{at} of {line.steps}"
            print(f"{name}: {said}", file=sys.stderr, flush=True)
        elif kind == "end" or (kind == "train" and now - line.said > EVERY):
            line.said = now
            print(f"{name}: {self._state(line)}", file=sys.stderr, flush=True)

    def _state(self, line: _Line) -> str:
        parts = [f"step {line.step} of {line.steps}"]
        if line.losses:
            parts.append(f"loss {line.losses[-1][1]:.3f}")
        if line.exact is not None:
            parts.append(f"{line.exact:.0%} of the windows right")
        parts += [
            f"held out {language} {own['span_exact']:.1%}"
            for language, own in line.held_out.items()
        ]
        if line.minutes is not None:
            parts.append(f"{line.pace:,.0f} tokens/s, {line.minutes:.0f} min to go")
        return ", ".join(parts)

    def _table(self) -> Table:
        table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
        for head in ("reader", "step"):
            table.add_column(head)
        table.add_column("loss over log step", width=COLUMNS)
        for head in ("loss", "right", "held out, right", "tokens/s", "min left"):
            table.add_column(head, justify="right")
        for name, line in self.lines.items():
            held = " ".join(f"{one} {own['span_exact']:.1%}" for one, own in line.held_out.items())
            minutes = line.minutes
            table.add_row(
                name,
                "finished" if line.finished else f"{line.step}/{line.steps}",
                sparkline(line.losses, max(1, line.steps)),
                f"{line.losses[-1][1]:.3f}" if line.losses else "",
                f"{line.exact:.0%}" if line.exact is not None else "",
                held,
                f"{line.pace:,.0f}" if line.pace else "",
                f"{minutes:.0f}" if minutes is not None and line.step < line.steps else "",
            )
        return table
