"""CBOW at a masked language model's blanks: what two linear maps make of the same text.

Mikolov et al. 2013, equation 4 on, with the whole softmax instead of negative samples: the mean of
the vectors around a blank, times a matrix. It reads the same sequences under the same masks, step
by step, as the BERT beside it, is validated on the same blanks, and has the same width: the
difference is what depth and order add ("BERT is a deep CBOW"). And the unigram: the same blanks
guessed from the frequency of pieces alone.

Legend: b sequences, t tokens of each, n blanks, w = 2 x window, d width, v vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from firth.train.masking import MaskedBatch
from firth.train.packing import Packed
from firth.train.pretraining import Pretraining
from firth.train.replicas import WHOLE, Part

WINDOW = 5  # word2vec's


class ContinuousBag(nn.Module):
    """Two linear maps.

    Args:
        vocabulary: Pieces.
        width: Of a vector.
        seed: Of the weights.
    """

    def __init__(self, vocabulary: int, width: int, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randn(vocabulary, width, generator=generator)
        self.inputs = nn.Parameter(drawn / width**0.5)  # (v, d)
        self.outputs = nn.Parameter(torch.zeros(vocabulary, width))
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def logits(self, batch: MaskedBatch) -> Tensor:
        """Return [n, v] at the chosen positions, from those around them."""
        ids = torch.from_numpy(batch.inputs)
        rows, places = torch.from_numpy(batch.chosen).nonzero(as_tuple=True)  # (n), (n)
        steps = torch.cat([torch.arange(-WINDOW, 0), torch.arange(1, WINDOW + 1)])  # (w)
        around = places[:, None] + steps  # (n, w)
        inside = (around >= 0) & (around < ids.shape[1])
        near = ids[rows[:, None], around.clamp(0, ids.shape[1] - 1)]
        vectors = F.embedding(near, self.inputs) * inside[:, :, None]  # (n, w, d)
        context = vectors.sum(1) / inside.sum(1, keepdim=True)
        return F.linear(context, self.outputs, self.bias)


@dataclass
class Shallow:
    """CBOW as a task of the loop, beside the task whose text and blanks it shares.

    Attributes:
        deep: That task.
        model: The two maps.
    """

    deep: Pretraining
    model: ContinuousBag

    @classmethod
    def beside(cls, deep: Pretraining, width: int, seed: int) -> Shallow:
        """Make it."""
        return cls(deep, ContinuousBag(deep.model.config.vocab_size, width, seed))

    def groups(self) -> dict[str, dict[str, nn.Parameter]]:
        """Return one group."""
        return {"maps": dict(self.model.named_parameters())}

    def loss(self, step: int, part: Part = WHOLE) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of a step at the blanks that the deep task has there."""
        whole = self.deep.batch(step)
        batch = whole.part(part)
        n, share = int(batch.chosen.sum()), batch.chosen.sum() / whole.chosen.sum()
        loss, right = self._score(batch)
        counts = {
            "tokens": batch.inputs.size, "masked": n, "right": right,
            "mlm_loss_sum": n * float(loss.detach()),
        }  # fmt: skip
        return float(share) * loss, counts

    def _score(self, batch: MaskedBatch) -> tuple[Tensor, int]:
        labels = torch.from_numpy(batch.original[batch.chosen])
        logits = self.model.logits(batch).float()
        right = int((logits.detach().argmax(1) == labels).sum())
        return F.cross_entropy(logits, labels), right

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Return loss and accuracy at the held-out blanks by language."""
        scores: dict[str, dict[str, float]] = {}
        for language, (batch,) in self.deep.held_out.items():
            loss, right = self._score(batch)
            n = int(batch.chosen.sum())
            scores[language] = {"mlm_loss": float(loss), "mlm_accuracy": right / n, "n": n}
        return {"languages": scores}

    def config(self) -> dict[str, Any]:
        """Return what must not change when a run goes on."""
        return self.deep.config() | {"task": "cbow", "window": WINDOW}


def unigram(task: Pretraining) -> Mapping[str, Mapping[str, float]]:
    """Return loss and accuracy at the held-out blanks of guessing by frequency, by language.

    The frequencies are those of the language's own training text, one added to every piece's count.
    """
    packed = task.sequences
    assert isinstance(packed, Packed)
    size = task.model.config.vocab_size
    scores: dict[str, dict[str, float]] = {}
    for language, (batch,) in task.held_out.items():
        counts = np.bincount(packed.sources[language].ids, minlength=size) + 1.0
        counts[task.vocabulary.special] = 0
        labels = batch.original[batch.chosen]
        likelihood = counts[labels] / counts.sum()
        scores[language] = {
            "mlm_loss": float(-np.log(likelihood).mean()),
            "mlm_accuracy": float((labels == counts.argmax()).mean()),
            "n": len(labels),
        }
    return scores
