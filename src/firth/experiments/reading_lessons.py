"""Which questions a reader learns from, and which are held out to watch it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from firth.errors import OptionError
from firth.text.question_files import question_lines
from firth.text.squad_records import Item, QuestionSet
from firth.text.squad_subsets import first_questions, for_training, split_articles


@dataclass(frozen=True)
class Lessons:
    """Questions by language.

    Attributes:
        training: Language -> questions to learn from.
        held_out: Language -> questions of other articles; may be empty.
    """

    training: Mapping[str, QuestionSet]
    held_out: Mapping[str, QuestionSet]

    @property
    def n(self) -> int:
        """Questions to learn from."""
        return sum(one.sizes.questions for one in self.training.values())

    @property
    def items(self) -> list[Item]:
        """Questions to learn from, language by language."""
        return [item for one in self.training.values() for item in one.items()]

    @property
    def unanswerable(self) -> bool:
        """Whether some of the questions to learn from have no answer."""
        return any(one.sizes.impossible for one in self.training.values())

    @property
    def digest(self) -> str:
        """Of all of it: other questions, another digest."""
        total = hashlib.sha256()
        for part in (self.training, self.held_out):
            for language, lines in question_lines(part).items():
                total.update(f"{language} {len(lines)}\n".encode())
                for line in lines:
                    total.update(line.encode())
        return total.hexdigest()

    def notes(self) -> list[str]:
        """Return what was odd about the files."""
        return [note for one in self.training.values() for note in one.findings.notes()]


def lessons_of(
    sets: Mapping[str, QuestionSet],
    held_out: float = 0.0,
    questions: int | None = None,
    seed: int = 0,
) -> Lessons:
    """Choose questions.

    Args:
        sets: Language -> all that there are.
        held_out: Share of the articles of each language that is held out; 0 for none.
        questions: Questions of each language to learn from; all for None.
        seed: Which.

    Raises:
        OptionError: A share is not legal, or there are not as many questions.
        InputError: A language has one article only, and a part is to be held out.
    """
    if not 0 <= held_out < 1:
        raise OptionError(f"held-out {held_out}: it is a share of the articles, from 0 to below 1")
    training: dict[str, QuestionSet] = {}
    apart: dict[str, QuestionSet] = {}
    for language, given in sets.items():
        usable = for_training(given)
        if held_out:
            usable, apart[language] = split_articles(usable, held_out, seed)
        if questions is not None:
            usable = first_questions(usable, questions, seed)
        training[language] = usable
    return Lessons(training, apart)
