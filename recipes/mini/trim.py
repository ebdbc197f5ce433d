"""Choose the pieces that stay: special tokens, single characters, and the most used of the rest.

"Most used" is an estimate for each language, and the languages weigh the same:

    use(p | language) = (1 - PRIOR) counted(p | language) + PRIOR known(p | language)

*counted* is the mean over the kinds of text (Bible, documentation, everyday sentences) of the
piece's share of the tokens. *known* is the vocabulary's own score, its probability in the text
XLM-R was made from, among pieces written in the language's letters. The texts are narrow (for
Russian there is only a Bible of 1876), and without *known* the words of today would fall apart.

Scores stay as they are. Taking pieces away makes a Unigram model use others, never pieces that are
not there, and every character that had a piece of its own keeps it: nothing becomes ``<unk>`` that
was not before.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from .tokenizer import MARK, SPECIAL

Counts = Mapping[tuple[str, str], Counter[int]]  # (language, kind of text) -> piece id -> times

BUDGET = 48_000
PRIOR = 0.25
LETTERS = 0.9995  # the share of a language's letters that its alphabet must cover


def is_kept_anyway(piece: str) -> bool:
    """Whether a piece stays whatever the texts say: special tokens and single characters."""
    return piece in SPECIAL or len(piece.removeprefix(MARK)) <= 1


def shares(counts: Counter[int]) -> dict[int, float]:
    """Turn times into shares of the tokens."""
    total = sum(counts.values())
    return {piece: times / total for piece, times in counts.items()}


def counted(counts: Counts, language: str) -> dict[int, float]:
    """The mean over kinds of text of each piece's share, for one language."""
    kinds = [shares(c) for (of, _kind), c in counts.items() if of == language]
    mean: dict[int, float] = {}
    for kind in kinds:
        for piece, share in kind.items():
            mean[piece] = mean.get(piece, 0.0) + share / len(kinds)
    return mean


def alphabet(pieces: Sequence[str], used: Mapping[int, float]) -> frozenset[str]:
    """The most frequent letters that together cover `LETTERS` of a language's text.

    The cut leaves out what foreign names bring along.
    """
    weight: Counter[str] = Counter()
    for piece, share in used.items():
        for letter in pieces[piece].lower():
            if letter.isalpha():
                weight[letter] += share
    covered, limit = 0.0, LETTERS * sum(weight.values())
    letters: set[str] = set()
    for letter, share in sorted(weight.items(), key=lambda item: (-item[1], item[0])):
        if covered >= limit:
            break
        letters.add(letter)
        covered += share
    return frozenset(letters)


def known(
    pieces: Sequence[str], scores: Sequence[float], letters: frozenset[str]
) -> dict[int, float]:
    """The vocabulary's own probabilities among pieces of these letters only, summing to one."""
    fits = [
        i
        for i, piece in enumerate(pieces)
        if not is_kept_anyway(piece) and letters.issuperset(piece.removeprefix(MARK).lower())
    ]
    mass = {i: math.exp(scores[i]) for i in fits}
    total = sum(mass.values())
    return {i: m / total for i, m in mass.items()}


def choose(
    pieces: Sequence[str],
    scores: Sequence[float],
    counts: Counts,
    *,
    budget: int = BUDGET,
    prior: float = PRIOR,
) -> list[int]:
    """Choose the pieces that stay.

    Args:
        pieces: The whole vocabulary.
        scores: Its log probabilities.
        counts: How often each piece was used, by language and kind of text.
        budget: How many pieces may stay.
        prior: The weight of the vocabulary's own score against what was counted.

    Returns:
        Their ids in the whole vocabulary, ascending, so that the special tokens keep their places:
        the first four ids, and ``<mask>`` last.

    Raises:
        ValueError: If the pieces that stay anyway are more than the budget.
    """
    anyway = [i for i, piece in enumerate(pieces) if is_kept_anyway(piece)]
    if len(anyway) > budget:
        raise ValueError(f"{len(anyway)} pieces stay anyway; a budget of {budget} is too small")
    use: dict[int, float] = {}
    for language in sorted({of for of, _kind in counts}):
        seen = counted(counts, language)
        expected = known(pieces, scores, alphabet(pieces, seen))
        for part, weight in ((seen, 1 - prior), (expected, prior)):
            for piece, share in part.items():
                use[piece] = use.get(piece, 0.0) + weight * share
    rest = sorted(use.keys() - set(anyway), key=lambda piece: (-use[piece], piece))
    return sorted([*anyway, *rest[: budget - len(anyway)]])
