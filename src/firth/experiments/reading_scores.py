"""Scores of answers as rows of a result: by scorer, and by the kind of question.

Intervals draw articles, each with all of its questions, and seeds where there are several
(`firth.probe.seeded`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from firth.experiments.answer import Measured
from firth.experiments.reading_exams import Answered, Exam
from firth.probe.seeded import seeded_mean_interval
from firth.results.schema import Cell, Score
from firth.text.question_types import (
    OVERLAPS,
    TYPES,
    answer_length,
    length_group,
    length_groups,
    overlap_group,
    overlap_with_sentence,
    question_type,
)
from firth.text.squad_records import Item

# Scores and interval draws; questions of a table.
METRICS = {"exact_match": "em", "f1": "f1"}
MOST_ANSWERS = 20_000
UNIT = "question"


def add_exam(exam: Exam, found: Measured) -> None:
    """Say what an exam is, and what was odd about its file."""
    sizes = exam.questions.sizes
    found.tables.setdefault("tests", []).append(
        {
            "test": exam.name, "language": exam.language, "articles": sizes.articles,
            "paragraphs": sizes.paragraphs, "questions": sizes.questions,
            "without_answer": sizes.impossible, "scorer": exam.scorers[0],
        }
    )  # fmt: skip
    found.warnings += [f"{exam.name}: {note}" for note in exam.questions.findings.notes()]


def add_scores(answered: Answered, seed: int, found: Measured) -> None:
    """Add EM and F1 under every scorer that applies, and by kind under the language's own.

    Args:
        answered: The answers of one reader.
        seed: Of the bootstrap.
        found: Gets scores and the table ``groups``.
    """
    add_arm_scores(answered.exam, None, {seed: answered.texts}, seed, found)


def add_arm_scores(
    exam: Exam, arm: str | None, answers: Mapping[int, Sequence[str]], seed: int, found: Measured
) -> dict[str, Float[np.ndarray, "s n"]]:
    """Add the scores of an arm: means over its seeds, each seed, and by kind of question.

    Args:
        exam: The test.
        arm: Its name; None for a single reader.
        answers: Seed -> answers, one a question.
        seed: Of the bootstrap.
        found: Gets scores and the table ``groups``.

    Returns:
        Metric -> numbers by seed and question, under the test's own scorer.
    """
    own: dict[str, Float[np.ndarray, "s n"]] = {}
    for scorer in exam.scorers:
        scored = [exam.score(texts, scorer) for texts in answers.values()]
        for metric, name in METRICS.items():
            values = np.stack([getattr(one, name) for one in scored])  # (s, n)
            ends = seeded_mean_interval(values, exam.articles, np.random.default_rng(seed))
            low, high = (None, None) if ends is None else ends
            first = Score(
                metric=metric, value=float(values.mean()), n=values.shape[1], unit=UNIT, low=low,
                high=high, language=exam.language, split=exam.name, scorer=scorer, arm=arm,
            )  # fmt: skip
            found.scores.append(first)
            if scorer == exam.scorers[0]:
                own[metric] = values
                if arm is not None:
                    alone = {"low": None, "high": None}
                    found.scores += [
                        first.model_copy(update={**alone, "value": float(row.mean()), "seed": one})
                        for one, row in zip(answers, values, strict=True)
                    ]
    _add_groups(exam, arm, own, seed, found)
    return own


def _add_groups(
    exam: Exam,
    arm: str | None,
    values: Mapping[str, Float[np.ndarray, "s n"]],
    seed: int,
    found: Measured,
) -> None:
    em, f1 = values["exact_match"], values["f1"]
    for by, names, kind in _kinds(exam):
        labels = np.array([kind(item) or "" for item in exam.items])
        for name in names:
            own = np.flatnonzero(labels == name)
            if not len(own):
                continue
            rng = np.random.default_rng(seed)
            ends = seeded_mean_interval(f1[:, own], exam.articles[own], rng)
            found.tables.setdefault("groups", []).append(
                {
                    **({} if arm is None else {"arm": arm}),
                    "test": exam.name, "language": exam.language, "by": by, "group": name,
                    "n": len(own), "exact_match": float(em[:, own].mean()),
                    "f1": float(f1[:, own].mean()), "scorer": exam.scorers[0],
                    **({} if ends is None else {"low": ends[0], "high": ends[1]}),
                }
            )  # fmt: skip


def _kinds(exam: Exam) -> Iterator[tuple[str, tuple[str, ...], Callable[[Item], str | None]]]:
    """Yield each way to tell questions apart: its name, its groups, the group of a question."""
    language = exam.language

    def length(item: Item) -> str | None:
        golds = item.question.golds
        return length_group(golds[0], language) if golds else None

    def overlap(item: Item) -> str | None:
        share = overlap_with_sentence(item, language)
        return None if share is None else overlap_group(share)

    def kind(item: Item) -> str:
        return question_type(item.question.text, language)

    yield "answer length", length_groups(language), length
    yield "question type", TYPES, kind
    yield "overlap", OVERLAPS, overlap


def add_answers(answered: Answered, found: Measured) -> None:
    """List the answers, a row a question."""
    exam = answered.exam
    own = exam.score(answered.texts, exam.scorers[0])
    table = found.tables.setdefault("answers", [])
    room = MOST_ANSWERS - len(table)
    if len(exam.items) > room:
        found.warnings.append(
            f"{exam.name}: {max(0, room)} of {len(exam.items)} answers are listed, for a result "
            f"lists {MOST_ANSWERS} at most"
        )
    rows = zip(exam.items, answered.predictions, own.em, own.f1, strict=True)
    for item, prediction, em, f1 in list(rows)[: max(0, room)]:
        golds = list(item.question.golds)
        row: dict[str, Cell] = {
            "test": exam.name, "id": item.question.id, "article": item.article,
            "question": item.question.text, "answer": prediction.text, "golds": golds,
            "exact_match": float(em), "f1": float(f1), "probability": prediction.probability,
            "no_answer_probability": prediction.no_answer_probability,
        }  # fmt: skip
        if prediction.start is not None and prediction.end is not None:
            row |= {"start": prediction.start, "end": prediction.end}
        if golds:
            row["gold_length"] = answer_length(golds[0], exam.language)
        table.append(row)
