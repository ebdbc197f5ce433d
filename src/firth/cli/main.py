"""``firth``: the commands, and what becomes of errors."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from firth.cli import align, cbow, reading, shift, transfer
from firth.cli.cbow_train import train
from firth.cli.cloze import cloze
from firth.cli.compare import compare
from firth.cli.encode import encode
from firth.cli.house import doctor, models, prefetch
from firth.cli.pretrain import pretrain
from firth.cli.results import report, rerun
from firth.cli.senses import senses
from firth.cli.serve import serve
from firth.cli.tour import tour
from firth.errors import FirthError
from firth.memory import keep_freed_memory

CTRL_C = 130  # the shell's code of a process that SIGINT ended

app = typer.Typer(
    name="firth",
    help="The stories told about BERT, as experiments that anybody can run.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (tour, senses, cloze, encode, pretrain, report, rerun, models, doctor, prefetch):
    app.command()(command)
app.command()(compare)
app.command()(serve)
cbow.app.command()(train)
app.add_typer(cbow.app, name="cbow")
app.add_typer(align.app, name="align")
app.add_typer(reading.app, name="reading")
app.add_typer(shift.app, name="shift")
app.add_typer(transfer.app, name="transfer")


def _version(wanted: bool) -> None:
    if wanted:
        from firth import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """The stories told about BERT, as experiments that anybody can run."""
    keep_freed_memory()


def run() -> None:
    """Run the command line: exit code 0 done, 2 the user's mistake in one line, 130 on Ctrl-C.

    Any other exception is a fault of firth's own and keeps its traceback (exit code 1).
    """
    try:
        code = app(standalone_mode=False)
    except FirthError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _stopped()
    except Exception as error:
        # Typer's own usage errors, whichever copy of click it carries.
        message = getattr(error, "format_message", None)
        if message is None:
            if type(error).__name__ == "Abort":
                _stopped()
            raise
        said = str(message())
        if not said.strip():  # no arguments: the help stands there already
            sys.exit(2)
        _fail(said)
    if code == CTRL_C:
        _stopped()
    sys.exit(code if isinstance(code, int) else 0)


def _stopped() -> NoReturn:
    print("firth: stopped; nothing was half written", file=sys.stderr)
    sys.exit(CTRL_C)


def _fail(message: str) -> NoReturn:
    print(f"firth: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    run()
