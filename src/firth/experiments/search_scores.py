"""The scores of ``search``: what each layer and correction finds, and whether that is more.

Legend of dimensions: n queries, k columns of scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt64

from firth.experiments.align_pairs import BEST_ON_HALF
from firth.experiments.corrected import CENTRED, NONE, family_of
from firth.experiments.search_texts import Direction, SearchTexts
from firth.probe.expected_rank import Ranks
from firth.probe.mixed_pool import Found
from firth.probe.paired import holm, sign_flip_p
from firth.probe.statistics import mean_intervals
from firth.results.items import MOST_BYTES, Items, keys_of, numbered
from firth.results.schema import Cell, Score

METRICS = ("mrr", "recall_at_1", "recall_at_10", "same_language_share")
APART = "others_only"
UNIT = "query"
# Examples of a direction that are kept, each way.
SHOWN = 10

Values = Float[np.ndarray, "n k"]
Key = tuple[int, str]  # layer and correction


@dataclass
class Columns:
    """What one direction found, before intervals are drawn.

    Attributes:
        direction: Which one.
        values: (layer, correction) -> a value a query for each of `METRICS`, [n, 4].
        apart: The same of the first two metrics among documents of other languages only, [n, 2].
        half: Queries whose MRR chose the layer of each correction, and what was chosen.
    """

    direction: Direction
    values: dict[Key, Values] = field(default_factory=dict[Key, Values])
    apart: dict[Key, Values] = field(default_factory=dict[Key, Values])
    half: tuple[Bool[np.ndarray, " n"], list[Key]] | None = None

    def add(self, layer: int, correction: str, found: Found) -> None:
        """Keep what a layer found under a correction."""
        self.values[layer, correction] = _columns(found.ranks, found.own)
        self.apart[layer, correction] = _columns(found.apart)

    def scores(self, rng: np.random.Generator) -> Iterator[Score]:
        """Yield all scores of the direction."""
        last = max(layer for layer, _ in self.values)
        others = [key for key in self.values if key[0] == last and key[1] != NONE]
        p = _tests(self.values[last, NONE], [self.values[key] for key in others], rng)
        tested = dict(zip(others, p, strict=True))
        yield from self._rows(self.values, METRICS, rng, tested)
        yield from self._rows(self.apart, METRICS[:2], rng, {}, control=APART)
        yield from self._best_on_half(rng)
        ranks, own = self.direction.pool.chance()
        chance = _columns(ranks, own).mean(axis=0)
        for metric, value in zip(METRICS, chance.tolist(), strict=True):
            yield Score(
                metric=metric, value=value, n=len(own), unit=UNIT, control="chance", **self._about()
            )

    def items(self, asked: SearchTexts) -> Iterator[Items]:
        """Yield query by query what runs are compared by, after `scores`.

        Args:
            asked: Has the sentences.
        """
        texts, rows = asked.texts[self.direction.source], self.direction.queries.tolist()
        keys = keys_of(numbered(texts[row] for row in rows))
        last = max(layer for layer, _ in self.values)
        size = sum(one.size for one in self.values.values()) * np.dtype(np.float32).itemsize
        kept = [key for key in self.values if size <= MOST_BYTES or key[0] == last]
        name = f"{self.direction.pair}.{self.direction.name}"
        yield self._group(name, keys, {key: self.values[key] for key in kept})
        if self.half is not None:
            half, best = self.half
            rest = {key: self.values[key][~half] for key in best}
            yield self._group(f"{name}.{BEST_ON_HALF}", keys[~half], rest, split=BEST_ON_HALF)

    def _group(
        self, name: str, keys: UInt64[np.ndarray, " n"], values: dict[Key, Values], **more: Any
    ) -> Items:
        rows = tuple(
            {"metric": metric, "layer": layer, "similarity": "raw", "arm": correction}
            | self._about()
            | more
            for layer, correction in values
            for metric in METRICS
        )
        return Items(name, keys, rows, np.concatenate(list(values.values()), axis=1))

    def _about(self) -> dict[str, Any]:
        return {"pair": self.direction.pair, "direction": self.direction.name}

    def _rows(
        self,
        values: dict[Key, Values],
        metrics: Sequence[str],
        rng: np.random.Generator,
        tested: dict[Key, list[dict[str, float]]],
        **fields: Any,
    ) -> Iterator[Score]:
        """Yield the mean over queries of each layer, correction and metric, with its interval."""
        bounds = iter(mean_intervals(np.concatenate(list(values.values()), axis=1), rng))
        for (layer, correction), own in values.items():
            p = tested.get((layer, correction), [{} for _ in metrics])
            for at, metric in enumerate(metrics):
                low, high = next(bounds)
                yield Score(
                    metric=metric, value=float(own[:, at].mean()), n=len(own), unit=UNIT, low=low,
                    high=high, layer=layer, similarity="raw", arm=correction, **p[at],
                    **self._about(), **fields,
                )  # fmt: skip

    def _best_on_half(self, rng: np.random.Generator) -> Iterator[Score]:
        """Yield the scores over one half where each correction has the best MRR on the other."""
        n = len(self.direction.queries)
        half = rng.permutation(n) % 2 == 0
        if n < 2:
            return
        best: dict[str, Key] = {}
        for family in dict.fromkeys(family_of(correction) for _, correction in self.values):
            keys = [key for key in self.values if family_of(key[1]) == family]
            best[family] = max(keys, key=lambda key: self.values[key][half, 0].mean())
        self.half = half, list(best.values())
        rest = {key: self.values[key][~half] for key in best.values()}
        others = [key for key in rest if key[1] != NONE]
        p = _tests(rest[best[NONE]], [rest[key] for key in others], rng)
        tested = dict(zip(others, p, strict=True))
        yield from self._rows(rest, METRICS, rng, tested, split=BEST_ON_HALF)


def _columns(ranks: Ranks, own: Float[np.ndarray, " n"] | None = None) -> Values:
    found = [ranks.reciprocal(), ranks.precision(1)]
    if own is not None:
        found += [ranks.precision(10), own]
    return np.stack(found, axis=1)


def _tests(
    before: Values, after: Sequence[Values], rng: np.random.Generator
) -> list[list[dict[str, float]]]:
    """Return p and p_adjusted of each correction and metric, corrected over corrections."""
    if not after:
        return []
    k = before.shape[1]
    differences = np.concatenate([own - before for own in after], axis=1)
    p = sign_flip_p(differences, rng).reshape(len(after), k)
    adjusted = np.array([holm(p[:, at].tolist()) for at in range(k)]).T
    return [
        [{"p": float(p[i, at]), "p_adjusted": float(adjusted[i, at])} for at in range(k)]
        for i in range(len(after))
    ]


def examples(
    direction: Direction, asked: SearchTexts, before: Found, after: Found
) -> list[dict[str, Cell]]:
    """Return queries that the look-alikes deceived before or after, and not the other time."""
    documents = [
        asked.texts[language][row]
        for language, rows in direction.documents.items()
        for row in rows.tolist()
    ]
    right = [one.ranks.precision(1) == 1 for one in (before, after)]
    deceived = [direction.pool.own[one.first] for one in (before, after)]
    rows: list[dict[str, Cell]] = []
    for change, chosen in (
        ("mended", deceived[0] & right[1]),
        ("spoilt", right[0] & deceived[1]),
    ):
        for query in np.flatnonzero(chosen)[:SHOWN].tolist():
            answers = direction.pool.answers(query).tolist()
            rows.append(
                {
                    "pair": direction.pair, "direction": direction.name, "change": change,
                    "query": asked.texts[direction.source][int(direction.queries[query])],
                    "answers": [documents[one] for one in answers],
                    "first_before": documents[int(before.first[query])],
                    "first_after": documents[int(after.first[query])],
                    "correction": CENTRED, "of": int(chosen.sum()),
                }
            )  # fmt: skip
    return rows
