"""The items behind scores: as stored, and from the tables of experiments as they really run."""

from __future__ import annotations

import numpy as np
from made import made

from firth.compare.items_of import items_of
from firth.compare.sides import runs_of
from firth.results.items import Items, item_arrays, keys_of, stored_items
from firth.results.store import load


def behind(result, last=False):
    run, _ = runs_of([result, result])
    return items_of(run, last), run.scores(last)


def test_items_survive_the_store(tmp_path):
    values = np.array([[0.1, 1.0], [1 / 3, 0.0]])
    group = Items("a.b/ü", keys_of(["x", "y"]), ({"metric": "mrr"}, {"metric": "f1", "layer": 1}), values,
                  np.array([4, 4]))  # fmt: skip
    result = made().with_arrays(item_arrays([group]))
    (back,) = stored_items(load(result.save(tmp_path)).arrays)
    assert back.group == group.group
    assert back.rows == group.rows
    assert np.array_equal(back.keys, group.keys)
    assert np.array_equal(back.clusters, group.clusters)
    assert np.allclose(back.values, values, atol=1e-7)
    assert len(set(keys_of(map(str, range(1000))).tolist())) == 1000


def test_blanks(mini):
    from firth.experiments.cloze import cloze

    result = cloze(
        mini,
        ["A [MASK].", "A [MASK].", "The [MASK] sea."],
        answers=["dog", "cat", "blue"],
        score=True,
    )
    items, scores = behind(result)
    assert {dict(key)["metric"] for key in items} == {"mlm_accuracy", "pseudo_log_likelihood"}
    for key, (group, column) in items.items():
        assert abs(group.values[:, column].mean() - scores[key].value) < 1e-6
        assert len(set(group.keys.tolist())) == 3


def test_nearest_neighbours_of_senses(mini):
    from firth.experiments.senses import senses

    items, scores = behind(senses(mini))
    assert len(items) == 2 * 13
    assert all(dict(key)["metric"] == "nn_accuracy" for key in items)
    for key, (group, column) in items.items():
        assert abs(group.values[:, column].mean() - scores[key].value) < 1e-6


def test_words_and_sentences(mini):
    from firth.experiments.align import align
    from firth.experiments.retrieval import retrieval
    from firth.text.parallel import Parallel

    pairs = [("water", "Wasser"), ("bread", "Brot"), ("house", "Haus"), ("tree", "Baum")]
    corpora = {
        "en": ["The water is cold.", "We eat bread.", "A small house.", "An old tree."],
        "de": ["Das Wasser ist warm.", "Ich kaufe Brot.", "Ein altes Haus.", "Der Baum ist hoch."],
    }
    items, scores = behind(align(mini, {"en-de": pairs}, corpora))
    wanted = {key for key in scores if dict(key)["metric"] in ("mrr", "precision_at_1")
              and dict(key).get("arm") != "different"}  # fmt: skip
    assert set(items) == wanted
    text = Parallel("en", "de", tuple(zip(corpora["en"], corpora["de"], strict=True)))
    items, scores = behind(retrieval(mini, [text]))
    assert {key for key in scores if dict(key)["metric"] in ("mrr", "retrieval_accuracy")} == set(
        items
    )
