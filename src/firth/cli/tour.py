"""``firth tour``: the lecture, stop by stop, and a report."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, warn

if TYPE_CHECKING:
    from firth.experiments.tour import Visit
    from firth.report.words import Words


def tour(
    model: options.Model = "mini",
    seed: options.Seed = 0,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    out: options.Out = "runs",
    language: Annotated[
        str, typer.Option("--language", help="Of the findings and of the report: en or zh.")
    ] = "en",
    fresh: options.Fresh = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Walk through the lecture's stories: a line for the finding of each, and a report."""
    from pathlib import Path

    from firth.report.page import write_report
    from firth.report.words import words

    say = words(language)
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.experiments.tour import STOPS, Walk, visit

    walk = Walk(encoder, seed, out, fresh)
    made: list[Visit] = []
    for number, stop in enumerate(STOPS, 1):
        with _waiting(f"{number}/{len(STOPS)} {say['tour'][stop.name]}", quiet=quiet or json):
            made.append(visit(stop, walk))
        if not json:
            typer.echo(line_of(made[-1], number, len(STOPS), say))
    page = write_report(out, Path(out) / "report.html", language=language)
    if json:
        documents = ",\n".join(one.to_json() for own in made for one in own.results)
        typer.echo(f"[{documents}]")
        return
    warn([text for own in made for one in own.results for text in one.warnings], quiet=quiet)
    typer.echo(f"{say['tour']['report']}: {page.resolve()}")


def line_of(made: Visit, number: int, n: int, say: Words) -> str:
    """Return what is told of a stop in one line: its number, story, seconds and finding."""
    from firth.report.findings import findings

    text = say["tour"]
    told = text["skipped"].format(why=made.missing)
    if made.results:
        told = findings(made.results[0], say)[0]
    head = f"{number}/{n} {text[made.stop.name]} ({made.seconds:.1f} s)"
    return f"{head}: {' '.join(told.split())}"


def _waiting(what: str, *, quiet: bool) -> Any:
    """Show which stop is being made, and for how long, where somebody can see it."""
    if quiet or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    bar.add_task(what, total=None)
    return bar
