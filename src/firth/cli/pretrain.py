"""``firth pretrain``: train a multilingual BERT from nothing and watch it align."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from firth.cli import options
from firth.cli.screen import deadline, show
from firth.errors import OptionError


def pretrain(
    corpus: Annotated[
        list[str] | None,
        typer.Option("--corpus", help="en=FILE, a sentence a line; once a language."),
    ] = None,
    parallel: Annotated[
        list[str] | None,
        typer.Option(
            "--parallel",
            help="en-zh=FILE, a sentence and its translation a line; disjoint halves are learnt "
            "from. Repeatable.",
        ),
    ] = None,
    fake: Annotated[
        str | None,
        typer.Option("--fake", help="en: a second language with the same words in other letters."),
    ] = None,
    dictionary: Annotated[
        list[str] | None,
        typer.Option(
            "--dictionary", help="en-zh=FILE, for the MRR; repeatable. --fake brings its own."
        ),
    ] = None,
    sentences: Annotated[
        list[int] | None,
        typer.Option("--sentences", help="Sentences a language; each one is an arm. Repeatable."),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", min=1, help="The same for all arms.")] = 2000,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of every arm.")] = 1,
    hours: Annotated[
        float | None,
        typer.Option("--hours", help="Pause after so long; the same command goes on."),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(
            "--control",
            help="alone: each language by itself; cbow: two linear maps at the same blanks; none. "
            "Repeatable; alone and cbow by default.",
        ),
    ] = None,
    switch: Annotated[
        list[str] | None,
        typer.Option(
            "--switch",
            help="One more control: positions, specials, no-random, or several joined by +.",
        ),
    ] = None,
    held_out: Annotated[
        int, typer.Option("--held-out", help="Sentences a language that no arm learns from.")
    ] = 1000,
    layers: Annotated[int, typer.Option("--layers", help="Blocks.")] = 4,
    width: Annotated[int, typer.Option("--width", help="Size of a hidden state.")] = 128,
    heads: Annotated[int, typer.Option("--heads", help="Heads of attention.")] = 2,
    inner: Annotated[
        int | None, typer.Option("--inner", help="Feed-forward size; 4 times the width.")
    ] = None,
    tokenizer: Annotated[
        str, typer.Option("--tokenizer", help="wordpiece, unigram or bpe.")
    ] = "wordpiece",
    vocabulary: Annotated[int, typer.Option("--vocabulary", help="Pieces.")] = 4096,
    cased: Annotated[bool, typer.Option("--cased", help="Keep upper case.")] = False,
    length: Annotated[int, typer.Option("--length", help="Pieces of a sequence.")] = 64,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Sequences of a step.")] = 64,
    accumulate: Annotated[
        int, typer.Option("--accumulate", min=1, help="Compute a batch in so many parts.")
    ] = 1,
    language_power: Annotated[
        float,
        typer.Option("--language-power", help="Draw languages as their size to this power."),
    ] = 0.0,
    mask_share: Annotated[float, typer.Option("--mask-share", help="Of the positions.")] = 0.15,
    mask_random: Annotated[
        float, typer.Option("--mask-random", help="Of these, shown as a random piece.")
    ] = 0.1,
    mask_kept: Annotated[
        float, typer.Option("--mask-kept", help="Of these, shown as they are.")
    ] = 0.1,
    whole_words: Annotated[bool, typer.Option("--whole-words", help="Mask whole words.")] = False,
    rate: Annotated[float, typer.Option("--rate", help="Highest learning rate.")] = 2e-3,
    warmup: Annotated[int, typer.Option("--warmup", min=0, help="Steps.")] = 100,
    schedule: Annotated[
        str,
        typer.Option(
            "--schedule",
            help="constant (equal epochs are then a prefix), linear or warmup_stable_decay.",
        ),
    ] = "constant",
    clip: Annotated[float, typer.Option("--clip", help="Largest norm of the gradient.")] = 1.0,
    weight_decay: Annotated[float, typer.Option("--weight-decay", help="AdamW's.")] = 0.01,
    checkpoints: Annotated[
        int, typer.Option("--checkpoints", min=1, help="Weights kept of a run, log-spaced.")
    ] = 20,
    checkpoint_minutes: Annotated[
        float, typer.Option("--checkpoint-minutes", help="Work that a crash can cost.")
    ] = 5.0,
    estimate: Annotated[
        bool,
        typer.Option("--estimate", help="Take a few steps, say what it will cost, and stop."),
    ] = False,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    out: options.Out = "runs",
    fresh: options.Fresh = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Does data alone decide whether two languages align? Train and see."""
    if hours is not None and hours <= 0:
        raise OptionError(f"hours {hours}: it must be above 0")
    from firth.experiments.align_texts import Texts
    from firth.experiments.pretrain_texts import Sources

    files = Texts.of(dictionary or [], corpus or [], parallel or [])
    sources = Sources(files, fake, tuple(sentences or ()), held_out)
    dictionaries, text = sources.dictionaries(), sources.text()
    from firth.experiments.pretrain import pretrain as run
    from firth.experiments.pretrain_arms import CONTROLS, Settings, parse_switches
    from firth.train.masking import Masking
    from firth.train.pretraining import Recipe
    from firth.train.shape import Shape
    from firth.train.tokenizer import check_tokenizer

    settings = Settings(
        sizes=text.sizes,
        steps=steps,
        seeds=seeds,
        first_seed=seed,
        recipe=Recipe(
            shape=Shape(layers, width, heads, inner),
            length=length,
            batch=batch,
            masking=Masking(mask_share, mask_random, mask_kept, whole_words),
            language_power=language_power,
        ),
        rate=rate,
        warmup=warmup,
        schedule=schedule,  # pyright: ignore[reportArgumentType] - a plan checks it
        clip=clip or None,
        weight_decay=weight_decay,
        dtype=_dtype(dtype),
        accumulate=accumulate,
        tokenizer=check_tokenizer(tokenizer, vocabulary, list(text.pool)),
        vocabulary=vocabulary,
        lowercase=not cased,
        controls=tuple(control or CONTROLS[:-1]),
        switches=parse_switches(switch or []),
        checkpoints=checkpoints,
        checkpoint_minutes=checkpoint_minutes,
    )
    if estimate:
        from firth.cli.pretrain_tables import print_cost
        from firth.experiments.pretrain_cost import cost

        print_cost(cost(text, settings, out=out, device=device), json=json)
        return
    from firth.cli.pretrain_live import Live
    from firth.cli.pretrain_tables import print_pretraining
    from firth.train.loop import Paused

    with Live(settings, list(text.pool), quiet=quiet or json) as live:
        try:
            result = run(
                text, settings, dictionaries, out=out, pause=deadline(hours), tell=live.tell,
                source=sources.config(), device=device, fresh=fresh,
            )  # fmt: skip
        except Paused as paused:
            live.close()
            typer.echo(f"{paused}: the time is over; the same command goes on", err=True)
            return
    if result is not None:
        show(result, print_pretraining, out=out, fresh=False, json=json, quiet=quiet)


def _dtype(dtype: str) -> Any:
    from firth.encoder.load import DTYPES, has_bf16

    if dtype not in DTYPES:
        raise OptionError(f"dtype {dtype!r}: legal are {', '.join(DTYPES)}")
    if dtype == "auto":
        return "bf16" if has_bf16() else "fp32"
    return dtype
