"""What a pre-training will cost, measured on this machine before it is begun.

A few steps of the real arm are taken (its text, tokenizer, shape, batch and dtype) and thrown away;
time is the median of a step after the first ones. What is told is training alone: asking the kept
checkpoints for translations comes on top.

Memory that does not depend on the batch: fp32 weights, gradients and AdamW's two moments, 16 bytes
a parameter. Between processes the gradients are added up once a step, 4 bytes a parameter.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from firth.encoder.load import torch_device
from firth.errors import OptionError
from firth.experiments.pretrain import tokenizer_of
from firth.experiments.pretrain_arms import CBOW, Arm, Settings, arms_of, plan_of
from firth.experiments.pretrain_runs import Run, run_of, task_of
from firth.text.training import TrainingText
from firth.train.loop import Task
from firth.train.operations import operations
from firth.train.replicas import Replicas
from firth.train.step_seconds import step_seconds

SKIPPED, TIMED = 3, 7  # steps before the clock starts; steps that it times
BYTES_OF_STATE = 16  # weight, gradient and two moments, fp32
BYTES_OF_GRADIENT = 4


@dataclass(frozen=True)
class Cost:
    """What one arm costs, and all that are left.

    Attributes:
        shape: Layers x width.
        batch: Sequences of a step, and pieces of a sequence.
        dtype: Of the products.
        parameters: Weights.
        operations: Floating-point operations a token, forward and back.
        seconds: Of a step, the median.
        memory: Bytes at the peak: of the process, or of the GPU; None where it is not known.
        steps: Of an arm.
        left: Steps that the arms with blocks have still to take, over all.
        arms: How many arms these are.
    """

    shape: str
    batch: tuple[int, int]
    dtype: str
    parameters: int
    operations: float
    seconds: float
    memory: int | None
    steps: int
    left: int
    arms: int

    @property
    def tokens_per_second(self) -> float:
        """Pieces that are read in a second."""
        return self.batch[0] * self.batch[1] / self.seconds

    @property
    def operations_per_second(self) -> float:
        """Floating-point operations of the counted products."""
        return self.operations * self.tokens_per_second

    @property
    def hours(self) -> float:
        """Of all steps that are left, one arm after another."""
        return self.left * self.seconds / 3600

    @property
    def state(self) -> int:
        """Bytes of weights, gradients and optimiser."""
        return BYTES_OF_STATE * self.parameters

    @property
    def message(self) -> int:
        """Bytes that processes add up a step."""
        return BYTES_OF_GRADIENT * self.parameters


def cost(text: TrainingText, settings: Settings, *, out: str, device: str = "auto") -> Cost:
    """Take a few steps of the largest arm and say what all that is left will cost.

    Args:
        text: Sentences of the languages.
        settings: The declaration.
        out: The store; the tokenizer is kept there for the training, nothing else is.
        device: ``auto``, ``cpu``, ``cuda`` ...

    Raises:
        OptionError: No arm has blocks to train.
    """
    tokenizer = tokenizer_of(text, settings, Path(out), Replicas())
    runs: list[Run] = []
    for arm in arms_of(settings, tuple(text.pool)):
        if arm.control != CBOW:
            own = text.first(arm.sentences)
            runs.append(run_of(settings, arm, own, tokenizer, out))
    if not runs:
        raise OptionError("there is no arm with blocks to train")
    largest = max(runs, key=lambda run: run.arm.sentences)
    task, _ = task_of(largest, text.first(largest.arm.sentences), text.held_out, tokenizer)
    task.model.to(torch_device(device))
    recipe = settings.recipe
    return Cost(
        shape=str(recipe.shape),
        batch=(recipe.batch, recipe.length),
        dtype=settings.dtype,
        parameters=sum(one.numel() for one in task.model.parameters()),
        operations=operations(
            recipe.shape, recipe.length, tokenizer.get_vocab_size(), recipe.masking.share
        ),
        seconds=_seconds(task, settings, largest.arm),
        memory=_peak(),
        steps=settings.steps,
        left=sum(max(0, settings.steps - run.steps) for run in runs),
        arms=sum(not run.is_finished for run in runs),
    )


def _seconds(task: Task, settings: Settings, arm: Arm) -> float:
    """Return the median time of a step."""
    plan = replace(plan_of(settings, arm), steps=SKIPPED + TIMED)
    with tempfile.TemporaryDirectory() as folder:
        return statistics.median(step_seconds(task, plan, folder)[SKIPPED:])


def _peak() -> int | None:
    """Return the most bytes that were held at once; None where the system does not say."""
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return torch.cuda.max_memory_allocated()
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
