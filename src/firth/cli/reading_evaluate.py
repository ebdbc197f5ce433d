"""``firth reading evaluate``: how well does a reader answer, in which languages?"""

from __future__ import annotations

from typing import Annotated

import typer

from firth.cli import options
from firth.cli.reading_ask import MaxAnswer, MaxCharacters, ReaderFolder, load_reader
from firth.cli.screen import progress, show
from firth.errors import OptionError

Tests = Annotated[
    list[str] | None,
    typer.Option(
        "--test",
        help="zh=FILE in the layout of SQuAD, plain or packed by gzip; repeatable, also of one "
        "language. zh=carried for the questions that firth brings along.",
    ),
]
Most = Annotated[
    int | None,
    typer.Option("--most", min=1, help="Questions of a test at most; all by default."),
]


def evaluate(
    test: Tests = None,
    reader: ReaderFolder = None,
    most: Most = None,
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
    """Score a reader on files of questions, under every scorer that applies."""
    if not test:
        raise OptionError("no test: give --test zh=FILE, or --test zh=carried")
    from firth.text.question_files import parse_question_files

    files = parse_question_files(test, "test")
    from firth.experiments.reading import Asking, reading
    from firth.experiments.reading_exams import read_exams

    asking = Asking(max_answer, max_characters, most, seed)
    exams = read_exams(files, most, seed)
    silent = quiet or json
    own = load_reader(reader, model, device, dtype, quiet=silent)
    total = sum(exam.questions.sizes.questions for exam in exams)
    with progress("answering", total, quiet=silent) as step:
        result = reading(
            own, files, asking, exams=exams, runs=None if fresh else out, progress=step
        )
    from firth.cli.reading_tables import print_reading

    show(result, print_reading, out=out, fresh=fresh, json=json, quiet=quiet)
