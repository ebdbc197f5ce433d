"""Masked language modelling as a task of the loop (Devlin et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from firth.encoder.blocks import PackedBatch, PackedBert
from firth.train.forward import hidden_layers, last_states, prediction_loss
from firth.train.masking import MaskedBatch, Masking, Vocabulary, mask
from firth.train.replicas import WHOLE, Part

# Added to the seed, so that masks and sequences are not drawn from the same numbers.
MASK_STREAM = 1


class Batches(Protocol):
    """Where training batches come from: `firth.train.sequences` or `firth.train.packing`."""

    @property
    def length(self) -> int:
        """Pieces of a sequence."""
        ...

    def draw(self, seed: int, step: int) -> Int[np.ndarray, "b t"]:
        """Return the batch of a step, a function of seed and step."""
        ...

    def config(self) -> dict[str, Any]:
        """Return what must not change when a run goes on."""
        ...


@dataclass(frozen=True)
class Keep:
    """A pull towards a frozen encoder, so that what it knew is not unlearnt.

    Student and frozen encoder both read some of the batch's sequences with nothing hidden, as they
    will be read later; what masks are turned into is free. The penalty is the squared distance of
    their hidden states divided by the variance of the frozen ones (around their mean: raw lengths
    and cosines would be ruled by what all states share), averaged over the layers.

    Attributes:
        teacher: The frozen encoder.
        weight: What the penalty is multiplied by.
        layers: Which layers are compared.
        every: On which steps: each step that it divides.
        share: Of the batch's sequences that are read, at least one.
    """

    teacher: PackedBert
    weight: float
    layers: tuple[int, ...]
    every: int = 2
    share: float = 1.0

    def penalty(self, student: Any, batch: MaskedBatch) -> Tensor:
        """Return the penalty without its weight.

        Args:
            student: ``BertModel`` of transformers.
            batch: What was hidden, and what was there.
        """
        rows = max(1, round(self.share * len(batch.original)))
        ids = torch.from_numpy(batch.original[:rows])
        packed = PackedBatch(ids.flatten(), [ids.shape[1]] * rows)
        layers = hidden_layers(student, ids)
        total = torch.zeros(())
        for i, states in enumerate(self.teacher.layers(packed)):
            if i in self.layers:
                target = states.clone()  # inference tensors take no gradient
                spread = (target - target.mean(0)).square().mean()
                total = total + (layers[i] - target).square().mean() / spread
        return total / len(self.layers)


@dataclass
class MaskedLM:
    """The task: batches, loss at the masked positions, validation by language.

    Attributes:
        model: ``BertForMaskedLM`` of transformers; it holds the weights, the forward is our own.
        sequences: Where training batches come from.
        masking: How positions are hidden.
        vocabulary: Of the pieces.
        seed: Of sequences and masks.
        held_out: Language -> batches whose masks are fixed.
        keep: A pull towards a frozen encoder, or None.
        about: What else must be the same for a run to go on.
    """

    model: Any
    sequences: Batches
    masking: Masking
    vocabulary: Vocabulary
    seed: int = 0
    held_out: Mapping[str, list[MaskedBatch]] = field(default_factory=dict[str, list[MaskedBatch]])
    keep: Keep | None = None
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def groups(self) -> dict[str, dict[str, nn.Parameter]]:
        """Return ``encoder`` (the tied embeddings are its own) and ``head``."""
        encoder: dict[str, nn.Parameter] = {}
        head: dict[str, nn.Parameter] = {}
        for name, parameter in self.model.named_parameters():
            (head if name.startswith("cls.") else encoder)[name] = parameter
        return {"encoder": encoder, "head": head}

    def batch(self, step: int) -> MaskedBatch:
        """Return the batch of a step, a function of seed and step."""
        generator = np.random.default_rng([self.seed, step, MASK_STREAM])
        ids = self.sequences.draw(self.seed, step)
        return mask(ids, self.masking, self.vocabulary, generator)

    def loss(self, step: int, part: Part = WHOLE) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of a step; ``mlm_loss_sum``, ``keep_loss_sum`` and counts for the log."""
        whole = self.batch(step)
        batch = whole.part(part)
        n, share = int(batch.chosen.sum()), batch.chosen.sum() / whole.chosen.sum()
        loss, right = masked_loss(self.model, batch)
        counts: dict[str, float] = {
            "tokens": batch.inputs.size,
            "masked": n,
            "right": int(right),
            "mlm_loss_sum": n * float(loss.detach()),
        }
        loss = float(share) * loss
        if self.keep is not None and step % self.keep.every == 0:
            penalty = self.keep.penalty(self.model.bert, batch) / part.of
            counts |= {"keep_loss_sum": float(penalty.detach()), "keep_steps": 1 / part.of}
            loss = loss + self.keep.weight * penalty
        return loss, counts

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Return loss and top-1 accuracy at the masked positions of held-out text by language."""
        scores: dict[str, dict[str, float]] = {}
        for language, batches in self.held_out.items():
            total, right, n = 0.0, 0, 0
            for batch in batches:
                here = int(batch.chosen.sum())
                loss, hits = masked_loss(self.model, batch)
                total, right, n = total + here * float(loss), right + int(hits), n + here
            scores[language] = {"mlm_loss": total / n, "mlm_accuracy": right / n, "n": n}
        return {"languages": scores}

    def config(self) -> dict[str, Any]:
        """Return what must not change when a run goes on."""
        config: dict[str, Any] = {
            "task": "mlm",
            "model": {k: v for k, v in self.model.config.to_dict().items() if _plain(v)},
            **self.sequences.config(),
            "masking": self.masking.as_dict(),
            "seed": self.seed,
            "keep": None,
        }
        if self.keep is not None:
            keep = self.keep
            config["keep"] = [keep.weight, list(keep.layers), keep.every, keep.share]
        return config | dict(self.about)


def masked_loss(model: Any, batch: MaskedBatch) -> tuple[Tensor, Tensor]:
    """Return the mean loss at the chosen positions and how many were right.

    Args:
        model: ``BertForMaskedLM``.
        batch: What was hidden.
    """
    device = model.device
    chosen = torch.from_numpy(batch.chosen).to(device)  # [b, t]
    labels = torch.from_numpy(batch.original[batch.chosen]).to(device)  # [n]
    ids = torch.from_numpy(batch.inputs).to(device)
    offsets = batch.offsets
    places = None if offsets is None else torch.from_numpy(offsets).to(device)
    states = last_states(model.bert, ids, chosen, places)
    return prediction_loss(model.cls, states, labels)


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
