"""``firth align sentences``: is a sentence's translation its nearest neighbour?"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, show
from firth.errors import OptionError


def sentences(
    parallel: Annotated[
        list[str] | None,
        typer.Option(
            "--parallel",
            help="en-zh=FILE, a sentence and its translation a line, a tab between; or the prefix "
            "of two aligned files, tatoeba.cmn-eng; or FILE,FILE; repeatable.",
        ),
    ] = None,
    pooling: Annotated[
        Literal["mean", "cls"],
        typer.Option("--pooling", help="Of a sentence's tokens: their mean, or the first one."),
    ] = "mean",
    prefix: Annotated[
        str, typer.Option("--prefix", help="Put before each sentence, such as 'query: ' for E5.")
    ] = "",
    margin: Annotated[
        bool, typer.Option("--margin", help="Also by the margin of Artetxe & Schwenk 2019.")
    ] = False,
    most: Annotated[
        int | None,
        typer.Option("--most", min=2, help="So many pairs of each file at most; all by default."),
    ] = None,
    aside: Annotated[
        int,
        typer.Option(
            "--aside",
            min=0,
            help="So many pairs, never more than a tenth, are not asked: their mean is what "
            "centring removes. 0: ask all; the mean is of sentences that firth carries.",
        ),
    ] = 500,
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
    """At which layer is a sentence's translation its nearest neighbour? Accuracy, both ways."""
    from firth.text.parallel import parse_parallel, read_parallel

    if not parallel:
        raise OptionError(
            "parallel text is missing: give --parallel en-zh=FILE, a sentence and its translation "
            "a line, a tab between (the sentences that firth carries do not translate each other)"
        )
    places = parse_parallel(parallel)
    texts = [read_parallel(path, pair) for pair, path in places.items()]
    silent = quiet or json
    encoder = load_encoder(model, device, dtype, quiet=silent)
    from firth.experiments.retrieval import retrieval, steps_of

    total = steps_of(encoder, texts, layer or None, most, aside)
    with progress("align", total, quiet=silent) as step:
        result = retrieval(
            encoder,
            texts,
            layers=layer or None,
            pooling=pooling,
            prefix=prefix,
            margin=margin,
            most=most,
            aside=aside,
            seed=seed,
            source={"-".join(pair): path for pair, path in places.items()},
            runs=None if fresh else out,
            progress=step,
        )
    from firth.cli.align_sentences_tables import print_retrieval

    show(result, print_retrieval, out=out, fresh=fresh, json=json, quiet=quiet)
