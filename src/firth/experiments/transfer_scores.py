"""How an arm of `transfer` did on test data: by sequence and by group, whatever the arm is.

An arm answers for windows: a probability for each class, or a number. A sequence is answered by the
mean over its windows, a group (a piece of music) by the mean over all windows of it. Intervals come
from a bootstrap over what must stay together (`firth.text.sequence_groups`): groups, and sequences
that are the same.

Legend of dimensions: w windows, n test sequences, g classes (1 for a number).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from firth.probe.scores import Estimate
from firth.probe.votes import class_scores, mean_by_unit, number_score, vote
from firth.text.sequence_groups import bundles
from firth.text.sequences import SequenceSet


@dataclass(frozen=True)
class ArmScores:
    """Scores of one arm; what does not apply is None.

    Attributes:
        accuracy: Share of sequences whose class is answered right.
        macro_f1: Mean of F1 over the classes that occur.
        spearman: Correlation of predicted and true numbers.
        group_accuracy: The same by group; ``n`` counts groups.
        group_macro_f1: The same by group.
        group_spearman: The same by group, of means.
        notes: What was left out.
    """

    accuracy: Estimate | None = None
    macro_f1: Estimate | None = None
    spearman: Estimate | None = None
    group_accuracy: Estimate | None = None
    group_macro_f1: Estimate | None = None
    group_spearman: Estimate | None = None
    notes: tuple[str, ...] = ()


def labels_of(data: SequenceSet, places: Sequence[int]) -> np.ndarray:
    """Return the classes of some sequences as numbers from 0, or their numbers.

    Args:
        data: The sequences.
        places: Which of them.
    """
    if data.target == "number":
        return np.array([float(data.examples[at].label or 0.0) for at in places])
    numbers = {label: number for number, label in enumerate(data.classes)}
    return np.array([numbers[str(data.examples[at].label)] for at in places], dtype=np.int64)


@dataclass(frozen=True)
class Level:
    """What is scored: sequences, or groups of them.

    Attributes:
        unit: ``sequence`` or ``group``.
        members: Which of them each window is of, from 0, [w].
        truth: Class or number of each, [n].
        drawn: Which bundle each is in: what a bootstrap draws, [n].
        n_classes: 0 where numbers are predicted.
    """

    unit: str
    members: Int[np.ndarray, " w"]
    truth: np.ndarray
    drawn: Int[np.ndarray, " n"]
    n_classes: int

    def answers(self, values: Float[np.ndarray, "w g"], rule: str = "mean") -> np.ndarray:
        """Return the class or the number that an arm's windows answer for each.

        Args:
            values: One row a window.
            rule: How windows vote on a class.

        Raises:
            OptionError: There is no such rule.
        """
        if self.n_classes:
            return vote(values, self.members, len(self.truth), rule)
        return mean_by_unit(values, self.members, len(self.truth))[:, 0]


def levels_of(
    data: SequenceSet, places: Sequence[int], whole: Int[np.ndarray, " w"]
) -> tuple[list[Level], tuple[str, ...]]:
    """Return what test data are scored by, and what was left out, in words.

    Args:
        data: The sequences.
        places: Those that were tested.
        whole: Which of ``places`` each window is of, from 0.
    """
    truth = labels_of(data, places)
    drawn = _drawn(data, places)
    k = len(data.classes)
    levels = [Level("sequence", whole, truth, drawn, k)]
    groups, n_groups = _groups(data, places)
    if groups is None:
        return levels, ()
    if data.target == "number":
        true = mean_by_unit(truth[:, None], groups, n_groups)[:, 0]
    else:
        true = np.zeros(n_groups, np.int64)
        true[groups[::-1]] = truth[::-1]
        if mixed := len(set(groups[truth != true[groups]].tolist())):
            note = f"{mixed:,} test groups hold several classes: there is no score by group"
            return levels, (note,)
    units = _of_groups(drawn, groups, n_groups)
    return [*levels, Level("group", groups[whole], true, units, k)], ()


def score_arm(
    data: SequenceSet,
    places: Sequence[int],
    values: Float[np.ndarray, "w g"],
    whole: Int[np.ndarray, " w"],
    *,
    seed: int = 0,
    rule: str = "mean",
) -> ArmScores:
    """Score the answers of an arm.

    Args:
        data: The sequences.
        places: Those that were tested.
        values: One row a window: probabilities of `SequenceSet.classes`, or a number.
        whole: Which of ``places`` each window is of, from 0.
        seed: Of the bootstrap.
        rule: How windows vote on a class: ``mean`` or ``majority``.

    Raises:
        OptionError: There is no such rule.
    """
    rng = np.random.default_rng(seed)
    levels, notes = levels_of(data, places, whole)
    found: dict[str, Estimate | None] = {}
    for level in levels:
        prefix = "" if level.unit == "sequence" else "group_"
        own = level.answers(values, rule)
        if level.n_classes:
            scores = class_scores(own, level.truth, level.drawn, level.n_classes, rng)
            found |= dict(zip((f"{prefix}accuracy", f"{prefix}macro_f1"), scores, strict=True))
        else:
            found[f"{prefix}spearman"] = number_score(own, level.truth, level.drawn, rng)
    return ArmScores(**found, notes=notes)


def _drawn(data: SequenceSet, places: Sequence[int]) -> Int[np.ndarray, " n"]:
    """Return which bundle each test sequence is in: what the bootstrap draws."""
    at = {place: number for number, place in enumerate(places)}
    found = np.zeros(len(places), np.int64)
    for number, bundle in enumerate(bundles(data, places)):
        found[[at[place] for place in bundle.members]] = number
    return found


def _groups(data: SequenceSet, places: Sequence[int]) -> tuple[Int[np.ndarray, " n"] | None, int]:
    """Return which group each test sequence is in; None where no group has two of them."""
    names = [
        data.examples[place].group or f"\n{number}" for number, place in enumerate(places)
    ]  # a sequence without a group is one
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    if all(data.examples[place].group is None for place in places):
        return None, 0
    return np.array([numbers[name] for name in names], dtype=np.int64), len(numbers)


def _of_groups(
    drawn: Int[np.ndarray, " n"], groups: Int[np.ndarray, " n"], n_groups: int
) -> Int[np.ndarray, " u"]:
    """Return which bundle each group is in."""
    found = np.zeros(n_groups, np.int64)
    found[groups] = drawn
    return found
