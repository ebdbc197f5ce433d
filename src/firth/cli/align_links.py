"""``firth align links``: which word translates which?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, show
from firth.errors import InputError, OptionError

if TYPE_CHECKING:
    from firth.results.schema import Result


def links(
    pairs: Annotated[
        str,
        typer.Argument(
            help="Sentence pairs: source words ||| target words a line, or a tab between.",
            metavar="PAIRS",
        ),
    ],
    gold: Annotated[
        str | None,
        typer.Option("--gold", help="Gold links: i-j sure, ipj possible, a line a pair."),
    ] = None,
    gold_index: Annotated[
        str, typer.Option("--gold-index", help="Number of a first word: 0, 1, or auto.")
    ] = "auto",
    languages: Annotated[
        str | None,
        typer.Option("--languages", help="zh-en: of which carried texts are the means taken?"),
    ] = None,
    level: Annotated[str, typer.Option("--level", help="Link words, or subwords.")] = "word",
    null: Annotated[
        float | None, typer.Option("--null", help="What is less similar than this is not linked.")
    ] = None,
    layer: Annotated[
        list[int] | None, typer.Option("--layer", help="Only this layer; repeatable.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Write the links, i-j from 0, a line a pair."),
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
    """Which word translates which? Word alignment by similarity; F1 and AER with gold links."""
    from typing import cast

    from firth.text.alignment import read_gold, read_sentence_pairs

    named = _languages(languages)
    if output is not None and not Path(output).absolute().parent.is_dir():
        raise InputError(f"{output} cannot be written: there is no such folder")
    sentences = read_sentence_pairs(pairs)
    marks = read_gold(gold, sentences, gold_index) if gold is not None else None
    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.experiments.links import links as run
    from firth.experiments.links_vectors import Level

    with progress("links", len(sentences), quiet=quiet or json) as step:
        result = run(
            encoder,
            sentences,
            marks,
            languages=named,
            layers=layer or None,
            level=cast("Level", level),
            null=null,
            seed=seed,
            source={"pairs": pairs, "gold": gold, "index": gold_index},
            runs=None if fresh else out,
            progress=step,
        )
    if output is not None:
        _write(result, output)
    from firth.cli.align_links_tables import print_links

    show(result, print_links, out=out, fresh=fresh, json=json, quiet=quiet)


def _languages(given: str | None) -> tuple[str, str] | None:
    """Return the two languages of ``zh-en``."""
    if given is None:
        return None
    first, _, second = given.partition("-")
    if not first or not second:
        raise OptionError(f"languages {given!r}: write SOURCE-TARGET, as in zh-en")
    return first, second


def _write(result: Result, output: str) -> None:
    """Write the links of every sentence pair."""
    from firth.results.files import replacing

    try:
        with replacing(output) as staging, staging.open("w", encoding="utf-8") as file:
            for row in result.tables["sentences"]:
                cells = row["links"]
                assert isinstance(cells, list)
                file.write(" ".join(map(str, cells)) + "\n")
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from error
