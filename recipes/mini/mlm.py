"""Give mini a masked-LM head: ``python -m recipes.mini.mlm --data DIR --output DIR --hours H``.

Head and encoder learn together, by continued masked-LM training on the texts of `mlm_texts`, with
``--packages`` also on those that `mlm_packages` downloaded.
``--keep`` pulls the encoder's hidden states towards those it began with. The run can be killed and
begun again with ``--resume``; at its end, or at any time with
``python -m recipes.mini.mlm --export RUN --output DIR``, it becomes a model folder.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

# Before torch is loaded. On a machine that is shared, a thread that spins while it waits can hold
# the core that its partner needs: measured on two cores beside one busy process, 333 tokens/s
# spinning and 997 sleeping; alone there is little difference.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch

from firth.encoder.blocks import PackedBert
from firth.encoder.load import MINI_FOLDER, fingerprint, has_bf16
from firth.errors import FirthError
from firth.train.checkpoint import CHECKPOINT
from firth.train.loop import train
from firth.train.masking import MaskedBatch, Masking, mask
from firth.train.mlm import Keep, MaskedLM
from firth.train.plan import Plan
from firth.train.sequences import Sequences

from .mlm_model import (
    WEIGHTS,
    copy_frame,
    export,
    read_model,
    read_tokenizer,
    start_bias,
    vocabulary_of,
)
from .mlm_texts import read_texts, sources_of
from .mlm_weights import WeightedSequences, weight

KEPT_LAYERS = (3, 6, 9, 12)
FIXED = 20_000  # a seed for validation, apart from those of training
HELD_BATCHES = 3  # batches of validation a language
EDITION = "2"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = made.add_argument
    add("--data", type=Path, help="folder that holds parallel/")
    add("--packages", type=Path, help="folder that mlm_packages filled: its texts are read too")
    add("--traditional", type=float, default=0.0, help="share of Chinese read in that script too")
    add("--weight", type=weight, action="append", default=[], metavar="KIND=FACTOR")
    add("--output", type=Path, required=True, help="folder of the run, or of the exported model")
    add("--export", type=Path, metavar="RUN", help="export a run's checkpoint and stop")
    add("--start", type=Path, default=MINI_FOLDER, help="weights to begin with; default mini")
    add("--hours", type=float, help="budget, over resumed runs")
    add("--steps", type=int, help="budget in steps")
    add("--resume", action="store_true", help="go on with the run in --output")
    add("--batch", type=int, default=36, help="sequences of a batch")
    add("--length", type=int, default=128, help="pieces of a sequence")
    add("--rate", type=float, default=2e-4, help="highest rate of the encoder")
    add("--head-rate", type=float, default=1e-3, help="highest rate of the head")
    add("--warmup", type=int, default=200, help="steps")
    add("--decay", type=float, default=0.2, help="share of the budget in which rates fall to 0")
    add("--keep", type=float, default=1.0, metavar="WEIGHT", help="pull to --keep-to; 0 for none")
    add("--keep-to", type=Path, help="folder of the encoder to stay near; default --start")
    add("--keep-every", type=int, default=2, help="steps from one pull to the next")
    add("--keep-share", type=float, default=0.5, help="of a batch that is read for a pull")
    add("--share", type=float, default=0.15, help="of the positions that are predicted")
    add("--whole-words", action="store_true", help="mask words between blanks, spans of Han, kana")
    add("--all-masks", action="store_true", help="no random or kept pieces at masked positions")
    add("--language-power", type=float, default=0.0, help="0: languages drawn equally")
    add("--source-power", type=float, default=0.5, help="sources weigh n ** POWER by their pieces")
    add("--dtype", choices=("bf16", "fp32"), default="bf16" if has_bf16() else "fp32")
    add("--seed", type=int, default=0)
    add("--validate-every", type=int, default=500, help="steps")
    add("--checkpoint-minutes", type=float, default=15.0)
    add("--edition", default=EDITION, help="what the exported file calls itself")
    return made


def plan_of(options: argparse.Namespace) -> Plan:
    """The plan that the command line declares."""
    return Plan(
        rates={"encoder": options.rate, "head": options.head_rate},
        steps=options.steps,
        hours=options.hours,
        warmup=options.warmup,
        schedule="warmup_stable_decay",
        decay=options.decay,
        dtype=options.dtype,
        seed=options.seed,
        validate_every=options.validate_every,
        checkpoint_minutes=options.checkpoint_minutes,
    )


def task_of(options: argparse.Namespace) -> MaskedLM:
    """The task: model, texts, masks and the pull to the start."""
    tokenizer = read_tokenizer(options.start)
    vocabulary = vocabulary_of(tokenizer)
    texts = read_texts(options.data, options.packages, options.traditional)
    sources = sources_of(texts.training, tokenizer)
    model, has_head = read_model(options.start)
    if not has_head:
        start_bias(model, sources)
    ends = {"first": tokenizer.token_to_id("<s>"), "last": tokenizer.token_to_id("</s>")}
    shape: dict[str, Any] = {"length": options.length, "batch": options.batch, **ends}
    held: dict[str, list[MaskedBatch]] = {}
    for language, kinds in sources_of(texts.held_out, tokenizer).items():
        held[language] = held_out_batches(Sequences({language: kinds}, **shape), vocabulary)
    whole = 0.0 if options.all_masks else 0.1
    about = {
        name: fingerprint(folder, [folder / WEIGHTS])
        for name, folder in (("start", options.start), ("kept", options.keep_to))
    }
    return MaskedLM(
        model=model,
        sequences=WeightedSequences(
            sources,
            **shape,
            language_power=options.language_power,
            source_power=options.source_power,
            factors=dict(options.weight),
        ),
        masking=Masking(options.share, whole, whole, whole_words=options.whole_words),
        vocabulary=vocabulary,
        seed=seed_of(options.seed, about["start"]),
        held_out=held,
        keep=keep_of(options),
        about=about,
    )


def seed_of(seed: int, start: str) -> int:
    """Mix the fingerprint of the start into the seed.

    A run that goes on from the weights of another would else read that one's sequences again, under
    the same masks: its loss falls at once, and what it learns is by heart.
    """
    return (seed << 32) + int(start[:8], 16)


def keep_of(options: argparse.Namespace) -> Keep | None:
    """The frozen encoder, where a pull to it is asked for."""
    if not options.keep:
        return None
    frozen, _ = read_model(options.keep_to)
    dtype = torch.bfloat16 if options.dtype == "bf16" else torch.float32
    teacher = PackedBert(frozen.bert, dtype)
    return Keep(teacher, options.keep, KEPT_LAYERS, options.keep_every, options.keep_share)


def held_out_batches(sequences: Sequences, vocabulary: Any) -> list[MaskedBatch]:
    """Batches of held-out text with fixed masks, every masked position showing the mask token."""
    masking = Masking(replaced=0.0, kept=0.0)
    batches: list[MaskedBatch] = []
    for i in range(HELD_BATCHES):
        generator = np.random.default_rng([FIXED, i])
        batches.append(mask(sequences.draw(FIXED, i), masking, vocabulary, generator))
    return batches


def tell(row: dict[str, Any]) -> None:
    """Print one row of the log in short."""
    head = f"{row['seconds'] / 60:8.1f} min  step {row['step']:>6}"
    if row["kind"] == "validation":
        cells = (
            f"{k} {v['mlm_loss']:.2f}/{v['mlm_accuracy']:.3f}" for k, v in row["languages"].items()
        )
        print(head, "held out:", *cells, flush=True)
        return
    mlm = row["mlm_loss_sum"] / row["masked"]
    keep = row["keep_loss_sum"] / row["keep_steps"] if row.get("keep_steps") else 0.0
    right = row["right"] / row["masked"]
    pace = f"{row['tokens_per_second']:.0f} tokens/s"
    print(head, f"loss {mlm:.3f}  right {right:.3f}  keep {keep:.3f}  {pace}", flush=True)


def describe(sequences: Any) -> None:
    """Print what is read: pieces, and how often each source is drawn."""
    for (language, name), share in sequences.weights().items():
        pieces = len(sequences.sources[language][name].ids)
        print(f"{language:3} {name:18} {pieces:>10,} pieces  {share:6.1%} of the sequences")


def main() -> None:
    """Read the command line; train and export, or only export."""
    made = parser()
    options = made.parse_args()
    options.keep_to = options.keep_to or options.start
    if options.export is not None:
        export(options.export, options.output, options.edition)
        return
    if options.data is None or (options.hours is None and options.steps is None):
        made.error("training needs --data and a budget: --hours or --steps")
    try:
        task = task_of(options)
        describe(task.sequences)
        if not (options.output / CHECKPOINT).exists():  # a run that is there keeps its own
            copy_frame(options.start, options.output)
        train(task, plan_of(options), options.output, progress=tell, resume=options.resume)
    except FirthError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command with --resume goes on")
    export(options.output, options.output / "model", options.edition)


if __name__ == "__main__":
    main()
