"""Questions on paragraphs in memory: articles, paragraphs, questions, answers with their places.

An offset counts the characters of the context as Python does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firth.text.squad_findings import NOTHING, Findings


@dataclass(frozen=True)
class Answer:
    """A gold answer.

    Attributes:
        text: Its text, as in the file.
        start: Where it begins in the context; None where that is not known: such an answer counts
            for scoring and not for training.
    """

    text: str
    start: int | None

    @property
    def end(self) -> int | None:
        """Where it ends, exclusive."""
        return None if self.start is None else self.start + len(self.text)


@dataclass(frozen=True)
class Question:
    """A question on a paragraph.

    Attributes:
        id: Its id, once in a file.
        text: The question.
        answers: The gold answers; empty where there is none.
        is_impossible: Whether the file says that the context does not answer it.
    """

    id: str
    text: str
    answers: tuple[Answer, ...]
    is_impossible: bool = False

    @property
    def golds(self) -> tuple[str, ...]:
        """The texts that a prediction is scored against."""
        return tuple(answer.text for answer in self.answers)

    @property
    def spans(self) -> tuple[Answer, ...]:
        """The answers whose place is known."""
        return tuple(answer for answer in self.answers if answer.start is not None)

    @property
    def trainable(self) -> bool:
        """Whether a reader can learn from it: the place of an answer, or that there is none."""
        return self.is_impossible or bool(self.spans)

    @property
    def scorable(self) -> bool:
        """Whether a prediction can be scored."""
        return self.is_impossible or bool(self.answers)


@dataclass(frozen=True)
class Paragraph:
    """A context and what is asked about it."""

    context: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Article:
    """An article, or those of its paragraphs that the file has; its title may be empty."""

    title: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Item:
    """A question with what is needed to answer it.

    Attributes:
        article: The unit that is sampled: the article's title, ``#3`` for the fourth untitled one.
        context: The paragraph.
        question: The question.
    """

    article: str
    context: str
    question: Question


@dataclass(frozen=True)
class Sizes:
    """How much there is."""

    articles: int
    paragraphs: int
    questions: int
    answers: int
    impossible: int


@dataclass(frozen=True)
class QuestionSet:
    """A file of questions, or a part of one.

    Attributes:
        name: The file.
        articles: In the order of the file.
        findings: What was odd about the file, also where this is only a part of it.
    """

    name: str
    articles: tuple[Article, ...]
    findings: Findings = NOTHING

    def items(self) -> list[Item]:
        """Return all questions, in the order of the file."""
        return [
            Item(unit, paragraph.context, question)
            for unit, article in self.units()
            for paragraph in article.paragraphs
            for question in paragraph.questions
        ]

    def units(self) -> Iterator[tuple[str, Article]]:
        """Yield each article with the name of its unit; articles of one title are one unit."""
        for at, article in enumerate(self.articles):
            yield article.title if article.title.strip() else f"#{at}", article

    @property
    def sizes(self) -> Sizes:
        """How many articles, paragraphs, questions, answers and unanswerable questions it has."""
        paragraphs = [one for article in self.articles for one in article.paragraphs]
        questions = [one for paragraph in paragraphs for one in paragraph.questions]
        return Sizes(
            len(self.articles),
            len(paragraphs),
            len(questions),
            sum(len(one.answers) for one in questions),
            sum(one.is_impossible for one in questions),
        )
