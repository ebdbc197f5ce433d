"""``firth senses``: does a word's vector know its sense?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, show
from firth.cli.tables import print_result
from firth.errors import OptionError, did_you_mean

if TYPE_CHECKING:
    from firth.encoder.model import Encoder
    from firth.text.reading import Source
    from firth.text.sentences import Occurrence


def senses(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files or folders to read; with --format carried languages, such as zh en.",
            metavar="[PATH]...",
        ),
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
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help="auto (TSV, JSON lines), coarsewsd (folders), wic (WiC and MCL-WiC: the same "
            "meaning in two sentences?), or carried (firth's own ambiguous words).",
        ),
    ] = "auto",
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
        int,
        typer.Option(
            "--most", min=0, help="Most occurrences of a word that are compared with each other."
        ),
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
    source = _source(paths, sentences, format, word, form)
    silent = quiet or json
    encoder: Encoder
    if source is not None and source.format == "wic":
        from firth.experiments.wic import wic

        _refuse(anchor, "--anchor", "word in context compares two sentences only")
        pairs = source.pairs()
        encoder = load_encoder(model, device, dtype, quiet=silent)
        with progress("senses", 2 * len(pairs), quiet=silent) as step:
            result = wic(
                encoder,
                pairs=pairs,
                layers=layer or None,
                centre_corpus=centre_corpus,
                language=language,
                seed=seed,
                source=source,
                runs=None if fresh else out,
                progress=step,
            )
    else:
        occurrences = source.occurrences() if source is not None else None
        encoder = load_encoder(model, device, dtype, quiet=silent)
        from firth.experiments.senses import senses as run

        with progress("senses", _to_encode(occurrences, most), quiet=silent) as step:
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
    show(result, print_result, out=out, fresh=fresh, json=json, quiet=quiet)


def _source(
    paths: list[str] | None,
    sentences: str | None,
    format: str,
    word: str | None,
    forms: list[str] | None,
) -> Source | None:
    """Return where the sentences come from; None for the lecture's ten."""
    from firth.text.reading import FORMATS, Source

    if format not in FORMATS:
        raise OptionError(
            f"format {format!r}: legal are {', '.join(FORMATS)}.{did_you_mean(format, FORMATS)}"
        )
    given = [*([sentences] if sentences else []), *(paths or [])]
    if not given and format in {"coarsewsd", "wic"}:
        example = "CoarseWSD-20/apple" if format == "coarsewsd" else "MCL-WiC/dev"
        raise OptionError(f"--format {format} takes files or folders, such as {example}")
    if not given and format == "auto":
        _refuse(forms, "--form", "the lecture's ten sentences are marked; add --sentences")
        return None
    return Source(tuple(given), format, word, tuple(forms or ()))


def _to_encode(occurrences: list[Occurrence] | None, most: int) -> int | None:
    """Return how many sentences the encoder will read: without splits only what is compared."""
    if occurrences is None:
        return None
    if any(one.split == "train" for one in occurrences):
        return len(occurrences)
    counts = Counter(one.word for one in occurrences)
    return sum(min(n, most) for n in counts.values())


def _refuse(given: object, option: str, why: str) -> None:
    if given:
        raise OptionError(f"{option} has no use here: {why}")
