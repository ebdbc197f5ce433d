"""``firth transfer``: does a text BERT help on sequences that are not text?"""

from __future__ import annotations

from typing import Annotated

import typer

from firth.cli import options
from firth.cli.screen import deadline, load_encoder, show
from firth.cli.transfer_predict import predict
from firth.errors import OptionError

app = typer.Typer(no_args_is_help=True, help="A text BERT on DNA, proteins, music.")

Rates = Annotated[
    list[str] | None,
    typer.Option(
        "--rates", help="Learning rates that every arm tries, such as 3e-5,1e-4; one for no search."
    ),
]
Warmups = Annotated[
    list[str] | None,
    typer.Option("--warmups", help="Shares of the steps in which the rate rises, tried as well."),
]

app.command()(predict)


@app.command()
def run(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="CSV, TSV, JSON lines or FASTA; or one a split: train=FILE test=FILE.",
        ),
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            "--format", help="table, splice, keel-splice, amp, composers, deeploc or flip."
        ),
    ] = "table",
    sequence: Annotated[str, typer.Option("--sequence", help="Its column.")] = "sequence",
    label: Annotated[str, typer.Option("--label", help="Its column.")] = "label",
    split: Annotated[
        str | None,
        typer.Option("--split", help="Column of train, dev, test; of flip: which of its splits."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", help="Column of what stays together and is scored together."),
    ] = None,
    target: Annotated[str, typer.Option("--target", help="class or number.")] = "class",
    symbols: Annotated[
        str, typer.Option("--symbols", help="characters, blanks, kmers:K or kmers:K:STRIDE.")
    ] = "characters",
    upper: Annotated[bool, typer.Option("--upper", help="Read small letters as capitals.")] = False,
    header: Annotated[
        str, typer.Option("--header", help="FASTA: what the fields of a header line are.")
    ] = "id label split",
    labels: Annotated[str, typer.Option("--labels", help="Of deeploc: place or full.")] = "place",
    shares: Annotated[
        str, typer.Option("--shares", help="Of train, dev and test, where the data have no split.")
    ] = "0.8,0.1,0.1",
    arms: Annotated[
        list[str] | None,
        typer.Option(
            "--arms",
            help="pretrained, random, shuffled, re-embedded, re-blocked, shuffled-embeddings, "
            "shuffled-blocks, frozen, kmers, cnn, majority; commas between, or repeated. All by "
            "default.",
        ),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option("--control", help="reversed, labels or none; repeatable, both by default."),
    ] = None,
    maps: Annotated[int, typer.Option("--maps", help="Maps from symbols to words.")] = 3,
    seeds: Annotated[int, typer.Option("--seeds", help="Runs of every arm and map.")] = 3,
    extra_seeds: Annotated[
        int, typer.Option("--extra-seeds", help="The same of arms that are in no tested contrast.")
    ] = 1,
    epochs: Annotated[float, typer.Option("--epochs", help="Passes over the training data.")] = 4.0,
    search_epochs: Annotated[
        float | None,
        typer.Option("--search-epochs", help="The same of a run that looks for a rate."),
    ] = None,
    rates: Rates = None,
    warmups: Warmups = None,
    batch: Annotated[int, typer.Option("--batch", help="Windows of a step.")] = 32,
    weight_decay: Annotated[float, typer.Option("--weight-decay", help="AdamW's.")] = 0.01,
    dropout: Annotated[float, typer.Option("--dropout", help="While it trains.")] = 0.0,
    validations: Annotated[
        int, typer.Option("--validations", help="Points of a learning curve.")
    ] = 16,
    train_size: Annotated[
        int | None, typer.Option("--train-size", help="Learn from so many sequences only.")
    ] = None,
    window: Annotated[
        int | None, typer.Option("--window", help="Symbols of a window; what the encoder reads.")
    ] = None,
    stride: Annotated[
        int | None, typer.Option("--stride", help="Symbols from window to window.")
    ] = None,
    vote: Annotated[
        str, typer.Option("--vote", help="How windows answer together: mean or majority.")
    ] = "mean",
    script: Annotated[
        str, typer.Option("--script", help="Script of the words that stand for symbols.")
    ] = "latin",
    goal: Annotated[
        float | None,
        typer.Option("--goal", help="Steps to which score? 95 % of the best arm's by default."),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option("--hours", help="Pause after so long; the same command goes on."),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option("--save", help="Folder for the best fine-tuned model, as `predict` reads it."),
    ] = None,
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
    """Fine-tune on symbols read as words, beside fresh, shuffled and simpler models."""
    if hours is not None and hours <= 0:
        raise OptionError(f"hours {hours}: it must be above 0")
    from firth.experiments.transfer_texts import SequenceSource, parse_numbers, parse_shares

    source = SequenceSource(
        tuple(files or ()), format, sequence, label, split, group, target, symbols, upper, header,
        labels,
    )  # fmt: skip
    data = source.read()
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    import torch

    from firth.cli.transfer_live import Live
    from firth.cli.transfer_tables import print_transfer
    from firth.experiments.transfer import bench_of, check_savable, total_steps
    from firth.experiments.transfer import transfer as run_transfer
    from firth.experiments.transfer_arms import Settings, check_arms, check_controls

    given: dict[str, tuple[float, ...]] = {}
    if rates:
        given["rates"] = parse_numbers("rates", rates)
    if warmups:
        given["warmups"] = parse_numbers("warmups", warmups)
    settings = Settings(
        arms=check_arms([one for some in arms or () for one in some.split(",")]),
        controls=check_controls(control or ()),
        maps=maps, seeds=seeds, extra_seeds=extra_seeds, first_seed=seed, epochs=epochs,
        search_epochs=search_epochs or epochs, batch=batch, weight_decay=weight_decay,
        dropout=dropout, dtype="bf16" if encoder.dtype == torch.bfloat16 else "fp32",
        validations=validations, script=script, window=window, stride=stride,
        train_size=train_size, shares=parse_shares(shares), vote=vote, target=goal, **given,
    )  # fmt: skip
    if save is not None:
        check_savable(settings)
    bench, _ = bench_of(encoder, data, settings, out)
    from firth.experiments.transfer_save import save_best
    from firth.train.loop import Paused

    pause = deadline(hours)
    with Live(total_steps(bench), quiet=quiet or json) as live:
        try:
            result, bench = run_transfer(
                encoder, data, settings, out=out, keep=save is not None, source=source.as_dict(),
                tell=live.tell, pause=pause, fresh=fresh,
            )  # fmt: skip
            if save is not None:
                save_best(result, bench, save, upper=upper, tell=live.tell, pause=pause)
        except Paused as paused:
            typer.echo(f"{paused}: the time is over; the same command goes on", err=True)
            return
    show(result, print_transfer, out=out, fresh=False, json=json, quiet=quiet)
