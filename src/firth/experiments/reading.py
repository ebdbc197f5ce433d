"""How well does a reader answer, in which languages, and by which scorer?

Source: Hsu, Liu & Lee 2019 ("Zero-shot Reading Comprehension by Cross-lingual Transfer Learning
with Multi-lingual Language Representation Model"), told in Hung-yi Lee's lecture: multilingual BERT
that learnt from English questions answers Chinese ones. This is one reader on any number of test
files; `firth.experiments.reading_arms` trains the readers that are compared.

Scores: ``exact_match`` and ``f1`` of each test (``split``, the name of its file) under every scorer
that applies to its language (`firth.probe.answers`), the first of them its own; the ``xquad``
scorer alone is the same in all languages, and misjudges Chinese. Intervals draw articles, each with
all of its questions. Shares, not per cent.

Tables: ``tests``, what was asked; ``groups``, EM and F1 by length of the answer, type of the
question, and overlap of the question with the answer's sentence (`firth.text.question_types`);
``answers``, one row a question, offsets counting the characters of the context; ``published``,
figures of others on XQuAD where that is a test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from firth.encoder.reader import Reader
from firth.experiments.answer import Measured, answer
from firth.experiments.reading_exams import Answered, Exam, read_exams
from firth.experiments.reading_published import add_published
from firth.experiments.reading_scores import add_answers, add_exam, add_scores
from firth.results.schema import Result
from firth.text.question_files import QuestionFile

NAME = "reading"


@dataclass(frozen=True)
class Asking:
    """How questions are asked.

    Attributes:
        max_answer: Tokens of an answer at most.
        max_characters: Its characters at most; None for as many as there are.
        most: Questions of a test at most, drawn by the seed; None for all.
        seed: Of the draw and the bootstrap.
    """

    max_answer: int = 30
    max_characters: int | None = None
    most: int | None = None
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON would give them back."""
        return dict(vars(self))


def reading(
    reader: Reader,
    files: Sequence[QuestionFile],
    asking: Asking | None = None,
    *,
    exams: Sequence[Exam] | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        reader: The reader.
        files: What it is tested on.
        asking: How.
        exams: The files as they were read already.
        runs: A store: the same question is answered from it.
        progress: Called with the number of questions answered since the last call.

    Raises:
        InputError: A file has a mistake.
        OptionError: A setting is not legal.
    """
    asking = asking or Asking()
    if exams is None:
        exams = read_exams(files, asking.most, asking.seed)
    config: dict[str, Any] = {
        "tests": [[file.language, file.path] for file in files],
        "windows": reader.options.as_dict(),
        "threshold": reader.threshold,
        **asking.as_dict(),
    }

    def measure() -> Measured:
        found = Measured()
        for exam in exams:
            add_exam(exam, found)
            answered = ask(reader, exam, asking, progress)
            add_scores(answered, asking.seed, found)
            add_answers(answered, found)
        add_published(exams, found)
        if reader.cut:
            found.warnings.append(
                f"{reader.cut} questions were longer than {reader.options.question_length} tokens "
                "and were cut"
            )
        return found

    return answer(NAME, reader.encoder, config, [exam.card for exam in exams], runs, measure)


def ask(
    reader: Reader,
    exam: Exam,
    asking: Asking,
    progress: Callable[[int], None] | None = None,
) -> Answered:
    """Let a reader answer the questions of a test."""
    predictions = reader.answers(
        exam.items,
        max_answer=asking.max_answer,
        max_characters=asking.max_characters,
        progress=progress,
    )
    return Answered(exam, predictions)
