"""The shape of a BERT that is trained from nothing, and the model of that shape."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from firth.errors import OptionError


@dataclass(frozen=True)
class Shape:
    """Layers, width and the like; any that BERT can have.

    Attributes:
        layers: Number of blocks.
        width: Size of a hidden state.
        heads: Heads of attention; they divide the width.
        inner: Size of the feed-forward layer; 4 times the width by default.
    """

    layers: int = 12
    width: int = 64
    heads: int = 1
    inner: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no BERT."""
        for name, value in asdict(self).items():
            if value is not None and value < 1:
                raise OptionError(f"{name} {value}: it must be at least 1")
        if self.width % self.heads:
            raise OptionError(f"width {self.width} is not a multiple of heads {self.heads}")

    def __str__(self) -> str:
        return f"{self.layers}x{self.width}"

    def as_dict(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self) | {"inner": self.inner or 4 * self.width}

    def model(self, vocabulary: int, positions: int, pad: int, seed: int) -> Any:
        """Return ``BertForMaskedLM`` with random weights (normal, .02, as in Devlin et al. 2019).

        Args:
            vocabulary: Pieces.
            positions: Longest sequence.
            pad: Id of the padding token.
            seed: Of the weights.
        """
        from transformers import BertConfig, BertForMaskedLM

        config = BertConfig(
            vocab_size=vocabulary,
            hidden_size=self.width,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            intermediate_size=self.inner or 4 * self.width,
            max_position_embeddings=positions,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=pad,
            architectures=["BertForMaskedLM"],
        )
        before = torch.get_rng_state()
        torch.manual_seed(seed)
        model = BertForMaskedLM(config)
        torch.set_rng_state(before)
        return model
