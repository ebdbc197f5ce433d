"""The items behind scores: as stored, and from the tables of experiments as they really run."""

from __future__ import annotations

import numpy as np
import pytest
from made import made

from firth.compare.items_of import items_of
from firth.compare.sides import runs_of
from firth.results.items import Items, item_arrays, keys_of, numbered, stored_items
from firth.results.store import load


def behind(result, last=False):
    run, _ = runs_of([result, result])
    return items_of(run, last), run.scores(last)


def test_items_survive_the_store(tmp_path):
    values = np.array([[0.1, 1.0], [1 / 3, 0.0]])
    rows = ({"metric": "mrr"}, {"metric": "f1", "layer": 1})
    group = Items("a.b/ü", keys_of(["x", "y"]), rows, values, np.array([4, 4]))
    counts = Items("c", group.keys, rows, np.stack([values, 1 + values], 2), statistic="ratio")
    result = made().with_arrays(item_arrays([group, counts]))
    again = load(result.save(tmp_path))
    assert again == load(result.save(tmp_path))
    assert again != made()
    found = sorted(stored_items(again.arrays), key=lambda one: one.group)
    for back, given in zip(found, (group, counts), strict=True):
        assert (back.group, back.rows, back.statistic) == (given.group, given.rows, given.statistic)
        assert np.array_equal(back.keys, given.keys)
        assert np.allclose(back.values, given.values, atol=1e-7)
    assert np.array_equal(found[0].clusters, group.clusters)
    assert found[1].clusters is None
    assert len(set(keys_of(map(str, range(1000))).tolist())) == 1000
    assert len(set(keys_of(numbered(["x", "y", "x"])).tolist())) == 3


def test_blanks(mini):
    from firth.experiments.cloze import cloze

    result = cloze(
        mini,
        ["A [MASK].", "A [MASK].", "The [MASK] sea."],
        answers=["dog", "cat", "blue"],
        score=True,
    )
    items, scores = behind(result)
    assert set(items) == set(scores)
    assert {dict(key)["metric"] for key in items} == {
        "mlm_accuracy", "pseudo_log_likelihood", "pseudo_perplexity",
    }  # fmt: skip
    for key, own in items.items():
        assert own.value() == pytest.approx(scores[key].value, rel=1e-6)
        assert len(set(own.keys.tolist())) == 3


def test_neighbours_and_pairs_of_senses(mini):
    from firth.experiments.senses import senses

    items, scores = behind(senses(mini))
    metrics = [dict(key)["metric"] for key in items]
    assert {one: metrics.count(one) for one in metrics} == {"nn_accuracy": 26, "auc": 26}
    for key, own in items.items():
        assert own.value() == pytest.approx(scores[key].value, abs=1e-6)


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
    metrics = ("mrr", "precision_at_1", "coverage")
    wanted = {key for key in scores if dict(key)["metric"] in metrics
              and dict(key).get("arm") != "different"}  # fmt: skip
    assert set(items) == wanted
    text = Parallel("en", "de", tuple(zip(corpora["en"], corpora["de"], strict=True)))
    items, scores = behind(retrieval(mini, [text]))
    assert {key for key in scores if dict(key)["metric"] in ("mrr", "retrieval_accuracy")} == set(
        items
    )
