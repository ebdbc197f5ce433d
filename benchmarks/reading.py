"""Reading comprehension: firth's training and answering, and the usual ways, on the same work.

``python -m benchmarks.reading [--train FILE] [--test FILE] [--steps 12] [--questions 60]``; without
files they come from the data folder that FIRTH_DATA names.

Training: mini with a fresh span head, batches of 16 questions, windows of 384 tokens with a stride
of 128, dropout .1, AdamW, on the same windows in the same order. The Trainer runs as
transformers' ``run_qa.py`` has it, every window padded to 384, and padded to the longest of its
batch; each in fp32 and in bf16. Answering: questions one by one through the library's tokenizer and
model, fp32 and bf16, with numpy's search for the best span as in ``run_qa.py``; and
`firth.encoder.reader`. Both answer alike except where products round. The ways take turns, each in
a process of its own, firth with memory kept as its command line has it; what is printed is the
median over rounds, the ratio to firth in the same dtype, and the ratio of firth as its command line
runs to the library as it comes. Ratios matter, not seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.as_it_comes import print_as_it_comes
from benchmarks.own_process import in_own_process
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.encoder.question_windows import WindowOptions, windower_of
from firth.encoder.reader import Reader
from firth.text.squad import read_squad
from firth.text.squad_records import Item
from firth.text.squad_subsets import first_questions
from firth.train.loop import train
from firth.train.plan import Plan
from firth.train.reader import SpanReader, new_reader
from firth.train.reader_windows import LabelledWindow, ReaderWindows, reader_windows

BATCH, RATE, DROPOUT = 16, 1e-4, 0.1
WINDOWS = WindowOptions()
FULL, LONGEST = "Trainer, padded to 384", "Trainer, padded to the batch"
TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def by_firth(encoder: Encoder, windows: ReaderWindows, steps: int, dtype: str) -> float:
    """Train; returns windows a second."""
    model = new_reader(encoder, dropout=DROPOUT)
    task = SpanReader(model, windows, BATCH, dropout=DROPOUT)
    moments: list[float] = []
    plan = Plan(
        rates={"encoder": RATE, "head": RATE}, steps=steps, dtype=dtype,  # pyright: ignore
        log_every=1, checkpoint_minutes=None,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        train(task, plan, folder, progress=lambda _row: moments.append(time.perf_counter()))
    return _rate(moments)


def by_trainer(
    encoder: Encoder, windows: ReaderWindows, steps: int, dtype: str, longest: bool
) -> float:
    """Train with transformers' Trainer; returns windows a second."""
    from transformers import Trainer, TrainerCallback, TrainingArguments, default_data_collator

    moments: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_given: Any, **_more: Any) -> None:
            moments.append(time.perf_counter())

    batches = SpanReader(new_reader(encoder), windows, BATCH).batches
    rows = [one for step in range(steps) for one in batches.draw(0, step)]
    features = [feature(one, encoder) for one in rows]

    def collate(given: list[dict[str, Any]]) -> dict[str, Any]:
        if longest:
            most = max(sum(one["attention_mask"]) for one in given)
            given = [
                {key: own[:most] if isinstance(own, list) else own for key, own in one.items()}
                for one in given
            ]
        return default_data_collator(given)

    class Ordered(Trainer):
        def _get_train_sampler(self, *_given: Any, **_more: Any) -> Any:
            return torch.utils.data.SequentialSampler(features)  # pyright: ignore

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, per_device_train_batch_size=BATCH, max_steps=steps,
            learning_rate=RATE, bf16=dtype == "bf16", use_cpu=True, save_strategy="no",
            logging_strategy="no", report_to="none", disable_tqdm=True, seed=0,
        )  # fmt: skip
        model = new_reader(encoder, dropout=DROPOUT)
        Ordered(
            model=model, args=arguments, train_dataset=features,  # pyright: ignore
            data_collator=collate, callbacks=[Clock()],
        ).train()  # fmt: skip
    return _rate(moments)


def feature(one: LabelledWindow, encoder: Encoder) -> dict[str, Any]:
    """Return a window as ``run_qa.py`` makes it, padded to the full length."""
    ids, size = one.window.ids.tolist(), one.window.size
    rest = WINDOWS.length - size
    pad = encoder.tokenizer.pad_token_id
    return {
        "input_ids": ids + rest * [pad], "attention_mask": size * [1] + rest * [0],
        "start_positions": one.start, "end_positions": one.end,
    }  # fmt: skip


def _rate(moments: Sequence[float]) -> float:
    """Return windows a second, the first step left out."""
    return BATCH * (len(moments) - 1) / (moments[-1] - moments[0])


