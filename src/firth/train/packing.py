"""Sentences packed into sequences of one length: no padding, epochs counted exactly.

The sentences of a language go by in epochs, each in an order of its own, one after another with
``[SEP]`` between them; sequences are cut from that stream, one language each (FULL-SENTENCES of Liu
et al. 2019, without documents). Which pieces a step reads is a function of seed and step alone.

Legend: b sequences of a batch, t pieces of a sequence, n sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Int

from firth.errors import InputError, OptionError
from firth.train.sequences import Source


@dataclass(frozen=True)
class Ends:
    """Ids of the tokens that open a sequence and close a sentence."""

    first: int
    last: int


@dataclass
class Packed:
    """Draws batches; a batch is a function of seed and step.

    Attributes:
        sources: Language -> its sentences.
        length: Pieces of a sequence, special tokens included.
        batch: Sequences of a batch.
        ends: Language -> special tokens.
        power: Languages are drawn as their pieces to this power: 1 as they are, 0 all alike, .3 as
            XLM-R (Conneau et al. 2020).
    """

    sources: Mapping[str, Source]
    length: int
    batch: int
    ends: Mapping[str, Ends]
    power: float = 0.0
    _epochs: dict[tuple[str, int, int], Int[np.ndarray, " p"]] = field(
        default_factory=dict[tuple[str, int, int], Int[np.ndarray, " p"]], repr=False
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be packed."""
        if self.length < 4:
            raise OptionError(f"length {self.length}: a sequence needs at least 4 pieces")
        for language, source in self.sources.items():
            if not len(source.ids):
                raise InputError(f"no text in language {language!r}: leave it out, or bring some")
        for language, share in self.shares().items():
            if share * self.batch < 1:
                raise OptionError(
                    f"batch {self.batch}: {language} would have {share:.3f} of it, less than one "
                    "sequence; take a larger batch or a smaller --language-power"
                )

    def languages(self) -> tuple[str, ...]:
        """Return the languages in their order."""
        return tuple(self.sources)

    def epoch_pieces(self, language: str) -> int:
        """Return the pieces of one epoch of a language, ends of sentences included."""
        source = self.sources[language]
        return len(source.ids) + len(source.starts)

    def shares(self) -> dict[str, float]:
        """Return which share of the sequences each language has; sums to 1."""
        raw = {one: float(len(own.ids)) ** self.power for one, own in self.sources.items()}
        total = sum(raw.values())
        return {language: value / total for language, value in raw.items()}

    def before(self, step: int) -> Int[np.ndarray, " languages"]:
        """Return how many sequences of each language came before a step (largest remainders)."""
        exact = np.array([share * self.batch * step for share in self.shares().values()])
        whole = np.floor(exact).astype(np.int64)
        left = self.batch * step - int(whole.sum())
        whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
        return whole

    def epochs(self, step: int) -> dict[str, float]:
        """Return how many epochs of each language were read before a step."""
        inner = self.length - 1
        return {
            language: int(sequences) * inner / self.epoch_pieces(language)
            for language, sequences in zip(self.sources, self.before(step), strict=True)
        }

    def rows(self, step: int) -> Int[np.ndarray, " b"]:
        """Return the language of each row of a step's batch, as a number."""
        return np.repeat(np.arange(len(self.sources)), self.before(step + 1) - self.before(step))

    def draw(self, seed: int, step: int) -> Int[np.ndarray, "b t"]:
        """Return the batch of a step, the languages one after another."""
        blocks: list[Int[np.ndarray, "k t"]] = []
        for language, begin, end in zip(
            self.sources, self.before(step), self.before(step + 1), strict=True
        ):
            inner = self.length - 1
            pieces = self._pieces(seed, language, int(begin) * inner, int(end) * inner)
            block = np.empty((int(end - begin), self.length), np.int64)
            block[:, 0] = self.ends[language].first
            block[:, 1:] = pieces.reshape(-1, inner)
            blocks.append(block)
        return np.concatenate(blocks)

    def config(self) -> dict[str, Any]:
        """Return what must not change when a run goes on."""
        return {
            "length": self.length,
            "batch": self.batch,
            "language_power": self.power,
            "pieces": {language: self.epoch_pieces(language) for language in self.sources},
            "ends": {language: [ends.first, ends.last] for language, ends in self.ends.items()},
        }

    def _pieces(self, seed: int, language: str, begin: int, end: int) -> Int[np.ndarray, " p"]:
        """Return the pieces [begin, end) of a language's endless stream."""
        size = self.epoch_pieces(language)
        parts: list[Int[np.ndarray, " p"]] = []
        while begin < end:
            epoch, at = divmod(begin, size)
            until = min(end - epoch * size, size)
            parts.append(self._epoch(seed, language, epoch)[at:until])
            begin = epoch * size + until
        return np.concatenate(parts) if parts else np.empty(0, np.int32)

    def _epoch(self, seed: int, language: str, epoch: int) -> Int[np.ndarray, " p"]:
        """Return the pieces of one epoch; the last ones used are kept."""
        key = (language, seed, epoch)
        if key not in self._epochs:
            kept = [old for old in self._epochs if old[0] == language]
            for old in kept[:-1]:  # a batch may span two epochs
                del self._epochs[old]
            number = list(self.sources).index(language)
            rng = np.random.default_rng([seed, number, epoch])
            self._epochs[key] = _shuffled(self.sources[language], self.ends[language].last, rng)
        return self._epochs[key]


def _shuffled(source: Source, last: int, rng: np.random.Generator) -> Int[np.ndarray, " p"]:
    """Return the sentences in a random order, each with its end behind it."""
    n = len(source.starts)
    lengths = np.diff(np.append(source.starts, len(source.ids)))
    order = rng.permutation(n)
    own = lengths[order]
    ends = np.cumsum(own + 1) - 1  # where each sentence's end stands
    pieces = np.full(len(source.ids) + n, last, np.int32)
    text = np.ones(len(pieces), bool)
    text[ends] = False
    begins = np.repeat(source.starts[order] - (np.cumsum(own) - own), own)
    pieces[text] = source.ids[begins + np.arange(len(source.ids))]
    return pieces
