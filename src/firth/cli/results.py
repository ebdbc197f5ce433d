"""``firth report``, ``rerun`` and ``tour``: what becomes of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from firth.cli import options
from firth.cli.align_tables import print_cube
from firth.cli.cloze_tables import print_consistency, print_fills
from firth.cli.pretrain_tables import print_growth
from firth.cli.screen import load_encoder, warn
from firth.cli.shift_tables import print_translation
from firth.cli.tables import print_finding, print_result
from firth.errors import FirthError

if TYPE_CHECKING:
    from firth.encoder.model import Encoder
    from firth.results.schema import Result

# Of the words that firth brings, the two that the tour tells about.
SHOWN = ("苹果", "bank")


def report(
    runs: Annotated[str, typer.Argument(help="Folder of stored results.")] = "runs",
    output: Annotated[str, typer.Option("--output", "-o", help="The page.")] = "report.html",
    language: Annotated[str, typer.Option("--language", help="en or zh.")] = "en",
) -> None:
    """Make one self-contained HTML page of all stored results; it opens without a network."""
    from firth.report.page import write_report

    typer.echo(str(write_report(runs, output, language=language)))


def rerun(
    path: Annotated[str, typer.Argument(metavar="RESULT", help="A result.json or its folder.")],
    out: options.Out = "runs",
    device: options.Device = "auto",
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Run a stored result again, with its own settings, and say what differs."""
    from firth.experiments.rerun import compare
    from firth.experiments.rerun import rerun as run
    from firth.results.store import load

    old = load(path)
    if old.experiment == "pretrain":
        from firth.experiments.rerun_pretrain import rerun_pretrain

        new = rerun_pretrain(old)
    elif old.experiment == "vectors":
        from firth.encoder.vectors import read_vectors

        new = run(old, read_vectors(old.config["model"]))
    else:
        dtype, places = _dtype(old.config["dtype"]), old.config.get("models")
        encoders = [
            load_encoder(place, device, dtype, quiet=quiet or json)
            for place in places or [old.config["model"]]
        ]
        new = run(old, encoders if places else encoders[0])
    new.save(out)
    if json:
        typer.echo(new.to_json())
        return
    for line in compare(old, new):
        typer.echo(line)


def _dtype(stored: str) -> str:
    return {"bfloat16": "bf16", "float32": "fp32"}.get(stored, "auto")


def tour(
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
    """Walk through the lecture: 苹果, words, blanks, MRR, one vector added, a training."""
    from pathlib import Path

    encoder = load_encoder(model, device, dtype, quiet=quiet or json)
    from firth.experiments.align import align
    from firth.experiments.grown import grown
    from firth.experiments.senses import senses
    from firth.report.page import write_report
    from firth.text.carried import anchors
    from firth.text.reading import Source

    store = None if fresh else out
    apples = senses(encoder, anchors=anchors(), seed=seed, runs=store)
    carried = senses(encoder, source=Source((), "carried"), seed=seed, runs=store)
    # A static vector beside the contextual one: it cannot tell the fruit from the company.
    ancestor = senses(_ancestor(out, seed), seed=seed, runs=store)
    results = [apples, carried, ancestor]
    missing: list[str] = []
    fills: list[Result] = []
    moved: list[Result] = []
    try:
        fills = _blanks(encoder, seed, store)
        moved = _moved(encoder, seed, store)
    except FirthError as error:
        missing.append(str(error))
    words = align(encoder, seed=seed, runs=store)
    growth = grown(runs=store)
    results += [*fills, words, *moved, growth]
    for one in results if fresh else ():
        one.save(out)
    page = write_report(out, Path(out) / "report.html")
    if json:
        documents = ",\n".join(one.to_json() for one in results)
        typer.echo(f"[{documents}]")
        return
    print_result(apples)
    print_result(carried)
    for word in SHOWN:
        print_finding(carried, word)
    typer.echo(
        f"{ancestor.model.name}: trained on the carried text, {ancestor.model.parameters}"
        " numbers, one vector a word"
    )
    print_finding(ancestor, SHOWN[0])
    for one, display in zip(fills, (print_fills, print_consistency), strict=False):
        display(one)
    print_cube(words)
    for one in moved:
        print_translation(one)
    print_growth(growth)
    warn([text for one in results for text in one.warnings], quiet=quiet)
    warn(missing, quiet=quiet)
    typer.echo(f"report: {page.resolve()}")


def _ancestor(out: str, seed: int) -> Encoder:
    """Train CBOW by characters on all the text that firth brings, in seconds; no context left."""
    import tempfile
    from pathlib import Path

    from firth.encoder.load import load
    from firth.encoder.vectors import save_vectors
    from firth.text.carried import apples
    from firth.text.corpora import read_corpora
    from firth.text.plain_corpus import splitter
    from firth.train.cbow import Settings, train_cbow

    lines = [one.sentence for one in apples()]
    lines += [line for own in read_corpora({}).values() for line in own]
    settings = Settings(width=50, epochs=20, min_count=1, seed=seed)
    Path(out).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        text = Path(scratch) / "carried.txt"
        text.write_text("\n".join(lines), encoding="utf-8")
        vectors = train_cbow(
            [text], splitter("characters", lower=True), settings,
            about={"unit": "characters"}, scratch=scratch,
        )  # fmt: skip
    place = Path(out) / "cbow-carried.safetensors"
    save_vectors(vectors, place)
    return load(f"cbow:{place}")


def _blanks(encoder: Encoder, seed: int, store: str | None) -> list[Result]:
    """Fill blanks in six languages, and ask which language fills them.

    Raises:
        ModelError: The model has no masked-LM head.
    """
    from firth.experiments.cloze import cloze
    from firth.experiments.consistency import consistency
    from firth.text.carried import blanks

    _, sentences, answers = zip(*blanks(), strict=True)
    fills = cloze(encoder, sentences, answers=answers, top=3, seed=seed, runs=store)
    return [fills, consistency(encoder, seed=seed, runs=store)]


def _moved(encoder: Encoder, seed: int, store: str | None) -> list[Result]:
    """Add one vector to a hidden layer: the lecture's sentence, both ways.

    Raises:
        ModelError: The model has no masked-LM head.
        InputError: It has no language vectors aboard.
    """
    from firth.experiments.translate import translate
    from firth.text.carried import girl

    sentence = girl()
    ways = (("zh", "en"), ("en", "zh"))
    return [
        translate(encoder, [sentence[one]], source=one, target=other, seed=seed, runs=store)
        for one, other in ways
    ]
