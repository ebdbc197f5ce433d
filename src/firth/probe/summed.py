"""Statistics of counts that are first summed over items, and paired tests of two such.

    ratio                 a / b: rates over tokens or words that come by sentence
    macro_ratio           a / b in each stratum (language, group of questions), then the mean
    alignment_f1, alignment_error_rate   of word links (`firth.probe.link_scores`)
    bleu_1                clipped unigram precision times the brevity penalty (Papineni et al. 2002)
    pseudo_perplexity     exp(- a / b), a log-probability and b tokens

None is a mean over items, so signs of differences cannot be flipped. Instead the two ways exchange
their counts of an item, at random, item by item (of a whole cluster, where items come in such), and
the statistic is taken of the new sums: approximate randomisation (Noreen 1989; Yeh 2000 for F1).
For a mean it is the sign-flip test. The interval of the difference is a bootstrap over the same
items or clusters.

Legend of dimensions: n items, j numbers of an item, k sums, u clusters, m samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from firth.probe.link_scores import error_rate_of, f1_of
from firth.probe.paired import FLIPS, Paired
from firth.probe.statistics import DRAWS, interval

# Numbers of drawn clusters that are held at once.
_AT_ONCE = 2**21

Sums = Float[np.ndarray, "m k"]
Values = Float[np.ndarray, " m"]


def ratio_of(sums: Float[np.ndarray, "m 2"]) -> Values:
    """Return the ratio of two sums; NaN where nothing is below the line."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sums[:, 1] != 0, sums[:, 0] / sums[:, 1], np.nan)


def mean_ratio_of(sums: Sums) -> Values:
    """Return the mean over strata of the ratio of two sums: s above, then s below the line.

    A stratum without anything below the line is left out.
    """
    above, below = np.split(sums, 2, axis=1)  # each (m, s)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(below != 0, above / below, 0.0)
        return ratios.sum(axis=1) / (below != 0).sum(axis=1)


def bleu_1(sums: Float[np.ndarray, "m 3"]) -> Values:
    """Return BLEU-1 of matches, output length, reference length, each summed over texts."""
    matches, long, reference = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        penalty = np.where(long < reference, np.exp(1 - reference / long), 1.0)
        return np.where(long > 0, matches / long * penalty, 0.0)


def perplexity_of(sums: Float[np.ndarray, "m 2"]) -> Values:
    """Return the perplexity of summed log-probabilities and numbers of tokens."""
    with np.errstate(over="ignore"):
        return np.exp(-ratio_of(sums))


@dataclass(frozen=True)
class Summed:
    """A statistic.

    Attributes:
        of: Its value of sums.
        tested: What the test compares: the statistic, or what it is a monotone function of.
    """

    of: Callable[[Sums], Values]
    tested: Callable[[Sums], Values]


SUMMED: dict[str, Summed] = {
    "ratio": Summed(ratio_of, ratio_of),
    "macro_ratio": Summed(mean_ratio_of, mean_ratio_of),
    "alignment_f1": Summed(f1_of, f1_of),
    "alignment_error_rate": Summed(error_rate_of, error_rate_of),
    "bleu_1": Summed(bleu_1, bleu_1),
    # Of perplexities the worst sentence decides; log-probability a token is a mean like others.
    "pseudo_perplexity": Summed(perplexity_of, ratio_of),
}


def summed_value(statistic: str, counts: Float[np.ndarray, "n j"]) -> float:
    """Return a statistic of all items.

    Args:
        statistic: One of `SUMMED`.
        counts: Of each item; of ``macro_ratio`` above the line, below it, and the stratum.
    """
    (spread,) = _spread(statistic, counts)
    return float(SUMMED[statistic].of(spread.sum(axis=0, keepdims=True))[0])


def summed_paired(
    statistic: str,
    first: Float[np.ndarray, "n j"],
    second: Float[np.ndarray, "n j"],
    clusters: Int[np.ndarray, " n"],
    rng: np.random.Generator,
    draws: int = DRAWS,
    flips: int = FLIPS,
) -> Paired:
    """Compare two ways on the same items: interval and test of the difference of a statistic.

    Args:
        statistic: One of `SUMMED`.
        first: Counts of each item.
        second: Those of the same items the other way.
        clusters: Which cluster an item is of; any numbers.
        rng: Draws clusters for the interval, then exchanges.
        draws: How many bootstrap samples.
        flips: How many exchanges; the observed one counts as one more, so that p is never 0.
    """
    own = SUMMED[statistic]
    _, codes = np.unique(clusters, return_inverse=True)
    one, two = (_by_cluster(part, codes) for part in _spread(statistic, first, second))
    value = float((own.of(one.sum(axis=0)[None]) - own.of(two.sum(axis=0)[None]))[0])
    if len(one) < 2:
        return Paired(value, None, None, None)
    low, high = interval(_drawn(own, one, two, rng, draws), value)
    return Paired(value, low, high, _exchanged_p(own, one, two, rng, flips))


def _drawn(
    own: Summed,
    first: Float[np.ndarray, "u k"],
    second: Float[np.ndarray, "u k"],
    rng: np.random.Generator,
    draws: int,
) -> Values:
    """Return the difference in every bootstrap sample of clusters."""
    u = len(first)
    found = np.empty(draws)
    step = max(1, _AT_ONCE // u)
    for at in range(0, draws, step):
        size = min(step, draws - at)
        weights = rng.multinomial(u, np.full(u, 1 / u), size=size).astype(np.float64)  # (m, u)
        found[at : at + size] = own.of(weights @ first) - own.of(weights @ second)
    return found


def _exchanged_p(
    own: Summed,
    first: Float[np.ndarray, "u k"],
    second: Float[np.ndarray, "u k"],
    rng: np.random.Generator,
    flips: int,
) -> float:
    """Return the share of exchanges whose difference is as large as the one observed."""
    u = len(first)
    base, total = second.sum(axis=0), (first + second).sum(axis=0)
    apart = first - second
    observed = _difference(own, first.sum(axis=0)[None], base[None])[0]
    slack = 1e-9 * max(1.0, observed)
    as_large = 0
    step = max(1, _AT_ONCE // u)
    for at in range(0, flips, step):
        kept = rng.integers(0, 2, size=(min(step, flips - at), u)).astype(np.float64)
        sums = base + kept @ apart
        # An exchange whose statistic does not exist counts against the difference.
        found = _difference(own, sums, total - sums)
        as_large += int((~(found < observed - slack)).sum())
    return (as_large + 1) / (flips + 1)


def _difference(own: Summed, first: Sums, second: Sums) -> Values:
    return np.abs(own.tested(first) - own.tested(second))


def _by_cluster(counts: Float[np.ndarray, "n k"], codes: np.ndarray) -> Float[np.ndarray, "u k"]:
    sums = np.zeros((int(codes.max(initial=-1)) + 1, counts.shape[1]))
    np.add.at(sums, codes, counts)
    return sums


def _spread(statistic: str, *sides: Float[np.ndarray, "n j"]) -> list[Float[np.ndarray, "n k"]]:
    """Return what is summed: for ``macro_ratio`` the counts in the columns of their stratum."""
    if statistic != "macro_ratio":
        return [side.astype(np.float64) for side in sides]
    strata = np.unique(np.concatenate([side[:, 2] for side in sides]))
    found: list[np.ndarray] = []
    for side in sides:
        member = side[:, 2:] == strata  # (n, s)
        found.append(np.concatenate([side[:, :1] * member, side[:, 1:2] * member], axis=1))
    return found
