"""Which positions are hidden from a masked language model, and what stands there instead.

Devlin et al. 2019: 15 % of the positions are predicted; of these 80 % show the mask token, 10 % a
random token, 10 % what was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from firth.errors import OptionError
from firth.train.replicas import Part

MARK = "▁"
LONGEST_SPAN = 3  # pieces of a masked run of characters

Ids = Int[np.ndarray, "b t"]


@dataclass(frozen=True)
class Masking:
    """How to mask.

    Attributes:
        share: Share of the positions, special tokens aside, that are predicted.
        replaced: Of these, the share that shows a random token.
        kept: Of these, the share that shows what was there; the rest shows the mask token.
        whole_words: Mask whole words between blanks. Scripts without blanks (Han, kana) have none:
            there, runs of 1 to 3 consecutive pieces are masked together.
    """

    share: float = 0.15
    replaced: float = 0.1
    kept: float = 0.1
    whole_words: bool = False

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        if not 0 < self.share < 1 or min(self.replaced, self.kept) < 0:
            raise OptionError(f"masking {asdict(self)}: shares lie between 0 and 1")
        if self.replaced + self.kept > 1:
            raise OptionError("replaced and kept are shares of one whole; together above 1")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self)


@dataclass(frozen=True)
class Vocabulary:
    """What masking has to know of the pieces.

    Attributes:
        mask: Id of the mask token.
        special: Whether a piece is special: never predicted, never a replacement, [v].
        starts: Whether a piece begins a word, [v].
        unspaced: Whether a piece is written in a script without blanks, [v].
    """

    mask: int
    special: Bool[np.ndarray, " v"]
    starts: Bool[np.ndarray, " v"]
    unspaced: Bool[np.ndarray, " v"]

    @classmethod
    def of(cls, pieces: Sequence[str], special: Sequence[int], mask: int) -> Vocabulary:
        """Read it off the pieces; ``▁`` begins a word, and so does all that has no ``##``."""
        marks = any(piece.startswith(MARK) for piece in pieces)
        starts = [p.startswith(MARK) if marks else not p.startswith("##") for p in pieces]
        is_special = np.zeros(len(pieces), bool)
        is_special[list(special)] = True
        return cls(mask, is_special, np.array(starts), np.array([_unspaced(p) for p in pieces]))


@dataclass(frozen=True)
class MaskedBatch:
    """Sequences with hidden positions.

    Attributes:
        inputs: What the model sees, [b, t].
        original: What was there, [b, t].
        chosen: Which positions are predicted, [b, t].
        offsets: The first position of each sequence, [b]; None for 0 everywhere.
    """

    inputs: Ids
    original: Ids
    chosen: Bool[np.ndarray, "b t"]
    offsets: Int[np.ndarray, " b"] | None = None

    def part(self, part: Part) -> MaskedBatch:
        """Return the rows of a part."""
        if part.of == 1:
            return self
        rows = slice(part.index, None, part.of)
        offsets = None if self.offsets is None else self.offsets[rows]
        return MaskedBatch(self.inputs[rows], self.original[rows], self.chosen[rows], offsets)


def _unspaced(piece: str) -> bool:
    text = piece.removeprefix(MARK).removeprefix("##")
    return bool(text) and all("\u3040" <= c <= "\u30ff" or "\u3400" <= c <= "\u9fff" for c in text)


def mask(
    ids: Ids, masking: Masking, vocabulary: Vocabulary, generator: np.random.Generator
) -> MaskedBatch:
    """Hide positions of each sequence.

    Args:
        ids: Sequences, special tokens included.
        masking: How.
        vocabulary: Of the ids.
        generator: Where chance comes from.
    """
    open_ = ~vocabulary.special[ids]  # [b, t]
    rows = zip(ids, open_, strict=True)
    if masking.whole_words:
        chosen = np.stack(
            [_choose_words(*row, masking.share, vocabulary, generator) for row in rows]
        )
    else:
        chosen = _choose(open_, masking.share, generator)
    lot = generator.random(ids.shape)
    inputs = np.where(chosen, vocabulary.mask, ids)
    ordinary = np.flatnonzero(~vocabulary.special)
    random = generator.choice(ordinary, ids.shape)
    inputs = np.where(chosen & (lot < masking.replaced), random, inputs)
    upper = masking.replaced + masking.kept
    inputs = np.where(chosen & (masking.replaced <= lot) & (lot < upper), ids, inputs)
    return MaskedBatch(inputs, ids, chosen)


def _choose(
    open_: Bool[np.ndarray, "b t"], share: float, generator: np.random.Generator
) -> Bool[np.ndarray, "b t"]:
    """Choose positions, of each sequence the same share of its open ones (at least one)."""
    lot = np.where(open_, generator.random(open_.shape), 2.0)
    rank = lot.argsort(axis=1).argsort(axis=1)
    wanted = np.maximum(1, np.rint(share * open_.sum(axis=1)))
    return (rank < wanted[:, None]) & open_


def _choose_words(
    ids: Int[np.ndarray, " t"],
    open_: Bool[np.ndarray, " t"],
    share: float,
    vocabulary: Vocabulary,
    generator: np.random.Generator,
) -> Bool[np.ndarray, " t"]:
    """Choose whole units of one sequence until the share is reached as nearly as they allow."""
    unit = _units(ids, open_, vocabulary, generator)  # [t]
    sizes = np.bincount(unit, weights=open_).astype(int)  # open positions of each unit
    order = generator.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    taken = order[before + sizes[order] / 2 <= max(1, share * open_.sum())]
    return np.isin(unit, taken) & open_


def _units(
    ids: Int[np.ndarray, " t"],
    open_: Bool[np.ndarray, " t"],
    vocabulary: Vocabulary,
    generator: np.random.Generator,
) -> Int[np.ndarray, " t"]:
    """Number the units from left to right: words, or spans where there are no blanks."""
    unit, left = -1, 0
    units = np.zeros(len(ids), np.int64)
    starts, unspaced = vocabulary.starts[ids], vocabulary.unspaced[ids]
    for i in range(len(ids)):
        if unspaced[i]:
            new = left == 0 or not unspaced[i - 1]
            left = int(generator.integers(1, LONGEST_SPAN + 1)) if new else left
            left -= 1
        else:
            new = starts[i] or not open_[i] or not open_[i - 1] or unspaced[i - 1]
        unit += bool(new or i == 0)
        units[i] = unit
    return units