class PlainLoop:
    """One question at a time, through the library."""

    def __init__(self, encoder: Encoder, model: Any, dtype: str) -> None:
        self.tokenizer, self.model = encoder.tokenizer, model.eval()
        self.dtype = dtype

    @torch.inference_mode()
    def answer(self, item: Item) -> str:
        """Answer one."""
        coded = self.tokenizer(
            item.question.text, item.context, truncation="only_second", max_length=WINDOWS.length,
            stride=WINDOWS.stride, return_overflowing_tokens=True, return_offsets_mapping=True,
            padding="max_length", return_tensors="pt",
        )  # fmt: skip
        inputs = {"input_ids": coded["input_ids"], "attention_mask": coded["attention_mask"]}
        low = self.dtype == "bf16"
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            output = self.model(**inputs)
        best, answer = -np.inf, ""
        for row in range(len(coded["input_ids"])):
            starts, ends = (
                logits[row].float().numpy() for logits in (output.start_logits, output.end_logits)
            )
            of, places = coded.sequence_ids(row), coded["offset_mapping"][row].tolist()
            # The 20 best starts and ends, as run_qa.py has it.
            for i in np.argsort(starts)[-1:-21:-1]:
                for j in np.argsort(ends)[-1:-21:-1]:
                    legal = of[i] == 1 and of[j] == 1 and i <= j < i + 30
                    if legal and starts[i] + ends[j] > best:
                        best = starts[i] + ends[j]
                        answer = item.context[places[i][0] : places[j][1]]
        return answer.strip()


def training(way: str, train: Path, steps: int, dtype: str) -> float:
    """Train in one of the ways; returns windows a second."""
    encoder = load("mini", device="cpu", dtype="fp32")
    windower = windower_of(encoder.tokenizer, encoder.model.config, WINDOWS, encoder.max_tokens)
    learnt = read_squad(train)
    learnt = first_questions(learnt, min(BATCH * steps, learnt.sizes.questions))
    windows = reader_windows(learnt.items(), windower)
    if way == "firth":
        return by_firth(encoder, windows, steps, dtype)
    return by_trainer(encoder, windows, steps, dtype, longest=way == LONGEST)


def answering(
    way: str, test: Path, questions: int, reader: Path | None, dtype: str
) -> tuple[float, list[str]]:
    """Answer in one of the two ways; returns questions a second, and the answers."""
    encoder = load("mini", device="cpu", dtype="fp32")
    tested = read_squad(test)
    items = first_questions(tested, min(questions, tested.sizes.questions)).items()
    torch.manual_seed(0)
    model = new_reader(encoder)
    if reader is not None:
        from transformers import AutoModelForQuestionAnswering

        model = AutoModelForQuestionAnswering.from_pretrained(reader, dtype=torch.float32)
    if way == "firth":
        own = Reader.of(replace(encoder, dtype=TYPES[dtype]), model, WINDOWS)
        own.answers(items[:4])
        begun = time.perf_counter()
        answers = [one.text for one in own.answers(items)]
    else:
        loop = PlainLoop(encoder, model, dtype)
        loop.answer(items[0])
        begun = time.perf_counter()
        answers = [loop.answer(item) for item in items]
    return len(items) / (time.perf_counter() - begun), answers


def _file(given: Path | None, name: str) -> Path:
    data = os.environ.get("FIRTH_DATA")
    if given is None and not data:
        raise SystemExit("give --train FILE and --test FILE, or set FIRTH_DATA")
    return given if given is not None else Path(str(data)) / "qa" / name


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, default=None)
    parser.add_argument("--test", type=Path, default=None)
    parser.add_argument("--reader", type=Path, default=None, help="a trained one for answering")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("training", "answering"), default=None)
    given = parser.parse_args()
    train = _file(given.train, "squadshifts_new_wiki.en.json.gz")
    test = _file(given.test, "xquad.zh.json.gz")
    print(f"threads: {torch.get_num_threads()}, {given.rounds} rounds")
    if given.only != "answering":
        _training(given, train)
    if given.only != "training":
        _answering(given, test)


def _training(given: argparse.Namespace, train: Path) -> None:
    print("| training | dtype | windows/s | firth is faster by |\n|---|---|---:|---:|", flush=True)
    middle: dict[tuple[str, str], float] = {}
    for dtype in TYPES:
        rates: dict[str, list[float]] = {way: [] for way in ("firth", FULL, LONGEST)}
        for _ in range(given.rounds):
            for way, values in rates.items():
                found = in_own_process(way == "firth", training, way, train, given.steps, dtype)
                values.append(found)
        middle |= _print(rates, dtype)
    print_as_it_comes(middle, FULL)


def _answering(given: argparse.Namespace, test: Path) -> None:
    print("| answering | dtype | questions/s | firth is faster by | answered alike |")
    print("|---|---|---:|---:|---:|")
    middle: dict[tuple[str, str], float] = {}
    for dtype in TYPES:
        rates: dict[str, list[float]] = {way: [] for way in ("firth", "plain loop")}
        answers: dict[str, list[str]] = {}
        for _ in range(given.rounds):
            for way, values in rates.items():
                rate, answers[way] = in_own_process(
                    way == "firth", answering, way, test, given.questions, given.reader, dtype
                )
                values.append(rate)
        both = zip(answers["firth"], answers["plain loop"], strict=True)
        middle |= _print(rates, dtype, f" {statistics.mean(a == b for a, b in both):.2f} |")
    print_as_it_comes(middle, "plain loop")


def _print(
    rates: dict[str, list[float]], dtype: str, more: str = ""
) -> dict[tuple[str, str], float]:
    """Print a row for each way; returns (way, dtype) -> median rate."""
    middle = {(way, dtype): statistics.median(values) for way, values in rates.items()}
    own = middle["firth", dtype]
    for (way, _), value in middle.items():
        print(f"| {way} | {dtype} | {value:.2f} | {own / value:.2f} |{more}", flush=True)
    return middle


if __name__ == "__main__":
    main()
