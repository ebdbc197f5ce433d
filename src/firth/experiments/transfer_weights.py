"""Where the weights of an arm come from: embeddings and blocks pre-trained, shuffled or fresh.

| arm                 | embeddings  | blocks      |
|---------------------|-------------|-------------|
| pretrained          | pre-trained | pre-trained |
| re-embedded         | fresh       | pre-trained |
| re-blocked          | pre-trained | fresh       |
| random              | fresh       | fresh       |
| shuffled            | shuffled    | shuffled    |
| shuffled-embeddings | shuffled    | pre-trained |
| shuffled-blocks     | pre-trained | shuffled    |

*Shuffled*: every matrix is permuted within itself, biases and LayerNorm stay: each number of the
pre-trained model is still there, its scale too, and what it is connected to is not (Kao & Lee 2021
ask the same of embeddings). *Fresh*: drawn as the library draws it, a normal distribution of the
configuration's spread; of fresh *embeddings* the matrices of words, positions and types are drawn
and their LayerNorm stays where the blocks are pre-trained, for these expect its output.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from firth.text.digest import digest

Origin = Literal["pretrained", "shuffled", "fresh"]


@dataclass(frozen=True)
class Origins:
    """Where the weights of both parts come from."""

    embeddings: Origin
    blocks: Origin


PRETRAINED, RANDOM, SHUFFLED = "pretrained", "random", "shuffled"
RE_EMBEDDED, RE_BLOCKED = "re-embedded", "re-blocked"
SHUFFLED_EMBEDDINGS, SHUFFLED_BLOCKS = "shuffled-embeddings", "shuffled-blocks"
ORIGINS: dict[str, Origins] = {
    PRETRAINED: Origins("pretrained", "pretrained"),
    RANDOM: Origins("fresh", "fresh"),
    SHUFFLED: Origins("shuffled", "shuffled"),
    RE_EMBEDDED: Origins("fresh", "pretrained"),
    SHUFFLED_EMBEDDINGS: Origins("shuffled", "pretrained"),
    SHUFFLED_BLOCKS: Origins("pretrained", "shuffled"),
    RE_BLOCKED: Origins("pretrained", "fresh"),
}
_EMBEDDINGS = ("embeddings.", "embeddings_project.")


def set_weights(body: Any, arm: str, seed: int) -> None:
    """Give a pre-trained backbone the weights of an arm, in place.

    Args:
        body: With all of its word embeddings.
        arm: A name of `ORIGINS`.
        seed: Of what is drawn: every tensor by its own name, whatever else is drawn.
    """
    origins = ORIGINS[arm]
    fresh = _fresh(body, seed) if "fresh" in (origins.embeddings, origins.blocks) else {}
    with torch.no_grad():
        for name, weight in body.named_parameters():
            is_embedding = name.startswith(_EMBEDDINGS)
            origin = origins.embeddings if is_embedding else origins.blocks
            keeps_norm = is_embedding and origins.blocks == "pretrained" and weight.ndim == 1
            if origin == "shuffled" and weight.ndim > 1:
                weight.copy_(permuted(weight, seed, name))
            elif origin == "fresh" and not keeps_norm:
                weight.copy_(fresh[name])


def permuted(weight: Tensor, seed: int, name: str) -> Tensor:
    """Return a matrix with its numbers in another order.

    Args:
        weight: The matrix.
        seed: Of the order.
        name: Of the tensor: each has an order of its own.
    """
    generator = torch.Generator().manual_seed(int.from_bytes(digest(seed, name)[:7], "big"))
    order = torch.randperm(weight.numel(), generator=generator)
    return weight.flatten()[order.to(weight.device)].view_as(weight)


def _fresh(body: Any, seed: int) -> dict[str, Tensor]:
    """Return weights as the library draws them for this configuration."""
    before = torch.get_rng_state()
    torch.manual_seed(seed)
    try:
        made = type(body)(copy.deepcopy(body.config)).float()
    finally:
        torch.set_rng_state(before)
    names = {name for name, _ in body.named_parameters()}
    return dict(_named(made, names))


def _named(made: Any, names: set[str]) -> Iterator[tuple[str, Tensor]]:
    for name, weight in made.named_parameters():
        if name in names:
            yield name, weight.detach()
