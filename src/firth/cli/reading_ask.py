"""``firth reading ask``: answer a question with a passage of a text."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Annotated

import typer

from firth.cli import options
from firth.cli.screen import show

if TYPE_CHECKING:
    from firth.encoder.reader import Reader
    from firth.results.schema import Result

ReaderFolder = Annotated[
    str | None,
    typer.Option(
        "--reader",
        "-r",
        help="Folder of `firth reading train`, or any question-answering model; without it, the "
        "reader that comes with --model mini.",
    ),
]
MaxAnswer = Annotated[int, typer.Option("--max-answer", min=1, help="Tokens of an answer at most.")]
MaxCharacters = Annotated[
    int | None, typer.Option("--max-characters", min=1, help="Its characters at most.")
]


def ask(
    questions: Annotated[list[str], typer.Argument(help="What is asked.", metavar="QUESTION...")],
    context: Annotated[
        str, typer.Option("--context", "-c", help="Text file with the answer, UTF-8.")
    ],
    reader: ReaderFolder = None,
    n_best: Annotated[int, typer.Option("--n-best", min=1, help="Answers that are listed.")] = 3,
    max_answer: MaxAnswer = 30,
    max_characters: MaxCharacters = None,
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
    """Ask a text, in any language the encoder knows; the answer is a passage of it."""
    from firth.experiments.reading_ask import ask as run
    from firth.experiments.reading_ask import read_context

    text = read_context(context)
    own = load_reader(reader, model, device, dtype, quiet=quiet or json)
    from firth.encoder.spans import SpanLimits

    limits = SpanLimits(max_answer, max_characters, n_best)
    result = run(
        own, questions, text, limits=limits, source=context, seed=seed,
        runs=None if fresh else out,
    )  # fmt: skip
    show(result, print_answers, out=out, fresh=fresh, json=json, quiet=quiet)


def load_reader(reader: str | None, model: str, device: str, dtype: str, *, quiet: bool) -> Reader:
    """Load a reader with a note, since the libraries alone take seconds to import."""
    import sys

    name = reader or model
    if not quiet and sys.stderr.isatty():
        print(f"loading {name} ...", end="\r", file=sys.stderr, flush=True)
    from firth.encoder.reader import Reader

    found = Reader.load(name, device=device, dtype=dtype)
    if not quiet and sys.stderr.isatty():
        print(" " * (len(name) + 12), end="\r", file=sys.stderr, flush=True)
    return found


def print_answers(result: Result) -> None:
    """Print each question with its answers, probabilities and places."""
    place = result.config["context"] or "context"
    for row in result.tables["questions"]:
        typer.echo(isolated(str(row["question"])))
        own = [one for one in result.tables["answers"] if one["question"] == row["question"]]
        if not row["answer"]:
            typer.echo(f"  no answer in the text ({_share(row['no_answer_probability'])})")
        for one in own:
            typer.echo(
                f"  {_share(one['probability'])}  {isolated(_one_line(str(one['answer'])))}  "
                f"{place}:{one['line']}:{one['column']} (characters {one['start']} to "
                f"{one['end']})"
            )


def _share(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def isolated(text: str) -> str:
    """Keep a right-to-left text from reordering what stands beside it on a terminal."""
    if any(unicodedata.bidirectional(one) in ("R", "AL") for one in text):
        return f"\u2068{text}\u2069"
    return text
