"""Answers scored as published: cases by hand for every scorer, properties, gold against itself."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.probe.answer_characters import common_run, normalise_cmrc, normalise_drcd, segments_cmrc
from firth.probe.answer_words import normalise_mlqa, normalise_squad
from firth.probe.answers import (
    BY_LANGUAGE,
    SCORERS,
    score_answer,
    scorers_for,
    scores_by_question,
)
from firth.probe.treebank import treebank_words
from firth.text.squad import read_squad

TEXTS = st.text(alphabet="aAn the THE 中文字，。！1.,'\"（）x\u3000", max_size=12)
SCORED = [(name, "en") for name in ("squad", "squad2", "xquad", "mlqa")] + [
    (name, "zh") for name in ("cmrc", "drcd", "mlqa", "xquad")
]


def score(prediction, golds, scorer, language):
    found = score_answer(prediction, [golds] if isinstance(golds, str) else golds, scorer, language)
    return found.em, found.f1


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The  Quick, brown Fox!", "quick brown fox"),
        ("a.k.a. an 'Answer'", "aka answer"),
        ("$1,000-a-day", "1000aday"),  # punctuation goes before articles, so this "a" stays
        ("theatre anthem", "theatre anthem"),
        ("THE THE", ""),
        ("“the” end — here", "“ ” end — here"),  # of punctuation, only ASCII's goes
        ("\ufeffthe\u3000end", "\ufeff end"),  # as published: U+FEFF is neither letter nor blank
    ],
)
def test_squad_normalisation(text, plain):
    assert normalise_squad(text) == plain


@pytest.mark.parametrize(
    ("prediction", "golds", "em", "f1"),
    [
        ("The cat!", "a CAT", 1, 1),
        ("the black cat", "cat", 0, 2 / 3),  # P 1/2, R 1
        ("cat cat dog", "cat dog dog", 0, 2 / 3),  # as multisets: 2 of 3 and 2 of 3
        ("dog", "cat", 0, 0),
        ("", "cat", 0, 0),
        ("black cat", ["dog", "cat", "black cats"], 0, 2 / 3),  # the best of 0, 2/3, 1/2
        ("cat", ["dog", "the cat"], 1, 1),
        ("the", "A!", 1, 0),  # nothing is left of either: as evaluate-v1.1.py has it
    ],
)
def test_squad(prediction, golds, em, f1):
    for scorer, language in (("squad", "en"), ("xquad", "de")):
        assert score(prediction, golds, scorer, language) == pytest.approx((em, f1))


@pytest.mark.parametrize(
    ("prediction", "golds", "em", "f1"),
    [
        ("", [], 1, 1),
        ("The", [], 1, 1),  # nothing is left of it
        ("cat", [], 0, 0),
        ("", ["cat"], 0, 0),
        ("cat", ["!", "cat"], 1, 1),
        ("", ["!", "cat"], 0, 0),  # a gold of which nothing is left is none ...
        ("", ["!"], 1, 1),  # ... and a question with such ones only has no answer
        ("the black cat", ["cat"], 0, 2 / 3),
    ],
)
def test_squad_2(prediction, golds, em, f1):
    assert score(prediction, golds, "squad2", "en") == pytest.approx((em, f1))


def test_xquad_takes_a_chinese_answer_for_one_word():
    assert score("北京大学", "北京", "xquad", "zh") == (0, 0)
    assert score("北京，", "北京", "xquad", "zh") == (0, 0)  # a full-width comma is a letter to it
    assert score("308 分", "308", "xquad", "zh") == pytest.approx((0, 2 / 3))


@pytest.mark.parametrize(
    ("language", "text", "plain"),
    [
        ("en", "The “quick” fox—an end", "quick foxan end"),  # the dash goes without a blank
        ("de", "Der Hund, das Ende eines Tages", "hund ende tages"),
        ("es", "¿El perro de las Casas?", "perro de casas"),
        ("vi", "những con mèo của tôi", "con mèo tôi"),
        ("hi", "यह एक घर है।", "यह एक घर है"),
        ("ar", "الكتاب، والقلم", "كتاب و قلم"),
        ("zh", "在2016年，The Apple公司（美国）", "在 2016 年 the apple 公 司 美 国"),
        ("zh", "１２龥鿿x", "１２ 龥 鿿x"),  # U+9FA5 is a character by itself, U+9FFF is not
    ],
)
def test_mlqa_normalisation(language, text, plain):
    assert normalise_mlqa(text, language) == plain


@pytest.mark.parametrize(
    ("language", "prediction", "golds", "em", "f1"),
    [
        ("zh", "北京大学", "北京", 0, 2 / 3),  # P 2/4, R 2/2
        ("zh", "《北京》。", "北京", 1, 1),
        ("zh", "京北", "北京", 0, 1),  # a bag has no order
        ("zh", "在 iPhone 5s 上", "iPhone 5s", 0, 2 / 3),  # 2 of 4 and 2 of 2
        ("de", "der Hund", ["ein Hund", "Katze"], 1, 1),
        ("zh", "", "北京", 0, 0),
        ("zh", "。", "，", 1, 0),
    ],
)
def test_mlqa(language, prediction, golds, em, f1):
    assert score(prediction, golds, "mlqa", language) == pytest.approx((em, f1))
    if language == "zh":
        assert score(prediction, golds, "mlqa", "zh-Hant") == pytest.approx((em, f1))


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("《Apple公司》的iPhone-5s，", ["apple", "公", "司", "的", "iphone5s"]),
        ("约3.5%，即1,000人", ["约", "3.5", "%", "即", "1,000", "人"]),
        ("John's car (red).", ["john", "'s", "car", "(", "red", ")", "."]),
        (" 2001-2003年 ", ["20012003", "年"]),
        ("，。！", []),
        ("、‘a’", ["‘", "a"]),  # only the second of the two is on the list
    ],
)
def test_cmrc_segments(text, segments):
    assert segments_cmrc(text) == segments


@pytest.mark.parametrize(
    ("prediction", "golds", "em", "f1"),
    [
        ("《北京》。", "北京", 1, 1),
        ("北京大学", "北京", 0, 2 / 3),
        ("京北", "北京", 0, 1 / 2),  # the longest run is one character: P 1/2, R 1/2
        ("甲丁乙", "甲丙乙", 0, 1 / 3),  # a substring; a subsequence would give 2/3
        ("A公司", ["公司", "甲"], 0, 4 / 5),  # P 2/3, R 1
        ("iPhone 5", "iphone5", 0, 0),  # white space counts inside
        ("北京.", "北京", 0, 4 / 5),  # an ASCII full stop is not on the list
        ("", "北京", 0, 0),
        ("。", "，", 1, 0),
    ],
)
def test_cmrc(prediction, golds, em, f1):
    assert score(prediction, golds, "cmrc", "zh") == pytest.approx((em, f1))


def test_cmrc_removes_its_punctuation_only():
    assert normalise_cmrc(" A-b:c_d，e。f.g(h) i——j ") == "abcdef.g(h) i——j"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("u.s. army.", ["u.s.", "army", "."]),
        ("wait... what?!", ["wait", "...", "what", "?", "!"]),
        ('he said "yes" (twice)', ["he", "said", "``", "yes", "''", "(", "twice", ")"]),
        ("they'll say it isn't john's", ["they", "'ll", "say", "it", "is", "n't", "john", "'s"]),
        ("1,000, or $5.50; 7%", ["1,000", ",", "or", "$", "5.50", ";", "7", "%"]),
        ("i cannot, gonna", ["i", "can", "not", ",", "gon", "na"]),
        ("'tis dogs' «x»", ["'t", "is", "dogs", "'", "«", "x", "»"]),
        ('end of it."', ["end", "of", "it", ".", "''"]),
    ],
)
def test_treebank_words(text, words):
    assert treebank_words(text) == words


@given(st.text("ab1", max_size=7), st.text("ab1", max_size=7))
def test_the_longest_run_against_all_runs(first, second):
    runs = {first[i:j] for i in range(len(first)) for j in range(i + 1, len(first) + 1)}
    longest = max((len(run) for run in runs if run in second), default=0)
    assert common_run(first, second) == common_run(second, first) == longest


@pytest.mark.parametrize(
    ("prediction", "golds", "em", "f1"),
    [
        ("「臺北」。", "臺北", 1, 1),
        ("臺北市", "臺北", 0, 4 / 5),  # P 2/3, R 1
        ("北臺", "臺北", 0, 1),  # a bag has no order
        ("一百一", "一百", 0, 4 / 5),  # as multisets: 2 of 3 and 2 of 2
        ("iPhone 5", "IPHONE5", 1, 1),
        ("ab", "abcd", 0, 2 / 3),  # Latin letters one by one
        ("＋３％", "３", 1, 1),  # full-width symbols go, a full-width digit stays
        ("３", "3", 0, 0),
        ("高雄", ["臺北", "高雄市"], 0, 4 / 5),
        ("", "臺北", 0, 0),
        ("。", "，", 1, 0),
    ],
)
def test_drcd(prediction, golds, em, f1):
    assert score(prediction, golds, "drcd", "zh-Hant") == pytest.approx((em, f1))


def test_drcd_removes_the_marks_of_every_width():
    assert normalise_drcd("，。！？「」『』（）《》、；：…—～·＄＜a.b!c$d<e　f") == "abcdef"


@given(TEXTS, TEXTS)
def test_scores_lie_between_and_f1_turns_with_its_sides(one, two):
    for scorer, language in SCORED:
        em, f1 = score(one, two, scorer, language)
        assert em in (0, 1)
        assert 0 <= f1 <= 1
        assert (em, f1) == pytest.approx(score(two, one, scorer, language))


@given(TEXTS, TEXTS)
def test_exact_means_f1_of_one_unless_nothing_is_left(one, two):
    for scorer, language in SCORED:
        em, f1 = score(one, two, scorer, language)
        left = SCORERS[scorer].view(one, language)[1]
        if em:
            assert f1 == (1 if left or scorer == "squad2" else 0)
        # The converse is not so: a bag has no order, and CMRC's segments have no blanks.
        if f1 == 1 and scorer == "xquad" and len(left) <= 1:
            assert em == 1


@given(TEXTS)
def test_an_answer_is_right_by_itself(text):
    for scorer, language in SCORED:
        assert score(text, text, scorer, language)[0] == 1


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=4))
def test_several_golds_give_the_best(prediction, golds):
    for scorer, language in SCORED:
        if scorer == "squad2" and not all(normalise_squad(gold) for gold in golds):
            continue
        single = np.array([score(prediction, gold, scorer, language) for gold in golds])
        assert score(prediction, golds, scorer, language) == pytest.approx(single.max(axis=0))


@given(TEXTS, TEXTS)
def test_both_scripts_of_squad_agree_where_something_is_left(one, two):
    if normalise_squad(one) and normalise_squad(two):
        assert score(one, two, "squad", "en") == score(one, two, "squad2", "en")


@given(st.permutations("臺北市2024abc"))
def test_a_bag_has_no_order(turned):
    assert score("".join(turned), "臺北市2024abc", "drcd", "zh-Hant")[1] == 1


def test_a_number_a_question():
    found = scores_by_question(
        ["the cat", None, "", "black dog"], [["cat"], ["a"], ["b"], ["x", "dog"]], "squad", "en"
    )
    np.testing.assert_array_equal(found.em, [1, 0, 0, 0])
    np.testing.assert_allclose(found.f1, [1, 0, 0, 2 / 3])
    assert score(None, [], "squad2", "en") == (0, 0)  # left out, which is not "no answer"
    empty = scores_by_question([], [], "squad", "en")
    assert empty.em.shape == empty.f1.shape == (0,)
    with pytest.raises(InputError, match="1 predictions for 2 questions"):
        scores_by_question(["a"], [["a"], ["b"]], "squad", "en")


@pytest.mark.parametrize("scorer", ["squad", "xquad", "mlqa"])
def test_a_question_without_gold_is_for_squad_2_only(scorer):
    with pytest.raises(InputError, match=f"was given to {scorer}: leave such questions out"):
        score_answer("a", [], scorer, "en")


def test_which_scorers_apply():
    assert scorers_for("en")[0] == "squad"
    assert scorers_for("en-GB") == scorers_for("en")
    assert scorers_for("zh")[0] == scorers_for("zh-Hans")[0] == scorers_for("zh_CN")[0] == "cmrc"
    for traditional in ("zh-Hant", "zh-TW", "zh_HK", "zh-Hant-MO"):
        assert scorers_for(traditional)[0] == "drcd"
    assert scorers_for("ru") == ("xquad",)
    assert scorers_for("ja")[0] == "drcd"
    assert scorers_for("en", unanswerable=True) == ("squad2",)
    assert {name for names in BY_LANGUAGE.values() for name in names} == set(SCORERS) - {"squad2"}
    for language, names in BY_LANGUAGE.items():
        for name in names:
            assert score("7", "7", name, language) == (1, 1)


@pytest.mark.parametrize(
    ("scorer", "language", "said"),
    [
        ("sqad", "en", "scorer 'sqad': legal are squad, squad2, xquad, mlqa, cmrc, drcd. Did you mean 'squad'?"),
        ("mlqa", "ru", "scorer 'mlqa' has no rules for 'ru': legal are xquad"),
        ("squad", "zh", "scorer 'squad' has no rules for 'zh': legal are cmrc, drcd, mlqa, xquad"),
        ("cmrc", "en", "scorer 'cmrc' has no rules for 'en': legal are squad, mlqa, xquad"),
    ],
)  # fmt: skip
def test_a_scorer_that_does_not_apply_is_refused(scorer, language, said):
    with pytest.raises(OptionError, match=re.escape(said)):
        score_answer("a", ["a"], scorer, language)
    with pytest.raises(OptionError, match=re.escape(said)):
        scores_by_question([], [], scorer, language)


def test_mlqa_alone_names_its_languages():
    with pytest.raises(OptionError, match="mlqa has rules for en, es, hi, vi, de, ar, zh only"):
        normalise_mlqa("a", "ru")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("cmrc2018_trial.zh", "zh"),
        ("drcd_dev.zh-Hant", "zh-Hant"),
        ("squad_dev_as_train.en", "en"),
        ("squadshifts_new_wiki.en", "en"),
        *((f"xquad.{language}", language) for language in ("de", "en", "es", "ru", "zh")),
    ],
)
def test_published_gold_against_itself(shared, name, language):
    golds = [item.question.golds for item in read_squad(shared / "qa" / f"{name}.json.gz").items()]
    for scorer in scorers_for(language):
        # As published, F1 is 0 where nothing is left: one gold answer of SQuADShifts is "The A".
        view = SCORERS[scorer].view
        right = [next(gold for gold in own if view(gold, language[:2])[0]) for own in golds]
        found = scores_by_question(right, golds, scorer, language)
        assert found.em.mean() == found.f1.mean() == 1.0
        # And the answer of the next question is mostly wrong.
        moved = scores_by_question(right[1:901], golds[:900], scorer, language)
        assert (moved.em <= moved.f1).all()
        assert moved.em.mean() < 0.05
        assert moved.f1.mean() < 0.1
