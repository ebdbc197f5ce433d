"""The analogies of the experiment ``vectors``: answers, and their accuracy by group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from firth.encoder.vectors import StaticVectors
from firth.experiments.answer import Measured
from firth.probe.analogy import B_ONLY, METHODS, answer_questions
from firth.probe.statistics import DRAWS, interval
from firth.results.items import Items, item_arrays, keys_of, numbered
from firth.results.schema import Cell, Score
from firth.text.questions import AnalogySet

MICRO, MACRO = "micro", "macro"


def add_analogies(
    vectors: StaticVectors,
    one: AnalogySet,
    restrict: int | None,
    rng: np.random.Generator,
    found: Measured,
    progress: Callable[[int], None] | None,
) -> None:
    """Add accuracy and coverage by group, micro and macro, the control, and a row a group."""
    within = min(restrict or len(vectors), len(vectors))
    row_of = {
        word: vectors.find(word, within)
        for word in dict.fromkeys(word for question in one.questions for word in question.words)
    }
    rows = np.array(
        [[_row(row_of[word]) for word in question.words] for question in one.questions],
        dtype=np.int64,
    )  # (n, 4)
    names = list(dict.fromkeys(question.group for question in one.questions))
    codes = np.array([names.index(question.group) for question in one.questions])
    known = np.all(rows >= 0, axis=1)
    asked, groups = rows[known], codes[known]
    answers = answer_questions(vectors.normalised[:within], asked[:, :3], progress)
    right = {name: rows_given == asked[:, 3] for name, rows_given in answers.items()}
    for name in (*METHODS, B_ONLY):
        kind = {"control": name} if name == B_ONLY else {"scorer": name}
        _add_accuracy(right[name], groups, names, rng, found, word=one.name, **kind)
    _add_coverage(known, codes, names, one.name, found)
    found.arrays = {**found.arrays, **item_arrays(_items(one, known, codes, names, right))}
    if len(asked) and within > 3:
        found.scores.append(
            Score(metric="chance", value=1 / (within - 3), n=within, unit="word", word=one.name)
        )
    for code, name in enumerate(names):
        own = groups == code
        row: dict[str, Cell] = {"dataset": one.name, "group": name}
        row |= {"questions": int((codes == code).sum()), "known": int(own.sum())}
        row |= {f"{key} right": int(right[key][own].sum()) for key in (*METHODS, B_ONLY)}
        found.tables["questions"].append(row)
    _warn(one, asked, found)


def _row(found: int | None) -> int:
    return -1 if found is None else found


def _warn(one: AnalogySet, asked: Int[np.ndarray, "q 4"], found: Measured) -> None:
    n = len(one.questions)
    if not len(asked):
        found.warnings.append(f"{one.name}: none of {n} questions has vectors for all its words")
    if one.repeated:
        found.warnings.append(f"{one.name}: {one.repeated} of {n} questions are repeated")
    own = int((asked[:, :3] == asked[:, 3:]).any(axis=1).sum())
    if own:
        found.warnings.append(
            f"{one.name}: {own} of {len(asked)} questions ask for one of their own three words, "
            "which is no candidate: they count as wrong"
        )


def _add_accuracy(
    right: Bool[np.ndarray, " q"],
    groups: Int[np.ndarray, " q"],
    names: list[str],
    rng: np.random.Generator,
    found: Measured,
    **fields: Any,
) -> None:
    """Add the accuracy of every group that has a question, then over questions and over groups."""
    samples: list[np.ndarray] = []
    sizes: list[int] = []
    values: list[float] = []

    def add(value: float, drawn: np.ndarray, n: int, unit: str, arm: str) -> None:
        low, high = interval(drawn, value)
        found.scores.append(
            Score(
                metric="accuracy", value=value, n=n, unit=unit, low=low, high=high, arm=arm,
                **fields,
            )
        )  # fmt: skip

    for code, name in enumerate(names):
        own = right[groups == code]
        if not len(own):
            continue
        value = float(own.mean())
        # To draw n answers again, each right or wrong, is to draw their sum from a binomial.
        drawn = rng.binomial(len(own), value, size=DRAWS) / len(own)
        add(value, drawn, len(own), "question", name)
        samples.append(drawn)
        sizes.append(len(own))
        values.append(value)
    if not values:
        return
    weights = np.array(sizes) / sum(sizes)
    add(float(right.mean()), weights @ np.array(samples), len(right), "question", MICRO)
    add(float(np.mean(values)), np.mean(samples, axis=0), len(values), "group", MACRO)


def _items(
    one: AnalogySet,
    known: Bool[np.ndarray, " n"],
    codes: Int[np.ndarray, " n"],
    names: list[str],
    right: Mapping[str, Bool[np.ndarray, " q"]],
) -> Iterator[Items]:
    """Yield question by question what vectors are compared by, of all groups and of each."""

    def rows(arm: str) -> tuple[dict[str, Any], ...]:
        fields = {"metric": "accuracy", "word": one.name, "arm": arm}
        return tuple({**fields, "scorer": name} for name in METHODS)

    keys = keys_of(numbered("\t".join((own.group, *own.words)) for own in one.questions))
    values = np.stack([right[name] for name in METHODS], axis=1).astype(np.float64)  # (q, 2)
    groups = ((name, codes == at) for at, name in enumerate(names))
    for arm, chosen in ((None, np.ones(len(codes), dtype=bool)), *groups):
        place = f"{one.name}.{arm or MICRO}"
        row = {"metric": "coverage", "word": one.name, "arm": arm}
        there = known[chosen].astype(np.float64)[:, None]
        yield Items(f"{place}.coverage", keys[chosen], (row,), there)
        if known[chosen].any():
            own = chosen[known]
            yield Items(place, keys[known & chosen], rows(arm or MICRO), values[own])
    if len(values):
        strata = np.broadcast_to(codes[known][:, None], values.shape)
        counts = np.stack([values, np.ones_like(values), strata], axis=2)
        place = f"{one.name}.{MACRO}"
        yield Items(place, keys[known], rows(MACRO), counts, statistic="macro_ratio")


def _add_coverage(
    known: Bool[np.ndarray, " n"],
    codes: Int[np.ndarray, " n"],
    names: list[str],
    dataset: str,
    found: Measured,
) -> None:
    """Add the share of questions that are asked, of each group and of all."""
    for code, name in [*enumerate(names), (None, None)]:
        own = known if code is None else known[codes == code]
        found.scores.append(
            Score(
                metric="coverage", value=float(own.mean()), n=len(own), unit="question",
                word=dataset, arm=name,
            )
        )  # fmt: skip
