"""Ask a text: the best answers to a question, and where they stand in it.

Tables: ``answers``, one row an answer, best first (``rank`` from 1): its text, its first and
past-the-last character (``start``, ``end``), line and column counted from 1, ``probability`` of it
among all legal answers. ``column`` counts characters, as ``start`` does: an accent of its own is
one, whatever the direction of the script. ``questions``: what was asked, the answer that is given
(empty where the reader says that there is none), and the probability that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firth.encoder.reader import Prediction, Reader
from firth.encoder.spans import SpanLimits
from firth.errors import InputError
from firth.experiments.answer import Measured, answer
from firth.results.manifest import text_card
from firth.results.schema import Cell, Result
from firth.text.files import read_lines

NAME = "ask"


def read_context(path: str) -> str:
    """Read a text; line ends become LF, and a byte order mark is dropped.

    Raises:
        InputError: It cannot be read, or holds nothing but white space.
    """
    text = "\n".join(line for _, line in read_lines(path))
    if not text.strip():
        raise InputError(f"{path} is empty: it should hold the text that is asked")
    return text


def ask(
    reader: Reader,
    questions: Sequence[str],
    context: str,
    *,
    limits: SpanLimits | None = None,
    source: str | None = None,
    seed: int = 0,
    runs: str | None = None,
) -> Result:
    """Ask questions on a text.

    Args:
        reader: The reader.
        questions: What is asked.
        context: The text.
        limits: Which answers are legal, and how many are listed.
        source: The file that the text was read from.
        seed: Kept in the result; nothing is random here.
        runs: A store: the same question is answered from it.

    Raises:
        InputError: The text or a question is blank.
    """
    limits = limits or SpanLimits(n_best=3)
    if not context.strip():
        raise InputError("the context is empty: there is no text to answer from")
    if not questions or not all(one.strip() for one in questions):
        raise InputError("a question is empty; write what is asked, as in 'Who wrote it?'")
    config: dict[str, Any] = {
        "questions": list(questions), "context": source, "limits": dict(vars(limits)),
        "windows": reader.options.as_dict(), "threshold": reader.threshold, "seed": seed,
    }  # fmt: skip
    data = [text_card("context", [context]), text_card("questions", questions)]

    def measure() -> Measured:
        found = Measured(tables={"questions": [], "answers": []})
        before = reader.cut
        predictions = reader.ask([(one, context) for one in questions], limits)
        for question, prediction in zip(questions, predictions, strict=True):
            _add(question, prediction, context, found)
        if reader.cut > before:
            found.warnings.append(
                f"{reader.cut - before} questions were longer than "
                f"{reader.options.question_length} tokens and were cut"
            )
        return found

    return answer(NAME, reader.encoder, config, data, runs, measure)


def _add(question: str, prediction: Prediction, context: str, found: Measured) -> None:
    found.tables["questions"].append(
        {
            "question": question, "answer": prediction.text,
            "probability": prediction.probability,
            "no_answer_probability": prediction.no_answer_probability,
        }
    )  # fmt: skip
    for rank, one in enumerate(prediction.n_best, start=1):
        line, column = place_of(context, one.start)
        row: dict[str, Cell] = {
            "question": question, "rank": rank, "answer": one.text, "start": one.start,
            "end": one.end, "line": line, "column": column, "probability": one.probability,
        }  # fmt: skip
        found.tables["answers"].append(row)


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of a character, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
