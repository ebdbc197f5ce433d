"""Fill the blanks of a stream of texts, a chunk at a time, as rows that a reader understands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

import numpy as np
import torch

from firth.encoder.blanks import Blanked
from firth.encoder.cloze import MaskedLMHead, Query
from firth.encoder.filling import DECODES, Decode, Fill, fill, score_words
from firth.errors import InputError, OptionError, did_you_mean
from firth.results.schema import Cell
from firth.text.vocabulary import carried_languages, check_language

# Texts that are filled at once.
CHUNK_TEXTS = 2048


@dataclass(frozen=True)
class Settings:
    """How blanks are filled.

    Attributes:
        top: How many candidates of each blank are shown.
        decode: One of ``firth.encoder.filling.DECODES``; ``joint`` is easiest first.
        beam: How many fills a beam keeps.
        only_language: Candidates of this language only.
        words: Candidates are these words only.
    """

    top: int = 10
    decode: str = "joint"
    beam: int = 5
    only_language: str | None = None
    words: tuple[str, ...] | None = None

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            OptionError: A setting is not legal, or two of them do not go together.
            InputError: The list of words is empty.
        """
        if self.decode not in DECODES:
            near = did_you_mean(self.decode, DECODES)
            raise OptionError(f"decode {self.decode!r}: legal are {', '.join(DECODES)}.{near}")
        for name, value in (("top", self.top), ("beam", self.beam)):
            if value < 1:
                raise OptionError(f"{name} {value}: it must be at least 1")
        if self.only_language is not None:
            check_language(self.only_language)
        if self.words is None:
            return
        if not self.words:
            raise InputError("the list of words is empty: it should hold one word a line")
        if self.only_language is not None:
            raise OptionError("words and a language cannot both be chosen from; give one of them")
        if self.decode not in ("joint", "left-to-right"):
            raise OptionError(
                f"decode {self.decode!r} has no use here: words are filled in left to right"
            )

    @property
    def order(self) -> str:
        """How blanks are really filled."""
        if self.words is not None:
            return "left-to-right"
        return "easiest-first" if self.decode == "joint" else self.decode


@dataclass(frozen=True)
class Candidate:
    """One filler of one blank: its rank, its probability when the blank was filled, the text."""

    blank: int
    rank: int
    token: str
    log_probability: float
    filled: str
    joint: float | None

    def row(self, sentence: int) -> dict[str, Cell]:
        """Return the row of the table ``fills``."""
        return {
            "sentence": sentence, "mask": self.blank, "rank": self.rank, "token": self.token,
            "probability": math.exp(self.log_probability), "filled": self.filled,
            "joint_log_probability": self.joint,
        }  # fmt: skip


@dataclass(frozen=True)
class FilledText:
    """A text with its blanks filled.

    Attributes:
        text: As it was given.
        filled: With the best fill; the text itself when it has no blank.
        answer: What the best fill put into the blanks, as letters.
        joint: The best fill's joint log-probability; None without a blank.
        blanks: How many blanks there are.
        adjacent: Whether nothing but blanks stands between the first and the last.
        candidates: Blank by blank, by rank.
    """

    text: str
    filled: str
    answer: str
    joint: float | None
    blanks: int
    adjacent: bool
    candidates: list[Candidate]


