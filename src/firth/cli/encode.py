"""``firth encode``: vectors of sentences or words, streamed to a file."""

from __future__ import annotations

from typing import Annotated

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, warn
from firth.errors import OptionError, did_you_mean

POOLINGS = ("mean", "cls")
OVERFLOWS = ("window", "truncate")


def encode(
    text: Annotated[str, typer.Argument(help="A text file, one sentence a line.")],
    output: Annotated[
        str, typer.Option("--output", "-o", help="FILE.safetensors or FILE.parquet.")
    ],
    layer: Annotated[
        list[int] | None,
        typer.Option("--layer", help="Which layer; repeatable. Default: the last."),
    ] = None,
    all_layers: Annotated[bool, typer.Option("--all-layers", help="Every layer.")] = False,
    word: Annotated[
        str | None, typer.Option("--word", help="Vectors of this word's occurrences instead.")
    ] = None,
    pooling: Annotated[str, typer.Option("--pooling", help="mean or cls (sentences).")] = "mean",
    overflow: Annotated[
        str, typer.Option("--overflow", help="Text longer than the encoder: window or truncate.")
    ] = "window",
    model: options.Model = "mini",
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Write sentence or word vectors of chosen layers to safetensors or Parquet."""
    for name, value, legal in (("pooling", pooling, POOLINGS), ("overflow", overflow, OVERFLOWS)):
        if value not in legal:
            raise OptionError(
                f"{name} {value!r}: legal are {', '.join(legal)}.{did_you_mean(value, legal)}"
            )
    from firth.encoder.export import check_output, count_rows, export

    check_output(output)
    rows = count_rows(text, word)
    silent = quiet or json
    encoder = load_encoder(model, device, dtype, quiet=silent)
    layers = None if all_layers else tuple(layer or [encoder.n_layers])
    with progress("encode", rows.texts, quiet=silent) as step:
        summary = export(
            encoder, text, output, rows,
            layers=layers, word=word, pooling=pooling, overflow=overflow, progress=step,
        )  # fmt: skip
    if json:
        import json as js

        typer.echo(js.dumps(summary, ensure_ascii=False))
        return
    typer.echo(f"{summary['vectors']} vectors of {summary['width']} numbers, layers "
               f"{summary['layers']}: {output}")  # fmt: skip
    warn(encoder.report.sentences(), quiet=quiet)
