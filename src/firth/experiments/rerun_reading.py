"""Run a stored result of ``firth reading`` again."""

from __future__ import annotations

import tempfile

from firth.encoder.load import load
from firth.encoder.reader import Reader
from firth.encoder.spans import SpanLimits
from firth.errors import ResultError
from firth.experiments.reading import NAME as READING
from firth.experiments.reading import Asking, reading
from firth.experiments.reading_arms import Settings
from firth.experiments.reading_ask import NAME as ASK
from firth.experiments.reading_ask import ask, read_context
from firth.experiments.reading_study import NAME as ARMS
from firth.experiments.reading_study import study
from firth.experiments.reading_texts import Sources
from firth.results.schema import Result
from firth.text.question_files import QuestionFile

NAMES = (READING, ASK, ARMS)
_DTYPES = {"bfloat16": "bf16", "float32": "fp32"}


def rerun_reading(old: Result, device: str = "auto") -> Result:
    """Ask the same reader the same questions; the arms are trained again, from the first step.

    Raises:
        ResultError: The text that was asked was not read from a file.
    """
    config = old.config
    dtype = _DTYPES.get(config["dtype"], "auto")
    if old.experiment == ARMS:
        encoder = load(config["model"], device=device, dtype=dtype)
        settings, sources = Settings.of(config["settings"]), Sources.of(config["sources"])
        with tempfile.TemporaryDirectory(prefix="firth-reading-") as folder:
            return study(encoder, sources, settings, out=folder)
    reader = Reader.load(config["model"], device=device, dtype=dtype)
    if old.experiment == ASK:
        if config["context"] is None:
            raise ResultError("the text of this result was not read from a file: ask it again")
        text = read_context(config["context"])
        limits = SpanLimits(**config["limits"])
        return ask(
            reader, config["questions"], text, limits=limits, source=config["context"],
            seed=config["seed"],
        )  # fmt: skip
    files = [QuestionFile(*one) for one in config["tests"]]
    names = ("max_answer", "max_characters", "most", "seed")
    return reading(reader, files, Asking(**{name: config[name] for name in names}))
