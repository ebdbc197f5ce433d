"""The files of `firth.experiments.reading_study`, and what must not be both learnt and tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firth.errors import InputError
from firth.experiments.reading_arms import Settings
from firth.experiments.reading_exams import Exam, exam_of, read_exams
from firth.text.question_files import QuestionFile, joined
from firth.text.squad_records import QuestionSet
from firth.text.squad_subsets import overlap, split_articles


@dataclass(frozen=True)
class Sources:
    """Files; one that stands in both lists is split by articles.

    Attributes:
        training: To learn from.
        tests: To be tested on.
    """

    training: Sequence[QuestionFile]
    tests: Sequence[QuestionFile]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Sources:
        """Return those that a result names."""
        sides = ([QuestionFile(*one) for one in config[name]] for name in ("training", "tests"))
        return cls(*sides)

    def config(self) -> dict[str, Any]:
        """Return what a result keeps."""
        return {
            "training": [[one.language, one.path] for one in self.training],
            "tests": [[one.language, one.path] for one in self.tests],
        }


@dataclass(frozen=True)
class StudyTexts:
    """The files as they were read.

    Attributes:
        training: Language -> questions to learn from.
        exams: The tests.
        notes: What a reader of the result should know of them.
    """

    training: Mapping[str, QuestionSet]
    exams: Sequence[Exam]
    notes: Sequence[str]


def read_study(sources: Sources, settings: Settings) -> StudyTexts:
    """Read and split the files.

    Raises:
        InputError: A file has a mistake, or a paragraph of a test is learnt from.
    """
    if not sources.training:
        raise InputError("no questions to learn from; give a file as en=FILE")
    shared = [file for file in sources.tests if file in sources.training]
    alone = [file for file in sources.tests if file not in sources.training]
    asking, draw = settings.asking, settings.first_seed
    exams = {exam.name: exam for exam in read_exams(alone, asking.most, draw)} if alone else {}
    notes: list[str] = []
    by_language: dict[str, list[QuestionSet]] = {}
    for file in sources.training:
        questions = file.read()
        if file in shared:
            questions, kept = split_articles(questions, settings.test_share, draw)
            exams[file.name] = exam_of(file.name, file.language, kept, asking.most, draw)
            notes.append(
                f"{file.name} was split: {questions.sizes.articles} articles to learn from, "
                f"{kept.sizes.articles} to be tested on"
            )
        by_language.setdefault(file.language, []).append(questions)
    training = {language: joined(sets) for language, sets in by_language.items()}
    ordered = [exams[file.name] for file in sources.tests]
    if not ordered:
        raise InputError("no questions to be tested on; give a file as zh=FILE")
    notes += [note for one in training.values() for note in one.findings.notes()]
    return StudyTexts(training, ordered, notes + _leaks(training, ordered))


def _leaks(training: Mapping[str, QuestionSet], exams: Sequence[Exam]) -> list[str]:
    """Refuse paragraphs that are both learnt from and tested; say what titles are shared.

    Raises:
        InputError: There is such a paragraph.
    """
    notes: list[str] = []
    for language, learnt in training.items():
        for exam in exams:
            shared = overlap(learnt, exam.questions)
            if shared.contexts:
                raise InputError(
                    f"{len(shared.contexts)} paragraphs of {exam.name} are also learnt from, in "
                    f"the {language} questions (first: {shared.contexts[0][:60]!r}); take other "
                    "files, or give the same file as --train and --test: it is then split"
                )
            if shared.titles:
                notes.append(
                    f"{len(shared.titles)} articles of {exam.name} are also learnt from, by other "
                    f"paragraphs in the {language} questions (first: {shared.titles[0]!r})"
                )
    return notes
