"""The arms without a network: what they answer, and how any arm's answers are scored."""

import numpy as np
import pytest

from firth.errors import InputError, OptionError
from firth.experiments.transfer_kmers import plain_arms
from firth.experiments.transfer_scores import labels_of, score_arm
from firth.text.grammar import grammar
from firth.text.published_sequences import read_published
from firth.text.sequence_subsets import nested_subsets
from firth.text.sequence_windows import cut_windows
from firth.text.sequences import Example, SequenceSet
from firth.text.splits import make_splits


def made(rows, target="class"):
    return SequenceSet(
        "made",
        tuple(Example(tuple(text), label, "here", None, group) for text, label, group in rows),
        target,
    )


def test_the_grammar_is_told_by_pairs_and_not_by_counts():
    data = grammar(240, classes=2, seed=0)
    splits = make_splits(data, (0.6, 0.2, 0.2))
    found = plain_arms(data, splits, orders=[2], penalties=[10.0, 1.0])
    whole = np.arange(len(splits.test))
    scores = score_arm(data, splits.test, found.kmers, whole)
    assert scores.accuracy is not None
    assert scores.accuracy.value > 0.9
    assert scores.group_accuracy is None
    counted = plain_arms(data, splits, orders=[1], penalties=[1.0])
    blind = score_arm(data, splits.test, counted.kmers, whole).accuracy
    assert blind is not None
    assert blind.low < 0.5 < blind.high
    guess = score_arm(data, splits.test, found.majority, whole).accuracy
    assert guess is not None
    assert guess.value == pytest.approx(0.5, abs=0.03)
    few = nested_subsets(data, splits.train, [6])[6]
    assert plain_arms(data, splits, few, orders=[2], penalties=[1.0]).model.space.width < (
        found.model.space.width
    )


def test_the_same_again():
    data = grammar(120, classes=2)
    splits = make_splits(data)
    one, two = (plain_arms(data, splits, orders=[2], penalties=[1.0]) for _ in range(2))
    np.testing.assert_array_equal(one.kmers, two.kmers)
    scores = [score_arm(data, splits.test, one.kmers, np.arange(len(splits.test))) for _ in "ab"]
    assert scores[0] == scores[1]


def test_windows_and_groups_vote():
    data = made([("AAAA", "x", "g"), ("CC", "x", "g"), ("GG", "y", "h"), ("TT", "y", None)])
    places = [0, 1, 2, 3]
    windows = cut_windows([one.symbols for one in data.examples], 2)
    whole = np.array(windows.whole)
    assert whole.tolist() == [0, 0, 1, 2, 3]
    values = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]])
    found = score_arm(data, places, values, whole)
    assert found.accuracy is not None
    assert found.group_accuracy is not None
    assert (found.accuracy.value, found.accuracy.n) == (0.5, 4)  # right: AAAA and TT
    # g: mean of three windows 0.5, a tie for the first; h wrong; TT stands for itself.
    assert (found.group_accuracy.value, found.group_accuracy.n) == (pytest.approx(2 / 3), 3)
    by_number = score_arm(data, places, values, whole, rule="majority")
    assert by_number.group_accuracy is not None
    assert by_number.group_accuracy.value == pytest.approx(1 / 3)  # g: two windows of three say y
    with pytest.raises(OptionError, match="vote 'most'"):
        score_arm(data, places, values, whole, rule="most")


def test_a_group_of_several_classes_has_no_score():
    data = made([("A", "x", "g"), ("C", "y", "g"), ("G", "x", "h")])
    found = score_arm(data, [0, 1, 2], np.array([[0.9, 0.1]] * 3), np.arange(3))
    assert found.group_accuracy is None
    assert found.notes == ("1 test groups hold several classes: there is no score by group",)
    assert found.accuracy is not None
    assert found.accuracy.value == pytest.approx(2 / 3)


def test_numbers_by_sequence_and_by_group():
    rows = [("A", 1.0, "g"), ("C", 3.0, "g"), ("G", 4.0, "h"), ("T", 6.0, "i")]
    data = made(rows, "number")
    assert labels_of(data, [3, 0]).tolist() == [6.0, 1.0]
    values = np.array([[3.0], [1.0], [5.0], [4.0]])
    found = score_arm(data, range(4), values, np.arange(4))
    assert found.accuracy is None
    assert found.spearman is not None
    assert found.group_spearman is not None
    assert found.spearman.value == pytest.approx(0.6)
    assert (found.group_spearman.value, found.group_spearman.n) == (pytest.approx(0.5), 3)
    alone = score_arm(
        made([(a, b, None) for a, b, _ in rows], "number"), range(4), values, np.arange(4)
    )
    assert alone.group_spearman is None


def test_development_data_are_needed():
    data = grammar(60)
    with pytest.raises(InputError, match="0 development sequences: both are needed"):
        plain_arms(data, make_splits(data, (0.9, 0.0, 0.1)))


@pytest.mark.shared
def test_splice_junctions_are_told_by_placed_k_mers(shared):
    data = read_published("splice", [shared / "transfer/splice.csv"])
    splits = make_splits(data)
    found = plain_arms(data, splits, orders=[2], penalties=[10.0])
    assert found.model.setting.placed
    accuracy = score_arm(data, splits.test, found.kmers, np.arange(len(splits.test))).accuracy
    assert accuracy is not None
    assert accuracy.value > 0.92  # the lecture's slide: 95.0 for a BERT from random weights
