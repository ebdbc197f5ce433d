"""``firth serve``: the local page."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from firth.cli import options
from firth.errors import OptionError


def serve(
    model: options.Model = "mini",
    host: Annotated[
        str, typer.Option("--host", help="Address to serve; others than this machine can ask then.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any.")] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="A further name that requests may use; repeatable."),
    ] = None,
    reader: Annotated[
        str | None, typer.Option("--reader", help="Folder of a reader, for questions of a text.")
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option("--vectors", help="File of word vectors; else the model's input embeddings."),
    ] = None,
    language_vectors: Annotated[
        str | None,
        typer.Option("--language-vectors", help="File of firth shift fit; mini has its own."),
    ] = None,
    runs: Annotated[str, typer.Option("--runs", help="Folder of the stored results.")] = "runs",
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Serve a page on this machine where the experiments can be tried; Ctrl-C ends it."""
    try:
        from firth.web.server import LOOPBACK, bind, prepare
        from firth.web.server import serve as run
    except ModuleNotFoundError as error:
        if error.name not in ("fastapi", "uvicorn", "starlette"):
            raise
        raise OptionError(
            f"firth serve needs {error.name}, which is not installed: pip install 'firth[web]'"
        ) from error
    taken = bind(host, port)
    if host not in LOOPBACK and not quiet:
        print(f"note: other machines can reach {host}, and nobody logs in", file=sys.stderr)
    if not quiet:
        print(f"loading {model} ...", file=sys.stderr, flush=True)
    prepare()
    from firth.web.lab import Lab

    lab = Lab.open(
        model, reader=reader, vectors=vectors, language_vectors=language_vectors, runs=runs,
        device=device, dtype=dtype,
    )  # fmt: skip
    lab.warm()
    run(lab, taken, allow_host or (), lambda address: print(address, flush=True))
