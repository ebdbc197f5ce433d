"""Questions on paragraphs, in the layout of SQuAD, as published.

    SQuAD 1.1    data > articles (title) > paragraphs (context) > qas (id, question, answers)
                 > answers (text, answer_start) (Rajpurkar et al. 2016)
    SQuAD 2.0    the same, and ``is_impossible``; plausible answers are left alone (Rajpurkar, Jia
                 & Liang 2018)
    as SQuAD 1.1 DRCD (Shao et al. 2018), the SQuAD-style files of CMRC 2018 (Cui et al. 2019),
                 XQuAD (Artetxe, Ruder & Yogatama 2020), MLQA (Lewis et al. 2020)

Files may be packed by gzip. An offset counts the characters of the context as Python does, with
every U+FEFF and combining character that the file has; nothing is normalised or stripped. What is
odd about a file without making it unreadable is counted in its `Findings`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from firth.errors import InputError, did_you_mean
from firth.text.files import read_lines
from firth.text.squad_findings import Tally
from firth.text.squad_records import Answer, Article, Paragraph, Question, QuestionSet

T = TypeVar("T")
_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    bool: "a truth value",
}


def read_squad(path: str | Path) -> QuestionSet:
    """Read a file in the layout of SQuAD.

    A paragraph with a blank context and a question whose id came before are left out. An answer
    that does not stand at its offset is put where its text stands, if that is one place only; else
    it is kept for scoring and not for training. All of this is counted.

    Raises:
        InputError: The file cannot be read, is not JSON (with line and column), lacks a field (with
            the place in the file), or holds no question.
    """
    document = _parse(Path(path))
    reader = _Reader(Tally(), set())
    articles = tuple(
        reader.article(one, f"{path}, data[{at}]")
        for at, one in enumerate(_member(document, "data", list, str(path)))
    )
    found = QuestionSet(str(path), articles, reader.tally.findings())
    if not found.sizes.questions:
        raise InputError(
            f"{path} holds no question that can be read: "
            f"{'; '.join(found.findings.notes()) or 'its articles have none'}"
        )
    return found


def _parse(path: Path) -> Any:
    text = "\n".join(line for _, line in read_lines(path))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}; it should "
            "be one object with `data`, as SQuAD has it"
        ) from error
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else "a number too long"
        raise InputError(f"{path}: not JSON that can be read: {reason}") from error


def _member(holder: Any, name: str, kind: type[T], where: str) -> T:
    """Return a field of an object.

    Raises:
        InputError: The holder is no object, the field is missing, or it is of another kind.
    """
    if not isinstance(holder, dict):
        raise InputError(f"{where}: expected an object, found {_kind(holder)}")
    if name not in holder:
        own = " ".join(", ".join(map(str, holder))[:80].split()) or "nothing"
        raise InputError(f"{where}: no field `{name}`; it has {own}.{did_you_mean(name, holder)}")
    value = holder[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise InputError(f"{where}: `{name}` should be {_NAMES[kind]}, not {_kind(value)}")
    if isinstance(value, str):
        _check_characters(value, f"{where}: `{name}`")
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    name = _NAMES.get(type(value), "a number")
    return name if isinstance(value, dict | list) else f"{name} ({str(value)[:30]!r})"


def _check_characters(text: str, what: str) -> None:
    """Refuse half of a surrogate pair: no tokenizer takes it, and no file can hold it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{what} has half a character (\\u{ord(text[error.start]):04x}) at offset "
            f"{error.start}; write the file anew in UTF-8"
        ) from error


@dataclass(frozen=True)
class _Reader:
    """Goes through a document; `seen` are the ids so far."""

    tally: Tally
    seen: set[str]

    def article(self, given: Any, where: str) -> Article:
        paragraphs = _member(given, "paragraphs", list, where)
        title = _member(given, "title", str, where) if given.get("title") is not None else ""
        read = (
            self.paragraph(one, f"{where}.paragraphs[{at}]") for at, one in enumerate(paragraphs)
        )
        return Article(title, tuple(one for one in read if one is not None))

    def paragraph(self, given: Any, where: str) -> Paragraph | None:
        context = _member(given, "context", str, where)
        questions = _member(given, "qas", list, where)
        if not context.strip():
            self.tally.add("blank_context", f"{where}, {len(questions)} questions")
            return None
        read = (
            self.question(one, context, f"{where}.qas[{at}]") for at, one in enumerate(questions)
        )
        return Paragraph(context, tuple(one for one in read if one is not None))

    def question(self, given: Any, context: str, where: str) -> Question | None:
        # Some files number their questions.
        numbered = isinstance(given, dict) and type(given.get("id")) is int
        own = str(given["id"]) if numbered else _member(given, "id", str, where)
        text = _member(given, "question", str, where)
        impossible = "is_impossible" in given and _member(given, "is_impossible", bool, where)
        listed = (
            [] if impossible and "answers" not in given else _member(given, "answers", list, where)
        )
        if own in self.seen:
            self.tally.add("repeated_id", f"{where}, id {own!r}")
            return None
        self.seen.add(own)
        if impossible:
            if listed:
                self.tally.add("answered_impossible", f"{where}, id {own!r}")
            return Question(own, text, (), True)
        if not listed:
            self.tally.add("unanswered", f"{where}, id {own!r}")
        answers = (
            self.answer(one, context, f"{where}.answers[{at}]", own)
            for at, one in enumerate(listed)
        )
        return Question(own, text, tuple(answers))

    def answer(self, given: Any, context: str, where: str, question: str) -> Answer:
        text = _member(given, "text", str, where)
        start = _member(given, "answer_start", int, where)
        said = f"{where}, id {question!r}, {text[:40]!r} at {start}"
        if not text.strip():
            self.tally.add("blank_answer", said)
            return Answer(text, None)
        if start >= 0 and context.startswith(text, start):
            return Answer(text, start)
        first = context.find(text)
        if first < 0 or context.find(text, first + 1) >= 0:
            self.tally.add("offset_lost", said)
            return Answer(text, None)
        self.tally.add("offset_repaired", f"{said}, found at {first}")
        return Answer(text, first)
