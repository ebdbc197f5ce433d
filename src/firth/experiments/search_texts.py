"""What is searched for in a pool of mixed languages, and what may be found.

The pool of a query holds the sentences of the other language and, as look-alikes, all other
sentences of its own. The query itself is left out, and so is what shares a translation with it
without being a known translation: "I am hungry." for "I'm hungry.", which is neither right nor
wrong. ``pool="all"`` puts the sentences of all pairs into one pool: every known translation of
a query, in whatever language, is right.

What is set aside is linked by no translation to what is asked, in any file: sentences are taken
with all that translates them, and with what translates that. So files that share their sentences,
as translations into many languages do, can be asked together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from firth.errors import InputError, OptionError, did_you_mean
from firth.experiments.corrected import carried_sentences, drawn
from firth.experiments.retrieval_texts import SMALL, questions_of
from firth.probe.correct import Correct
from firth.probe.mixed_pool import Pool
from firth.text.language import LANGUAGES
from firth.text.parallel import Parallel

POOLS = ("pair", "all")
# Pairs that are set aside at least, where a tenth of the text is as much.
ASIDE = 2000
SET_ASIDE, GIVEN, CARRIED = "set aside", "given", "carried"

Sentence = tuple[str, str]  # language and text
Sides = dict[str, list[str]]


@dataclass(frozen=True)
class Direction:
    """The sentences of one side of a pair ask for those of the other.

    Attributes:
        pair: ``en-zh``.
        source: Language of the queries.
        target: Language of the answers.
        queries: Rows among the texts of the source language, [n].
        documents: Language -> rows among its texts, in the order in which the pool numbers them.
        pool: What answers what.
    """

    pair: str
    source: str
    target: str
    queries: Int[np.ndarray, " n"]
    documents: Mapping[str, Int[np.ndarray, " m"]]
    pool: Pool

    @property
    def name(self) -> str:
        """``zh-en`` asks Chinese sentences."""
        return f"{self.source}-{self.target}"


@dataclass(frozen=True)
class SearchTexts:
    """All that is encoded.

    Attributes:
        texts: Language -> sentences that ask or are found, each once.
        fit: Language -> other sentences, on which corrections are fitted.
        fitted_on: What these are: ``given``, ``set aside`` or ``carried``.
        directions: Two for each pair.
        aside: Pair -> how many of its pairs were set aside.
    """

    texts: Mapping[str, tuple[str, ...]]
    fit: Mapping[str, list[str]]
    fitted_on: str
    directions: tuple[Direction, ...]
    aside: Mapping[str, int]


def search_texts(
    pairs: Sequence[Parallel],
    corpora: Mapping[str, Sequence[str]],
    pool: str,
    most: int | None,
    fit: int,
    seed: int,
) -> SearchTexts:
    """Choose what asks, what is found, and what the corrections are fitted on.

    Args:
        pairs: Parallel text, one a pair of languages.
        corpora: Language -> text to fit on; without any, the pairs that are set aside of each
            parallel text, never more than a tenth; of a file too small for it, the sentences
            that firth carries.
        pool: ``pair`` or ``all``.
        most: So many pairs of each text at most.
        fit: So many sentences of a language at most.
        seed: Of all choices.

    Raises:
        InputError: Too few sentences, or a language without a text to fit on.
        OptionError: No such pool.
    """
    if pool not in POOLS:
        raise OptionError(
            f"no pool {pool!r}; there is {', '.join(POOLS)}.{did_you_mean(pool, POOLS)}"
        )
    # Set aside in any case: the same sentences ask, whatever the corrections are fitted on.
    kept, others, aside = _apart(pairs, max(fit, ASIDE), seed)
    asked = [questions_of(one, most, 0, seed) for one in kept]
    texts: Sides = {}
    for one, own in zip(pairs, asked, strict=True):
        texts.setdefault(one.source, []).extend(own.sources)
        texts.setdefault(one.target, []).extend(own.targets)
    unique = {language: tuple(dict.fromkeys(own)) for language, own in texts.items()}
    known = _translations(pairs)
    places = {
        language: {text: at for at, text in enumerate(own)} for language, own in unique.items()
    }
    directions: list[Direction] = []
    for one, own in zip(pairs, asked, strict=True):
        sides = {one.source: list(own.sources), one.target: list(own.targets)}
        for source, target in ((one.source, one.target), (one.target, one.source)):
            among = sides if pool == "pair" else {key: list(every) for key, every in unique.items()}
            directions.append(
                _direction(one.name, source, target, sides[source], among, known, places)
            )
    background, fitted_on = dict(corpora), GIVEN
    if not corpora:
        background, fitted_on = (others, SET_ASIDE) if others else (_carried(unique), CARRIED)
    missing = [language for language in unique if language not in background]
    if missing:
        raise InputError(
            f"there is no text of {missing[0]} to fit a correction on; give --corpus "
            f"{missing[0]}=FILE, for every language of the pairs"
        )
    chosen = drawn(background, unique, fit, seed)
    return SearchTexts(unique, chosen, fitted_on, tuple(directions), aside)


def _translations(pairs: Sequence[Parallel]) -> dict[Sentence, set[Sentence]]:
    """Return what translates what, of all files, whether asked or not."""
    known: dict[Sentence, set[Sentence]] = {}
    for one in pairs:
        for first, second in one.pairs:
            a, b = (one.source, first), (one.target, second)
            known.setdefault(a, set()).add(b)
            known.setdefault(b, set()).add(a)
    return known


def _direction(
    pair: str,
    source: str,
    target: str,
    queries: list[str],
    among: Sides,
    known: Mapping[Sentence, set[Sentence]],
    places: Mapping[str, Mapping[str, int]],
) -> Direction:
    order = [target, *(language for language in among if language not in (source, target)), source]
    documents = [(language, text) for language in order for text in among[language]]
    numbers = {one: at for at, one in enumerate(documents)}
    answers: list[list[int]] = []
    left_out: list[list[int]] = []
    for text in queries:
        query = (source, text)
        right = known[query]
        near = {query}.union(*(known[one] for one in right))
        answers.append(sorted(numbers[one] for one in right if one in numbers))
        left_out.append(sorted(numbers[one] for one in near - right if one in numbers))
    own = np.array([language == source for language, _ in documents])
    rows = {
        language: np.array([places[language][text] for text in among[language]])
        for language in order
    }
    asked = np.array([places[source][text] for text in queries])
    pool = Pool(Correct.of(answers, len(documents)), left_out, own)
    return Direction(pair, source, target, asked, rows, pool)


def _apart(
    pairs: Sequence[Parallel], most: int, seed: int
) -> tuple[list[Parallel], Sides, dict[str, int]]:
    """Part the texts: what may be asked, other sentences of each language, and how many pairs.

    About as many pairs of the smallest text are set aside as are wanted, and never more than about
    a tenth; of a text smaller than `SMALL` nothing is.
    """
    smallest = min(len(one.pairs) for one in pairs)
    if smallest < SMALL:
        return list(pairs), {}, {one.name: 0 for one in pairs}
    share = min(0.1, most / smallest)
    groups = _groups(pairs)
    drawn_groups = {group: _draw(group, seed) < share for group in set(groups.values())}
    kept: list[Parallel] = []
    others: Sides = {}
    aside: dict[str, int] = {}
    for one in pairs:
        apart = [drawn_groups[groups[one.source, first]] for first, _ in one.pairs]
        rest = tuple(pair for pair, gone in zip(one.pairs, apart, strict=True) if not gone)
        kept.append(replace(one, pairs=rest))
        aside[one.name] = sum(apart)
        for pair, gone in zip(one.pairs, apart, strict=True):
            for language, text in zip((one.source, one.target), pair, strict=True):
                if gone:
                    others.setdefault(language, []).append(text)
    return kept, others, aside


def _groups(pairs: Sequence[Parallel]) -> dict[Sentence, Sentence]:
    """Return for each sentence the first of all that translations link to it (union and find)."""
    above: dict[Sentence, Sentence] = {}

    def find(one: Sentence) -> Sentence:
        while above.setdefault(one, one) != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    for parallel in pairs:
        for first, second in parallel.pairs:
            a, b = find((parallel.source, first)), find((parallel.target, second))
            # The smaller one leads: the order of the files changes nothing.
            above[max(a, b)] = min(a, b)
    return {one: find(one) for one in list(above)}


def _draw(sentence: Sentence, seed: int) -> float:
    text = f"{seed}\t{sentence[0]}\t{sentence[1]}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _carried(languages: Iterable[str]) -> Sides:
    return {one: carried_sentences(one) for one in languages if one in LANGUAGES}
