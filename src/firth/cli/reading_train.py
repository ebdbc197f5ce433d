"""``firth reading train``: make a reader of an encoder and files of questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, warn
from firth.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

Epochs = Annotated[float, typer.Option("--epochs", help="How often every question is read.")]
Steps = Annotated[
    int | None, typer.Option("--steps", min=1, help="Optimiser steps, instead of epochs.")
]
Rate = Annotated[float, typer.Option("--rate", help="Highest learning rate.")]
Warmup = Annotated[
    float, typer.Option("--warmup", help="Share of the steps in which the rate rises.")
]
Batch = Annotated[int, typer.Option("--batch", help="Windows of a step.")]
Accumulate = Annotated[
    int, typer.Option("--accumulate", min=1, help="Compute a batch in so many parts.")
]
Dropout = Annotated[float, typer.Option("--dropout", help="While training.")]
Frozen = Annotated[
    int | None,
    typer.Option(
        "--frozen-layers",
        help="0 keeps the embeddings as they are, 3 the lowest three blocks as well.",
    ),
]
Length = Annotated[
    int | None,
    typer.Option("--length", help="Tokens of a window; 384, or what the encoder reads."),
]
Stride = Annotated[int, typer.Option("--stride", help="Tokens that neighbouring windows share.")]
Hours = Annotated[
    float | None,
    typer.Option("--hours", help="Pause after so long; the same command goes on."),
]
CheckpointMinutes = Annotated[
    float, typer.Option("--checkpoint-minutes", help="Work that a crash can cost.")
]


def train(
    train: Annotated[
        list[str],
        typer.Option(
            "--train",
            help="en=FILE in the layout of SQuAD, plain or packed by gzip; repeatable, also of one "
            "language. en=carried for the questions that firth brings along.",
        ),
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of the reader.")],
    questions: Annotated[
        int | None,
        typer.Option("--questions", min=1, help="Questions of each language; all by default."),
    ] = None,
    held_out: Annotated[
        float,
        typer.Option("--held-out", help="Share of the articles that is only watched; 0 for none."),
    ] = 0.05,
    epochs: Epochs = 2.0,
    steps: Steps = None,
    rate: Rate = 1e-4,
    warmup: Warmup = 0.1,
    batch: Batch = 16,
    accumulate: Accumulate = 1,
    dropout: Dropout = 0.1,
    frozen_layers: Frozen = None,
    random_weights: Annotated[
        bool, typer.Option("--random-weights", help="Begin with fresh weights of the same shape.")
    ] = False,
    length: Length = None,
    stride: Stride = 128,
    negatives: Annotated[
        float,
        typer.Option("--negatives", help="Share of the windows without the answer that is read."),
    ] = 1.0,
    checkpoint_minutes: CheckpointMinutes = 5.0,
    hours: Hours = None,
    model: options.Model = "mini",
    seed: options.Seed = 0,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Train a reader; stopped or killed, the same command goes on."""
    if hours is not None and hours <= 0:
        raise OptionError(f"hours {hours}: it must be above 0")
    from firth.text.question_files import parse_question_files, read_by_language

    sets = read_by_language(parse_question_files(train, "train"))
    from pathlib import Path

    from firth.experiments.reading_lessons import lessons_of
    from firth.experiments.reading_runs import ReaderRun, train_reader
    from firth.train.loop import Paused
    from firth.train.reader_recipe import ReaderRecipe

    lessons = lessons_of(sets, held_out, questions, seed)
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    recipe = ReaderRecipe(
        epochs=epochs, steps=steps, rate=rate, warmup=warmup, batch=batch, dropout=dropout,
        frozen_layers=frozen_layers, pretrained=not random_weights, negatives=negatives,
        windows=windows(encoder, length, stride), dtype=products(encoder), seed=seed,
        checkpoint_minutes=checkpoint_minutes, accumulate=accumulate,
    )  # fmt: skip
    run = ReaderRun(encoder, lessons, recipe, Path(output))
    warn(lessons.notes(), quiet=quiet or json)
    from firth.cli.reading_live import ReadingLive

    with ReadingLive(quiet=quiet or json) as live:
        name = Path(output).name
        try:
            about = train_reader(run, tell=lambda row: live.tell(name, row), pause=pause(hours))
        except Paused as paused:
            live.close()
            typer.echo(f"{paused}: the time is over; the same command goes on", err=True)
            return
    if about is not None:
        _show(about, output, json=json)


def windows(encoder: Any, length: int | None, stride: int) -> Any:
    """Return how contexts are cut for an encoder."""
    from firth.encoder.question_windows import WindowOptions
    from firth.encoder.reader import default_options

    usual = default_options(encoder).length
    return WindowOptions(length=usual if length is None else length, stride=stride)


def products(encoder: Any) -> Any:
    """Return the type of an encoder's products as a plan names it."""
    import torch

    return "bf16" if encoder.dtype == torch.bfloat16 else "fp32"


def pause(hours: float | None) -> Callable[[], bool] | None:
    """Return what says that the time is over."""
    import time

    if hours is None:
        return None
    end = time.monotonic() + 3600 * hours
    return lambda: time.monotonic() >= end


def _show(about: dict[str, Any], output: str, *, json: bool) -> None:
    if json:
        import json as js

        typer.echo(js.dumps({"output": output, **about}, ensure_ascii=False))
        return
    learnt = ", ".join(
        f"{own['questions']:,} questions in {language}"
        for language, own in about["training"].items()
    )
    held = ", ".join(
        f"{own['span_exact']:.1%} of {own['n']} held-out windows in {language} right"
        for language, own in about["validation"].items()
    )
    typer.echo(
        f"{learnt}; {about['steps']:,} steps in {about['seconds'] / 60:.1f} minutes"
        f"{'; ' + held if held else ''}: {output}"
    )
