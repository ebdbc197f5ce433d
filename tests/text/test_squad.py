"""Files of questions: layouts, offsets, oddities, mistakes; parts of a set and overlaps."""

import gzip
import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.text.squad import read_squad
from firth.text.squad_records import Answer, Article, Paragraph, Question, QuestionSet
from firth.text.squad_subsets import (
    first_questions,
    for_scoring,
    for_training,
    overlap,
    split_articles,
)


def answer(text, start):
    return {"text": text, "answer_start": start}


def qa(own, *answers, **more):
    return {"id": own, "question": f"What is {own}?", "answers": list(answers)} | more


def document(context, *questions, title="A"):
    paragraph = {"context": context, "qas": list(questions)}
    return {"version": "1.1", "data": [{"title": title, "paragraphs": [paragraph]}]}


def read(tmp_path, given, name="set.json"):
    path = tmp_path / name
    path.write_text(
        given if isinstance(given, str) else json.dumps(given, ensure_ascii=False),
        encoding="utf-8",
    )
    return read_squad(path)


def only(found):
    (item,) = found.items()
    return item


def made(name, *sizes, title="T{}"):
    """Articles of so many questions each, one paragraph an article."""
    return QuestionSet(
        name,
        tuple(
            Article(
                title.format(at),
                (
                    Paragraph(
                        f"{name} context {at}",
                        tuple(
                            Question(f"{name}-{at}-{i}", "?", (Answer("c", 0),))
                            for i in range(size)
                        ),
                    ),
                ),
            )
            for at, size in enumerate(sizes)
        ),
    )


def test_squad_as_published(tmp_path):
    found = read(
        tmp_path,
        document(
            "The cat sat on the mat.",
            qa("1", answer("cat", 4), answer("The cat", 0)),
            qa("2", is_impossible=True, plausible_answers=[answer("mat", 19)]),
            title="Cats",
        ),
    )
    one, two = found.items()
    assert (one.article, one.context, one.question.text) == (
        "Cats",
        "The cat sat on the mat.",
        "What is 1?",
    )
    assert one.question.golds == ("cat", "The cat")
    assert [(a.start, a.end) for a in one.question.spans] == [(4, 7), (0, 7)]
    assert (two.question.is_impossible, two.question.golds) == (True, ())
    assert two.question.trainable
    assert two.question.scorable
    sizes = found.sizes
    assert (sizes.articles, sizes.paragraphs, sizes.questions) == (1, 1, 2)
    assert (sizes.answers, sizes.impossible) == (2, 1)
    assert found.findings.notes() == ()


def test_gzip_further_fields_numbers_for_ids_and_no_title(tmp_path):
    given = document("台北在北邊。", qa(7, {"id": "1"} | answer("台北", 0)))
    given["data"] = [{"id": "9", "paragraphs": given["data"][0]["paragraphs"]}]
    given["data"][0]["paragraphs"][0]["id"] = "p"
    path = tmp_path / "drcd.json.gz"
    path.write_bytes(gzip.compress(json.dumps(given).encode()))
    item = only(read_squad(path))
    assert (item.article, item.question.id, item.question.golds) == ("#0", "7", ("台北",))


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ("\ufeffзначение\ufeff слова", "слова"),
        ("كتب الولد الدرس ثم نام", "الدرس"),
        ("cafe\u0301 and the\u0301 end", "the\u0301"),
        ("😀😀 apple 👨‍👩‍👧 pear", "pear"),
        ("两\u2028行 and\r\nmore", "行 and\r\nmore"),
        ("x" * 100_000 + " needle", "needle"),
    ],
)
def test_offsets_are_those_of_the_text(tmp_path, context, text):
    item = only(read(tmp_path, document(context, qa("1", answer(text, context.index(text))))))
    (span,) = item.question.spans
    assert item.context == context
    assert context[span.start : span.end] == text


@pytest.mark.parametrize("start", [3, 5, -1, 10**6])
def test_an_answer_beside_its_offset_is_found(tmp_path, start):
    found = read(tmp_path, document("The cat sat.", qa("7", answer("cat", start))))
    assert only(found).question.answers == (Answer("cat", 4),)
    assert found.findings.count("offset_repaired") == 1
    assert re.search(
        rf"1 answers .*answers\[0\], id '7', 'cat' at {start}, found at 4",
        found.findings.notes()[0],
    )


@pytest.mark.parametrize(
    ("context", "text", "kind"),
    [
        ("a cat, a cat", "cat", "offset_lost"),
        ("xaaa", "aa", "offset_lost"),  # twice, overlapping
        ("a dog", "cat", "offset_lost"),
        ("The cat", "", "blank_answer"),
        ("The cat", " ", "blank_answer"),
    ],
)
def test_an_answer_without_a_place_is_for_scoring_only(tmp_path, context, text, kind):
    found = read(tmp_path, document(context, qa("1", answer(text, 0))))
    question = only(found).question
    assert question.golds == (text,)
    assert question.spans == ()
    assert question.scorable
    assert not question.trainable
    assert question.answers[0].end is None
    assert found.findings.count(kind) == 1
    assert for_scoring(found).sizes.questions == 1
    assert for_training(found).sizes == QuestionSet("", ()).sizes


