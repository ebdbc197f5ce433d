"""Kinds of text that are drawn more or less often than their length alone would have it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field

from firth.errors import InputError
from firth.train.sequences import Sequences


def weight(text: str) -> tuple[str, float]:
    """Read ``KIND=FACTOR`` from the command line."""
    kind, _, factor = text.rpartition("=")
    try:
        value = float(factor)
    except ValueError:
        value = -1.0
    if not kind or not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not KIND=FACTOR, FACTOR a number from 0 on")
    return kind, value


@dataclass(frozen=True)
class WeightedSequences(Sequences):
    """Sequences whose sources weigh more or less; languages keep their shares.

    Attributes:
        factors: Kind of text -> what its weight is multiplied by, in every language.
    """

    factors: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse kinds that are not there, and languages of which nothing is left."""
        super().__post_init__()
        kinds = {kind for sources in self.sources.values() for kind in sources}
        if missing := sorted(set(self.factors) - kinds):
            raise InputError(f"no text of kind {', '.join(missing)}; there are {sorted(kinds)}")
        for language, sources in self.sources.items():
            if not any(self.factors.get(kind, 1.0) and len(s.ids) for kind, s in sources.items()):
                raise InputError(f"the weights leave nothing of language {language!r}")

    def weights(self) -> dict[tuple[str, str], float]:
        """Return how often each language and source is drawn; sums to 1."""
        plain = super().weights()
        raised = {key: value * self.factors.get(key[1], 1.0) for key, value in plain.items()}
        before, after = _by_language(plain), _by_language(raised)
        return {key: v / after[key[0]] * before[key[0]] for key, v in raised.items()}


def _by_language(weights: Mapping[tuple[str, str], float]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for (language, _), value in weights.items():
        sums[language] = sums.get(language, 0.0) + value
    return sums
