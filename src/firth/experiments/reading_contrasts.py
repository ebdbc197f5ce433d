"""The comparisons that are named beforehand, paired over questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from firth.experiments.answer import Measured
from firth.experiments.reading_arms import CONTRASTS
from firth.experiments.reading_exams import Exam
from firth.experiments.reading_scores import METRICS
from firth.probe.paired import holm
from firth.probe.seeded import seeded_paired
from firth.results.schema import Cell

# (arm, test, scorer, metric) -> numbers by seed and question.
Values = Mapping[tuple[str, str, str, str], Float[np.ndarray, "s n"]]


def add_contrasts(values: Values, exams: Sequence[Exam], seed: int, found: Measured) -> None:
    """Add the table ``contrasts``.

    Args:
        values: EM and F1 of every arm and test, under the test's own scorer.
        exams: The tests.
        seed: Of the bootstrap and the flips.
        found: Gets the table.
    """
    table: list[dict[str, Cell]] = []
    for metric in METRICS:
        rows: list[dict[str, Cell]] = []
        for exam in exams:
            for name, first, second in CONTRASTS:
                keys = [(arm, exam.name, exam.scorers[0], metric) for arm in (first, second)]
                if not all(key in values for key in keys):
                    continue
                one, other = (values[key] for key in keys)
                paired = seeded_paired(one, other, exam.articles, np.random.default_rng(seed))
                row: dict[str, Cell] = {
                    "contrast": name, "test": exam.name, "language": exam.language,
                    "metric": metric, "scorer": exam.scorers[0], "first": first, "second": second,
                    "difference": paired.difference, "n": one.shape[1],
                    "articles": len(set(exam.articles.tolist())),
                    "seeds": min(len(one), len(other)),
                }  # fmt: skip
                if paired.low is not None:
                    row |= {"low": paired.low, "high": paired.high, "p": paired.p}
                rows.append(row)
        tested = [row for row in rows if "p" in row]
        adjusted = holm([float(str(row["p"])) for row in tested])
        for row, value in zip(tested, adjusted, strict=True):
            row["p_adjusted"] = value
        table += rows
    found.tables["contrasts"] = table
