"""How similar are these sentences, or a word in them, at every layer? The lecture's matrix."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, Field

from firth.errors import FirthError
from firth.probe.similarity import centre, cosine
from firth.text.language import guess_language
from firth.text.sentences import Occurrence, mark
from firth.web import limits
from firth.web.faults import FieldError
from firth.web.lab import Lab
from firth.web.lane import Ticket
from firth.web.stops.stop import Question, Stop


class SensesQuestion(Question):
    """Sentences, and the word in them that is meant."""

    sentences: list[str] = Field(
        min_length=2,
        max_length=limits.SENTENCES,
        description=f"Each of at most {limits.SENTENCE} letters.",
        examples=[["苹果茶很难喝", "苹果股价下跌"]],
    )
    word: str = Field(
        "",
        max_length=limits.WORD,
        description="Every occurrence of this word is compared; without it whole sentences are.",
        examples=["苹果"],
    )


class Item(BaseModel):
    """One row and column of the matrix."""

    sentence: int = Field(description="Which sentence, counted from 0.")
    text: str = Field(description="The sentence.")
    start: int = Field(description="First letter of the word in it; 0 for a whole sentence.")
    end: int = Field(description="Past its last letter.")


class SensesAnswer(BaseModel):
    """Cosines of every two items at every layer."""

    items: list[Item] = Field(description="What is compared, in order.")
    raw: list[list[list[float]]] = Field(
        description="Cosines by layer, row, column; layer 0 is the output of the embeddings."
    )
    centred: list[list[list[float]]] = Field(
        description="The same once the mean of other text of the language is removed."
    )
    language: str = Field(description="The language whose mean was removed.")
    layers: int = Field(description="Number of blocks of the model.")


def compare(lab: Lab, question: SensesQuestion, ticket: Ticket, language: str) -> SensesAnswer:
    """Compare sentences, or a word in them."""
    encoder, texts = lab.encoder, [one.strip() for one in question.sentences]
    for at, text in enumerate(texts):
        if not text:
            raise FieldError("sentences", "empty_line", item=at)
        if len(text) > limits.SENTENCE:
            raise FieldError(
                "sentences", "long_line", item=at, max_length=limits.SENTENCE, length=len(text)
            )
    word = question.word.strip()
    items = _items(texts, word)
    if word:
        spans = [(texts[one.sentence], ((one.start, one.end),)) for one in items]
        found = list(encoder.word_vectors(spans))
        for one, own in zip(items, found, strict=True):
            if not own.counts[0]:
                raise FieldError("word", "no_token", word=word, item=one.sentence)
        vectors = np.concatenate([own.vectors for own in found], axis=1)  # (l, n, d)
    else:
        vectors = encoder.sentence_vectors(texts)
    ticket.check()
    own_language = guess_language(texts) or "en"
    means = lab.means(own_language)
    return SensesAnswer(
        items=items,
        raw=cosine(vectors).tolist(),
        centred=cosine(centre(vectors, means)).tolist(),
        language=own_language,
        layers=encoder.n_layers,
    )


def _items(texts: list[str], word: str) -> list[Item]:
    if not word:
        return [Item(sentence=at, text=one, start=0, end=len(one)) for at, one in enumerate(texts)]
    if word.startswith("/"):
        # A pattern between slashes is for one's own files: some take for ever on some texts.
        raise FieldError("word", "pattern")
    items: list[Item] = []
    for at, text in enumerate(texts):
        for one in _marked(text, word, at):
            items.append(Item(sentence=at, text=text, start=one.start, end=one.end))
    if len(items) < 2:
        raise FieldError("sentences", "one_occurrence", word=word)
    if len(items) > limits.OCCURRENCES:
        raise FieldError(
            "sentences", "many_occurrences", word=word, n=len(items), most=limits.OCCURRENCES
        )
    return items


def _marked(text: str, word: str, at: int) -> list[Occurrence]:
    try:
        return mark([text], word)
    except FirthError as error:
        raise FieldError("word", "absent", word=word, sentence=at + 1) from error


STOP = Stop(
    "senses", "Compare sentences, or a word in them, at every layer.", SensesQuestion,
    SensesAnswer, compare, "sentences",
)  # fmt: skip