def test_other_oddities_are_counted_with_the_first_places(tmp_path):
    given = document(
        "The cat",
        qa("1", answer("cat", 4)),
        qa("1", answer("The", 0)),
        *(qa(f"none {at}") for at in range(5)),
        qa("both", answer("cat", 4), is_impossible=True),
    )
    given["data"][0]["paragraphs"].append({"context": " \n", "qas": [qa("gone")]})
    found = read(tmp_path, given)
    assert {one.kind: one.count for one in found.findings.found} == {
        "unanswered": 5,
        "answered_impossible": 1,
        "blank_context": 1,
        "repeated_id": 1,
    }
    unanswered = found.findings.found[0]
    assert [re.search("id '(.*)'", one)[1] for one in unanswered.examples] == [
        "none 0",
        "none 1",
        "none 2",
    ]
    assert unanswered.examples[0].endswith("data[0].paragraphs[0].qas[2], id 'none 0'")
    assert found.findings.count("offset_lost") == 0
    ids = [item.question.id for item in found.items()]
    assert ids == ["1", "none 0", "none 1", "none 2", "none 3", "none 4", "both"]
    assert found.items()[0].question.golds == ("cat",)
    assert found.items()[-1].question.golds == ()  # the mark was taken
    assert [item.question.id for item in for_scoring(found).items()] == ["1", "both"]


GOOD = json.dumps(document("The cat", qa("1", answer("cat", 4))))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('{"data": [\n {"title": }]}', "line 2, column 12: not JSON: Expecting value"),
        ("", "line 1, column 1: not JSON"),
        (GOOD[:-2], "not JSON"),
        ("[" * 200_000, "not JSON that can be read: nested too deeply"),
        ('{"data": ' + "9" * 5000 + "}", "not JSON that can be read: a number too long"),
        ("[]", "expected an object, found a list"),
        ("{}", "no field `data`; it has nothing"),
        ('{"date": []}', "no field `data`; it has date. Did you mean 'date'"),
        ('{"data": {}}', "`data` should be a list, not an object"),
        ('{"data": []}', "holds no question that can be read: its articles have none"),
        ('{"data": [3]}', "data[0]: expected an object, found a whole number ('3')"),
        (GOOD.replace('"context"', '"text"'), "paragraphs[0]: no field `context`; it has text, qas"),
        (GOOD.replace('"qas"', '"qa"'), "paragraphs[0]: no field `qas`"),
        (GOOD.replace('"question"', '"Question"'), "qas[0]: no field `question`"),
        (GOOD.replace('"id": "1"', '"id": null'), "qas[0]: `id` should be a text, not null"),
        (GOOD.replace('"answers"', '"answer"'), "qas[0]: no field `answers`"),
        (GOOD.replace('"answer_start": 4', '"start": 4'), "answers[0]: no field `answer_start`"),
        (GOOD.replace("start\": 4", "start\": 4.0"), "should be a whole number, not a number ('4.0')"),
        (GOOD.replace("start\": 4", "start\": true"), "should be a whole number, not a truth value"),
        (GOOD.replace('"cat"', "null"), "answers[0]: `text` should be a text, not null"),
        (GOOD.replace('"title": "A"', '"title": ["A"]'), "data[0]: `title` should be a text"),
        (
            GOOD.replace('"id": "1"', '"id": "1", "is_impossible": 0'),
            "`is_impossible` should be a truth value",
        ),
        (GOOD.replace("The cat", "The \\ud83d cat"), "`context` has half a character (\\ud83d) at"),
        (
            json.dumps(document(" ", qa("1", answer("cat", 4)))),
            "holds no question that can be read: 1 paragraphs have no text",
        ),
    ],
)  # fmt: skip
def test_a_mistake_names_its_place_in_one_line(tmp_path, given, said):
    with pytest.raises(InputError, match=re.escape(said)) as error:
        read(tmp_path, given)
    assert "set.json" in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_no_text(tmp_path):
    with pytest.raises(InputError, match="none.json cannot be read"):
        read_squad(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'{"data":\n"\xe9"}')
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        read_squad(tmp_path / "latin.json")
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(GOOD.encode())[:-9])
    with pytest.raises(InputError, match="not a whole gzip file"):
        read_squad(tmp_path / "cut.json.gz")


def test_two_halves_of_an_escape_are_one_character(tmp_path):
    given = GOOD.replace("The cat", "\\ud83d\\ude00 cat").replace('start": 4', 'start": 2')
    assert only(read(tmp_path, given)).question.spans == (Answer("cat", 2),)


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=12), st.floats(0.01, 0.99), st.integers(0, 9)
)
def test_no_article_is_on_both_sides(sizes, share, seed):
    whole = made("s", *sizes)
    rest, held = split_articles(whole, share, seed)
    names = [{item.article for item in part.items()} for part in (rest, held)]
    assert names[0] & names[1] == set()
    assert len(names[1]) == min(len(sizes) - 1, max(1, round(share * len(sizes))))
    assert len(names[0]) + len(names[1]) == len(sizes)
    assert sorted(i.question.id for part in (rest, held) for i in part.items()) == sorted(
        i.question.id for i in whole.items()
    )


