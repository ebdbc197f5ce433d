import numpy as np
import pytest

import firth
from firth.errors import InputError
from firth.experiments.anchors import Anchor
from firth.text.sentences import Occurrence, mark


@pytest.fixture(scope="module")
def lecture(mini):
    return firth.senses(mini, anchors=("草", "电"))


def test_the_lecture_has_every_layer_both_ways_with_intervals(lecture):
    for kind in ("raw", "centred"):
        rows = lecture.rows("auc", similarity=kind, control=None)
        assert [row.layer for row in rows] == list(range(13))
        for row in rows:
            assert row.low <= row.value <= row.high
            assert (row.n, row.unit) == (45, "sentence pair")
            assert row.p_adjusted >= row.p
    assert lecture.arrays["similarity.centred"].shape == (13, 10, 10)
    assert len(lecture.tables["items"]) == 10


def test_the_blocks_of_the_lecture_are_there_in_deeper_layers(lecture):
    deep = [row.value for row in lecture.rows("auc", similarity="centred", control=None)[9:12]]
    assert min(deep) > 0.8
    (static,) = lecture.rows("auc", control="static")
    assert static.value == static.low == static.high == 0.5
    (shallow,) = lecture.rows("auc", control="layer_0", similarity="centred")
    assert shallow.value < min(deep)


def test_auc_is_what_the_matrix_says(lecture):
    matrix = lecture.arrays["similarity.centred"][8].astype(float)
    first, second = np.triu_indices(10, 1)
    same = (first < 5) == (second < 5)
    pairs = matrix[first, second]
    wins = np.mean(pairs[same][:, None] > pairs[~same][None, :])
    (row,) = lecture.rows("auc", similarity="centred", control=None, layer=8)
    assert row.value == pytest.approx(wins, abs=1e-3)


def test_random_words_and_anchors_have_their_rows(lecture):
    assert len(lecture.rows("random_similarity", control="random_words")) == 26
    rows = lecture.rows("anchor_preference", similarity="centred", layer=9)
    assert {(row.arm, row.pair) for row in rows} == {("fruit", "草/电"), ("company", "草/电")}


def test_anchors_stand_beside_the_matrix(lecture):
    beside = lecture.arrays["anchors.centred"]
    assert beside.shape == (13, 12, 2)
    assert beside[:, 10, 0] == pytest.approx(np.ones(13), abs=1e-6)
    (row,) = lecture.rows("anchor_similarity", layer=9, similarity="centred")
    assert row.value == pytest.approx(float(beside[9, 10, 1]), abs=1e-6)
    rows = lecture.rows("anchor_preference", similarity="centred", layer=9, arm="fruit")
    mean = (beside[9, :5, 0] - beside[9, :5, 1]).mean()
    assert rows[0].value == pytest.approx(float(mean), abs=1e-6)


def test_the_same_seed_gives_the_same_numbers(mini, lecture):
    again = firth.senses(mini, anchors=("草", "电"))
    assert again.scores == lecture.scores


def test_order_of_sentences_changes_no_auc(mini, lecture):
    turned = firth.senses(mini, sentences=firth.lecture.apples()[::-1], layers=[8])
    (a,) = turned.rows("auc", similarity="centred", layer=8, control=None)
    (b,) = lecture.rows("auc", similarity="centred", layer=8, control=None)
    assert a.value == pytest.approx(b.value, abs=1e-9)


def test_several_words_and_forms(mini):
    bank = mark(
        [("He sat on the bank of the river.", "river"), ("The bank was green and wet.", "river"),
         ("The bank raised its rates.", "money"), ("She asked the bank for a loan.", "money")],
        "bank",
    )  # fmt: skip
    result = firth.senses(mini, sentences=[*bank, *firth.lecture.apples()], layers=[8])
    assert result.config["word"] == ["bank", "苹果"]
    assert result.arrays["similarity.raw/bank"].shape == (1, 4, 4)
    assert {row.word for row in result.rows("auc")} == {"bank", "苹果"}


def test_layer_0_warns_when_position_gives_the_sense_away(mini):
    front = [f"bank {x}" for x in ("is open today", "pays well", "was closed", "is far", "lends")]
    back = [f"we went to the green {x} bank" for x in ("old", "wet", "high", "long", "muddy")]
    pairs = [(s, "a") for s in front] + [(s, "b") for s in back]
    result = firth.senses(mini, word="bank", sentences=pairs, layers=[0, 8])
    assert any("layer 0 alone" in said for said in result.warnings)


def test_without_labels_there_are_matrices_and_no_scores(mini):
    result = firth.senses(mini, word="bank", sentences=["a bank here", "the bank, a bank"])
    assert result.arrays["similarity.raw"].shape == (13, 3, 3)
    assert not result.rows("auc")
    assert any("no labels" in said for said in result.warnings)


def test_many_occurrences_are_sampled_and_it_is_said(mini):
    pairs = [(f"the bank number {i} is here", "ab"[i % 4 == 0]) for i in range(60)]
    result = firth.senses(mini, word="bank", sentences=pairs, layers=[3], most=20)
    assert result.arrays["similarity.raw"].shape == (1, 20, 20)
    assert any("20 of 60" in said for said in result.warnings)
    labels = [row["label"] for row in result.tables["items"]]
    assert labels.count("a") == labels.count("b") == 10


def test_long_sentences_and_odd_characters(mini):
    long = "word " * 900 + "bank"
    pairs = [(long, "x"), ("😀 bank", "x"), ("e\u0301 bank bank", "y")]
    result = firth.senses(mini, word="bank", sentences=pairs, layers=[5])
    assert len(result.tables["items"]) == 4
    assert any("overlapping windows" in said for said in result.warnings)


@pytest.mark.parametrize(
    ("sentences", "said"),
    [
        ([("a bank", "x"), ("the bank", "x"), ("my bank", "y")], "'y' is given once"),
        ([("a bank", "x"), ("the bank", "x")], "all 2 occurrences have the label 'x'"),
        (["a bank"], "occurs once"),
        ([("a shore", "x")], "does not occur"),
        ([], "there are no sentences"),
        ([Occurrence("bank", "a bank", 2, 6, "x"), Occurrence("bank", "b bank", 2, 6)], "no label"),
    ],
)
def test_mistakes_are_one_line(mini, sentences, said):
    with pytest.raises(InputError, match=said) as error:
        firth.senses(mini, word="bank", sentences=sentences)
    assert "\n" not in str(error.value)


def test_centring_text_is_never_the_studied_text(mini, tmp_path):
    path = tmp_path / "same.txt"
    path.write_text("\n".join(o.sentence for o in firth.lecture.apples()))
    with pytest.raises(InputError, match="under study"):
        firth.senses(mini, centre_corpus=str(path))


def test_anchors_are_parsed_and_checked(mini):
    assert Anchor.parse("草=草很绿").span() == (0, 1)
    with pytest.raises(InputError, match="not in its sentence"):
        Anchor.parse("草=没有")
    with pytest.raises(InputError, match="between two"):
        firth.senses(mini, anchors=("草",))


def test_answers_from_the_store(mini, tmp_path):
    first = firth.senses(mini, layers=[8], runs=str(tmp_path))
    second = firth.senses(mini, layers=[8], runs=str(tmp_path))
    assert second.started == first.started
    assert second.seconds == first.seconds
    assert set(second.arrays) == set(first.arrays)