class Filler:
    """Fills texts with one model and one way of choosing."""

    def __init__(self, head: MaskedLMHead, settings: Settings) -> None:
        settings.check()
        self.head, self.settings = head, settings
        self.warnings: list[str] = []
        self._allowed = self._candidates()
        self._word_ids: dict[tuple[str, bool], list[int]] = {}

    def _candidates(self) -> torch.Tensor:
        """Return which tokens may stand in a blank: no special ones, one language if wanted."""
        tokenizer, n = self.head.encoder.tokenizer, self.head.vocabulary
        allowed = np.zeros(n, dtype=bool)
        known = min(len(tokenizer), n)  # a decoder may have rows that no token has
        allowed[:known] = True
        allowed[list(tokenizer.all_special_ids)] = False
        if self.settings.only_language is not None:
            blanker = self.head.blanker
            languages = carried_languages(
                blanker.surfaces(n), lambda texts: [one.ids for one in blanker.blank(texts)]
            )
            allowed &= languages.allowed(self.settings.only_language)
            if not allowed.any():
                raise OptionError(
                    f"this model has no tokens of the language {self.settings.only_language!r}"
                )
        return torch.from_numpy(allowed)

    def fill(self, texts: Iterable[str]) -> Iterator[FilledText]:
        """Yield each text filled, in order; texts are read a chunk at a time."""
        stream = iter(texts)
        while chunk := list(islice(stream, CHUNK_TEXTS)):
            blanked = self.head.blanker.blank(chunk)
            self.head.count_longer([one for one in blanked if len(one.blanks)])
            if self.settings.words is not None:
                yield from (self._with_words(one) for one in blanked)
                continue
            queries = [Query(one.ids, one.blanks) for one in blanked]
            settings = self.settings
            fills = fill(
                self.head, queries, cast(Decode, settings.order),
                top=settings.top, allowed=self._allowed, width=settings.beam,
            )  # fmt: skip
            for one, own in zip(blanked, fills, strict=True):
                yield self._rows(one, own)

    def judge(self, one: FilledText, gold: str) -> tuple[bool, bool]:
        """Say whether the best fill is the gold answer, and whether any fill could have been.

        Two answers are the same when the model's tokenizer makes the same tokens of them (so that
        capitals do not count for a model that has none).
        """
        blanker = self.head.blanker
        ids = [blanker.word_ids(text, spaced=True) for text in (one.answer, gold.strip())]
        right = one.answer == gold.strip() or ids[0] == ids[1]
        alone = min(len(ids[1]), len(blanker.word_ids(gold.strip(), spaced=False)))
        words = self.settings.words is not None
        return right, right or words or not one.adjacent or alone <= one.blanks

    def _rows(self, one: Blanked, fills: Sequence[Fill]) -> FilledText:
        head, lead = self.head.blanker, fills[0]
        candidates: list[Candidate] = []
        for blank in range(len(one.blanks)):
            if self.settings.order == "beam":
                for rank, own in enumerate(fills[: self.settings.top], start=1):
                    candidates.append(
                        Candidate(
                            blank + 1, rank, head.piece(own.ids[blank]),
                            own.log_probabilities[blank], head.render(one, own.ids), own.joint,
                        )
                    )  # fmt: skip
                continue
            choices = lead.choices[blank]
            pairs = zip(choices.ids, choices.log_probabilities, strict=True)
            for rank, (token, log_probability) in enumerate(pairs, start=1):
                ids = [*lead.ids[:blank], token, *lead.ids[blank + 1 :]]
                # Other tokens would have changed what came after, so only the first has a sum.
                alone = log_probability if len(one.blanks) == 1 else None
                joint = lead.joint if rank == 1 else alone
                text = head.render(one, ids)
                candidates.append(
                    Candidate(blank + 1, rank, head.piece(token), log_probability, text, joint)
                )
        filled = head.render(one, lead.ids) if len(one.blanks) else one.text
        return _filled(one, filled, lead.joint, candidates)

    def _with_words(self, one: Blanked) -> FilledText:
        """Fill the blanks left to right, each with the best of the given words."""
        words = self.settings.words or ()
        query = Query(one.ids, one.blanks)
        chosen: list[str] = []
        joint = 0.0
        ranked: list[list[tuple[str, float]]] = []
        for blank in range(len(one.blanks)):
            spaced = one.spaced[blank]
            tokens = [self._tokens(word, spaced) for word in words]
            scores = score_words(self.head, query, blank, tokens)
            order = sorted(range(len(words)), key=lambda index: -scores[index])
            ranked.append([(words[i], scores[i]) for i in order[: self.settings.top]])
            chosen.append(words[order[0]])
            joint += scores[order[0]]
            query = _with_word(query, blank, tokens[order[0]])
        candidates: list[Candidate] = []
        for blank, pairs in enumerate(ranked):
            for rank, (word, score) in enumerate(pairs, start=1):
                own = [*chosen[:blank], word, *chosen[blank + 1 :]]
                alone = score if len(ranked) == 1 else None
                text = _replaced(one, own)
                candidates.append(
                    Candidate(blank + 1, rank, word, score, text, joint if rank == 1 else alone)
                )
        return _filled(one, _replaced(one, chosen), joint, candidates)

    def _tokens(self, word: str, spaced: bool) -> list[int]:
        if (word, spaced) not in self._word_ids:
            ids = self.head.blanker.word_ids(word, spaced=spaced)
            if not ids:
                raise InputError(f"the word {word!r} has no tokens in this model")
            if len(ids) > self.head.room // 2:
                raise InputError(f"the word {word[:20]!r}... is too long for this model")
            self._word_ids[word, spaced] = ids
        return self._word_ids[word, spaced]


def _with_word(query: Query, blank: int, tokens: Sequence[int]) -> Query:
    """Return the query with a word in one blank; the blanks behind it move."""
    position = int(query.positions[blank])
    ids = np.concatenate([query.ids[:position], tokens, query.ids[position + 1 :]])
    moved = query.positions + (len(tokens) - 1) * (query.positions > position)
    return replace(query, ids=ids.astype(np.int64), positions=moved)


def _replaced(one: Blanked, words: Sequence[str]) -> str:
    out, position = "", 0
    for (start, end), word in zip(one.spans, words, strict=True):
        out += one.text[position:start] + word
        position = end
    return out + one.text[position:]


def _filled(one: Blanked, filled: str, joint: float, candidates: list[Candidate]) -> FilledText:
    answer = ""
    if one.spans:
        # What stands between the text before the first blank and the text behind the last.
        before, behind = one.text[: one.spans[0][0]], one.text[one.spans[-1][1] :]
        start = len(before) if filled.startswith(before) else len(before.rstrip())
        answer = filled[start : len(filled) - len(behind)].strip()
    m = len(one.blanks)
    adjacent = m > 0 and int(one.blanks[-1]) - int(one.blanks[0]) == m - 1
    return FilledText(one.text, filled, answer, joint if m else None, m, adjacent, candidates)
