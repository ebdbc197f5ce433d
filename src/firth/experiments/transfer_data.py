"""The data of `transfer` as all arms see them: windows of symbols with their labels, and a judge.

Sequences longer than the encoder reads are cut into windows (`firth.text.sequence_windows`), for
every arm in the same places; each has the label of its sequence, and they answer together. Nothing
is cut off.

Legend: w windows, n sequences, g classes (1 for a number).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from firth.errors import InputError, OptionError
from firth.experiments.transfer_arms import LABELS, REVERSED
from firth.experiments.transfer_scores import Level, labels_of, levels_of
from firth.probe.correlation import spearman
from firth.probe.votes import RULES, mean_by_unit
from firth.text.sequence_subsets import nested_subsets
from firth.text.sequence_windows import cut_windows
from firth.text.sequences import SequenceSet
from firth.text.splits import Splits

Symbols = tuple[str, ...]
TINY = 1e-12  # the least probability whose logarithm is taken


@dataclass(frozen=True)
class Windowed:
    """The windows of a split.

    Attributes:
        places: Of its sequences in the data, ascending.
        symbols: Of each window, [w].
        whole: Which of ``places`` each is of, [w].
        labels: Of each window: classes from 0, or numbers, [w].
    """

    places: tuple[int, ...]
    symbols: tuple[Symbols, ...]
    whole: Int[np.ndarray, " w"]
    labels: np.ndarray


@dataclass(frozen=True)
class Material:
    """What all arms see.

    Attributes:
        data: The sequences.
        train: Windows to learn from.
        dev: Windows to choose settings on.
        test: Windows that are scored.
        vote: How windows of a sequence answer together.
        notes: What a reader of scores should know.
    """

    data: SequenceSet
    train: Windowed
    dev: Windowed
    test: Windowed
    vote: str
    notes: tuple[str, ...]

    @property
    def n_classes(self) -> int:
        """0 where numbers are predicted."""
        return len(self.data.classes)

    @property
    def metric(self) -> str:
        """What settings are chosen by and contrasts are of."""
        return "accuracy" if self.n_classes else "spearman"

    @cached_property
    def levels(self) -> list[Level]:
        """What the test data are scored by."""
        return levels_of(self.data, self.test.places, self.test.whole)[0]

    def judge(self, values: Float[np.ndarray, "w g"]) -> dict[str, float]:
        """Return ``dev_score`` and ``dev_loss`` of the answers for the development windows."""
        (level, *_), _ = self._dev
        mean = mean_by_unit(values, self.dev.whole, len(level.truth))
        own = level.answers(values, self.vote)
        if self.n_classes:
            right = mean[np.arange(len(own)), level.truth]
            return {
                "dev_score": float((own == level.truth).mean()),
                "dev_loss": float(-np.log(np.maximum(right, TINY)).mean()),
            }
        found = spearman(own, level.truth) if len(own) > 1 else math.nan
        error = float(((own - level.truth) ** 2).mean())
        # Equal answers for all have no ranks: nothing was found.
        return {"dev_score": found if math.isfinite(found) else 0.0, "dev_loss": error}

    @cached_property
    def _dev(self) -> tuple[list[Level], tuple[str, ...]]:
        return levels_of(self.data, self.dev.places, self.dev.whole)


def material_of(
    data: SequenceSet,
    splits: Splits,
    longest: int,
    *,
    window: int | None = None,
    stride: int | None = None,
    train_size: int | None = None,
    vote: str = "mean",
    seed: int = 0,
) -> Material:
    """Cut the data into windows.

    Args:
        data: The sequences.
        splits: Training, development and test data.
        longest: Symbols that the encoder reads at most.
        window: Symbols of a window at most; ``longest`` by default.
        stride: Symbols from window to window.
        train_size: Sequences that are learnt from.
        vote: How windows of a sequence answer together.
        seed: Of the choice of these.

    Raises:
        InputError: There is no development data, or no class has test data.
        OptionError: A number is not legal.
    """
    if window is not None and not 1 <= window <= longest:
        raise OptionError(f"window {window}: legal are 1 to {longest}, what the encoder reads")
    if vote not in RULES:
        raise OptionError(f"vote {vote!r}: legal are {', '.join(RULES)}")
    if not splits.dev:
        raise InputError(
            f"{data.name} has no development data, on which every arm's settings are chosen: give "
            "it a share"
        )
    _check_classes(data, splits)
    train = splits.train
    if train_size is not None:
        train = nested_subsets(data, train, [train_size], seed)[train_size]
    notes: list[str] = [*data.notes, *splits.notes]
    made: list[Windowed] = []
    for name, places in (("train", train), ("dev", splits.dev), ("test", splits.test)):
        own = [data.examples[place].symbols for place in places]
        cut = cut_windows(own, window or longest, stride)
        notes += [f"{name}: {note}" for note in cut.notes]
        whole = np.array(cut.whole, dtype=np.int64)
        made.append(Windowed(tuple(places), cut.symbols, whole, labels_of(data, places)[whole]))
    learnt, dev, test = made
    notes += levels_of(data, test.places, test.whole)[1]
    return Material(data, learnt, dev, test, vote, tuple(notes))


def _check_classes(data: SequenceSet, splits: Splits) -> None:
    """Refuse classes that are not learnt or not tested: no score would speak of them.

    In splits that the data mark it is their own affair, and a note says it.
    """
    if any(one.split is not None for one in data.examples):
        return
    for name, places in (("training", splits.train), ("test", splits.test)):
        there = {str(data.examples[place].label) for place in places}
        for label in data.classes:
            if label in there:
                continue
            own = [one for one in data.examples if one.label == label]
            if len(own) == 1:
                raise InputError(
                    f"{own[0].where}: label {label!r} has one example, which cannot be learnt and "
                    "tested; bring more of it, or leave it out"
                )
            groups = {one.group for one in own}
            why = (
                f"its {len(own)} sequences are in {len(groups)} group(s), which stay together"
                if None not in groups
                else f"it has {len(own)} sequences"
            )
            raise InputError(
                f"{data.name}: no {name} data of label {label!r}: {why}; bring more, choose other "
                "shares or another seed, or leave the label out"
            )


def changed(windows: Windowed, control: str | None, seed: int, split: str) -> Windowed:
    """Return the windows as a control sees them.

    Args:
        windows: Of a split.
        control: ``reversed``, ``labels``, or None for no control.
        seed: Of the labels that are dealt out.
        split: Labels are dealt out in ``train`` only.
    """
    if control == REVERSED:
        turned = tuple(symbols[::-1] for symbols in windows.symbols)
        return Windowed(windows.places, turned, windows.whole, windows.labels)
    if control == LABELS and split == "train":
        order = np.random.default_rng([seed, 1]).permutation(len(windows.places))
        first = np.unique(windows.whole, return_index=True)[1]
        dealt = windows.labels[first][order][windows.whole]
        return Windowed(windows.places, windows.symbols, windows.whole, dealt)
    return windows


def numbers_of(alphabet: Sequence[str]) -> Callable[[Symbols], Int[np.ndarray, " s"]]:
    """Return what writes symbols as numbers from 0."""
    numbers: Mapping[str, int] = {symbol: at for at, symbol in enumerate(alphabet)}
    return lambda symbols: np.array([numbers[one] for one in symbols], dtype=np.int64)
