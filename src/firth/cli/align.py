"""``firth align``: do words of the same meaning lie in the same place?"""

from __future__ import annotations

from typing import Annotated

import typer

from firth.cli import options
from firth.cli.align_links import links
from firth.cli.align_sentences import sentences
from firth.cli.screen import load_encoder, progress, show

app = typer.Typer(
    help="Alignment across languages: which layer, for which languages?", no_args_is_help=True
)


@app.callback()
def _root() -> None:
    """Alignment across languages: which layer, for which languages?"""


app.command()(links)
app.command()(sentences)


@app.command()
def words(
    dictionary: Annotated[
        list[str] | None,
        typer.Option(
            "--dictionary", help="en-zh=FILE, a word and its translation a line; repeatable."
        ),
    ] = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option("--corpus", help="en=FILE, a sentence a line; repeatable."),
    ] = None,
    parallel: Annotated[
        list[str] | None,
        typer.Option(
            "--parallel",
            help="en-zh=FILE, a sentence and its translation a line; disjoint halves are taken.",
        ),
    ] = None,
    context: Annotated[
        str,
        typer.Option(
            "--context", help="corpus; or, for a quick look without texts, alone or carrier."
        ),
    ] = "corpus",
    carrier: Annotated[
        list[str] | None,
        typer.Option(
            "--carrier", help="fr='Le mot suivant est {}.' for --context carrier; repeatable."
        ),
    ] = None,
    layer: Annotated[
        list[int] | None, typer.Option("--layer", help="Only this layer; repeatable.")
    ] = None,
    min_occurrences: Annotated[
        int, typer.Option("--min-occurrences", min=1, help="Rarer words are left out.")
    ] = 1,
    max_occurrences: Annotated[
        int, typer.Option("--max-occurrences", min=1, help="Occurrences read of a word.")
    ] = 50,
    model: options.Models = None,
    seed: options.Seed = 0,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    out: options.Out = "runs",
    fresh: options.Fresh = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """At which layer is a word's translation its nearest neighbour? MRR over a dictionary."""
    from firth.experiments.align_alone import check_context
    from firth.experiments.align_texts import Texts, texts_of
    from firth.text.carriers import parse_carriers

    own = parse_carriers(carrier or [])
    context = "carrier" if own and context == "corpus" else context
    check_context(context, own)
    texts = Texts.of(dictionary or [], corpus or [], parallel or [])
    given = texts.config()
    # Read before any model is loaded: a mistake in a file costs nobody a minute.
    dictionaries, corpora, source = texts_of(
        given["dictionaries"] or None, given["corpora"], given["parallel"], context
    )
    silent = quiet or json
    encoders = [load_encoder(one, device, dtype, quiet=silent) for one in model or ["mini"]]
    from firth.experiments.align import align

    steps = corpora or {
        f"{one.name} {side}": one.words(side) for one in dictionaries for side in (0, 1)
    }
    total = len(encoders) * sum(map(len, steps.values()))
    with progress("align", total, quiet=silent) as step:
        result = align(
            encoders,
            dictionaries,
            corpora,
            context=context,
            carriers=own,
            layers=layer or None,
            least=min_occurrences,
            most=max_occurrences,
            seed=seed,
            source=source,
            runs=None if fresh else out,
            progress=step,
        )
    from firth.cli.align_tables import print_alignment

    show(result, print_alignment, out=out, fresh=fresh, json=json, quiet=quiet)
