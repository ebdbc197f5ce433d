"""``firth shift search``: does a search in mixed languages prefer the language of the query?"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, show
from firth.errors import OptionError


def search(
    parallel: Annotated[
        list[str] | None,
        typer.Option(
            "--parallel",
            help="en-zh=FILE, a sentence and its translation a line, a tab between; repeatable.",
        ),
    ] = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus",
            help="en=FILE for each language: what corrections are fitted on. Without: pairs that "
            "are set aside. Repeatable.",
        ),
    ] = None,
    pool: Annotated[
        Literal["pair", "all"],
        typer.Option("--pool", help="Two languages in a pool, or those of all pairs."),
    ] = "pair",
    most: Annotated[
        int, typer.Option("--most", min=2, help="Pairs of each parallel text at most.")
    ] = 1000,
    fit: Annotated[
        int, typer.Option("--fit", min=2, help="Sentences of a language that are fitted on.")
    ] = 2000,
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
    """Does a search in mixed languages prefer the query's language, and what makes it fair?"""
    from firth.text.corpora import CARRIED, parse_corpora, read_corpora
    from firth.text.parallel import parse_parallel, read_parallel

    if not parallel:
        raise OptionError(
            "parallel text is missing: give --parallel en-zh=FILE, a sentence and its translation "
            "a line, a tab between (the sentences that firth carries do not translate each other)"
        )
    places = parse_parallel(parallel)
    pairs = [read_parallel(path, pair) for pair, path in places.items()]
    if corpus == [CARRIED]:
        raise OptionError(
            "the sentences that firth carries are too few for search: give --corpus en=FILE for "
            "each language, or leave it out and pairs are set aside"
        )
    files = parse_corpora(corpus or [])
    corpora = read_corpora(files) if files else {}
    from firth.experiments.search_texts import search_texts

    # Before any model is loaded: a mistake in a file costs nobody a minute.
    texts = search_texts(pairs, corpora, pool, most, fit, seed)
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.experiments.corrected import RANKS
    from firth.experiments.search import search as run
    from firth.experiments.search import steps_of

    ranks = components or list(RANKS)
    total = steps_of(encoder, texts, layer or None, ranks)
    with progress("search", total, quiet=quiet or json) as step:
        result = run(
            encoder, pairs, corpora, layers=layer or None, pooling=pooling, prefix=prefix,
            pool=pool, ranks=ranks, most=most, fit=fit, seed=seed,
            source={
                "parallel": {"-".join(pair): path for pair, path in places.items()},
                "corpora": files,
            },
            runs=None if fresh else out, progress=step,
        )  # fmt: skip
    from firth.cli.shift_search_tables import print_search

    show(result, print_search, out=out, fresh=fresh, json=json, quiet=quiet)
