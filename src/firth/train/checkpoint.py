"""Checkpoints: one safetensors file with weights and optimiser, and JSON in its header.

One file, because two could be of different steps after a crash between them. It is written under
another name and then takes the old one's place, so there is always one whole checkpoint.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from firth.errors import ResultError, first_line
from firth.results.files import replacing

CHECKPOINT = "checkpoint.safetensors"
FORMAT = "firth-training-1"
WEIGHT, STATE = "weight/", "optimiser/"

Named = dict[str, torch.nn.Parameter]


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        step: Optimiser steps done.
        seconds: Time of work, added up over resumed runs.
        pending: Sums of the log's row that is not full yet.
        plan: The plan's fields.
        config: What the task says of itself.
    """

    step: int
    seconds: float
    pending: dict[str, float]
    plan: dict[str, Any]
    config: dict[str, Any]


def save_checkpoint(
    folder: Path, progress: Progress, named: Named, optimiser: torch.optim.Optimizer
) -> None:
    """Write ``checkpoint.safetensors`` whole or not at all."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in named.items():
        tensors[WEIGHT + name] = parameter.detach()
        for key, value in optimiser.state[parameter].items():
            tensors[f"{STATE}{key}/{name}"] = torch.as_tensor(value)
    metadata = {"format": FORMAT, "progress": json.dumps(vars(progress), allow_nan=False)}
    with replacing(folder / CHECKPOINT) as staging:
        save_file(tensors, staging, metadata)


def save_weights(path: Path, named: Named) -> None:
    """Write the weights alone, whole or not at all."""
    with replacing(path) as staging:
        save_file({name: weight.detach() for name, weight in named.items()}, staging)


def read_progress(folder: Path) -> Progress | None:
    """Read where a run stands; None if there is no checkpoint.

    Raises:
        ResultError: The file is not a checkpoint.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except SafetensorError as error:
        raise ResultError(f"{path} cannot be read: {first_line(error)}") from error
    if metadata.get("format") != FORMAT:
        raise ResultError(f"{path} is no checkpoint of a training run; take another folder")
    return Progress(**json.loads(metadata["progress"]))


def read_weights(folder: Path) -> dict[str, Tensor]:
    """Read the weights of a checkpoint: name -> fp32 tensor."""
    with safe_open(folder / CHECKPOINT, framework="pt") as file:
        names = [name for name in file.keys() if name.startswith(WEIGHT)]  # noqa: SIM118
        return {name.removeprefix(WEIGHT): file.get_tensor(name) for name in names}


def restore(folder: Path, named: Named, optimiser: torch.optim.Optimizer) -> None:
    """Put weights and optimiser back as they were.

    Raises:
        ResultError: The checkpoint holds other weights than the task has.
    """
    with safe_open(folder / CHECKPOINT, framework="pt") as file:
        stored = set(file.keys())
        here = {WEIGHT + name for name in named}
        there = {name for name in stored if name.startswith(WEIGHT)}
        if other := sorted(here ^ there):
            raise ResultError(f"the checkpoint and the task differ in weights: {other[0]} ...")
        for name, parameter in named.items():
            with torch.no_grad():
                parameter.copy_(file.get_tensor(WEIGHT + name))
            for key in ("step", "exp_avg", "exp_avg_sq"):
                if (full := f"{STATE}{key}/{name}") in stored:
                    optimiser.state[parameter][key] = file.get_tensor(full)