def test_a_split_is_by_seed_and_keeps_articles_of_one_title_together():
    whole = made("s", *[1] * 20)
    sides = [split_articles(whole, 0.5, seed)[1] for seed in (0, 0, 1)]
    assert sides[0] == sides[1] != sides[2]
    # The order of the file has no part in it.
    turned = QuestionSet("s", whole.articles[::-1])
    assert set(split_articles(turned, 0.5)[1].articles) == set(sides[0].articles)
    same = QuestionSet("s", (*made("a", 1, title="Same").articles, *made("b", 1, 1).articles[:2]))
    again = QuestionSet("s", (*same.articles, *made("c", 1, title="Same").articles))
    for seed in range(10):
        rest, held = split_articles(again, 0.4, seed)
        assert len({i.article for i in held.items()} & {i.article for i in rest.items()}) == 0
    untitled = made("u", 1, 1, title=" ")
    assert [len(part.articles) for part in split_articles(untitled, 0.5)] == [1, 1]


def test_a_split_that_cannot_be():
    with pytest.raises(InputError, match="one article only"):
        split_articles(made("one", 3), 0.5)
    with pytest.raises(OptionError, match="share 1: legal is between 0 and 1"):
        split_articles(made("two", 1, 1), 1)


def test_fewer_questions_are_among_more():
    whole = made("s", 5, 1, 7)
    chosen = [{i.question.id for i in first_questions(whole, n).items()} for n in range(1, 14)]
    assert [len(one) for one in chosen] == list(range(1, 14))
    assert all(small < large for small, large in pairwise(chosen))
    assert first_questions(whole, 13) == whole
    assert first_questions(whole, 3, seed=1) != first_questions(whole, 3, seed=0)
    # A question's rank is its own: it does not move when other articles come.
    more = QuestionSet("s", (*whole.articles, *made("t", 4, title="U{}").articles))
    kept = [i.question.id for i in first_questions(more, 8).items() if i.question.id[0] == "s"]
    assert set(kept) == {i.question.id for i in first_questions(whole, len(kept)).items()}
    for n in (0, 14):
        with pytest.raises(OptionError, match=f"{n} questions of s: legal are 1 to 13"):
            first_questions(whole, n)


def test_what_two_sets_share():
    first, second = made("s", 1, 2), made("t", 1, 1, 1)
    assert overlap(first, second).titles == ("T0", "T1")
    assert overlap(first, second).contexts == overlap(first, second).ids == ()
    spaced = QuestionSet(
        "x", (Article("t_0", (Paragraph("S  Context\ufeff\n0", first.articles[0].paragraphs[0].questions),)),)
    )  # fmt: skip
    titled = QuestionSet("y", (Article("T 0", first.articles[0].paragraphs),))
    found = overlap(titled, spaced)
    assert (found.titles, found.contexts, found.ids) == (("T 0",), ("s context 0",), ("s-0-0",))
    assert overlap(made("a", 1, title=""), made("b", 1, title="")).titles == ()


PUBLISHED = {
    "cmrc2018_trial.zh": (256, 256, 1002, 1002),
    "drcd_dev.zh-Hant": (383, 1000, 3524, 7048),
    "squad_dev_as_train.en": (48, 1827, 9380, 30762),
    "squadshifts_new_wiki.en": (48, 1581, 7938, 22794),
    **{f"xquad.{language}": (48, 240, 1190, 1190) for language in ("de", "en", "es", "ru", "zh")},
}


@pytest.mark.shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_sets(shared, name):
    found = read_squad(shared / "qa" / f"{name}.json.gz")
    sizes = found.sizes
    assert (sizes.articles, sizes.paragraphs, sizes.questions, sizes.answers) == PUBLISHED[name]
    assert sizes.impossible == 0
    off = 5 if name.startswith("cmrc") else 0
    assert {one.kind: one.count for one in found.findings.found} == (
        {"offset_repaired": off} if off else {}
    )
    for item in found.items():
        assert item.question.trainable
        for span in item.question.spans:
            assert item.context[span.start : span.end] == span.text


@pytest.mark.shared
def test_what_the_published_sets_share(shared):
    sets = {
        name: read_squad(shared / "qa" / f"{name}.json.gz")
        for name in ("squad_dev_as_train.en", "squadshifts_new_wiki.en", "xquad.en", "xquad.zh")
    }
    dev, shifts, english, chinese = sets.values()
    assert [len(part) for part in vars(overlap(dev, english)).values()] == [48, 0, 0]
    assert [len(part) for part in vars(overlap(shifts, english)).values()] == [0, 0, 0]
    assert [len(part) for part in vars(overlap(shifts, dev)).values()] == [0, 0, 0]
    assert [len(part) for part in vars(overlap(english, chinese)).values()] == [48, 0, 1190]
