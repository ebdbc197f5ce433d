"""How a reader is trained, its questions and its encoder aside; the plan and the task of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from firth.encoder.model import Encoder
from firth.encoder.question_windows import WindowOptions
from firth.errors import OptionError
from firth.train.plan import Dtype, Plan
from firth.train.reader import SpanReader, frozen_names, new_reader
from firth.train.reader_windows import ReaderWindows

ROWS = 200  # of the log, about


@dataclass(frozen=True)
class ReaderRecipe:
    """Settings of a training.

    Attributes:
        epochs: How often every window is read; a part of one is legal.
        steps: Optimiser steps instead of epochs.
        rate: Highest learning rate; it falls linearly to 0.
        warmup: Share of the steps in which it rises.
        batch: Windows of a step.
        dropout: While training.
        weight_decay: AdamW's.
        clip: Largest norm of the gradient.
        frozen_layers: None to train all weights, 0 to keep the embeddings, k the lowest k blocks
            as well (`firth.train.reader.frozen_names`).
        pretrained: Whether the encoder's weights are taken, or fresh ones of the same shape.
        negatives: Share of the windows without an answer that are read.
        windows: How contexts are cut.
        dtype: Of the products.
        seed: Of the head, the order and the dropout.
        checkpoint_minutes: Work that a crash can cost.
        accumulate: In how many parts a batch is computed, to save memory.
    """

    epochs: float = 2.0
    steps: int | None = None
    rate: float = 1e-4
    warmup: float = 0.1
    batch: int = 16
    dropout: float = 0.1
    weight_decay: float = 0.01
    clip: float | None = 1.0
    frozen_layers: int | None = None
    pretrained: bool = True
    negatives: float = 1.0
    windows: WindowOptions = field(default_factory=WindowOptions)
    dtype: Dtype = "fp32"
    seed: int = 0
    checkpoint_minutes: float = 5.0
    accumulate: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        if self.epochs <= 0:
            raise OptionError(f"epochs {self.epochs}: it must be above 0")
        if self.batch < 1:
            raise OptionError(f"batch {self.batch}: it must be at least 1")
        if not 0 < self.rate < 1:
            raise OptionError(f"rate {self.rate}: it must lie between 0 and 1")
        if not 0 <= self.warmup <= 1:
            raise OptionError(f"warmup {self.warmup}: it is a share of the steps, from 0 to 1")
        if not 0 <= self.dropout < 1:
            raise OptionError(f"dropout {self.dropout}: legal is from 0 to below 1")
        if not 0 <= self.negatives <= 1:
            raise OptionError(f"negatives {self.negatives}: it is a share, from 0 to 1")

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ReaderRecipe:
        """Return the recipe that `as_dict` gave."""
        own = dict(config)
        own["windows"] = WindowOptions(**config["windows"])
        return cls(**own)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON would give them back."""
        return asdict(self)

    def plan(self, per_epoch: int) -> Plan:
        """Return the plan of the loop.

        Args:
            per_epoch: Steps in which every window is read once.
        """
        steps = self.steps or max(1, round(self.epochs * per_epoch))
        return Plan(
            rates={"encoder": self.rate, "head": self.rate},
            steps=steps,
            warmup=round(self.warmup * steps),
            schedule="linear",
            clip=self.clip,
            weight_decay=self.weight_decay,
            betas=(0.9, 0.999),
            dtype=self.dtype,
            seed=self.seed,
            accumulate=self.accumulate,
            log_every=max(1, steps // ROWS),
            validate_every=per_epoch,
            checkpoint_minutes=self.checkpoint_minutes,
        )

    def task(
        self,
        encoder: Encoder,
        training: ReaderWindows,
        held_out: Mapping[str, ReaderWindows],
        about: Mapping[str, Any],
    ) -> SpanReader:
        """Return what learns.

        Args:
            encoder: Where it begins.
            training: The windows to learn from.
            held_out: Language -> windows that are validated.
            about: What else must be the same for a run to go on.
        """
        model = new_reader(encoder, self.seed, pretrained=self.pretrained, dropout=self.dropout)
        return SpanReader(
            model, training, self.batch, self.seed, held_out, self.dropout, self.frozen_layers,
            {"encoder": encoder.card.fingerprint, "pretrained": self.pretrained} | dict(about),
        )  # fmt: skip


def check_recipe(recipe: ReaderRecipe, encoder: Encoder) -> None:
    """Refuse what does not fit an encoder, before anything long begins.

    Raises:
        OptionError: Longer windows than it reads, or more frozen blocks than it has.
    """
    if recipe.windows.length > encoder.max_tokens:
        raise OptionError(
            f"length {recipe.windows.length}: {encoder.name} reads {encoder.max_tokens} tokens at "
            "most"
        )
    if recipe.frozen_layers:
        import torch
        from transformers import AutoModelForQuestionAnswering

        with torch.device("meta"):
            shape: Any = AutoModelForQuestionAnswering.from_config(encoder.model.config)
        frozen_names(shape, recipe.frozen_layers)
