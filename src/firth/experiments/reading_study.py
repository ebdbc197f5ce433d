"""Does a reader need questions in the language that it answers? Arms, trained and compared.

Source: Hsu, Liu & Lee 2019, told in Hung-yi Lee's lecture: multilingual BERT fine-tuned on English
questions answers Chinese ones nearly as well as one fine-tuned on Chinese questions. The arms
(`firth.experiments.reading_arms`) learn from the same number of questions, so that the language
alone differs. Trainings lie in ``OUT/readers``, go on where they stopped, and are not redone; nor
are answers that a reader has given before.

Scores: ``exact_match`` and ``f1`` of each ``arm`` and test (``split``) under every scorer that
applies: the mean over seeds and questions, its interval draws seeds and articles
(`firth.probe.seeded`); under the language's own scorer also each ``seed`` by itself, without an
interval. Arrays: the items of these means (`firth.results.items`).

Tables: ``contrasts``, named beforehand; the first of them is the gap, in-language minus zero-shot,
paired over questions: interval by seeds and articles, p by flipping the signs of whole articles,
Holm over all contrasts of one metric. ``groups``, EM and F1 of each arm by kind of question.
``arms``, what was trained. ``tests``; ``published`` (XQuAD); ``lecture``, the table of the lecture
where a test is DRCD: other models, the whole training part, another part of the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from firth.encoder.model import Encoder
from firth.errors import ResultError, first_line
from firth.experiments.answer import Measured, answer
from firth.experiments.reading_arms import Settings, arms_of
from firth.experiments.reading_contrasts import add_contrasts
from firth.experiments.reading_exams import Exam
from firth.experiments.reading_published import add_lecture, add_published
from firth.experiments.reading_readers import ArmRun, answers_of, arm_run
from firth.experiments.reading_runs import train_reader
from firth.experiments.reading_scores import add_arm_scores, add_exam
from firth.experiments.reading_texts import Sources, read_study
from firth.results.items import Items, item_arrays, keys_of
from firth.results.manifest import text_card
from firth.results.schema import DataCard, Result
from firth.text.question_files import question_lines
from firth.text.squad_records import QuestionSet

NAME = "reading_arms"

Tell = Callable[[str, dict[str, Any]], None]


def study(
    encoder: Encoder,
    sources: Sources,
    settings: Settings,
    *,
    out: str = "runs",
    pause: Callable[[], bool] | None = None,
    tell: Tell | None = None,
    progress: Callable[[str, int], None] | None = None,
    fresh: bool = False,
) -> Result:
    """Train every arm, test it, and sum up.

    Args:
        encoder: Where the readers begin.
        sources: Files to learn from and to be tested on.
        settings: The declaration.
        out: A store: readers lie in ``out/readers``, the result in ``out/reading_arms``.
        pause: Asked after every step; when it says yes, ``Paused`` is raised.
        tell: Called with an arm's label and each row of its log.
        progress: Called with what is being answered, and how many questions were answered since the
            last call.
        fresh: Sum up again even where a result is stored; trainings are gone on with all the same.

    Raises:
        InputError: A file has a mistake, or a part of the test is learnt from.
        OptionError: A setting is not legal.
        ResultError: A training cannot go on.
        Paused: The time is over.
    """
    texts = read_study(sources, settings)
    config: dict[str, Any] = {
        "sources": sources.config(), "settings": settings.as_dict(), "seed": settings.first_seed,
    }  # fmt: skip
    work = _Work(encoder, texts.training, texts.exams, settings, Path(out), progress)
    try:
        work.train(tell or (lambda _label, _row: None), pause)

        def measure() -> Measured:
            found = Measured(warnings=list(texts.notes))
            work.measure(found)
            return found

        data = _cards(texts.training, texts.exams)
        result = answer(NAME, encoder, config, data, None if fresh else out, measure)
        if fresh:
            result.save(out)
        return result
    except OSError as error:
        raise ResultError(
            f"{error.filename or out} cannot be written: {error.strerror or first_line(error)}; "
            "what is finished stays, and the same command goes on"
        ) from error


def _items(
    values: Mapping[tuple[str, str, str, str], Float[np.ndarray, "s n"]], exams: Sequence[Exam]
) -> Iterator[Items]:
    """Yield what each mean is the mean of: a number a question, over the seeds."""
    for exam in exams:
        keys = keys_of(f"{item.question.id}\t{item.question.text}" for item in exam.items)
        own = {key: numbers for key, numbers in values.items() if key[1] == exam.name}
        for arm in dict.fromkeys(key[0] for key in own):
            rows = [key for key in own if key[0] == arm]
            fields = tuple(
                {"metric": metric, "scorer": scorer, "split": exam.name, "arm": arm,
                 "language": exam.language}
                for _, _, scorer, metric in rows
            )  # fmt: skip
            columns = np.stack([own[key].mean(axis=0) for key in rows], axis=1)  # (n, c)
            yield Items(f"{arm}.{exam.name}", keys, fields, columns, exam.articles)


def _cards(training: Mapping[str, QuestionSet], exams: Sequence[Exam]) -> list[DataCard]:
    cards = [
        text_card(f"{language} questions to learn from", lines)
        for language, lines in question_lines(training).items()
    ]
    return cards + [exam.card for exam in exams]


@dataclass
class _Work:
    """What an experiment has in hand."""

    encoder: Encoder
    training: Mapping[str, QuestionSet]
    exams: Sequence[Exam]
    settings: Settings
    out: Path
    progress: Callable[[str, int], None] | None
    runs: list[ArmRun] = field(default_factory=list[ArmRun])

    def train(self, tell: Tell, pause: Callable[[], bool] | None) -> None:
        """Train every arm, or go on with it; what is finished is left as it is."""
        for arm in arms_of(self.settings, self.training):
            run = arm_run(self.encoder, arm, self.out)
            self.runs.append(run)
            if run.training is not None:
                train_reader(run.training, tell=partial(tell, arm.label), pause=pause)

    def measure(self, found: Measured) -> None:
        """Ask every reader, and add scores, contrasts and tables."""
        settings = self.settings
        found.tables["arms"] = [run.row() for run in self.runs]
        values: dict[tuple[str, str, str, str], Float[np.ndarray, "s n"]] = {}
        for exam in self.exams:
            add_exam(exam, found)
            texts = self._answers(exam)
            for arm, by_seed in texts.items():
                own = add_arm_scores(exam, arm, by_seed, settings.first_seed, found)
                for metric, numbers in own.items():
                    values[arm, exam.name, exam.scorers[0], metric] = numbers
        add_contrasts(values, self.exams, settings.first_seed, found)
        add_published(self.exams, found)
        add_lecture(self.exams, found)
        found.arrays = item_arrays(_items(values, self.exams))

    def _answers(self, exam: Exam) -> dict[str, dict[int, list[str]]]:
        """Return arm -> seed -> answers of the readers that are asked."""
        found: dict[str, dict[int, list[str]]] = {}
        for run in self.runs:
            if run.arm.asks(exam.language):
                say = partial(self.progress, run.arm.label) if self.progress else None
                answers = answers_of(self.encoder, run, exam, self.settings.asking, say)
                found.setdefault(run.arm.name, {})[run.arm.seed] = answers
        return found
