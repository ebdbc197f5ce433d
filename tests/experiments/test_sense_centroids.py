"""Nearest centroids through the experiment, on a small corpus in the published layout."""

import json

import numpy as np
import pytest

import firth
from firth.errors import InputError, ResultError
from firth.experiments.choices import Choices
from firth.experiments.rerun import compare, rerun
from firth.text.reading import Source
from firth.text.sentences import Occurrence, group_by_word, read_coarsewsd

RIVER = ["river", "water", "boat", "flood", "fishing", "mud", "otter", "willow", "canoe", "ferry"]
MONEY = ["money", "loan", "credit", "salary", "interest", "cash", "debt", "mortgage", "tax", "fee"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One word in the layout of CoarseWSD-20: 20 training and 12 test sentences, two senses."""
    place = tmp_path_factory.mktemp("coarse") / "bank"
    place.mkdir()
    (place / "classes_map.txt").write_text(json.dumps({"0": "river", "1": "money"}))
    frame = {
        "train": "we saw the {0} near the bank that day",
        "test": "at the bank the {0} was old",
    }
    index = {"train": 6, "test": 2}
    for split, sentence in frame.items():
        words = [(one, "0") for one in RIVER] + [(one, "1") for one in MONEY]
        if split == "test":
            words = words[:6] + words[10:16]
        data = [f"{index[split]}\t{sentence.format(word)}" for word, _ in words]
        (place / f"{split}.data.txt").write_text("\n".join(data) + "\n")
        (place / f"{split}.gold.txt").write_text("\n".join(label for _, label in words) + "\n")
    return place


@pytest.fixture(scope="module")
def result(mini, folder):
    return firth.senses(mini, source=Source((str(folder),), "coarsewsd"))


def test_every_choice_is_scored_with_intervals(result):
    for kind in ("raw", "centred"):
        rows = result.rows("centroid_accuracy_macro", similarity=kind, control=None)
        assert [row.layer for row in rows[:13]] == list(range(13))
        assert [row.arm for row in rows[13:]] == ["last_four", "mean_of_layers", "best_on_dev"]
        for row in rows:
            assert row.low <= row.value <= row.high
            assert (row.n, row.unit, row.split) == (1, "word", "test")
    own = result.rows("centroid_accuracy", word="bank", layer=8, arm=None, similarity="raw")
    (whole,) = result.rows("centroid_accuracy", word=None, layer=8, arm=None, similarity="raw")
    assert own[0].value == whole.value  # one word: micro is that word
    assert whole.n == 12
    (control,) = result.rows("centroid_accuracy", word=None, control="most_frequent_sense")
    assert control.value == 0.5


def test_it_agrees_with_centroids_computed_from_vectors(mini, folder, result):
    occurrences = read_coarsewsd(folder)
    items = [(one.sentence, ((one.start, one.end),)) for one in occurrences]
    vectors = np.concatenate([one.vectors for one in mini.word_vectors(items, layers=[8])], axis=1)[
        0
    ]
    river = np.array([one.label == "river" for one in occurrences])
    train = np.array([one.split == "train" for one in occurrences])
    means = np.stack([vectors[train & ~river].mean(0), vectors[train & river].mean(0)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    answers = (vectors[~train] @ means.T).argmax(1) == 1
    (row,) = result.rows("centroid_accuracy", word="bank", layer=8, arm=None, similarity="raw")
    assert row.value == pytest.approx((answers == river[~train]).mean())


def test_the_best_on_development_data_is_in_its_table(result):
    for kind in ("raw", "centred"):
        table = [row for row in result.tables["development"] if row["similarity"] == kind]
        assert len(table) == 15
        assert all(row["n"] == 4 for row in table)  # a fifth of ten of each sense
        best = max(table, key=lambda row: row["accuracy_macro"])
        (row,) = result.rows("centroid_accuracy_macro", arm="best_on_dev", similarity=kind)
        assert row.layer == best.get("layer")


def test_confusion_adds_up_to_the_accuracy(result):
    for kind in ("raw", "centred"):
        table = [row for row in result.tables["confusion"] if row["similarity"] == kind]
        assert sum(row["n"] for row in table) == 12
        right = sum(row["n"] for row in table if row["sense"] == row["answer"])
        (row,) = result.rows("centroid_accuracy", word="bank", arm="best_on_dev", similarity=kind)
        assert row.value == pytest.approx(right / 12)


def test_pairs_are_pairs_of_test_occurrences(result):
    assert {row["split"] for row in result.tables["items"]} == {"test"}
    assert result.arrays["similarity.raw"].shape == (13, 12, 12)
    assert result.rows("auc", layer=8, similarity="raw", control=None)[0].n == 66


def test_without_pairs_only_centroids(mini, folder, result):
    alone = firth.senses(mini, source=Source((str(folder),), "coarsewsd"), most=0)
    assert not alone.rows("auc")
    assert all(name.startswith("items.centroids") for name in alone.arrays)
    values = [
        [row.value for row in one.rows("centroid_accuracy", control=None)]
        for one in (alone, result)
    ]
    assert values[0] == values[1]


def test_a_development_split_is_used_and_never_trained_on(mini, folder):
    occurrences = read_coarsewsd(folder)
    moved = [
        Occurrence(o.word, o.sentence, o.start, o.end, o.label, "dev" if i % 10 > 5 else o.split)
        for i, o in enumerate(occurrences)
        if o.split == "train" or i % 2
    ]
    n_dev = sum(one.split == "dev" for one in moved)
    result = firth.senses(mini, sentences=moved, layers=[0, 8])
    assert {row["n"] for row in result.tables["development"]} == {n_dev}


def test_rerun_reads_the_files_again(mini, folder, result):
    again = rerun(result, mini)
    assert compare(result, again)[-1].endswith("the largest difference is 0")
    assert [row.value for row in again.scores] == [row.value for row in result.scores]
    loose = firth.senses(mini, sentences=read_coarsewsd(folder), layers=[8])
    with pytest.raises(ResultError, match="holds only a part"):
        rerun(loose, mini)


def test_unlabelled_and_unseen_senses(mini, folder):
    occurrences = read_coarsewsd(folder)
    first = occurrences[0]
    bare = Occurrence(first.word, first.sentence, first.start, first.end, None, "train")
    with pytest.raises(InputError, match="1 of 32 occurrences have no label"):
        firth.senses(mini, sentences=[bare, *occurrences[1:]], layers=[8])
    odd = Occurrence("bank", "a bank of cloud", 2, 6, "cloud", "test")
    result = firth.senses(mini, sentences=[*occurrences, odd], layers=[8])
    assert any("cloud never occurs in training" in said for said in result.warnings)


def test_words_of_several_languages_have_their_own_mean(mini):
    carried = [*firth.lecture.homographs("de")[:16], *firth.lecture.homographs("zh")[:16]]
    assert list(group_by_word(carried)) == ["Bank", "苹果"]
    both = firth.senses(mini, sentences=carried, layers=[8])
    alone = firth.senses(mini, sentences=carried[16:], layers=[8])
    name = "similarity.centred"
    assert np.allclose(both.arrays[f"{name}/苹果"], alone.arrays[name], atol=1e-5)
    drawn = both.rows("random_similarity", similarity="centred")
    assert {row.language for row in drawn} == {"de", "zh"}


def test_layer_choices():
    choices = Choices.of((0, 1, 2, 3, 4), 4)
    assert [str(one) for one in choices.each[5:]] == ["last_four", "mean_of_layers"]
    states = np.arange(5, dtype=np.float32)[:, None, None] * np.ones((5, 2, 3), dtype=np.float32)
    assert choices.combine(states)[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 10, 2]
    assert len(Choices.of((1, 3), 4).each) == 2
