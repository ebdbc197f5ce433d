"""Files of questions by language: ``zh=FILE``, once or several times a language.

In the place of a file ``carried`` names the questions that firth brings along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from firth.errors import InputError, OptionError
from firth.text.squad import read_squad
from firth.text.squad_findings import Findings, Tally
from firth.text.squad_records import Question, QuestionSet
from firth.text.squad_subsets import keep_questions

CARRIED = "carried"
_CODE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_ENDING = re.compile(r"(\.(json|gz))+$")


@dataclass(frozen=True)
class QuestionFile:
    """A file and its language.

    Attributes:
        language: As ``en`` or ``zh-Hant``.
        path: The file, or ``carried``.
    """

    language: str
    path: str

    @property
    def name(self) -> str:
        """What results call it: the file's name without its ending."""
        if self.path == CARRIED:
            return f"{CARRIED}.{self.language}"
        return _ENDING.sub("", Path(self.path).name)

    def read(self) -> QuestionSet:
        """Read it.

        Raises:
            InputError: See `read_squad`; or firth brings no questions of that language.
        """
        if self.path != CARRIED:
            return read_squad(self.path)
        from firth.text.carried_questions import carried_questions

        return carried_questions(self.language)

    def __str__(self) -> str:
        return f"{self.language}={self.path}"


def parse_question_files(given: Sequence[str], what: str) -> list[QuestionFile]:
    """Read what stands on a command line.

    Args:
        given: ``zh=FILE``, ...
        what: The option, for the message.

    Raises:
        OptionError: It is not understood, or a file comes twice.
    """
    found: list[QuestionFile] = []
    for one in given:
        language, sign, path = one.partition("=")
        if not sign or not path or not _CODE.fullmatch(language):
            raise OptionError(
                f"{what} {one!r}: write LANGUAGE=FILE, as in zh=drcd.json, or zh={CARRIED}"
            )
        file = QuestionFile(language, path)
        if file in found:
            raise OptionError(f"{what} {one!r} was given before")
        found.append(file)
    return found


def read_by_language(files: Sequence[QuestionFile]) -> dict[str, QuestionSet]:
    """Read files; those of one language become one set.

    Raises:
        InputError: A file has a mistake.
    """
    sets: dict[str, list[QuestionSet]] = {}
    for file in files:
        sets.setdefault(file.language, []).append(file.read())
    return {language: joined(own) for language, own in sets.items()}


def joined(sets: Sequence[QuestionSet]) -> QuestionSet:
    """Return several sets as one; a question whose id an earlier set has is left out.

    Raises:
        InputError: There is none.
    """
    if not sets:
        raise InputError("no file of questions; give one as en=FILE")
    seen = {item.question.id for item in sets[0].items()}
    found = sets[0]
    for one in sets[1:]:
        repeated = {item.question.id for item in one.items()} & seen
        fresh = _without(one, repeated)
        seen |= {item.question.id for item in fresh.items()}
        tally = Tally()
        for own in sorted(repeated):
            tally.add("repeated_id", f"{one.name}, id {own!r}")
        found = replace(
            found,
            name=f"{found.name} + {one.name}",
            articles=found.articles + fresh.articles,
            findings=_merged(found.findings, one.findings, tally.findings()),
        )
    return found


def _without(given: QuestionSet, ids: set[str]) -> QuestionSet:
    if not ids:
        return given

    def wanted(question: Question) -> bool:
        return question.id not in ids

    return keep_questions(given, wanted)


def _merged(*findings: Findings) -> Findings:
    tally = Tally()
    for one in (finding for each in findings for finding in each.found):
        tally.counts[one.kind] = tally.counts.get(one.kind, 0) + one.count
        tally.places.setdefault(one.kind, []).extend(one.examples)
    return tally.findings()


def question_lines(sets: Mapping[str, QuestionSet]) -> dict[str, list[str]]:
    """Return name -> a line for each question with all that decides what is learnt or scored."""
    return {
        name: [
            "\t".join(
                (
                    item.article,
                    item.question.id,
                    item.question.text,
                    item.context,
                    *(f"{one.start} {one.text}" for one in item.question.answers),
                    str(item.question.is_impossible),
                )
            )
            for item in own.items()
        ]
        for name, own in sets.items()
    }
