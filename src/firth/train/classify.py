"""Sequences to classes or numbers, as a task of the loop.

The loss is the cross-entropy of a window's class, or the squared error of its number on a scale of
mean 0 and spread 1. A sequence that was cut into windows gives each of them its label. The batch of
a step is a function of seed and step (`firth.train.length_batches`).

Legend: b windows of a batch, w windows of all, g classes (1 for a number).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from firth.train.classify_model import Ids
from firth.train.length_batches import LengthBatches, token_batches
from firth.train.replicas import WHOLE, Part

Answers = Float[np.ndarray, "w g"]


class Scorer(Protocol):
    """What scores windows: an encoder with a head, or a CNN."""

    training: bool

    def window(self, ids: Ids) -> Ids:
        """Return what the model reads of a window."""
        ...

    def scores(self, windows: Sequence[Ids]) -> Tensor:
        """Return the scores, [b, g]."""
        ...

    def groups(self) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Return the parameters by group and name."""
        ...

    def train(self, mode: bool = True) -> Any:
        """Switch what differs in training, such as dropout."""
        ...


@dataclass(frozen=True)
class LabelledWindows:
    """Windows and what is to be told of them.

    Attributes:
        windows: As the model reads them (`Scorer.window`).
        labels: Classes from 0 (int), or numbers (float), [w].
    """

    windows: Sequence[Ids]
    labels: np.ndarray


@dataclass(frozen=True)
class Scale:
    """What a number's mean and spread are in the training data."""

    mean: float = 0.0
    spread: float = 1.0

    @classmethod
    def of(cls, numbers: Float[np.ndarray, " n"]) -> Scale:
        """Measure it."""
        spread = float(numbers.std())
        return cls(float(numbers.mean()), spread if spread > 0 else 1.0)


@dataclass
class SequenceTask:
    """The task.

    Attributes:
        model: What learns.
        data: What it learns from.
        n_classes: 0 to predict numbers.
        batch: Windows of a batch.
        seed: Of the batches.
        scale: Of the numbers.
        dev: Windows that are validated.
        judge: Makes a row of the log of the answers for ``dev``.
        about: What else must be the same for a run to go on.
    """

    model: Scorer
    data: LabelledWindows
    n_classes: int
    batch: int = 32
    seed: int = 0
    scale: Scale = field(default_factory=Scale)
    dev: Sequence[Ids] = ()
    judge: Callable[[Answers], Mapping[str, float]] | None = None
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        """Sort out the batches."""
        sizes = np.array([len(one) for one in self.data.windows])
        self.batches = LengthBatches(sizes, self.batch)
        labels = self.data.labels
        if not self.n_classes:
            labels = (labels - self.scale.mean) / self.scale.spread
        self.labels = torch.from_numpy(np.asarray(labels))

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which every window is read once."""
        return self.batches.per_epoch

    def groups(self) -> Mapping[str, Mapping[str, nn.Parameter]]:
        """Return the model's parameters."""
        return self.model.groups()

    def loss(self, step: int, part: Part = WHOLE) -> tuple[Tensor, dict[str, float]]:
        """Return the part's share of the loss of a step; ``tokens`` and ``windows``."""
        whole = self.batches.draw(self.seed, step)
        places = whole[part.index :: part.of]
        if not len(places):  # more parts than windows
            trained = [one for group in self.groups().values() for one in group.values()]
            nothing = torch.stack([one.sum() for one in trained]).sum() * 0.0
            return nothing, {"tokens": 0, "windows": 0}
        windows = [self.data.windows[place] for place in places]
        self.model.train(True)
        scores = self.model.scores(windows)
        labels = self.labels[torch.from_numpy(places)].to(scores.device)
        if self.n_classes:
            losses = F.cross_entropy(scores, labels, reduction="sum")
        else:
            losses = (scores[:, 0] - labels.float()).square().sum()
        counts = {"tokens": float(sum(map(len, windows))), "windows": float(len(windows))}
        return losses / len(whole), counts

    def validate(self) -> dict[str, Any]:
        """Return what ``judge`` says of the answers for ``dev``."""
        if self.judge is None or not self.dev:
            return {}
        return dict(self.judge(answers(self.model, self.dev, self.n_classes, self.scale)))

    def config(self) -> dict[str, Any]:
        """Return what must not change when a run goes on."""
        return {
            "task": "classify", "n_classes": self.n_classes, "windows": len(self.data.windows),
            "batch": self.batch, "seed": self.seed, "scale": [self.scale.mean, self.scale.spread],
        } | dict(self.about)  # fmt: skip


@torch.no_grad()
def answers(
    model: Scorer, windows: Sequence[Ids], n_classes: int, scale: Scale | None = None
) -> Answers:
    """Return the probability of each class, or the number, for every window.

    Args:
        model: What scores them.
        windows: As the model reads them.
        n_classes: 0 for numbers.
        scale: Of the numbers.
    """
    scale = scale or Scale()
    model.train(False)
    found: dict[int, np.ndarray] = {}
    for places in token_batches([len(one) for one in windows]):
        scores = model.scores([windows[at] for at in places]).double()
        numbers = scores * scale.spread + scale.mean
        values = torch.softmax(scores, dim=1) if n_classes else numbers
        found |= dict(zip(places, values.cpu().numpy(), strict=True))
    return np.stack([found[at] for at in range(len(windows))])
