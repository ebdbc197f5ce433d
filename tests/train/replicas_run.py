"""A small training as ``torchrun`` starts it; one process dies at a step, if asked to.

``replicas_run.py FOLDER TOKENIZER [--die RANK STEP] [--steps N]``
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from firth.errors import FirthError
from firth.text.carried import plain
from firth.train.loop import train
from firth.train.plan import Plan
from firth.train.pretraining import Pretraining, Recipe, pretraining
from firth.train.replicas import WHOLE, Part, replicas
from firth.train.shape import Shape


class Mortal(Pretraining):
    """Dies at a step."""

    at: int | None = None

    def loss(self, step: int, part: Part = WHOLE) -> tuple[Tensor, dict[str, float]]:
        """Return the loss, unless it is time to go."""
        if step == self.at:
            os._exit(9)
        return super().loss(step, part)


def main() -> None:
    """Train and say how it ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("--die", type=int, nargs=2)
    parser.add_argument("--steps", type=int, default=12)
    given = parser.parse_args()
    torch.set_num_threads(1)
    texts = {language: plain(language) for language in ("en", "zh")}
    tokenizer = Tokenizer.from_file(str(given.tokenizer))
    made = pretraining(texts, texts, tokenizer, Recipe(Shape(2, 24, 2), length=16, batch=8))
    task = Mortal(**vars(made))
    group = replicas()
    if given.die is not None and group.rank == given.die[0]:
        task.at = given.die[1]
    plan = Plan(
        rates={"encoder": 1e-3, "head": 1e-3}, steps=given.steps, warmup=3, log_every=2,
        validate_every=6, keep_at=(0, 4),
    )  # fmt: skip
    try:
        train(task, plan, given.folder, replicas=group)
    except FirthError as error:
        sys.exit(f"rank {group.rank}: {error}")
    group.close()


if __name__ == "__main__":
    main()
