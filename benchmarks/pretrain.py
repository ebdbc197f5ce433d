"""Training from nothing: firth's loop and transformers' Trainer on the same work, in one run.

``python -m benchmarks.pretrain [--text FILE] [--shapes 4x256x4 12x384x12] [--steps 60]``; without a
file, English and Chinese come from the data folder that FIRTH_DATA names.

Vocabulary 16,000, batch 32 x 128, no padding on either side, no dropout, AdamW at the same rate.
The Trainer runs as its guide has it: the masked-LM collator, logits at all positions, in fp32 and
in bf16. Both models begin with the same weights, read the same sequences as often, and are scored
on the same blanks afterwards; each runs in a process of its own, firth with memory kept as its
command line has it, and in turns, since some processes stay slower than others. ``share`` is what
the counted products of a step are of the rate of one large bf16 product, measured in the same run.
Ratios matter, not seconds.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerFast

from benchmarks.as_it_comes import print_as_it_comes
from benchmarks.own_process import in_own_process
from benchmarks.step_clock import StepClock
from firth.train.mlm import masked_loss
from firth.train.operations import operations
from firth.train.packing import Packed
from firth.train.plan import Plan
from firth.train.pretraining import Pretraining, Recipe, pretraining
from firth.train.shape import Shape
from firth.train.step_seconds import step_seconds
from firth.train.tokenizer import SPECIAL, train_tokenizer

VOCABULARY, BATCH, LENGTH = 16_000, 32, 128
KINDS = ("tatoeba", "pydocs", "django", "bible", "libreoffice")
SKIPPED = 3  # steps before the clock starts
RATE = 5e-4


def read_texts(file: Path | None) -> dict[str, list[str]]:
    """Return language -> lines."""
    data = os.environ.get("FIRTH_DATA")
    if file is not None:
        return {"text": file.read_text(encoding="utf-8").splitlines()}
    if not data:
        raise SystemExit("give --text FILE, or set FIRTH_DATA to the published data sets")
    texts: dict[str, list[str]] = {"en": [], "zh": []}
    for kind in KINDS:
        path = Path(data) / f"parallel/{kind}.en-zh.tsv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as rows:
            for row in rows:
                for own, cell in zip(texts.values(), row.rstrip("\n").split("\t"), strict=True):
                    own.append(cell)
    return texts


def product_rate() -> float:
    """Return floating-point operations a second of one large bf16 product."""
    a = torch.randn(4096, 4096).bfloat16()
    for _ in range(2):
        a @ a
    times: list[float] = []
    for _ in range(5):
        begun = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - begun)
    return 2 * 4096**3 / min(times)


class Rows(Dataset[dict[str, Any]]):
    """The sequences of firth's batches, in their order, for the Trainer."""

    def __init__(self, packed: Packed, seed: int, steps: int) -> None:
        self.ids = np.concatenate([packed.draw(seed, step) for step in range(steps)])

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, at: int) -> dict[str, Any]:
        return {"input_ids": self.ids[at].tolist()}


def by_firth(task: Pretraining, steps: int, dtype: str, folder: Path) -> list[float]:
    """Train; returns the seconds of each step."""
    plan = Plan(
        rates={"encoder": RATE, "head": RATE}, steps=steps, warmup=20,
        dtype="bf16" if dtype == "bf16" else "fp32", betas=(0.9, 0.999),
    )  # fmt: skip
    return step_seconds(task, plan, folder)


def by_trainer(
    task: Pretraining, tokenizer: Any, steps: int, dtype: str, folder: Path
) -> list[float]:
    """Train; returns the seconds of each step."""
    from transformers import (
        DataCollatorForLanguageModeling,
        Trainer,
        TrainingArguments,
    )

    clock = StepClock()
    arguments = TrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=BATCH, max_steps=steps,
        learning_rate=RATE, warmup_steps=20, lr_scheduler_type="constant_with_warmup",
        weight_decay=0.01, bf16=dtype == "bf16", use_cpu=True, save_strategy="no",
        logging_strategy="no", report_to="none", disable_tqdm=True, seed=0,
    )  # fmt: skip
    packed = task.sequences
    assert isinstance(packed, Packed)
    trainer = Trainer(
        model=task.model, args=arguments, train_dataset=Rows(packed, task.seed, steps),
        data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15),
        callbacks=[clock],
    )  # fmt: skip
    trainer.train()
    return clock.seconds


