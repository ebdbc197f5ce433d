"""What links score, and which choice of layer, similarity and method is best on held-out pairs.

Bootstrap samples draw sentence pairs, the same ones for every choice. What each sentence pair
counts is stored (`firth.results.items`), so that models are compared on the same pairs.

Legend of dimensions: n sentence pairs, m bootstrap samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from firth.experiments.answer import Measured
from firth.experiments.links_answers import Answers
from firth.probe.link_scores import LinkCounts, count_links, count_nulls
from firth.probe.statistics import DRAWS, interval
from firth.results.items import MOST_BYTES, Items, item_arrays, keys_of, numbered
from firth.results.schema import Comparison, Score
from firth.text.alignment import GoldLinks, SentencePair

BEST_ON_HALF = "best_on_half"
UNIT = "sentence pair"
F1, ERROR_RATE, NULLS = "alignment_f1", "alignment_error_rate", "null_f1"


@dataclass(frozen=True)
class Counted:
    """What the links of every sentence pair count, and the words without a link."""

    links: LinkCounts
    nulls: LinkCounts

    def of(self, chosen: Int[np.ndarray, " k"]) -> Counted:
        """Return the counts of some sentence pairs."""
        return Counted(
            *(
                LinkCounts(one.answered[chosen], one.sure[chosen], one.right_sure[chosen],
                           one.right_possible[chosen])
                for one in (self.links, self.nulls)
            )
        )  # fmt: skip


def counted(answers: Answers, pairs: Sequence[SentencePair], gold: Sequence[GoldLinks]) -> Counted:
    """Count the links of every sentence pair against its gold links."""
    dense: list[np.ndarray] = []
    for pair, links in zip(pairs, answers.links, strict=True):
        dense.append(np.zeros((len(pair.source), len(pair.target)), dtype=bool))
        dense[-1][tuple(links.T)] = True
    sure, possible = [one.sure for one in gold], [one.possible for one in gold]
    return Counted(count_links(dense, sure, possible), count_nulls(dense, sure, possible))


def drawn(n: int, rng: np.random.Generator) -> Float[np.ndarray, "m n"]:
    """Return how often each sentence pair is drawn in each bootstrap sample."""
    return rng.multinomial(n, np.full(n, 1 / n), size=DRAWS).astype(np.float64)


def score_rows(counts: Counted, weights: Float[np.ndarray, "m n"], **fields: Any) -> list[Score]:
    """Return the scores that exist, with their intervals."""
    n = len(counts.links.answered)
    statistics = (
        (F1, counts.links.f1), (ERROR_RATE, counts.links.error_rate), (NULLS, counts.nulls.f1),
    )  # fmt: skip
    rows: list[Score] = []
    for metric, statistic in statistics:
        value = float(statistic()[0])
        if np.isnan(value):
            continue  # nothing to be found in these pairs
        low, high = interval(statistic(weights), value) if n > 1 else (None, None)
        rows.append(Score(metric=metric, value=value, n=n, unit=UNIT, low=low, high=high, **fields))
    return rows


@dataclass(frozen=True)
class Chosen:
    """The choice whose links are told.

    Attributes:
        answers: Its links.
        by: How it was chosen, in words.
        f1: The F1 that decided, if one did.
    """

    answers: Answers
    by: str
    f1: float | None = None


def measure(
    all_answers: Sequence[Answers],
    controls: Sequence[Answers],
    pairs: Sequence[SentencePair],
    gold: Sequence[GoldLinks],
    rng: np.random.Generator,
    found: Measured,
) -> Chosen:
    """Add the scores of all choices and controls; return the best choice.

    It is the best on one half of the sentence pairs; with one pair only, on that.
    """
    n = len(pairs)
    weights = drawn(n, rng)
    order = rng.permutation(n)
    chosen_on, scored_on = np.sort(order[: n // 2]), np.sort(order[n // 2 :])
    counts = [counted(answers, pairs, gold) for answers in all_answers]
    for answers, own in zip(all_answers, counts, strict=True):
        found.scores += score_rows(own, weights, **answers.fields)
    for answers in controls:
        found.scores += score_rows(counted(answers, pairs, gold), weights, **answers.fields)
    half = chosen_on if n > 1 else scored_on
    decided = np.array([own.of(half).links.f1()[0] for own in counts])
    decided = np.where(np.isnan(decided), -1, decided)
    best: dict[tuple[Comparison | None, str | None], int] = {}
    for at, answers in enumerate(all_answers):
        key = answers.similarity, answers.method
        if key not in best or decided[at] > decided[best[key]]:
            best[key] = at
    if n > 1:
        other = drawn(len(scored_on), rng)
        for at in best.values():
            fields = all_answers[at].fields | {"split": BEST_ON_HALF}
            found.scores += score_rows(counts[at].of(scored_on), other, **fields)
    else:
        found.warnings.append("one sentence pair has no halves: the layer was chosen on that pair")
    names = list(numbered(pair.line for pair in pairs))
    kept = {at: own for at, own in enumerate(counts) if _small(counts) or at in best.values()}
    groups = [*_items("pairs", names, kept, all_answers, {})]
    if n > 1:
        halved = {at: counts[at].of(scored_on) for at in best.values()}
        rest = [names[at] for at in scored_on.tolist()]
        groups += _items("half", rest, halved, all_answers, {"split": BEST_ON_HALF})
    found.arrays = {**found.arrays, **item_arrays(groups)}
    winner = max(best.values(), key=lambda at: decided[at])
    where = f"best F1 on {len(half)} of {n} sentence pairs"
    return Chosen(all_answers[winner], where, max(float(decided[winner]), 0.0))


def _small(counts: Sequence[Counted]) -> bool:
    """Say whether the counts of all choices are few enough to be stored."""
    numbers = sum(3 * one.links.columns().size for one in counts)
    return numbers * np.dtype(np.float32).itemsize <= MOST_BYTES


def _items(
    group: str,
    names: Sequence[str],
    counts: Mapping[int, Counted],
    all_answers: Sequence[Answers],
    more: Mapping[str, Any],
) -> Iterator[Items]:
    """Yield what each sentence pair counts under some choices, a group a metric."""
    for metric, statistic in ((F1, F1), (ERROR_RATE, ERROR_RATE), (NULLS, F1)):
        own = [one.nulls if metric == NULLS else one.links for one in counts.values()]
        rows = tuple({"metric": metric, **all_answers[at].fields, **more} for at in counts)
        values = np.stack([one.columns() for one in own], axis=1)  # (n, c, 4)
        yield Items(f"{group}.{metric}", keys_of(names), rows, values, statistic=statistic)
