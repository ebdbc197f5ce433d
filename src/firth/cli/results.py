"""``firth report`` and ``rerun``: what becomes of results."""

from __future__ import annotations

from typing import Annotated

import typer

from firth.cli import options
from firth.cli.screen import load_encoder


def report(
    runs: Annotated[str, typer.Argument(help="Folder of stored results.")] = "runs",
    output: Annotated[str, typer.Option("--output", "-o", help="The page.")] = "report.html",
    language: Annotated[str, typer.Option("--language", help="en or zh.")] = "en",
) -> None:
    """Make one self-contained HTML page of all stored results; it opens without a network."""
    from firth.report.page import write_report

    typer.echo(str(write_report(runs, output, language=language)))


def rerun(
    path: Annotated[str, typer.Argument(metavar="RESULT", help="A result.json or its folder.")],
    out: options.Out = "runs",
    device: options.Device = "auto",
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Run a stored result again, with its own settings, and say what differs."""
    from firth.experiments.rerun import compare
    from firth.experiments.rerun import rerun as run
    from firth.results.store import load

    old = load(path)
    if old.experiment == "pretrain":
        from firth.experiments.rerun_pretrain import rerun_pretrain

        new = rerun_pretrain(old)
    elif old.experiment in ("reading", "ask", "reading_arms"):
        from firth.experiments.rerun_reading import rerun_reading

        new = rerun_reading(old, device)
    elif old.experiment == "vectors":
        from firth.encoder.vectors import read_vectors

        new = run(old, read_vectors(old.config["model"]))
    else:
        dtype, places = _dtype(old.config["dtype"]), old.config.get("models")
        encoders = [
            load_encoder(place, device, dtype, quiet=quiet or json)
            for place in places or [old.config["model"]]
        ]
        new = run(old, encoders if places else encoders[0])
    new.save(out)
    if json:
        typer.echo(new.to_json())
        return
    for line in compare(old, new):
        typer.echo(line)


def _dtype(stored: str) -> str:
    return {"bfloat16": "bf16", "float32": "fp32"}.get(stored, "auto")
