"""``firth cbow train``: word vectors from plain text."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firth.cli import options
from firth.cli.screen import progress, warn
from firth.errors import InputError, OptionError

if TYPE_CHECKING:
    from firth.text.plain_corpus import Split

_BLOCK = 2**22
SUFFIXES = (".safetensors", ".bin", ".txt", ".vec")


def train(
    texts: Annotated[
        list[str], typer.Argument(help="Plain text files, a sentence a line.", metavar="TEXT...")
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", help="Vectors: .safetensors, .bin (word2vec), .txt or .vec (text)."
        ),
    ],
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            help="words (between blanks), characters (Han and kana alone), or pieces of --model.",
        ),
    ] = "words",
    model: Annotated[
        str, typer.Option("--model", "-m", help="Whose tokenizer makes the pieces.")
    ] = "mini",
    lower: Annotated[bool, typer.Option("--lower", help="Make letters small.")] = False,
    algorithm: Annotated[str, typer.Option("--algorithm", help="cbow or skip-gram.")] = "cbow",
    gradient: Annotated[
        str,
        typer.Option("--gradient", help="Of CBOW: right, or word2vec as word2vec.c and gensim do."),
    ] = "right",
    width: Annotated[int, typer.Option("--width", help="Numbers of a vector.")] = 100,
    window: Annotated[int, typer.Option("--window", help="Farthest context word.")] = 5,
    negatives: Annotated[int, typer.Option("--negatives", help="Words drawn against each.")] = 5,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the text.")] = 5,
    rate: Annotated[
        float | None, typer.Option("--rate", help="First learning rate; one that suits by default.")
    ] = None,
    sample: Annotated[
        float, typer.Option("--sample", help="Share of the text above which words are thinned out.")
    ] = 1e-3,
    min_count: Annotated[int, typer.Option("--min-count", help="Rarer words are left out.")] = 5,
    max_size: Annotated[int | None, typer.Option("--max-size", help="Largest vocabulary.")] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", help="1 by default: the same bits every time; 0 for all cores."),
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Train CBOW or skip-gram vectors on text of any size."""
    import os
    from pathlib import Path

    if not output.endswith(SUFFIXES):
        raise OptionError(f"output {output!r}: its ending says the format: {', '.join(SUFFIXES)}")
    if not Path(output).absolute().parent.is_dir():
        raise InputError(f"{output} cannot be written: there is no such folder")
    from firth.encoder.vectors import save_vectors
    from firth.train.cbow import Settings, train_cbow

    settings = Settings(
        algorithm=algorithm, gradient=gradient, width=width, window=window, negatives=negatives,
        epochs=epochs, rate=rate, sample=sample, min_count=min_count, max_size=max_size,
        threads=threads or os.cpu_count() or 1, seed=seed,
    )  # fmt: skip
    settings.check()
    split, about = _splitter(unit, model, lower)
    silent = quiet or json
    lines = None if silent else 2 * _lines(texts)
    checkpoint = Path(f"{output}.checkpoint")
    last: dict[str, Any] = {}
    begun = time.monotonic()
    with progress("reading", lines, quiet=silent) as read, _Rounds(silent) as rounds:

        def report(row: dict[str, Any]) -> None:
            last.update(row)
            rounds.step(row)

        vectors = train_cbow(
            texts, split, settings, about=about, checkpoint=checkpoint,
            resume=resume, reading=read, report=report,
        )  # fmt: skip
    save_vectors(vectors, output)
    checkpoint.unlink(missing_ok=True)  # not before: a full disk must not cost the run
    said = {
        "output": output, "words": len(vectors), "width": width, "loss": last.get("loss"),
        "words_per_second": last.get("words_per_second"), "seconds": time.monotonic() - begun,
    }  # fmt: skip
    if json:
        import json as js

        typer.echo(js.dumps(said, ensure_ascii=False))
        return
    typer.echo(
        f"{len(vectors)} words, {width} numbers each, loss {last['loss']:.3f}, "
        f"{last['words_per_second'] / 1e6:.2f} million words a second: {output}"
    )
    if threads != 1:
        warn(["several threads: another run will differ a little"], quiet=quiet)


class _Rounds(ExitStack):
    """The bar of training; it begins when the text was read."""

    def __init__(self, silent: bool) -> None:
        super().__init__()
        self.silent, self.done = silent, 0
        self.advance: Callable[[int], None] | None = None

    def step(self, row: dict[str, Any]) -> None:
        """Move the bar to where the run stands."""
        if self.advance is None:
            bar = progress("training", row["total"], quiet=self.silent)
            self.advance = self.enter_context(bar)
        self.advance(row["words"] - self.done)
        self.done = row["words"]


def _lines(texts: list[str]) -> int:
    """Count line ends for the bar, a block at a time; what cannot be read is said when it is."""
    from pathlib import Path

    lines = 0
    for path in texts:
        with suppress(OSError), Path(path).open("rb") as file:
            while block := file.read(_BLOCK):
                lines += block.count(b"\n")
    return lines


def _splitter(unit: str, model: str, lower: bool) -> tuple[Split, dict[str, str]]:
    """Return what makes tokens of lines, and what the vectors say of it."""
    from firth.text.plain_corpus import splitter

    about = {"unit": unit, "lower": str(lower).lower()}
    if unit != "pieces":
        return splitter(unit, lower=lower), about
    from firth.encoder.load import load

    backend = load(model, device="cpu", dtype="fp32").tokenizer.backend_tokenizer
    names = [backend.id_to_token(index) for index in range(backend.get_vocab_size())]

    def pieces(lines: Any) -> Any:
        # The fast call gives ids only.
        found = backend.encode_batch_fast(list(lines), add_special_tokens=False)
        return [[names[index] for index in one.ids] for one in found]

    return splitter(unit, lower=lower, pieces=pieces), about | {"model": model}
