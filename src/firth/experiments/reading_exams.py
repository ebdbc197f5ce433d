"""What a reader is tested on: files of questions, and the predictions of one reader for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from firth.encoder.reader import Prediction
from firth.errors import InputError, OptionError
from firth.probe.answers import AnswerScores, scorers_for, scores_by_question
from firth.results.manifest import text_card
from firth.results.schema import DataCard
from firth.text.question_files import QuestionFile, question_lines
from firth.text.squad_records import Item, QuestionSet
from firth.text.squad_subsets import first_questions, for_scoring


@dataclass(frozen=True)
class Exam:
    """Questions of one language.

    Attributes:
        name: What results call it.
        language: Its language.
        questions: Those that can be scored.
    """

    name: str
    language: str
    questions: QuestionSet

    @cached_property
    def items(self) -> list[Item]:
        """The questions, in the order of the file."""
        return self.questions.items()

    @cached_property
    def articles(self) -> Int[np.ndarray, " n"]:
        """Which article each question is of."""
        number: dict[str, int] = {}
        return np.array([number.setdefault(one.article, len(number)) for one in self.items])

    @property
    def scorers(self) -> tuple[str, ...]:
        """The scorers that apply, the language's own first."""
        return scorers_for(self.language, unanswerable=self.questions.sizes.impossible > 0)

    @property
    def card(self) -> DataCard:
        """What the result says of it."""
        (lines,) = question_lines({self.name: self.questions}).values()
        return text_card(self.name, lines)

    def score(self, answers: Sequence[str], scorer: str) -> AnswerScores:
        """Score answers, one a question."""
        golds = [item.question.golds for item in self.items]
        return scores_by_question(answers, golds, scorer, self.language)


@dataclass(frozen=True)
class Answered:
    """An exam and what one reader answered."""

    exam: Exam
    predictions: Sequence[Prediction]

    @cached_property
    def texts(self) -> list[str]:
        """The answers."""
        return [one.text for one in self.predictions]


def exam_of(
    name: str, language: str, questions: QuestionSet, most: int | None = None, seed: int = 0
) -> Exam:
    """Return an exam: the questions that can be scored, or some of them.

    Args:
        name: What results call it.
        language: Its language.
        questions: The questions.
        most: So many at most, drawn by the seed.
        seed: Which.

    Raises:
        InputError: None can be scored.
    """
    usable = for_scoring(questions)
    n = usable.sizes.questions
    if not n:
        raise InputError(
            f"{questions.name}: none of its {questions.sizes.questions} questions has an answer, "
            "so none can be scored; a question without one needs is_impossible"
        )
    if most is not None and most < n:
        usable = first_questions(usable, most, seed)
    return Exam(name, language, usable)


def read_exams(files: Sequence[QuestionFile], most: int | None = None, seed: int = 0) -> list[Exam]:
    """Read files as exams.

    Raises:
        InputError: A file has a mistake, or two tests have one name.
        OptionError: ``most`` is not legal.
    """
    if not files:
        raise InputError("no questions to be tested on; give a file as zh=FILE")
    if most is not None and most < 1:
        raise OptionError(f"most {most}: at least 1 question is needed")
    names = [file.name for file in files]
    for file in files:
        if names.count(file.name) > 1:
            raise InputError(f"two test files are called {file.name}; rename one of them")
    return [exam_of(file.name, file.language, file.read(), most, seed) for file in files]
