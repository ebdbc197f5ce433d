"""The training loop that everything that learns shares.

What a task draws at a step is a function of its seed and the step alone; with weights, optimiser
and step in the checkpoint a killed run goes on exactly as if nothing had happened.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from firth.errors import ResultError
from firth.train.checkpoint import Progress, read_progress, restore, save_checkpoint, save_weights
from firth.train.log import Log
from firth.train.plan import Plan

LOG = "log.jsonl"

Report = Callable[[dict[str, Any]], None]


class Task(Protocol):
    """What learns."""

    def groups(self) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Return the parameters by group and name; a group has its own learning rate."""
        ...

    def loss(self, step: int) -> tuple[Tensor, Mapping[str, float]]:
        """Return the loss of a step, a scalar, and counts that the log adds up.

        Whatever is drawn must depend on the task's seed and ``step`` only.
        """
        ...

    def validate(self) -> Mapping[str, Any]:
        """Return what a row of the log says of the model as it is now."""
        ...

    def config(self) -> Mapping[str, Any]:
        """Return what must be the same for a run to go on, as JSON."""
        ...


def train(
    task: Task,
    plan: Plan,
    folder: str | Path,
    *,
    progress: Report | None = None,
    resume: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> Log:
    """Train until the plan's budget is spent.

    Args:
        task: What learns.
        plan: Budget, rates, and when to write.
        folder: Gets ``checkpoint.safetensors`` and ``log.jsonl``.
        progress: Called with each row of the log.
        resume: Go on where the folder's checkpoint stands.
        clock: Seconds, for tests.

    Returns:
        The log. After Ctrl-C (or SIGTERM) the step in work is finished, a checkpoint written and
        ``KeyboardInterrupt`` raised.

    Raises:
        ResultError: The folder holds a run of another plan or task, or one while ``resume`` is off.
    """
    run = _Run(task, plan, Path(folder), progress, clock)
    run.start(resume)
    with interruptible() as asked:
        while plan.spent(run.step, run.seconds()) < 1:
            try:
                run.advance()
            except KeyboardInterrupt:
                # Raised by the task, before a weight was touched. After a second Ctrl-C it may
                # come from the middle of an update: then the last checkpoint is the right one.
                if not asked.is_set():
                    run.checkpoint()
                raise
            if asked.is_set():
                run.checkpoint()
                raise KeyboardInterrupt
        run.finish()
    return run.log


@contextmanager
def interruptible() -> Generator[threading.Event]:
    """Turn the first Ctrl-C or SIGTERM into a flag; the second one acts at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.getsignal(kind) for kind in kinds}

    def ask(kind: int, _frame: object) -> None:
        asked.set()
        signal.signal(kind, before[signal.Signals(kind)])

    for kind in kinds:
        signal.signal(kind, ask)
    try:
        yield asked
    finally:
        for kind in kinds:
            signal.signal(kind, before[kind])


class _Run:
    """The state of a run between its steps."""

    def __init__(
        self,
        task: Task,
        plan: Plan,
        folder: Path,
        report: Report | None,
        clock: Callable[[], float],
    ) -> None:
        self.task, self.plan, self.folder, self.report = task, plan, folder, report
        self.clock, self.begun, self.before = clock, clock(), 0.0
        self.step = 0
        self.pending: dict[str, float] = {}
        self.saved_at = 0.0
        self.log = Log(folder / LOG)
        groups = task.groups()
        if set(groups) != set(plan.rates):
            raise ResultError(
                f"the plan has rates for {sorted(plan.rates)}, the task has groups {sorted(groups)}"
            )
        self.named = {name: p for group in groups.values() for name, p in group.items()}
        self.optimiser = _optimiser(groups, plan)

    def seconds(self) -> float:
        """Time of work, that of earlier runs included."""
        return self.before + self.clock() - self.begun

    def start(self, resume: bool) -> None:
        """Begin, or go on from the folder's checkpoint."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stored = read_progress(self.folder)
        if stored is not None:
            if not resume:
                raise ResultError(f"{self.folder} holds a run already: resume it, or take another")
            _same("plan", stored.plan, self.plan.as_dict())
            _same("task", stored.config, dict(self.task.config()))
            restore(self.folder, self.named, self.optimiser)
            self.step, self.before, self.pending = stored.step, stored.seconds, stored.pending
            self.saved_at = stored.seconds
        self.log.cut(self.step if stored else -1)
        self.begun = self.clock()

    def advance(self) -> None:
        """One step, and what falls due after it."""
        started = self.seconds()
        factor = self.plan.factor(self.step, started)
        for group in self.optimiser.param_groups:
            group["lr"] = factor * self.plan.rates[group["group"]]
        # Dropout and the like: a function of seed and step as well.
        torch.manual_seed((self.plan.seed << 32) + self.step)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.plan.dtype == "bf16"):
            loss, counts = self.task.loss(self.step)
        loss.backward()
        sums = {"loss": float(loss.detach()), "steps": 1.0, **counts}
        if self.plan.clip is not None:
            norm = nn.utils.clip_grad_norm_(self.named.values(), self.plan.clip)
            sums["gradient_norm"] = float(norm)
        if not all(map(_finite, sums.values())):
            raise ResultError(f"step {self.step}: the loss or its gradient is not a number: {sums}")
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        sums["work"] = self.seconds() - started
        for key, value in sums.items():
            self.pending[key] = self.pending.get(key, 0.0) + value
        self._write(factor)

    def _write(self, factor: float) -> None:
        plan = self.plan
        if self.step % plan.log_every == 0:
            self._row(factor)
        if plan.validate_every and self.step % plan.validate_every == 0:
            self.validate()
        if self.step in plan.keep_at:
            save_weights(self.folder / f"step-{self.step:08d}.safetensors", self.named)
        minutes, steps = plan.checkpoint_minutes, plan.checkpoint_steps
        by_clock = minutes is not None and self.seconds() - self.saved_at >= 60 * minutes
        if by_clock or (steps is not None and self.step % steps == 0):
            self.checkpoint()

    def _row(self, factor: float) -> None:
        """Means of the steps since the last row; counts as sums and per second."""
        sums, self.pending = self.pending, {}
        steps, work = sums.pop("steps"), max(sums.pop("work"), 1e-9)
        row: dict[str, Any] = {"kind": "train", "step": self.step, "seconds": self.seconds()}
        row |= {"loss": sums.pop("loss") / steps, "rate_factor": factor}
        if "gradient_norm" in sums:
            row["gradient_norm"] = sums.pop("gradient_norm") / steps
        row |= sums
        if "tokens" in sums:
            row["tokens_per_second"] = sums["tokens"] / work
        self._say(row)

    def validate(self) -> None:
        """Add a row of validation to the log."""
        row = {"kind": "validation", "step": self.step, "seconds": self.seconds()}
        with torch.autocast("cpu", torch.bfloat16, enabled=self.plan.dtype == "bf16"):
            self._say(row | dict(self.task.validate()))

    def _say(self, row: dict[str, Any]) -> None:
        self.log.append(row)
        if self.report is not None:
            self.report(row)

    def checkpoint(self) -> None:
        """Write where the run stands."""
        self.saved_at = self.seconds()
        progress = Progress(
            self.step, self.saved_at, self.pending, self.plan.as_dict(), dict(self.task.config())
        )
        save_checkpoint(self.folder, progress, self.named, self.optimiser)

    def finish(self) -> None:
        """Validate where the last step did not, and write the last checkpoint."""
        last = self.log.rows("validation")[-1:]
        if self.plan.validate_every and not (last and last[0]["step"] == self.step):
            self.validate()
        self.checkpoint()


def _finite(value: float) -> bool:
    return value == value and abs(value) != float("inf")


def _same(what: str, stored: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse to go on with something else, naming the first difference."""
    for key in sorted({*stored, *given}):
        if stored.get(key) != given.get(key):
            raise ResultError(
                f"this run was begun with another {what}: {key} was {stored.get(key)!r} and is now "
                f"{given.get(key)!r}; give the old value, or take another folder"
            )


def _optimiser(
    groups: Mapping[str, Mapping[str, nn.Parameter]], plan: Plan
) -> torch.optim.Optimizer:
    """AdamW; weights of one dimension (biases, norms) do not decay."""
    parts: list[dict[str, Any]] = []
    for name, group in groups.items():
        for decays in (True, False):
            own = [p for p in group.values() if (p.ndim > 1) == decays]
            if own:
                weight_decay = plan.weight_decay if decays else 0.0
                parts.append({"params": own, "weight_decay": weight_decay, "group": name})
    return torch.optim.AdamW(parts, lr=0.0, betas=plan.betas, fused=True)
