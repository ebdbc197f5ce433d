"""``firth align``: do words of the same meaning lie in the same place?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, show
from firth.errors import OptionError

if TYPE_CHECKING:
    from firth.text.dictionary import Dictionary

app = typer.Typer(
    help="Alignment across languages: which layer, for which languages?", no_args_is_help=True
)


@app.callback()
def _root() -> None:
    """Alignment across languages: which layer, for which languages?"""


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
    layer: Annotated[
        list[int] | None, typer.Option("--layer", help="Only this layer; repeatable.")
    ] = None,
    min_occurrences: Annotated[
        int, typer.Option("--min-occurrences", min=1, help="Rarer words are left out.")
    ] = 1,
    max_occurrences: Annotated[
        int, typer.Option("--max-occurrences", min=1, help="Occurrences read of a word.")
    ] = 50,
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
    """At which layer is a word's translation its nearest neighbour? MRR over a dictionary."""
    from firth.experiments.align_texts import Texts

    texts = Texts.of(dictionary or [], corpus or [], parallel or [])
    dictionaries, corpora = texts.read()
    silent = quiet or json
    encoder = load_encoder(model, device, dtype, quiet=silent)
    from firth.experiments.align import align

    total = sum(len(corpora[language]) for language in _languages(dictionaries, corpora))
    with progress("align", total, quiet=silent) as step:
        result = align(
            encoder,
            dictionaries,
            corpora,
            layers=layer or None,
            least=min_occurrences,
            most=max_occurrences,
            seed=seed,
            source=texts.config(),
            runs=None if fresh else out,
            progress=step,
        )
    from firth.cli.align_tables import print_alignment

    show(result, print_alignment, out=out, fresh=fresh, json=json, quiet=quiet)


def _languages(dictionaries: list[Dictionary], corpora: dict[str, list[str]]) -> list[str]:
    """Return the languages that will be read, the same one once.

    Raises:
        OptionError: A corpus is of a language that no dictionary has.
    """
    needed = {one for own in dictionaries for one in (own.source, own.target)}
    idle = [language for language in corpora if language not in needed]
    if idle:
        raise OptionError(
            f"the corpus {idle[0]} is of no use: the dictionaries are "
            f"{', '.join(one.name for one in dictionaries)}"
        )
    return [language for language in corpora if language in needed]
