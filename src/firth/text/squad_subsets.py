"""Parts of a set of questions, and what two sets share.

Whole articles go to one side of a split, for the paragraphs of an article share their topic.
Choices go by the hash of a name and a seed: the order of the file has no part in them, and a
smaller choice is a part of a larger one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from firth.errors import InputError, OptionError
from firth.text.squad_records import Article, Paragraph, Question, QuestionSet


def keep_questions(given: QuestionSet, wanted: Callable[[Question], bool]) -> QuestionSet:
    """Return the questions that are wanted, without the paragraphs and articles left empty."""
    articles: list[Article] = []
    for article in given.articles:
        kept = (
            Paragraph(paragraph.context, tuple(filter(wanted, paragraph.questions)))
            for paragraph in article.paragraphs
        )
        paragraphs = tuple(paragraph for paragraph in kept if paragraph.questions)
        if paragraphs:
            articles.append(Article(article.title, paragraphs))
    return replace(given, articles=tuple(articles))


def for_training(given: QuestionSet) -> QuestionSet:
    """Return the questions that a reader can learn from."""
    return keep_questions(given, lambda question: question.trainable)


def for_scoring(given: QuestionSet) -> QuestionSet:
    """Return the questions whose predictions can be scored."""
    return keep_questions(given, lambda question: question.scorable)


def first_questions(given: QuestionSet, n: int, seed: int = 0) -> QuestionSet:
    """Return n questions, the first by hash of their ids; fewer are among more.

    Raises:
        OptionError: There are not as many.
    """
    ids = [item.question.id for item in given.items()]
    if not 1 <= n <= len(ids):
        raise OptionError(f"{n} questions of {given.name}: legal are 1 to {len(ids)}")
    chosen = set(sorted(ids, key=lambda own: _draw(own, seed))[:n])
    return keep_questions(given, lambda question: question.id in chosen)


def split_articles(
    given: QuestionSet, share: float, seed: int = 0
) -> tuple[QuestionSet, QuestionSet]:
    """Return two sets without a common article: the larger part, and a part held out.

    Args:
        given: What is split. Articles of the same title stay together.
        share: The share of the articles that is held out; at least one is, and one is not.
        seed: Which.

    Raises:
        OptionError: The share is not between 0 and 1.
        InputError: There is only one article.
    """
    if not 0 < share < 1:
        raise OptionError(f"share {share}: legal is between 0 and 1, as 0.1 for a tenth held out")
    units = {unit for unit, _ in given.units()}
    if len(units) < 2:
        raise InputError(f"{given.name} has one article only: it cannot be split by articles")
    size = min(len(units) - 1, max(1, round(share * len(units))))
    held = set(sorted(units, key=lambda unit: _draw(unit, seed))[:size])
    sides = (
        tuple(article for unit, article in given.units() if (unit in held) is side)
        for side in (False, True)
    )
    rest, out = (replace(given, articles=articles) for articles in sides)
    return rest, out


@dataclass(frozen=True)
class Overlap:
    """What two sets share, each sorted.

    Attributes:
        titles: Titles of articles, alike but for case, white space and underscores.
        contexts: Paragraphs, alike but for case, white space and U+FEFF; as the first set has them.
        ids: Ids of questions.
    """

    titles: tuple[str, ...]
    contexts: tuple[str, ...]
    ids: tuple[str, ...]


def overlap(first: QuestionSet, second: QuestionSet) -> Overlap:
    """Return what two sets share: a test whose paragraphs were trained on says little."""
    return Overlap(
        _shared(_titles(first), _titles(second)),
        _shared(_contexts(first), _contexts(second)),
        _shared(_ids(first), _ids(second)),
    )


def _titles(given: QuestionSet) -> dict[str, str]:
    titles = [article.title for article in given.articles if article.title.strip()]
    return {_plain(title.replace("_", " ")): title for title in titles}


def _contexts(given: QuestionSet) -> dict[str, str]:
    paragraphs = [paragraph for article in given.articles for paragraph in article.paragraphs]
    return {_plain(paragraph.context): paragraph.context for paragraph in paragraphs}


def _ids(given: QuestionSet) -> dict[str, str]:
    return {item.question.id: item.question.id for item in given.items()}


def _plain(text: str) -> str:
    return " ".join(text.replace("\ufeff", "").casefold().split())


def _shared(first: dict[str, str], second: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted(first[key] for key in first.keys() & second.keys()))


def _draw(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode()).digest()
