"""Hide tokens of sentences, one at a time, and ask the model how its answer spreads over groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from firth.encoder.blanks import MASK
from firth.encoder.cloze import MaskedLMHead, Query

# Sentences whose blanks are asked for at once.
_CHUNK = 256


@dataclass(frozen=True)
class Asked:
    """The model's answers at hidden tokens: k positions in s sentences, r groups of tokens.

    Attributes:
        sentence: Which of the sentences each position is in, [k].
        gold: The hidden tokens, [k].
        texts: For each position its sentence with ``[MASK]``.
        mass: Probability of each group, special tokens left out, [k, r].
        first: The first guess, [k].
        chance: Its probability, [k].
    """

    sentence: Int[np.ndarray, " k"]
    gold: Int[np.ndarray, " k"]
    texts: list[str]
    mass: Float[np.ndarray, "k r"]
    first: Int[np.ndarray, " k"]
    chance: Float[np.ndarray, " k"]


@dataclass(frozen=True)
class Answer:
    """At one position: probability of each group, [r], the first guess and its probability."""

    mass: Float[np.ndarray, " r"]
    first: int
    chance: float


@dataclass(frozen=True)
class Asker:
    """A model with the groups its tokens fall into.

    Attributes:
        head: The model.
        groups: Which group each token is in, [v, r]; special tokens are in none.
    """

    head: MaskedLMHead
    groups: Bool[np.ndarray, "v r"]

    def ask(
        self,
        sentences: Sequence[str],
        blanks: int,
        rng: np.random.Generator,
        progress: Callable[[int], None] | None = None,
    ) -> Asked:
        """Hide up to ``blanks`` tokens of each sentence, each alone, and ask for them."""
        head, hidden = self.head, _Hidden([], [], [], [])
        rows: list[Answer] = []
        for start in range(0, len(sentences), _CHUNK):
            chunk = sentences[start : start + _CHUNK]
            before = len(hidden.queries)
            blanked = head.blanker.blank(chunk)
            head.count_longer(blanked)
            for number, one in enumerate(blanked, start=start):
                # A mask that stands in the text is a special token: it hides nothing.
                places = np.flatnonzero(self.groups[one.ids].any(axis=1))
                chosen = rng.choice(places, min(blanks, len(places)), replace=False)
                for place in np.sort(chosen).tolist():
                    hidden.add(number, one.text, one.ids, one.offsets[place], place, head)
            rows += [own[0] for own in self.answers(hidden.queries[before:])]
            if progress is not None:
                progress(len(chunk))
        width = self.groups.shape[1]
        return Asked(
            np.array(hidden.sentence, dtype=np.int64),
            np.array(hidden.gold, dtype=np.int64),
            hidden.texts,
            np.array([one.mass for one in rows]).reshape(-1, width),
            np.array([one.first for one in rows], dtype=np.int64),
            np.array([one.chance for one in rows]),
        )

    def answers(self, queries: Sequence[Query]) -> list[list[Answer]]:
        """Return what the model says at each position of each query."""
        candidates = torch.from_numpy(self.groups.any(axis=1))
        groups = torch.from_numpy(self.groups).float()

        def read(logits: torch.Tensor, _owners: list[tuple[int, int]]) -> list[Answer]:
            there = candidates.to(logits.device)
            shares = logits.masked_fill(~there, -torch.inf).softmax(-1)
            mass = (shares @ groups.to(logits.device)).double().cpu().numpy()
            best = shares.max(dim=-1)
            rows = zip(mass, best.indices.tolist(), best.values.tolist(), strict=True)
            return [Answer(*row) for row in rows]

        return self.head.predict(queries, read, normalise=False)


@dataclass(frozen=True)
class _Hidden:
    sentence: list[int]
    gold: list[int]
    texts: list[str]
    queries: list[Query]

    def add(
        self,
        number: int,
        text: str,
        ids: Int[np.ndarray, " t"],
        span: Int[np.ndarray, "2"],
        place: int,
        head: MaskedLMHead,
    ) -> None:
        """Hide one token."""
        self.sentence.append(number)
        self.gold.append(int(ids[place]))
        start, end = span.tolist()
        while start < end and text[start].isspace():  # a blank that belongs to the token
            start += 1
        self.texts.append(text[:start] + MASK + text[end:])
        masked = ids.copy()
        masked[place] = head.blanker.mask_id
        self.queries.append(Query(masked, np.array([place])))
