import pytest

import firth
from firth.errors import InputError
from firth.experiments.rerun import compare, rerun
from firth.experiments.wic import wic
from firth.text.reading import Source
from firth.text.wic import WordPair


def pairs_of(language, splits=(None,)):
    """All pairs of each carried word's first three occurrences of either sense."""
    found = []
    for word in dict.fromkeys(one.word for one in firth.lecture.homographs(language)):
        own = [one for one in firth.lecture.homographs(language) if one.word == word]
        own = [*own[:3], *own[8:11]]
        for i, first in enumerate(own):
            for second in own[:i]:
                same = first.label == second.label
                found.append(WordPair(first, second, same, splits[len(found) % len(splits)]))
    return found


@pytest.fixture(scope="module")
def result(mini):
    return wic(mini, pairs=pairs_of("en"))


def test_accuracy_and_auc_of_every_choice(result):
    for metric in ("accuracy", "auc"):
        rows = result.rows(metric, similarity="centred", control=None)
        assert [row.layer for row in rows[:13]] == list(range(13))
        for row in rows:
            assert row.low <= row.value <= row.high
            assert (row.n, row.unit) == (60, "sentence pair")
    (best,) = result.rows("accuracy", similarity="centred", arm="best_on_dev")
    (frequent,) = result.rows("accuracy", control="most_frequent_answer")
    right = [row["right_centred"] for row in result.tables["pairs"]]
    assert best.value == pytest.approx(sum(right) / 60)
    assert frequent.value == 0.6
    assert any("only 4 words" in said for said in result.warnings)
    (static,) = result.rows("accuracy", control="static")
    assert static.value <= 0.6  # every form is the same: nothing to tell pairs apart
    assert len(result.tables["pairs"]) == 60


def test_all_pairs_of_the_lecture_have_the_auc_of_senses(mini):
    ten = firth.lecture.apples()
    pairs = [
        WordPair(one, other, one.label == other.label)
        for i, one in enumerate(ten)
        for other in ten[:i]
    ]
    found, expected = wic(mini, pairs=pairs), firth.senses(mini, sentences=ten)
    for kind in ("raw", "centred"):
        ours = [row.value for row in found.rows("auc", similarity=kind, control=None, arm=None)]
        theirs = [row.value for row in expected.rows("auc", similarity=kind, control=None)]
        assert ours == pytest.approx(theirs, abs=2e-3)
    assert max(ours) > 0.85


def test_development_data_chooses_where_there_is_some(mini):
    mixed = wic(mini, pairs=pairs_of("en", ("dev", "test")), layers=[8])
    assert {row["split"] for row in mixed.tables["pairs"]} == {"test"}
    assert mixed.rows("accuracy", layer=8, similarity="raw")[0].n == 30
    assert mixed.tables["development"][0]["choice"] == "layer 8"


def test_order_of_the_two_sentences_changes_nothing(mini):
    pairs = pairs_of("zh")
    turned = [WordPair(one.second, one.first, one.same) for one in pairs]
    values = [
        [row.value for row in wic(mini, pairs=some, layers=[0, 8]).rows("auc")]
        for some in (pairs, turned)
    ]
    assert values[0] == pytest.approx(values[1], abs=1e-6)


def test_two_languages_are_centred_each_by_its_own(mini):
    german, chinese = (firth.lecture.homographs(language)[:16] for language in ("de", "zh"))
    pairs = [
        WordPair(a, b, i % 2 == 0) for i, (a, b) in enumerate(zip(german, chinese, strict=True))
    ]
    result = wic(mini, pairs=pairs, layers=[8])
    assert [card.name for card in result.data[1:]] == ["carried de", "carried zh"]


def test_rerun(mini, result):
    assert compare(result, rerun(result, mini))[-1].endswith("the largest difference is 0")


def test_answers_from_the_store(mini, tmp_path):
    pairs = pairs_of("ja")
    first = wic(mini, pairs=pairs, layers=[8], runs=str(tmp_path))
    assert wic(mini, pairs=pairs, layers=[8], runs=str(tmp_path)).started == first.started


def test_mistakes(mini):
    pairs = pairs_of("en")
    with pytest.raises(InputError, match="no pair has a label"):
        wic(mini, pairs=[WordPair(one.first, one.second, None) for one in pairs])
    with pytest.raises(InputError, match="same label"):
        wic(mini, pairs=[one for one in pairs if one.same])


def test_chinese_development_set(mini, shared):
    """MCL-WiC as published: above chance, and centring or not, far from solved."""
    path = shared / "senses" / "mclwic_zh_dev.tsv"
    found = wic(mini, source=Source((str(path),), "wic"), layers=[0, 8])
    (deep,) = found.rows("auc", layer=8, similarity="centred", control=None)
    (shallow,) = found.rows("auc", layer=0, similarity="centred", control=None)
    assert deep.n == 1000
    assert deep.low > shallow.value