@torch.no_grad()
def held_out(task: Pretraining) -> float:
    """Return the loss at the blanks that are held out, in fp32, mean over languages."""
    task.model.eval()
    losses = [float(masked_loss(task.model, one)[0]) for (one,) in task.held_out.values()]
    return statistics.mean(losses)


def fast_tokenizer(texts: dict[str, list[str]]) -> PreTrainedTokenizerFast:
    """Learn the vocabulary, the same each time."""
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL,
                     strict=True))  # fmt: skip
    tokenizer = train_tokenizer(texts, "wordpiece", VOCABULARY)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


def recipe_of(name: str) -> Recipe:
    """Return what is trained, from layers x width x heads."""
    layers, width, heads = map(int, name.split("x"))
    return Recipe(Shape(layers, width, heads), LENGTH, BATCH, held_out_sequences=40)


def one_way(
    way: str, name: str, file: Path | None, steps: int, dtype: str
) -> tuple[list[float], float, float]:
    """Train in one of the two ways; returns seconds of each step, loss before and after."""
    texts = read_texts(file)
    fast = fast_tokenizer(texts)
    held = {language: own[:400] for language, own in texts.items()}
    learnt = {language: own[400:] for language, own in texts.items()}
    task = pretraining(learnt, held, fast.backend_tokenizer, recipe_of(name))
    before = held_out(task)
    with tempfile.TemporaryDirectory() as folder:
        if way == "firth":
            seconds = by_firth(task, steps, dtype, Path(folder))
        else:
            seconds = by_trainer(task, fast, steps, dtype, Path(folder))
    return seconds, before, held_out(task)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--text", type=Path)
    parser.add_argument("--shapes", nargs="+", default=["4x256x4", "12x384x12"])
    parser.add_argument("--steps", type=int, default=40, help="of the smallest shape")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    vocabulary = len(fast_tokenizer(read_texts(given.text)))
    peak = product_rate()
    print(f"vocabulary {vocabulary}, batch {BATCH} x {LENGTH}, ", end="")
    print(f"{torch.get_num_threads()} threads, one bf16 product {peak / 1e9:.0f} GFLOP/s\n")
    print("| layers x width | dtype | firth tokens/s | Trainer tokens/s | ratio | share | "
          "firth loss | Trainer loss | untrained |")  # fmt: skip
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in given.shapes:
        recipe = recipe_of(name)
        layers, width = recipe.shape.layers, recipe.shape.width
        cost = layers * width**2 / (4 * 256**2)
        steps = max(SKIPPED + 3, round(given.steps / cost))
        share = operations(recipe.shape, LENGTH, vocabulary, recipe.masking.share)
        paces: dict[tuple[str, str], float] = {}
        for dtype in ("fp32", "bf16"):
            times: dict[str, list[float]] = {"firth": [], "Trainer": []}
            losses: dict[str, float] = {}
            before = 0.0
            for _ in range(given.rounds):
                for way, seconds in times.items():
                    own, before, losses[way] = in_own_process(
                        way == "firth", one_way, way, name, given.text, steps, dtype
                    )
                    seconds += own[SKIPPED:]
            for way, seconds in times.items():
                paces[way, dtype] = BATCH * LENGTH / statistics.median(seconds)
            pace, peer = paces["firth", dtype], paces["Trainer", dtype]
            print(f"| {layers} x {width} | {dtype} | {pace:,.0f} | {peer:,.0f} | "
                  f"{pace / peer:.2f} | {pace * share / peak:.0%} | {losses['firth']:.3f} | "
                  f"{losses['Trainer']:.3f} | {before:.3f} |", flush=True)  # fmt: skip
        print_as_it_comes(paces, "Trainer")


if __name__ == "__main__":
    main()
