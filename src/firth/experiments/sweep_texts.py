"""The texts of a sweep: parallel text in three parts, and the words that a dictionary knows.

One third is for the language vectors, each pair of sentences on one side only; one third chooses
layer and alpha; one third is scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firth.encoder.cloze import MaskedLMHead
from firth.errors import InputError
from firth.experiments.align_texts import Texts, pair_of_name
from firth.text.dictionary import Dictionary, read_dictionary
from firth.text.matching import Matcher
from firth.text.parallel import Parallel, parse_parallel, read_parallel

# So many pairs a third at least; else there is nothing to measure.
LEAST = 10

Words = list[tuple[int, int, frozenset[int]]]


@dataclass(frozen=True)
class Direction:
    """Texts of one language with their translations.

    Attributes:
        source: The language of the texts.
        target: The language of the references.
        dev: Pairs that choose.
        test: Pairs that are scored.
    """

    source: str
    target: str
    dev: list[tuple[str, str]]
    test: list[tuple[str, str]]

    @property
    def name(self) -> str:
        """``en-zh``."""
        return f"{self.source}-{self.target}"


def thirds(
    texts: Sequence[Parallel], fit: int, dev: int, test: int, rng: np.random.Generator
) -> tuple[dict[str, list[str]], list[Direction]]:
    """Return text for the language vectors, and both directions of every file.

    Args:
        texts: Parallel text.
        fit: Most pairs of a file for the vectors.
        dev: Most pairs that choose.
        test: Most pairs that are scored.
        rng: The order of the pairs.

    Raises:
        InputError: A file has too few pairs.
    """
    corpora: dict[str, dict[str, None]] = {}
    directions: list[Direction] = []
    for one in texts:
        # A sentence stands in one third only, with all its translations.
        first = dict[str, str]()
        for source, target in one.pairs:
            first.setdefault(source, target)
        unique = list(first.items())
        pairs = [unique[at] for at in rng.permutation(len(unique)).tolist()]
        third = len(pairs) // 3
        if third < LEAST:
            raise InputError(
                f"{one.source}-{one.target}: {len(pairs)} pairs of sentences; {3 * LEAST} are "
                "needed, a third for each of vectors, choice and scores"
            )
        for at, pair in enumerate(pairs[:third][:fit]):
            side = at % 2
            corpora.setdefault((one.source, one.target)[side], {})[pair[side]] = None
        chosen, scored = pairs[third : 2 * third][:dev], pairs[2 * third :][:test]
        directions.append(Direction(one.source, one.target, chosen, scored))
        directions.append(
            Direction(
                one.target, one.source,
                [(b, a) for a, b in chosen], [(b, a) for a, b in scored],
            )
        )  # fmt: skip
    return {language: list(own) for language, own in corpora.items()}, directions


class Lexicon:
    """Words of a language with the tokens that spell their translations.

    Args:
        head: The model, whose tokens are meant.
        dictionary: Word -> translations.
    """

    def __init__(self, head: MaskedLMHead, dictionary: Mapping[str, Sequence[str]]) -> None:
        self._matcher = Matcher(dictionary)
        blanker = head.blanker
        lettered = [any(map(str.isalpha, one)) for one in blanker.surfaces(head.vocabulary)]
        self._tokens: list[frozenset[int]] = []
        self._first: list[list[int]] = []
        for word in self._matcher.words:
            spellings = [
                blanker.word_ids(one, spaced=spaced)
                for one in dictionary[word]
                for spaced in (True, False)
            ]
            self._tokens.append(
                frozenset(token for own in spellings for token in own if lettered[token])
            )
            self._first.append(list(spellings[0]))

    def words(self, text: str) -> Words:
        """Return the words of a text: where each stands, and tokens that are a hit there."""
        return [
            (match.start, match.end, self._tokens[match.word])
            for match in self._matcher.find(text)
            if self._tokens[match.word]
        ]

    def lookup(self, text: str, ids: np.ndarray, offsets: np.ndarray) -> list[int]:
        """Return the tokens of a text in which each known word is its first translation."""
        found: list[int] = []
        matches = self._matcher.find(text)
        said: set[int] = set()
        for token, (start, end) in zip(ids.tolist(), offsets.tolist(), strict=True):
            at = next(
                (i for i, one in enumerate(matches) if one.start < end and start < one.end), None
            )
            if at is None:
                found.append(token)
            elif at not in said:
                said.add(at)
                found += self._first[matches[at].word]
        return found


def lexicons_of(
    head: MaskedLMHead, dictionaries: Sequence[Dictionary]
) -> dict[tuple[str, str], Lexicon]:
    """Return a lexicon for both directions of every dictionary."""
    found: dict[tuple[str, str], Lexicon] = {}
    for one in dictionaries:
        for side, way in enumerate(((one.source, one.target), (one.target, one.source))):
            words: dict[str, list[str]] = {}
            for pair in one.pairs:
                words.setdefault(pair[side], []).append(pair[1 - side])
            found[way] = Lexicon(head, words)
    return found


@dataclass(frozen=True)
class SweepFiles:
    """Where parallel text and dictionaries are read from.

    Attributes:
        parallel: ``en-zh`` -> file.
        dictionaries: ``en-zh`` -> file.
    """

    parallel: Mapping[str, str]
    dictionaries: Mapping[str, str]

    @classmethod
    def of(cls, parallel: Sequence[str], dictionaries: Sequence[str]) -> SweepFiles:
        """Read what stands on a command line, ``en-zh=FILE``.

        Raises:
            OptionError: It is not understood.
        """
        named = Texts.of(dictionaries, [], [])
        texts = {"-".join(pair): place for pair, place in parse_parallel(parallel).items()}
        return cls(texts, {"-".join(pair): file for pair, file in named.dictionaries.items()})

    def config(self) -> dict[str, Any]:
        """Return what a result's configuration keeps."""
        return {"parallel": dict(self.parallel), "dictionaries": dict(self.dictionaries)}

    def read(self) -> tuple[list[Parallel], list[Dictionary]]:
        """Read everything.

        Raises:
            InputError: A file has a mistake.
        """
        texts = [read_parallel(file, pair_of_name(name)) for name, file in self.parallel.items()]
        return texts, [
            read_dictionary(file, *pair_of_name(name)) for name, file in self.dictionaries.items()
        ]
