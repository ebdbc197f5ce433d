"""``firth reading arms``: train readers on one language, the other and both, and compare them."""

from __future__ import annotations

from typing import Annotated

import typer

from firth.cli import options
from firth.cli.reading_ask import MaxAnswer, MaxCharacters
from firth.cli.reading_evaluate import Most, Tests
from firth.cli.reading_train import (
    Accumulate,
    Batch,
    CheckpointMinutes,
    Dropout,
    Epochs,
    Frozen,
    Hours,
    Length,
    Rate,
    Steps,
    Stride,
    Warmup,
    pause,
    products,
    windows,
)
from firth.cli.screen import load_encoder, progress, show
from firth.errors import OptionError


def arms(
    train: Annotated[
        list[str] | None,
        typer.Option(
            "--train",
            help="en=FILE in the layout of SQuAD, plain or packed by gzip; repeatable. The first "
            "one's language is the source, every other a target. A file that is also a --test is "
            "split by articles.",
        ),
    ] = None,
    test: Tests = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            "--arm",
            help="zero-shot, in-language, both, random or untrained; repeatable; all by default.",
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="The language that zero-shot learns from.")
    ] = None,
    questions: Annotated[
        int | None,
        typer.Option(
            "--questions", help="Of each arm; as many as the smallest language has by default."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", help="Runs of every arm.")] = 1,
    test_share: Annotated[
        float,
        typer.Option(
            "--test-share", help="Share of the articles kept for the test, of a file that is split."
        ),
    ] = 0.5,
    epochs: Epochs = 2.0,
    steps: Steps = None,
    rate: Rate = 1e-4,
    random_rate: Annotated[
        float, typer.Option("--random-rate", help="Highest learning rate of the arm random.")
    ] = 5e-4,
    warmup: Warmup = 0.1,
    batch: Batch = 16,
    accumulate: Accumulate = 1,
    dropout: Dropout = 0.1,
    frozen_layers: Frozen = None,
    length: Length = None,
    stride: Stride = 128,
    most: Most = None,
    max_answer: MaxAnswer = 30,
    max_characters: MaxCharacters = None,
    checkpoint_minutes: CheckpointMinutes = 5.0,
    hours: Hours = None,
    model: options.Model = "mini",
    seed: options.Seed = 0,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    out: options.Out = "runs",
    fresh: options.Fresh = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Does a reader need questions in the language that it answers? Train, test, compare."""
    if hours is not None and hours <= 0:
        raise OptionError(f"hours {hours}: it must be above 0")
    if not train or not test:
        raise OptionError("give --train en=FILE and --test zh=FILE, each once or more")
    from firth.text.question_files import parse_question_files

    files = parse_question_files(train, "train"), parse_question_files(test, "test")
    from firth.experiments.reading import Asking
    from firth.experiments.reading_arms import ARMS, Settings
    from firth.experiments.reading_study import study
    from firth.experiments.reading_texts import Sources
    from firth.train.loop import Paused
    from firth.train.reader_recipe import ReaderRecipe

    silent = quiet or json
    encoder = load_encoder(model, device, dtype, quiet=silent)
    settings = Settings(
        arms=tuple(arm or ARMS), source=source, questions=questions, seeds=seeds, first_seed=seed,
        random_rate=random_rate, test_share=test_share,
        recipe=ReaderRecipe(
            epochs=epochs, steps=steps, rate=rate, warmup=warmup, batch=batch, dropout=dropout,
            frozen_layers=frozen_layers, windows=windows(encoder, length, stride),
            dtype=products(encoder), seed=seed, checkpoint_minutes=checkpoint_minutes,
            accumulate=accumulate,
        ),
        asking=Asking(max_answer, max_characters, most, seed),
    )  # fmt: skip
    from firth.cli.reading_live import ReadingLive
    from firth.cli.reading_tables import print_study

    with (
        ReadingLive(quiet=silent) as live,
        progress("answering", None, quiet=silent) as step,
    ):
        try:
            result = study(
                encoder, Sources(*files), settings, out=out, pause=pause(hours), tell=live.tell,
                progress=lambda _label, done: step(done), fresh=fresh,
            )  # fmt: skip
        except Paused as paused:
            live.close()
            typer.echo(f"{paused}: the time is over; the same command goes on", err=True)
            return
    show(result, print_study, out=out, fresh=False, json=json, quiet=quiet)
