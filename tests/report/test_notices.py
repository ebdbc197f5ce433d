"""Every sentence by which an experiment warns has a Chinese one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import firth
from firth.experiments.align_alone import WARNINGS
from firth.report.notices import noticed
from firth.text.squad_findings import KINDS, Finding

SOURCE = Path(firth.__file__).parent
ROOMS = ("text", "encoder", "experiments")
# Lists that a result's warnings are gathered in, and functions that return or yield them.
LISTS = ("warnings", "notes", "said")
WRITERS = ("sentences", "answers_said", "levels_of", "_leaks", "_merged", "_missing_classes", "_notes")  # fmt: skip
# Sentences of which a part, not only a name or a number, is put in.
PUT_TOGETHER = {
    "VAR0: VAR2 of VAR4 VAR6 are not scored": [
        f"a: 3 of 9 {unit} are not scored: 2 words have no vector{where} (x, y, ...)"
        for unit in ("word pairs", "questions") for where in ("", " among the first 400")
    ],
    "VAR0: VAR2 of VAR4 VAR6 were compared": [
        f"a: 3 of 9 {kind} were compared, drawn at random and as even over labels as their "
        "numbers allow" for kind in ("occurrences", "test occurrences")
    ],
    "no VAR1 data of VAR3": [
        f"no train data of 1 of 3 classes (x; 7 sequences): {meaning}"
        for meaning in ("they can never be answered", "no score speaks of them")
    ],
}  # fmt: skip
VARIES = re.compile(r"VAR\d+")
CHINESE = re.compile("[\u4e00-\u9fff]")


def sentence(node):
    """Return a string of the source with what varies as numbers; None for what is no string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        own = [
            one.value if isinstance(one, ast.Constant) else f"VAR{at}"
            for at, one in enumerate(node.values)
        ]
        return "".join(own)
    return None


def strings(node):
    """Yield the strings below a node, a formatted one as one."""
    if (own := sentence(node)) is not None:
        yield own
        return
    for child in ast.iter_child_nodes(node):
        yield from strings(child)


def written(file):
    """Yield the sentences that a module warns by."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("append", "insert"):
                gathered = ast.unparse(node.func.value).split(".")[-1]
                if gathered in LISTS:
                    yield from strings(node.args[-1])
        elif isinstance(node, ast.AugAssign):
            if ast.unparse(node.target).split(".")[-1] in LISTS:
                yield from strings(node.value)
        elif isinstance(node, ast.Assign):
            if ast.unparse(node.targets[0]) in ("note", "notes"):
                yield from strings(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name in (*WRITERS, "warnings"):
            for inner in ast.walk(node):
                listed = isinstance(inner, ast.Return) and isinstance(inner.value, ast.List)
                if (listed or isinstance(inner, ast.Yield)) and inner.value is not None:
                    yield from strings(inner.value)


def every_sentence():
    found = [one for room in ROOMS for file in sorted((SOURCE / room).rglob("*.py"))
             for one in written(file)]  # fmt: skip
    found += [*WARNINGS.values(), *(Finding(kind, 3, ("line 7",)).note() for kind in KINDS)]
    for begin, whole in PUT_TOGETHER.items():
        assert any(one and one.startswith(begin) for one in found), begin
        found = [one for one in found if not (one and one.startswith(begin))] + whole
    return sorted({one for one in found if one and " " in one.strip() and len(one) > 25})


def test_sentences_are_found():
    assert len(every_sentence()) > 60


@pytest.mark.parametrize("line", every_sentence())
def test_each_has_a_chinese_one(line):
    (shown,) = noticed([line], "zh-CN")
    assert CHINESE.search(shown), f"no entry of notices.zh.toml matches: {line}"
    assert sorted(VARIES.findall(line)) == sorted(VARIES.findall(shown))


def test_what_is_not_known_and_other_languages_stay_as_they_are():
    known = "3 of 9 lines are empty: skipped"
    assert noticed([known, "a new one"], "en") == [known, "a new one"]
    assert noticed([known, "a new one"], "zh-CN") == ["9 行中有 3 行是空的：已跳过", "a new one"]


def test_a_name_before_the_sentence_stays():
    assert noticed(["a: b.csv: 2 ids stood there before"], "zh") == ["a：b.csv：2 个 id 是重复的"]
    line = "苹果 {x}: in 1 of 2 occurrences a token also covers neighbouring letters"
    assert noticed([line], "zh") == ["苹果 {x}：2 处出现中有 1 处，词元还盖住了相邻的字"]
