"""``firth cloze``: what stands in the blank?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from firth.cli import options
from firth.cli.screen import load_encoder, progress, show, warn
from firth.errors import InputError, OptionError

if TYPE_CHECKING:
    from firth.encoder.model import Encoder
    from firth.experiments.cloze_fills import Settings
    from firth.text.cloze import Line

# More sentences than this are not kept in one result.
MOST_IN_RESULT = 20_000


def cloze(
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="Sentences with [MASK] where words are missing.", metavar="[TEXT]..."),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            "-f",
            help="Sentences, one a line; or a TSV with a header: sentence, answer.",
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Candidates of each blank.")] = 10,
    only_language: Annotated[
        str | None, typer.Option("--only-language", help="Only tokens of this language, roughly.")
    ] = None,
    words: Annotated[
        str | None,
        typer.Option("--words", help="File of candidate words, one a line; nothing else fills."),
    ] = None,
    decode: Annotated[
        str,
        typer.Option(
            "--decode",
            help="Several blanks: joint (easiest-first), independent, left-to-right, beam.",
        ),
    ] = "joint",
    beam: Annotated[int, typer.Option("--beam", min=1, help="Fills that --decode beam keeps.")] = 5,
    score: Annotated[
        bool, typer.Option("--score", help="Also the pseudo-log-likelihood of each sentence.")
    ] = False,
    within_word: Annotated[
        bool,
        typer.Option("--within-word", help="Score with the rest of a word masked too."),
    ] = False,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus",
            help="Which language fills the blanks? LANGUAGE=FILE, a sentence a line, for each "
            "language; or only: carried.",
        ),
    ] = None,
    blanks: Annotated[
        int, typer.Option("--blanks", min=1, help="With --corpus: blanks of a sentence.")
    ] = 5,
    most: Annotated[
        int, typer.Option("--most", min=1, help="With --corpus: sentences of a language.")
    ] = 200,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Write FILE.jsonl, a sentence a line, as a stream."),
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
    """What stands in the blank? Fills [MASK] in sentences and says how sure the model is."""
    if bool(texts) + (file is not None) + bool(corpus) != 1:
        raise OptionError(
            "give sentences with [MASK], or a file of them with --file, or texts of several "
            "languages with --corpus; not more than one of the three"
        )
    if corpus:
        _languages(corpus, blanks, most, seed, (model, device, dtype), out, fresh, json, quiet)
        return
    from firth.experiments.cloze_fills import Settings
    from firth.text.cloze import read_words

    chosen = read_words(words) if words is not None else None
    settings = Settings(top, decode, beam, only_language, chosen)
    settings.check()
    masking = "within-word" if within_word else "original" if score else None
    silent = quiet or json
    if output is not None:
        summary, said = _stream(
            texts, file, output, settings, masking, seed, (model, device, dtype), silent
        )
        typer.echo(_json(summary) if json else f"{summary['written']} sentences: {output}")
        warn(said, quiet=silent)
        return
    lines = _lines(texts, file)
    encoder = load_encoder(model, device, dtype, quiet=silent)
    if texts and masking is None:
        _check_blanks(encoder, texts)
    from firth.experiments.cloze import cloze as run

    with progress("cloze", len(lines), quiet=silent) as step:
        result = run(
            encoder,
            [line.text for line in lines],
            answers=[line.answer for line in lines],
            top=top,
            decode=decode,
            beam=beam,
            only_language=only_language,
            words=chosen,
            score=masking or False,
            seed=seed,
            source=file,
            runs=None if fresh else out,
            progress=step,
        )
    from firth.cli.cloze_tables import print_fills

    show(result, print_fills, out=out, fresh=fresh, json=json, quiet=quiet)


def _languages(
    corpus: list[str],
    blanks: int,
    most: int,
    seed: int,
    which: tuple[str, str, str],
    out: str,
    fresh: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Ask which language fills the blanks of texts in several languages."""
    from firth.text.corpora import parse_corpora, read_corpora

    files = parse_corpora(corpus)
    texts = read_corpora(files)
    silent = quiet or json
    encoder = load_encoder(*which, quiet=silent)
    from firth.experiments.consistency import consistency

    total = sum(min(most, len(own) // 2) for own in texts.values())
    with progress("cloze", total, quiet=silent) as step:
        result = consistency(
            encoder,
            texts if files else None,
            blanks=blanks,
            most=most,
            seed=seed,
            files=files or None,
            runs=None if fresh else out,
            progress=step,
        )
    from firth.cli.cloze_tables import print_consistency

    show(result, print_consistency, out=out, fresh=fresh, json=json, quiet=quiet)


def _lines(texts: list[str] | None, file: str | None) -> list[Line]:
    from firth.text.cloze import Line, read_blanks

    if file is None:
        return [Line(number, text) for number, text in enumerate(texts or [], start=1)]
    lines: list[Line] = []
    for line in read_blanks(file):
        lines.append(line)
        if len(lines) > MOST_IN_RESULT:
            raise InputError(
                f"{file} has more than {MOST_IN_RESULT} lines; write the fills to a file of their "
                "own with --output FILE.jsonl"
            )
    return lines


def _check_blanks(encoder: Encoder, texts: list[str]) -> None:
    """Refuse a sentence without a blank; in files such lines are counted instead."""
    from firth.encoder.cloze import load_head
    from firth.experiments.cloze import no_blank

    blanker = load_head(encoder).blanker
    for text in texts:
        if text.strip() and not blanker.spans(text):
            raise no_blank(blanker.mask_token, text)


def _stream(
    texts: list[str] | None,
    file: str | None,
    output: str,
    settings: Settings,
    masking: Any,
    seed: int,
    which: tuple[str, str, str],
    silent: bool,
) -> tuple[dict[str, Any], list[str]]:
    from pathlib import Path

    from firth.text.cloze import read_blanks
    from firth.text.files import read_lines

    if not Path(output).absolute().parent.is_dir():
        raise InputError(f"{output} cannot be written: there is no such folder")
    total = len(texts or []) if file is None else sum(1 for _ in read_lines(file))
    encoder = load_encoder(*which, quiet=silent)
    from firth.encoder.cloze import load_head
    from firth.experiments.cloze_stream import fill_to_file

    head = load_head(encoder)
    lines = read_blanks(file) if file is not None else _lines(texts, None)
    with progress("cloze", total, quiet=silent) as step:
        report = fill_to_file(head, lines, output, settings, masking, step)
    return report.summary(seed), [*report.sentences(), *head.sentences()]


def _json(summary: dict[str, Any]) -> str:
    import json as js

    return js.dumps(summary, ensure_ascii=False)
