"""``firth senses``: does a word's vector know its sense?"""

from __future__ import annotations

from typing import Annotated

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, print_result, progress, warn
from firth.errors import OptionError, did_you_mean

FORMATS = ("auto", "coarsewsd")


def senses(
    folders: Annotated[
        list[str] | None,
        typer.Argument(help="Folders, with --format coarsewsd.", metavar="[FOLDER]..."),
    ] = None,
    word: Annotated[str | None, typer.Option("--word", "-w", help="The word.")] = None,
    sentences: Annotated[
        str | None,
        typer.Option(
            "--sentences",
            "-s",
            help="TSV with a header, or JSON lines: sentence, label, word, start, end, split. "
            "Default: the lecture's ten.",
        ),
    ] = None,
    format: Annotated[str, typer.Option("--format", help="auto or coarsewsd.")] = "auto",
    form: Annotated[
        list[str] | None,
        typer.Option("--form", help="Another form of the word, or /a pattern/; repeatable."),
    ] = None,
    anchor: Annotated[
        list[str] | None,
        typer.Option("--anchor", help="A word to compare with: WORD or WORD=SENTENCE; repeatable."),
    ] = None,
    layer: Annotated[
        list[int] | None, typer.Option("--layer", help="Only this layer; repeatable.")
    ] = None,
    centre_corpus: Annotated[
        str | None, typer.Option("--centre-corpus", help="Text whose mean is removed.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Language of the sentences.")
    ] = None,
    most: Annotated[
        int, typer.Option("--most", min=4, help="Most occurrences of a word that are compared.")
    ] = 300,
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
    """Does a word's vector know its sense? Matrices and scores of a word's occurrences."""
    if format not in FORMATS:
        raise OptionError(
            f"format {format!r}: legal are {', '.join(FORMATS)}.{did_you_mean(format, FORMATS)}"
        )
    from firth.text.sentences import Occurrence, read_coarsewsd, read_occurrences

    source: str | None = sentences
    occurrences: list[Occurrence] | None = None
    if format == "coarsewsd":
        if not folders or sentences:
            raise OptionError("--format coarsewsd takes folders, such as CoarseWSD-20/apple")
        occurrences = [one for folder in folders for one in read_coarsewsd(folder)]
        source = " ".join(folders)
    elif folders:
        raise OptionError(
            f"unexpected {folders[0]!r}; sentences are given with --sentences, folders need "
            "--format coarsewsd"
        )
    elif sentences:
        occurrences = read_occurrences(sentences, word, form or ())
    if occurrences is not None and word is not None:
        occurrences = [one for one in occurrences if one.word.casefold() == word.casefold()]
    silent = quiet or json
    encoder = load_encoder(model, device, dtype, quiet=silent)
    from firth.experiments.senses import senses as run

    with progress("senses", len(occurrences) if occurrences else None, quiet=silent) as step:
        result = run(
            encoder,
            word=word,
            sentences=occurrences,
            layers=layer or None,
            anchors=anchor or (),
            centre_corpus=centre_corpus,
            language=language,
            most=most,
            seed=seed,
            source=source,
            runs=None if fresh else out,
            progress=step,
        )
    if fresh:
        result.save(out)
    if json:
        typer.echo(result.to_json())
        return
    print_result(result)
    warn(result.warnings, quiet=quiet)
