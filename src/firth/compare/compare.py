"""Compare runs: the scores that they share, and paired tests where their items are known.

Each side is compared with the first. Where the items of both are stored, the difference over the
items that both have is tested in pairs (`firth.compare.evidence` says how; whole clusters at a
time, where items come in such: questions of an article), with a bootstrap interval. All tests of a
comparison are one family, corrected by Holm's method. An interval of one run alone, overlapping or
not, is no test, and nothing is marked by it.

What stands in the table is named before the numbers are seen: scores at a layer or setting that was
chosen on other data; where nothing was chosen, the last layer's. ``every`` asks for all of them,
which makes the family larger, and each test harder to pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from firth.compare.evidence import Evidence, Samples, compared
from firth.compare.items_of import items_of
from firth.compare.sides import FIELDS, Key, runs_of, settings_apart
from firth.errors import OptionError, ResultError, did_you_mean
from firth.probe.paired import FLIPS, holm
from firth.probe.resampled import DRAWS
from firth.results.comparison import LEVEL, Compared, Contrast, Line, Value
from firth.results.metrics import METRICS
from firth.results.schema import Result, Score

# Scores that have no paired test, whatever is stored.
UNTESTABLE = frozenset({
    # Of a whole neighbourhood: to draw words again, or to exchange them, makes another one.
    "hubness",
    # Cosines of two models have no common scale.
    "same", "different", "anchor_similarity", "anchor_preference", "random_similarity",
    # One number of two halves; what a guess scores; already a contrast; means of few runs.
    "half_cosine", "chance", "difference", "steps_to", "seconds_to",
})  # fmt: skip


def compare(
    results: Sequence[Result],
    *,
    metrics: Sequence[str] = (),
    every: bool = False,
    seed: int = 0,
) -> Compared:
    """Compare results that answer the same question.

    Args:
        results: Two or more, or one that is about several models; the first is what the others are
            compared with.
        metrics: Only these; all by default.
        every: Every score, not only what a choice on other data leaves.
        seed: Of signs and intervals.

    Raises:
        ResultError: They do not answer the same question, or share no score.
        OptionError: They have no such metric.
    """
    runs = runs_of(results)
    last = not every and not any(run.chose() for run in runs)
    scores = [run.scores(last) for run in runs]
    shared = [key for key in scores[0] if all(key in own for own in scores[1:])]
    kept = _kept(shared, metrics, every)
    single = len({key for own in scores for key in own}) - len(shared)
    items = [items_of(run, last) for run in runs]
    samples = _samples(len(kept) * (len(runs) - 1))
    lines = [
        _line(key, [own[key] for own in scores], [own.get(key) for own in items], seed, at, samples)
        for at, key in enumerate(kept)
    ]
    lines, tests = _corrected(lines)
    return Compared(
        experiment=results[0].experiment,
        sides=tuple(run.side for run in runs),
        lines=tuple(lines),
        data=tuple(results[0].data),
        every=every,
        tests=tests,
        seed=seed,
        settings=settings_apart([run.result for run in runs]),
        single=single,
    )


def _kept(shared: list[Key], metrics: Sequence[str], every: bool) -> list[Key]:
    """Return the scores of the table, in the order of the first run."""
    if not shared:
        raise ResultError("these runs share no score: their settings are too different to compare")
    legal = list(dict.fromkeys(dict(key)["metric"] for key in shared))
    for metric in metrics:
        if metric not in legal:
            raise OptionError(
                f"the runs share no score {metric!r}; they share {', '.join(legal)}."
                + did_you_mean(metric, legal)
            )
    wanted = [key for key in shared if not metrics or dict(key)["metric"] in metrics]
    return wanted if every else _named_beforehand(wanted)


def _named_beforehand(keys: list[Key]) -> list[Key]:
    """Return what was chosen on other data and what has no layer, if it can be better or worse.

    Where all have a layer, nothing was chosen for these scores, and all of them are kept.
    """
    kept = [key for key in keys if METRICS[dict(key)["metric"]].better != "none"]
    return [key for key in kept if "layer" not in dict(key)] or kept


def _samples(tests: int) -> Samples:
    """Return so many samples that the least p still passes Holm's correction."""
    least = math.ceil(2 * max(tests, 1) / LEVEL)
    return Samples(max(FLIPS, least), max(DRAWS, 2 * least))  # a bootstrap's least p is twice 1 / n


def _line(
    key: Key,
    scores: Sequence[Score],
    items: Sequence[Evidence | None],
    seed: int,
    at: int,
    samples: Samples,
) -> Line:
    fields: dict[str, Any] = dict(key)
    own = "layer" not in fields  # each side's own: chosen, or its last one
    values = tuple(
        Value(one.value, one.n, one.low, one.high, one.layer if own else None) for one in scores
    )
    contrasts = [
        _contrast(fields["metric"], scores[0], other, items[0], one, [seed, at, number], samples)
        for number, (other, one) in enumerate(zip(scores[1:], items[1:], strict=True))
    ]
    ordered = {name: fields[name] for name in (*FIELDS, "unit") if name in fields}
    return Line(ordered, scores[0].unit, values, tuple(contrasts))


def _contrast(
    metric: str,
    first: Score,
    other: Score,
    mine: Evidence | None,
    own: Evidence | None,
    seed: list[int],
    samples: Samples,
) -> Contrast:
    difference = other.value - first.value
    if metric in UNTESTABLE:
        return Contrast(difference, untested="no_mean")
    if mine is None or own is None:
        return Contrast(difference, untested="not_stored")
    found = compared(own, mine, np.random.default_rng(seed), samples)
    if isinstance(found, str):
        return Contrast(difference, untested=found)
    paired, n = found
    return Contrast(paired.difference, n, paired.low, paired.high, paired.p)


def _corrected(lines: Sequence[Line]) -> tuple[list[Line], int]:
    """Return the lines with p-values corrected together, and how many there are."""
    p = [one.p for line in lines for one in line.contrasts if one.p is not None]
    adjusted = iter(holm(p))
    found: list[Line] = []
    for line in lines:
        contrasts = [
            one if one.p is None else replace(one, p_adjusted=next(adjusted))
            for one in line.contrasts
        ]
        found.append(replace(line, contrasts=tuple(contrasts)))
    return found, len(p)
