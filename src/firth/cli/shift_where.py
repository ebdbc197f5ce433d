"""``firth shift where``: at which layer is the language, and what takes it away?"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, show


def where(
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus",
            help="en=FILE, a sentence a line, for each language; repeatable. Without: the few "
            "sentences that firth carries.",
        ),
    ] = None,
    parallel: Annotated[
        list[str] | None,
        typer.Option(
            "--parallel",
            help="en-zh=FILE, a sentence and its translation a line: what a correction brings; "
            "repeatable.",
        ),
    ] = None,
    most: Annotated[
        int,
        typer.Option("--most", min=8, help="Sentences of a language: half to fit, half to probe."),
    ] = 2000,
    asked: Annotated[
        int, typer.Option("--asked", min=2, help="Pairs of each parallel text at most.")
    ] = 1000,
    components: Annotated[
        list[int] | None,
        typer.Option("--components", help="Directions that LIR removes; repeatable: 1 and 4."),
    ] = None,
    pooling: Annotated[
        Literal["mean", "cls"],
        typer.Option("--pooling", help="Of a sentence's tokens: their mean, or the first one."),
    ] = "mean",
    prefix: Annotated[
        str, typer.Option("--prefix", help="Put before each sentence, such as 'query: ' for E5.")
    ] = "",
    layer: Annotated[
        list[int] | None, typer.Option("--layer", help="Only this layer; repeatable.")
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
    """At which layer can a linear probe read the language, before and after it is taken away?"""
    from firth.text.corpora import CARRIED, parse_corpora, read_corpora
    from firth.text.parallel import parse_parallel, read_parallel

    files = parse_corpora(corpus) if corpus and corpus != [CARRIED] else {}
    corpora = read_corpora(files) if files else None
    places = parse_parallel(parallel or [])
    pairs = [read_parallel(path, pair) for pair, path in places.items()]
    from firth.experiments.where_texts import where_texts

    # Before any model is loaded: a mistake in a file costs nobody a minute.
    texts = where_texts(corpora, pairs, most, asked, seed)
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.experiments.corrected import RANKS
    from firth.experiments.where import steps_of
    from firth.experiments.where import where as run

    with progress("where", steps_of(encoder, texts, layer or None), quiet=quiet or json) as step:
        result = run(
            encoder, corpora, pairs, layers=layer or None, pooling=pooling, prefix=prefix,
            ranks=components or RANKS, most=most, asked=asked, seed=seed,
            source={
                "corpora": files,
                "parallel": {"-".join(pair): path for pair, path in places.items()},
            },
            runs=None if fresh else out, progress=step,
        )  # fmt: skip
    from firth.cli.shift_where_tables import print_where

    show(result, print_where, out=out, fresh=fresh, json=json, quiet=quiet)
