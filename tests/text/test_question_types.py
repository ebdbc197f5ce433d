"""Types of questions, lengths of answers, overlap: by hand in several languages."""

from __future__ import annotations

import pytest

from firth.text.question_types import (
    length_group,
    length_groups,
    overlap_group,
    overlap_with_sentence,
    question_type,
    sentence_at,
)
from firth.text.squad_records import Answer, Item, Question


@pytest.mark.parametrize(
    ("language", "question", "kind"),
    [
        ("en", "Who wrote it?", "who"),
        ("en", "In what year did it end?", "when"),
        ("en", "In which city was she born?", "where"),
        ("en", "How many bridges are there?", "how many"),
        ("en", "How was it built?", "how"),
        ("en", "Why did he leave?", "why"),
        ("en", "What is whole rye?", "what"),
        ("en", "Name a river.", "other"),
        ("zh", "谁发明了电话？", "who"),
        ("zh", "他哪一年出生？", "when"),
        ("zh-Hant", "他在哪裡出生？", "where"),
        ("zh", "有多少座桥？", "how many"),
        ("zh", "为什么离开？", "why"),
        ("zh", "它是怎样建成的？", "how"),
        ("zh-Hant", "負責管理的單位為？", "what"),
        ("de", "Wie viele Brücken gibt es?", "how many"),
        ("de", "Wer schrieb es?", "who"),
        ("es", "¿Por qué se fue?", "why"),
        ("ru", "Где он родился?", "where"),
        ("ja", "いつ生まれましたか？", "when"),
        ("fr", "Qui l'a écrit ?", "other"),
    ],
)
def test_types(language: str, question: str, kind: str) -> None:
    assert question_type(question, language) == kind


def test_lengths_are_in_words_or_in_characters() -> None:
    assert length_groups("en") == ("1", "2", "3-4", "5-9", "10+")
    assert length_groups("zh-Hant") == ("1-2", "3-4", "5-8", "9-16", "17+")
    assert length_group("the old stone bridge", "en") == "3-4"
    assert length_group("one two three four five six seven eight nine ten", "en") == "10+"
    assert length_group("石桥", "zh") == "1-2"
    assert length_group("一座古老的石桥", "zh") == "5-8"


def item(context: str, question: str, answer: str) -> Item:
    own = Question("1", question, (Answer(answer, context.index(answer)),))
    return Item("a", context, own)


def test_overlap_is_with_the_sentence_of_the_answer() -> None:
    context = "The bridge was built in 1902. A storm broke it. Pi is 3.14 here."
    assert sentence_at(context, context.index("storm")).strip() == "A storm broke it."
    # Of when, was, the, bridge, built four stand in the first sentence.
    own = item(context, "When was the bridge built?", "1902")
    assert overlap_with_sentence(own, "en") == pytest.approx(4 / 5)
    # A point inside a number ends no sentence.
    assert sentence_at(context, context.index("here")).strip() == "Pi is 3.14 here."
    chinese = item("桥建于1902年。风暴毁了它。", "桥建于何年？", "1902年")
    # Of 桥建, 建于, 于何, 何年 two stand there.
    assert overlap_with_sentence(chinese, "zh") == pytest.approx(2 / 4)
    assert [overlap_group(share) for share in (0.0, 0.25, 0.74, 1.0)] == [
        "0-25 %", "25-50 %", "50-75 %", "75-100 %",
    ]  # fmt: skip
    lost = Item("a", "text", Question("1", "Who?", (Answer("Anna", None),)))
    assert overlap_with_sentence(lost, "en") is None
