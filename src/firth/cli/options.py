"""The options that every command shares, and the file of settings behind them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from firth.errors import InputError, OptionError, did_you_mean, first_line

Model = Annotated[
    str, typer.Option("--model", "-m", help="mini, a folder with Hugging Face files, or a hub id.")
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", "-m", help="mini (the default), a folder, or a hub id; repeatable: one result."
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of all that is random.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda ...")]
Dtype = Annotated[str, typer.Option("--dtype", help="auto, bf16 or fp32.")]
Out = Annotated[str, typer.Option("--out", help="Folder of the stored results.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result, and nothing else, as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Compute again, whatever the store holds.")]


def _read_config(context: typer.Context, file: str | None) -> str | None:
    """Make the settings of a TOML file the defaults of this command's options."""
    if file is None:
        return None
    try:
        settings: dict[str, Any] = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{file} is not TOML: {first_line(error)}") from error
    legal = {name.replace("_", "-"): name for p in context.command.params if (name := p.name)}
    defaults: dict[str, Any] = {}
    for key, value in settings.items():
        name = legal.get(key.replace("_", "-"))
        if name is None or name == "config":
            raise OptionError(
                f"{file}: unknown setting {key!r}; legal are {', '.join(sorted(legal))}"
                f".{did_you_mean(key, legal)}"
            )
        defaults[name] = value
    context.default_map = {**(context.default_map or {}), **defaults}
    return file


Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        callback=_read_config,
        is_eager=True,
        help="TOML file with these options' names.",
    ),
]
