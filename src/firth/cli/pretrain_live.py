"""What a training looks like while it runs: a table on a terminal, lines in a file.

On standard error; the loss as a line of blocks, so that a plateau is seen as one.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.table import Table

from firth.cli.live_table import LiveTable
from firth.experiments.pretrain_curves import named_layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firth.experiments.pretrain_arms import Settings
    from firth.experiments.pretrain_runs import Run

BLOCKS = "▁▂▃▄▅▆▇█"
COLUMNS = 24  # of the line of blocks
EVERY = 60.0  # seconds between two lines where there is no terminal


@dataclass
class _Line:
    """What is known of one run."""

    step: int = 0
    losses: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    held_out: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    mrr: tuple[int, float] | None = None
    pace: float = 0.0


class Live(LiveTable):
    """Shows the runs of an experiment; ``tell`` takes the rows of their logs.

    Args:
        settings: Of the experiment.
        languages: Its languages.
        quiet: Whether nothing is shown.
    """

    def __init__(self, settings: Settings, languages: Sequence[str], *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self.settings, self.languages = settings, list(languages)
        self.lines: dict[str, _Line] = {}
        self.said = time.monotonic()

    def tell(self, run: Run, row: dict[str, Any]) -> None:
        """Take a row of a run."""
        name = f"{run.arm.name} seed {run.arm.seed}"
        line = self.lines.setdefault(name, _Line())
        line.step = max(line.step, row["step"])
        kind = row["kind"]
        if kind == "train":
            line.losses.append((row["step"], row["mlm_loss_sum"] / row["masked"]))
            line.pace = row["tokens_per_second"]
        elif kind == "validation":
            line.held_out = row["languages"]
        elif kind == "alignment":
            layer = named_layer(self.settings)
            found = [
                one["value"]
                for one in row["scores"]
                if one["metric"] == "mrr"
                and one.get("layer") == layer
                and one.get("similarity") == "centred"
            ]
            line.mrr = (row["step"], sum(found) / max(1, len(found)))
        if self.live is not None:
            self.live.update(self._table())
        elif not self.quiet:
            self._say(name, line, row)

    def _say(self, name: str, line: _Line, row: dict[str, Any]) -> None:
        """Print a line where there is no terminal: beginnings, ends, and one now and then."""
        kind, now = row["kind"], time.monotonic()
        if kind == "begin":
            at = f"goes on at step {row['step']}" if row["step"] else "begins"
            print(f"{name}: {'is finished' if row['finished'] else at}", file=sys.stderr)
        elif kind == "end" or (kind == "train" and now - self.said > EVERY):
            self.said = now
            print(f"{name}: {self._state(line)}", file=sys.stderr)
        elif kind == "alignment" and row["step"] == self.settings.steps and line.mrr:
            print(f"{name}: MRR {line.mrr[1]:.3f}", file=sys.stderr)

    def _state(self, line: _Line) -> str:
        parts = [f"step {line.step} of {self.settings.steps}"]
        if line.losses:
            parts.append(f"loss {line.losses[-1][1]:.3f}")
        parts += [
            f"{language} {own['mlm_loss']:.3f} ({own['mlm_accuracy']:.1%} right)"
            for language, own in line.held_out.items()
        ]
        if line.pace:
            left = self.settings.steps - line.step
            tokens = left * self.settings.recipe.batch * self.settings.recipe.length
            parts.append(f"{line.pace:,.0f} tokens/s, {tokens / line.pace / 60:.0f} min to go")
        return ", ".join(parts)

    def _table(self) -> Table:
        table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
        table.add_column("run")
        table.add_column("step", justify="right")
        table.add_column("loss over log step", width=COLUMNS)
        table.add_column("loss", justify="right")
        for language in self.languages:
            table.add_column(f"{language} held out", justify="right")
        for head in ("MRR", "tokens/s", "min left"):
            table.add_column(head, justify="right")
        for name, line in self.lines.items():
            table.add_row(name, *self._cells(line))
        return table

    def _cells(self, line: _Line) -> list[str]:
        settings = self.settings
        left = (settings.steps - line.step) * settings.recipe.batch * settings.recipe.length
        held = [
            f"{own['mlm_loss']:.2f} {own['mlm_accuracy']:.0%}" if own else ""
            for own in (line.held_out.get(language) for language in self.languages)
        ]
        return [
            f"{line.step}/{settings.steps}",
            sparkline(line.losses, settings.steps),
            f"{line.losses[-1][1]:.3f}" if line.losses else "",
            *held,
            f"{line.mrr[1]:.3f}" if line.mrr else "",
            f"{line.pace:,.0f}" if line.pace else "",
            f"{left / line.pace / 60:.0f}" if line.pace and left else "",
        ]


def sparkline(losses: Sequence[tuple[int, float]], steps: int, columns: int = COLUMNS) -> str:
    """Draw losses over the logarithm of the step as blocks, high ones for high losses.

    Args:
        losses: (step, loss), steps from 1.
        steps: The last step of the whole line.
        columns: How many blocks the whole line has.
    """
    import math

    if not losses:
        return ""
    first = losses[0][0]
    span = math.log(max(steps, first + 1) / first)
    cells: dict[int, list[float]] = {}
    for step, loss in losses:
        place = min(columns - 1, int(columns * math.log(step / first) / span))
        cells.setdefault(place, []).append(loss)
    means = {place: sum(own) / len(own) for place, own in cells.items()}
    low, high = min(means.values()), max(means.values())
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    line, last = "", BLOCKS[-1]
    for place in range(max(means) + 1):
        if place in means:
            last = BLOCKS[round((means[place] - low) * scale)]
        line += last
    return line
