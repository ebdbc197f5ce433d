"""The training loop that everything that learns shares.

What a task draws at a step is a function of its seed and the step alone; with weights, optimiser
and step in the checkpoint a killed run goes on exactly as if nothing had happened. Under
``torchrun`` all processes take the same steps (`firth.train.replicas`); the first one writes.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from firth.errors import FirthError, ResultError, first_line
from firth.train.alone import alone
from firth.train.checkpoint import Progress, read_progress, restore, save_checkpoint, save_weights
from firth.train.log import Log
from firth.train.plan import Plan
from firth.train.replicas import WHOLE, Part, Replicas, WorkerError

LOG = "log.jsonl"

Report = Callable[[dict[str, Any]], None]


class Paused(FirthError):  # noqa: N818 - a state, like KeyboardInterrupt
    """The time that was given is over; the run goes on from its checkpoint another time."""


class Task(Protocol):
    """What learns."""

    def groups(self) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Return the parameters by group and name; a group has its own learning rate."""
        ...

    def loss(self, step: int, part: Part = WHOLE) -> tuple[Tensor, Mapping[str, float]]:
        """Return the loss of a step, a scalar, and counts that the log adds up.

        Whatever is drawn must depend on the task's seed and ``step`` only. Of a part, the share of
        the whole batch's loss: those of all parts add up to it.
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
    pause: Callable[[], bool] | None = None,
    replicas: Replicas | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Log:
    """Train until the plan's budget is spent.

    Args:
        task: What learns.
        plan: Budget, rates, and when to write.
        folder: Gets ``checkpoint.safetensors`` and ``log.jsonl``; of one run at a time.
        progress: Called with each row of the log.
        resume: Go on where the folder's checkpoint stands.
        pause: Asked after every step; when it says yes, the run stops for now.
        replicas: The processes of the run; this one alone by default.
        clock: Seconds, for tests.

    Returns:
        The log. After Ctrl-C (or SIGTERM) the step in work is finished, a checkpoint written and
        ``KeyboardInterrupt`` raised.

    Raises:
        ResultError: The folder holds a run of another plan or task, or one while ``resume`` is off;
            another run is at work in it; the loss is no number any more; a file cannot be written;
            another process has died.
        Paused: ``pause`` said so.
    """
    run = _Run(task, plan, Path(folder), progress, clock, replicas or Replicas())
    try:
        with alone(folder) if run.writes else nullcontext():
            run.start(resume)
            _all_steps(run, pause)
    except (OSError, SafetensorError) as error:
        what = getattr(error, "strerror", None) or first_line(error)
        raise ResultError(
            f"{folder} cannot be written at step {run.step}: {what}; the last checkpoint is whole: "
            "make room, and the same command goes on"
        ) from error
    return run.log


def _all_steps(run: _Run, pause: Callable[[], bool] | None) -> None:
    """Train to the end of the budget."""
    with interruptible() as asked:
        try:
            while not run.over:
                _one_step(run, asked, pause)
            run.finish()
        except WorkerError as error:
            # Here, where SIGTERM, which torchrun sends as soon as one is dead, cannot end it.
            run.checkpoint(alone=True)
            raise WorkerError(
                f"{error} at step {run.step}; the checkpoint of that step is written, and the "
                "same command goes on"
            ) from error


def _one_step(run: _Run, asked: threading.Event, pause: Callable[[], bool] | None) -> None:
    """Take a step; stop after it if anyone wants to."""
    try:
        run.advance()
    except KeyboardInterrupt:
        # Raised by the task, before a weight was touched. After a second Ctrl-C it may come from
        # the middle of an update: then the last checkpoint is the right one.
        if not asked.is_set():
            run.checkpoint(alone=True)
        raise
    wishes = (asked.is_set(), pause is not None and pause(), run.due(), run.spent())
    stop, rest, due, run.over = run.agree(*wishes)
    if stop or rest or due:
        run.checkpoint()
    if stop or rest:
        raise KeyboardInterrupt if stop else Paused(f"paused at step {run.step}")


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
        replicas: Replicas,
    ) -> None:
        self.replicas = replicas
        self.writes = replicas.rank == 0
        self.task, self.plan, self.folder, self.report = task, plan, folder, report
        self.clock, self.begun, self.before = clock, clock(), 0.0
        self.step = 0
        self.pending: dict[str, float] = {}
        self.saved_at = 0.0
        self.over = False
        self.log = Log(folder / LOG)
        groups = task.groups()
        if set(groups) != set(plan.rates):
            raise ResultError(
                f"the plan has rates for {sorted(plan.rates)}, the task has groups {sorted(groups)}"
            )
        self.named = {name: p for group in groups.values() for name, p in group.items()}
        self.optimiser = _optimiser(groups, plan)
        self.device = next(iter(self.named.values())).device.type
        self.replicas.prepare(task)

    def spent(self) -> bool:
        """Tell whether the budget is spent, by the clock of the first process."""
        return self.writes and self.plan.spent(self.step, self.seconds()) >= 1

    def due(self) -> bool:
        """Tell whether it is time for a checkpoint, by the clock of the first process."""
        minutes, steps = self.plan.checkpoint_minutes, self.plan.checkpoint_steps
        by_clock = minutes is not None and self.seconds() - self.saved_at >= 60 * minutes
        return self.writes and (by_clock or (steps is not None and self.step % steps == 0))

    def agree(self, *wishes: bool) -> list[bool]:
        """Return for each wish whether any process has it."""
        return [total > 0 for total in self.replicas.total(wishes)]

    def seconds(self) -> float:
        """Time of work, that of earlier runs included."""
        return self.before + self.clock() - self.begun

    def start(self, resume: bool) -> None:
        """Begin, or go on from the folder's checkpoint."""
        stored = read_progress(self.folder)
        if stored is not None:
            if not resume:
                raise ResultError(f"{self.folder} holds a run already: resume it, or take another")
            _same("plan", stored.plan, self.plan.as_dict())
            _same("task", stored.config, dict(self.task.config()))
            restore(self.folder, self.named, self.optimiser)
            self.step, self.before = stored.step, stored.seconds
            self.saved_at = stored.seconds
            # The sums are those of all processes: the first one has them, the others nothing.
            self.pending = {key: self.writes * value for key, value in stored.pending.items()}
        if self.writes:
            self.log.cut(self.step if stored else -1)
            if stored is not None:
                self._say({"kind": "resumed", "step": self.step, "seconds": self.before})
        self.begun = self.clock()
        if stored is None and 0 in self.plan.keep_at:
            self._keep()
        self.over = self.agree(self.spent())[0]

    def advance(self) -> None:
        """One step, and what falls due after it."""
        started = self.seconds()
        factor = self.plan.factor(self.step, started)
        for group in self.optimiser.param_groups:
            group["lr"] = factor * self.plan.rates[group["group"]]
        # Dropout and the like: a function of seed and step as well.
        torch.manual_seed((self.plan.seed << 32) + self.step)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.plan.dtype == "bf16"):
            sums = {"steps": 1.0} | self.replicas.backward(self.step, self.plan.accumulate)
        norm = nn.utils.clip_grad_norm_(self.named.values(), self.plan.clip or float("inf"))
        if not all(map(_finite, (*sums.values(), float(norm)))):
            self._refuse(sums["loss"], float(norm))
        sums["gradient_norm"] = float(norm) if self.writes else 0.0
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        sums["work"] = self.seconds() - started if self.writes else 0.0
        sums["steps"] = 1.0 if self.writes else 0.0
        for key, value in sums.items():
            self.pending[key] = self.pending.get(key, 0.0) + value
        self._write(factor)

    def _refuse(self, loss: float, norm: float) -> None:
        stored = read_progress(self.folder)
        kept = "there is no checkpoint yet" if stored is None else (
            f"the checkpoint of step {stored.step} stays"
        )  # fmt: skip
        raise ResultError(
            f"step {self.step}: the loss ({loss}) or its gradient ({norm}) is not a number; "
            f"{kept}; try a lower rate, a longer warm-up, a smaller clip, or fp32"
        )

    def _write(self, factor: float) -> None:
        plan = self.plan
        if self.step % plan.log_every == 0:
            self._row(factor)
        if self.step in plan.keep_at:
            self._keep()
        elif plan.validate_every and self.step % plan.validate_every == 0:
            self.validate()

    def _keep(self) -> None:
        """Keep the weights of this step, and say what they are worth."""
        if self.writes:
            save_weights(self.folder / kept_name(self.step), self.named)
        self.validate()

    def _sums(self) -> dict[str, float]:
        """Return what is pending, added up over the processes."""
        keys = sorted(self.pending)
        totals = self.replicas.total([self.pending[key] for key in keys])
        return dict(zip(keys, totals, strict=True))

    def _row(self, factor: float) -> None:
        """Means of the steps since the last row; counts as sums and per second."""
        sums, self.pending = self._sums(), {}
        if not self.writes:
            return
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
        if not self.writes:
            return
        row = {"kind": "validation", "step": self.step, "seconds": self.seconds()}
        with torch.autocast(self.device, torch.bfloat16, enabled=self.plan.dtype == "bf16"):
            self._say(row | dict(self.task.validate()))

    def _say(self, row: dict[str, Any]) -> None:
        try:
            self.log.append(row)
        except ValueError:  # JSON has no NaN
            self._refuse(float("nan"), float("nan"))
        if self.report is not None:
            self.report(row)

    def checkpoint(self, *, alone: bool = False) -> None:
        """Write where the run stands.

        Args:
            alone: The other processes may be gone: their share of the row that is not full yet is
                not asked for, and the row will be one of the steps to come.
        """
        pending = {} if alone and self.replicas.world > 1 else self._sums()
        if not self.writes:
            return
        self.saved_at = self.seconds()
        progress = Progress(
            self.step, self.saved_at, pending, self.plan.as_dict(), dict(self.task.config())
        )
        save_checkpoint(self.folder, progress, self.named, self.optimiser)

    def finish(self) -> None:
        """Validate where the last step did not, and write the last checkpoint."""
        last = self.log.rows("validation")[-1:]
        if self.plan.validate_every and not (last and last[0]["step"] == self.step):
            self.validate()
        self.checkpoint()


def kept_name(step: int) -> str:
    """Return the file that holds the weights of a step of ``keep_at``."""
    return f"step-{step:08d}.safetensors"


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
