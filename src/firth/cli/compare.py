"""``firth compare``: stored runs side by side, with paired tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firth.cli import options
from firth.errors import OptionError

ON_SCREEN = ("table", "markdown", "csv")


def compare(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN...", help="Two or more result.json, or their folders."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="Instead of runs: models, the first one the measure."),
    ] = None,
    runs: Annotated[str, typer.Option("--runs", help="Where the runs of --model lie.")] = "runs",
    experiment: Annotated[
        str | None, typer.Option("--experiment", help="With --model: of this experiment only.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="Only this score; repeatable.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every shared score: every layer, every choice.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Write to .md, .csv, .parquet or .html (the report)."),
    ] = None,
    card: Annotated[
        bool, typer.Option("--card", help="A section for the card of the first run's model.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", help="On the screen: table, markdown or csv.")
    ] = "table",
    language: Annotated[str, typer.Option("--language", help="en or zh.")] = "en",
    seed: options.Seed = 0,
    json: Annotated[
        bool, typer.Option("--json", help="The rows as JSON, and nothing else.")
    ] = False,
    config: options.Config = None,
) -> None:
    """Compare stored runs: every shared score, marked only where a paired test says so."""
    if bool(paths) == bool(model):
        raise OptionError("name two or more runs, or two or more models with --model; not both")
    if form not in ON_SCREEN:
        raise OptionError(f"format {form!r}: legal are {', '.join(ON_SCREEN)}")
    from firth.compare.choose import of_models
    from firth.compare.compare import compare as run
    from firth.report.comparison_card import card as card_of
    from firth.report.comparison_text import csv_of, markdown, save_comparison
    from firth.report.words import words
    from firth.results.store import load

    words(language)  # refuse a language before anything is read
    if paths:
        groups = [[load(path) for path in paths]]
    else:
        if len(model or ()) < 2:
            raise OptionError("one model alone has nothing to be compared with; give --model twice")
        groups = of_models(runs, model or (), experiment)
    compared = [run(one, metrics=metric or (), every=every, seed=seed) for one in groups]
    if output is not None:
        if Path(output).suffix.lower() in (".html", ".htm"):
            from firth.report.page import write_page

            results = [result for group in groups for result in group]
            write_page(results, output, compared=compared, language=language)
        else:
            save_comparison(compared, output, language=language)
    if json:
        import json as js

        rows = [row for one in compared for row in one.rows()]
        typer.echo(js.dumps(rows, ensure_ascii=False, indent=1))
    elif card:
        typer.echo(card_of(compared, language=language), nl=False)
    elif form == "markdown":
        typer.echo("\n".join(markdown(one, language=language) for one in compared), nl=False)
    elif form == "csv":
        typer.echo(csv_of(compared), nl=False)
    else:
        from firth.cli.compare_tables import print_comparison

        for one in compared:
            print_comparison(one, language)
        if output is not None:
            typer.echo(output)
