"""Files of questions by language: what is joined, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firth.errors import InputError, OptionError
from firth.text.question_files import (
    QuestionFile,
    joined,
    parse_question_files,
    question_lines,
    read_by_language,
)


def write(path: Path, ids: list[str]) -> Path:
    asked = [
        {"id": one, "question": "Who?", "answers": [{"text": "Anna", "answer_start": 0}]}
        for one in ids
    ]
    data = [{"title": path.stem, "paragraphs": [{"context": "Anna came.", "qas": asked}]}]
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return path


def test_names_are_those_of_the_files() -> None:
    (one, other) = parse_question_files(["zh=data/xquad.zh.json.gz", "en=carried"], "test")
    assert (one.name, one.language) == ("xquad.zh", "zh")
    assert other.name == "carried.en"
    assert other.read().sizes.questions >= 60


def test_files_of_a_language_are_one_set(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.json", ["1", "2"]), write(tmp_path / "b.json", ["2", "3"])
    files = [QuestionFile("en", str(first)), QuestionFile("en", str(second))]
    (found,) = read_by_language(files).values()
    assert [item.question.id for item in found.items()] == ["1", "2", "3"]
    assert found.findings.count("repeated_id") == 1
    with pytest.raises(InputError, match="no file of questions"):
        joined([])


def test_a_line_changes_with_all_that_is_learnt(tmp_path: Path) -> None:
    own = QuestionFile("en", str(write(tmp_path / "a.json", ["1"]))).read()
    other = QuestionFile("en", str(write(tmp_path / "a.json", ["9"]))).read()
    assert question_lines({"en": own}) != question_lines({"en": other})


@pytest.mark.parametrize("given", ["file.json", "=file.json", "e=file.json", "en="])
def test_what_is_not_understood_is_refused(given: str) -> None:
    with pytest.raises(OptionError, match="write LANGUAGE=FILE"):
        parse_question_files([given], "train")
    with pytest.raises(OptionError, match="given before"):
        parse_question_files(["en=a.json", "en=a.json"], "train")
