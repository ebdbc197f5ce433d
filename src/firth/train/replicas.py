"""One process or many: which part of a batch is whose, and what all of them agree on.

Under ``torchrun`` each process holds the whole model, computes the gradient of its own part of the
batch, and DistributedDataParallel adds the parts up (gloo on CPU, nccl on GPU). Every process draws
the same batch, for a batch is a function of seed and step, and keeps the rows that are its own: no
row is read twice, and what is learnt does not depend on the number of processes.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import torch
import torch.distributed as dist
from torch import Tensor, nn

from firth.errors import ResultError

# A process waits this long for the others; a validation of the first one lies in it.
PATIENCE = timedelta(minutes=30)


@dataclass(frozen=True)
class Part:
    """Rows ``index``, ``index + of``, ``index + 2 of`` ... of a batch."""

    index: int = 0
    of: int = 1


WHOLE = Part()

Losses = tuple[Tensor, Mapping[str, float]]


class Lossy(Protocol):
    """What gives a loss: a task of the loop."""

    def groups(self) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Return the parameters by group and name."""
        ...

    def loss(self, step: int, part: Part = WHOLE) -> Losses:
        """Return the part's share of the loss of a step."""
        ...


class WorkerError(ResultError):
    """A process of the run has died."""


class _Loss(nn.Module):
    """A task as the module that DistributedDataParallel wants."""

    def __init__(self, task: Lossy) -> None:
        super().__init__()
        self.task = task
        for name, group in task.groups().items():
            for key, parameter in group.items():
                self.register_parameter(f"{name}/{key}".replace(".", "/"), parameter)

    def forward(self, step: int, part: Part) -> Losses:
        return self.task.loss(step, part)


class Replicas:
    """The processes of a run; by itself, one.

    Attributes:
        rank: Number of this process, from 0.
        world: How many there are.
    """

    rank: int = 0
    world: int = 1

    def prepare(self, task: Lossy) -> None:
        """Take the task whose gradients are added up."""
        self._loss: Callable[[int, Part], Losses] | None = task.loss

    def backward(self, step: int, pieces: int) -> dict[str, float]:
        """Compute the gradient of a step; returns this process's share of the counts.

        Args:
            step: The step.
            pieces: In how many parts this process takes its share, to save memory.
        """
        assert self._loss is not None
        sums: dict[str, float] = {}
        for piece in range(pieces):
            part = Part(self.rank * pieces + piece, self.world * pieces)
            with self._quiet(piece < pieces - 1):
                loss, counts = self._loss(step, part)
                (loss * self.world).backward()
            for key, value in {"loss": float(loss.detach()), **counts}.items():
                sums[key] = sums.get(key, 0.0) + value
        return sums

    def _quiet(self, _quiet: bool) -> AbstractContextManager[None]:
        """Return a context in which gradients are not exchanged yet."""
        return nullcontext()

    def total(self, values: Sequence[float]) -> list[float]:
        """Add numbers up over the processes."""
        return list(values)

    def wait(self) -> None:
        """Wait until all processes have come here."""
        self.total([0.0])

    def close(self) -> None:
        """Leave the group at the end of the work; after an error, exit without."""


class _Many(Replicas):
    """The processes that ``torchrun`` started."""

    def __init__(self) -> None:
        self.rank, self.world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        if not dist.is_initialized():
            backend = "nccl" if torch.cuda.is_available() else "gloo"
            if backend == "nccl":
                torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
            dist.init_process_group(backend, timeout=PATIENCE)

    def prepare(self, task: Lossy) -> None:
        self._module: Any = nn.parallel.DistributedDataParallel(_Loss(task))
        self._loss = self._module

    def backward(self, step: int, pieces: int) -> dict[str, float]:
        with _one_message(step):
            return super().backward(step, pieces)

    def _quiet(self, _quiet: bool) -> AbstractContextManager[None]:
        return self._module.no_sync() if _quiet else nullcontext()

    def total(self, values: Sequence[float]) -> list[float]:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        sums = torch.tensor(list(values), dtype=torch.float64, device=device)
        with _one_message(None):
            dist.all_reduce(sums)
        return sums.tolist()

    def close(self) -> None:
        # The module first: where its reducer is the last to hold the group, gloo's threads are
        # joined under the interpreter's lock, which they need themselves, and all wait for ever.
        self._module = self._loss = None
        gc.collect()  # the module holds itself in a circle
        if dist.is_initialized():
            dist.destroy_process_group()


class _one_message:  # noqa: N801 - a context manager
    """Turn what a collective raises when a peer is gone into one line."""

    def __init__(self, step: int | None) -> None:
        self.step = step

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, dist.DistBackendError) or (
            isinstance(error, RuntimeError) and _of_a_peer(str(error))
        ):
            raise WorkerError("a process of this run has died") from error


def _of_a_peer(message: str) -> bool:
    signs = ("Connection closed by peer", "Connection reset", "Timed out", "gloo", "NCCL")
    return any(sign in message for sign in signs)


def replicas() -> Replicas:
    """Return the processes of this run: those of ``torchrun``, or this one alone."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ:
        return _Many()
    return Replicas()
