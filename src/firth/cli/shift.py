"""``firth shift``: where the language lives in a hidden layer, and what moving it does."""

from __future__ import annotations

from typing import Annotated

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, show
from firth.cli.shift_export import export
from firth.cli.shift_search import search
from firth.cli.shift_where import where

app = typer.Typer(
    help="Move a text from one language to another inside the model.", no_args_is_help=True
)
Vectors = Annotated[
    str | None,
    typer.Option("--vectors", help="Language vectors of shift fit; mini brings its own."),
]


@app.callback()
def _root() -> None:
    """Move a text from one language to another inside the model."""


for command in (where, search, export):
    app.command()(command)


@app.command()
def translate(
    text: Annotated[list[str], typer.Argument(metavar="TEXT...", help="One text or several.")],
    source: Annotated[str, typer.Option("--from", help="Language of the text.")],
    target: Annotated[str, typer.Option("--to", help="Language that it shall come out in.")],
    layer: Annotated[
        int | None, typer.Option("--layer", help="After which layer; the middle by default.")
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", help="How many times the difference of the languages.")
    ] = 2.0,
    tokens: Annotated[
        str, typer.Option("--tokens", help="any; or target, only tokens of that language.")
    ] = "any",
    vectors: Vectors = None,
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
    """Add one vector to a hidden layer, and see which token comes out under each token."""
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.experiments.translate import translate as run

    result = run(
        encoder, text, source=source, target=target, layer=layer, alpha=alpha, tokens=tokens,
        vectors=vectors, seed=seed, runs=None if fresh else out,
    )  # fmt: skip
    from firth.cli.shift_tables import print_translation

    show(result, print_translation, out=out, fresh=fresh, json=json, quiet=quiet)


@app.command()
def fit(
    corpus: Annotated[
        list[str],
        typer.Option("--corpus", help="en=FILE, a sentence a line; or the word carried."),
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="The file, .safetensors.")],
    weighting: Annotated[
        str, typer.Option("--weighting", help="tokens, or sentences: each counts the same.")
    ] = "tokens",
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
    """Make language vectors of texts, and say how stable they are."""
    from firth.text.corpora import parse_corpora, read_corpora

    files = parse_corpora(corpus)
    corpora = read_corpora(files)
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.experiments.language_vectors import fit as run

    total = 2 * sum(map(len, corpora.values()))
    with progress("language vectors", total, quiet=quiet or json) as step:
        vectors, result = run(
            encoder, corpora, weighting=weighting, seed=seed, files=files, progress=step
        )
    vectors.save(output)
    result.save(out)
    from firth.cli.shift_tables import print_stability

    show(result, print_stability, out=out, fresh=False, json=json, quiet=quiet)
    if not json:
        typer.echo(output)


@app.command()
def sweep(
    parallel: Annotated[
        list[str],
        typer.Option("--parallel", help="en-zh=FILE, a sentence and its translation a line."),
    ],
    dictionary: Annotated[
        list[str] | None,
        typer.Option("--dictionary", help="en-zh=FILE, for the hit rate; serves both directions."),
    ] = None,
    layer: Annotated[
        list[int] | None, typer.Option("--layer", help="Only this layer; repeatable.")
    ] = None,
    alpha: Annotated[
        list[float] | None, typer.Option("--alpha", help="Only this strength; repeatable.")
    ] = None,
    fit: Annotated[int, typer.Option("--fit", min=1, help="Most pairs for the vectors.")] = 4000,
    dev: Annotated[int, typer.Option("--dev", min=1, help="Most pairs that choose.")] = 150,
    test: Annotated[int, typer.Option("--test", min=1, help="Most pairs scored.")] = 400,
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
    """Which layer and strength translate best? Chosen on one part of a text, scored on another."""
    from firth.experiments.sweep_texts import SweepFiles

    files = SweepFiles.of(parallel, dictionary or [])
    texts, dictionaries = files.read()
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.experiments.sweep import ALPHAS
    from firth.experiments.sweep import sweep as run

    alphas = alpha or list(ALPHAS)
    total = 2 * len(texts) * len(alphas) * (len(layer) if layer else encoder.n_layers + 1)
    with progress("sweep", total, quiet=quiet or json) as step:
        result = run(
            encoder, texts, dictionaries, layers=layer or None, alphas=alphas, fit=fit, dev=dev,
            test=test, seed=seed, source=files.config(), runs=None if fresh else out,
            progress=step,
        )  # fmt: skip
    from firth.cli.shift_tables import print_sweep

    show(result, print_sweep, out=out, fresh=fresh, json=json, quiet=quiet)
