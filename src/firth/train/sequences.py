"""Training sequences of one length, drawn from sources of several languages.

A sequence is one language and one source: it begins with a line drawn at random and goes on with
the lines that follow it until it is full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from firth.errors import InputError


@dataclass(frozen=True)
class Source:
    """Lines of one language from one place, as pieces one after another.

    Attributes:
        ids: Pieces without special tokens, [t].
        starts: First piece of each line, [n].
    """

    ids: Int[np.ndarray, " t"]
    starts: Int[np.ndarray, " n"]

    @classmethod
    def of(cls, lines: Sequence[Sequence[int]]) -> Source:
        """Join lines of pieces; empty ones are left out."""
        full = [line for line in lines if len(line)]
        lengths = np.array([len(line) for line in full], np.int64)
        flat = [piece for line in full for piece in line]
        return cls(np.array(flat, np.int32), np.cumsum(lengths) - lengths)

    def sequence(self, line: int, length: int) -> Int[np.ndarray, " w"]:
        """Return ``length`` pieces from the start of a line on, around the end if need be."""
        at = int(self.starts[line])
        return np.take(self.ids, np.arange(at, at + length), mode="wrap")


@dataclass(frozen=True)
class Sequences:
    """Draws batches; a batch is a function of seed and step.

    Attributes:
        sources: Language -> name -> source.
        length: Pieces of a sequence, the two special tokens included.
        batch: Sequences of a batch.
        first: Id of the token that opens a sequence.
        last: Id of the token that closes it.
        language_power: Languages weigh n ** power by their pieces; 0 draws them equally.
        source_power: The same for the sources of a language.
    """

    sources: Mapping[str, Mapping[str, Source]]
    length: int
    batch: int
    first: int
    last: int
    language_power: float = 0.0
    source_power: float = 0.5

    def __post_init__(self) -> None:
        """Refuse languages without text."""
        for language, sources in self.sources.items():
            if not any(len(source.ids) for source in sources.values()):
                raise InputError(f"no text in language {language!r}: leave it out, or bring some")

    def weights(self) -> dict[tuple[str, str], float]:
        """Return how often each language and source is drawn; sums to 1."""
        sizes = {k: sum(len(s.ids) for s in v.values()) for k, v in self.sources.items()}
        languages = _shares(sizes, self.language_power)
        weights: dict[tuple[str, str], float] = {}
        for language, sources in self.sources.items():
            own = _shares({k: len(s.ids) for k, s in sources.items()}, self.source_power)
            weights |= {(language, name): languages[language] * own[name] for name in own}
        return weights

    def draw(self, seed: int, step: int) -> Int[np.ndarray, "b t"]:
        """Return the batch of a step: special tokens at both ends, no padding."""
        generator = np.random.default_rng([seed, step])
        weights = self.weights()
        keys = list(weights)
        chosen = generator.choice(len(keys), self.batch, p=list(weights.values()))
        rows: list[Int[np.ndarray, " t"]] = []
        for language, name in (keys[i] for i in chosen):
            source = self.sources[language][name]
            rows.append(self.close(source, int(generator.integers(len(source.starts)))))
        return np.stack(rows)

    def config(self) -> dict[str, Any]:
        """Return what must not change when a run goes on."""
        return {
            "length": self.length,
            "batch": self.batch,
            "language_power": self.language_power,
            "source_power": self.source_power,
            "pieces": {
                f"{language}/{name}": len(source.ids)
                for language, sources in self.sources.items()
                for name, source in sources.items()
            },
        }

    def close(self, source: Source, line: int) -> Int[np.ndarray, " t"]:
        """Return the sequence that begins with a line of a source, special tokens at its ends."""
        inner = source.sequence(line, self.length - 2)
        return np.concatenate([[self.first], inner, [self.last]]).astype(np.int64)


def _shares(sizes: Mapping[str, int], power: float) -> dict[str, float]:
    raw = {key: float(size) ** power if size else 0.0 for key, size in sizes.items()}
    total = sum(raw.values())
    return {key: value / total for key, value in raw.items()}
