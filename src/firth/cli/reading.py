"""``firth reading``: questions on a text, answered with a passage of it."""

from __future__ import annotations

import typer

from firth.cli.reading_arms import arms
from firth.cli.reading_ask import ask
from firth.cli.reading_evaluate import evaluate
from firth.cli.reading_train import train

app = typer.Typer(
    name="reading",
    help="Train on questions of one language, answer those of another.",
    no_args_is_help=True,
)
for command in (train, evaluate, ask, arms):
    app.command()(command)
