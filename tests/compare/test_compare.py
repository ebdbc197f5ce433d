"""Which scores are compared, and when a difference is marked."""

from __future__ import annotations

import numpy as np
import pytest
from made import ITEMS, made

from firth.compare.compare import compare
from firth.errors import OptionError, ResultError
from firth.probe.paired import holm
from firth.results.schema import Score

RNG = np.random.default_rng(0)
BASE = RNG.uniform(0.2, 0.6, (len(ITEMS), 3))


def test_a_difference_is_marked_only_where_the_paired_test_says_so():
    chosen = BASE[:, 1]
    # Each item a little better: the intervals of the means overlap by far, the pairs do not.
    better = chosen + 0.02 + RNG.uniform(0, 0.01, len(chosen))
    noise = chosen + RNG.permutation(np.repeat([0.3, -0.3], len(chosen) // 2))
    compared = compare(
        [made("a", chosen=(1, chosen)), made("b", chosen=(2, better)), made("c", chosen=(1, noise))]
    )
    (line,) = compared.lines
    assert compared.tests == 2
    assert line.fields == {
        "metric": "mrr",
        "similarity": "raw",
        "pair": "en-zh",
        "arm": "best_on_half",
    }
    assert [value.layer for value in line.values] == [1, 2, 1]
    first, second = line.contrasts
    assert first.difference == pytest.approx(float((better - chosen).mean()), abs=1e-6)
    assert 0.02 < first.low < first.difference < first.high < 0.03
    assert first.n == len(ITEMS)
    assert line.mark(1) == "better"
    assert second.difference == pytest.approx(0, abs=1e-6)
    assert second.p_adjusted > 0.5
    assert line.mark(2) == ""


def test_all_tests_are_one_family():
    values = BASE + RNG.normal(0, 0.05, BASE.shape)
    compared = compare([made("a", BASE), made("b", values)], every=True)
    assert len(compared.lines) == compared.tests == 3
    p = [line.contrasts[0].p for line in compared.lines]
    assert [line.contrasts[0].p_adjusted for line in compared.lines] == holm(p)
    again = compare([made("a", BASE), made("b", values)], every=True)
    assert again == compared


def test_even_many_tests_can_reject():
    from firth.compare.compare import _samples
    from firth.results.comparison import LEVEL

    for tests in (1, 500, 100_000):
        assert tests / (_samples(tests).flips + 1) < LEVEL
        assert tests * 2 / (_samples(tests).draws + 1) < LEVEL


def test_without_a_choice_each_run_shows_its_last_layer():
    compared = compare([made("deep", BASE), made("flat", BASE[:, :2])])
    (line,) = compared.lines
    assert "layer" not in line.fields
    assert [value.layer for value in line.values] == [2, 1]
    assert line.values[0].value == pytest.approx(BASE[:, 2].mean())
    assert line.contrasts[0].p is not None
    every = compare([made("deep", BASE), made("flat", BASE[:, :2])], every=True)
    assert [one.fields["layer"] for one in every.lines] == [0, 1]
    assert every.single == 1


def test_items_are_matched_by_name_not_by_place():
    order = RNG.permutation(len(ITEMS))
    turned = made("b", BASE[order], items=tuple(ITEMS[at] for at in order))
    (line,) = compare([made("a", BASE), turned]).lines
    assert line.contrasts[0].difference == pytest.approx(0, abs=1e-7)
    assert line.contrasts[0].p == 1


def test_only_common_items_are_tested():
    half = made("b", BASE[:20] + 0.1, items=ITEMS[:20])
    (line,) = compare([made("a", BASE), half]).lines
    assert line.contrasts[0].n == 20
    assert line.contrasts[0].difference == pytest.approx(0.1, abs=1e-6)


def test_clusters_change_sign_together():
    clusters = np.arange(len(ITEMS)) // 5  # eight articles
    better = BASE + 0.1
    (line,) = compare(
        [made("a", BASE, clusters=clusters), made("b", better, clusters=clusters)]
    ).lines
    assert line.contrasts[0].p == pytest.approx(2 / 2**8, abs=0.004)
    few = np.arange(len(ITEMS)) // 10
    (line,) = compare([made("a", BASE, clusters=few), made("b", better)]).lines
    assert line.contrasts[0].untested == "few_items"
    assert line.contrasts[0].p is None


def test_where_no_test_is_possible_nothing_is_guessed():
    worlds = Score(metric="hubness", value=1.0, n=40, unit="word", low=0.9, high=1.1)
    apart = worlds.model_copy(update={"value": 9.0, "low": 8.0, "high": 10.0})
    compared = compare(
        [made("a", BASE, more=[worlds]), made("b", BASE + 0.4, stored=False, more=[apart])]
    )
    mrr, hubs = compared.lines
    assert mrr.contrasts[0].untested == "not_stored"
    assert hubs.contrasts[0].untested == "no_mean"
    assert compared.tests == 0
    assert [line.mark(1) for line in compared.lines] == ["", ""]
    other = made("b", BASE, items=tuple(f"other {one}" for one in ITEMS))
    (line,) = compare([made("a", BASE), other]).lines
    assert line.contrasts[0].untested == "other_items"


def test_items_that_are_not_the_scores_own_are_not_used():
    one = made("a", BASE)
    moved = one.model_copy(
        update={"scores": [s.model_copy(update={"value": s.value + 0.01}) for s in one.scores]}
    ).with_arrays(one.arrays)
    (line,) = compare([one, moved]).lines
    assert line.contrasts[0].untested == "not_stored"


def test_lower_is_better_where_it_is():
    def with_loss(name, shift):
        result = made(name, BASE + shift)
        scores = [s.model_copy(update={"metric": "mlm_loss"}) for s in result.scores]
        rows = tuple(
            {"metric": "mlm_loss", "similarity": "raw", "pair": "en-zh", "layer": at}
            for at in range(3)
        )
        from firth.results.items import Items, item_arrays, keys_of

        arrays = item_arrays([Items("g", keys_of(ITEMS), rows, BASE + shift)])
        return result.model_copy(update={"scores": scores}).with_arrays(arrays)

    (line,) = compare([with_loss("a", 0), with_loss("b", 0.1)]).lines
    assert line.mark(1) == "worse"


def test_models_within_one_result_are_sides():
    rows = [
        Score(
            metric="mrr", value=value, n=40, unit="word", layer=1, model=model, arm="best_on_half"
        )
        for model, value in (("x", 0.5), ("y", 0.6))
    ]
    compared = compare([made(more=rows)])
    assert [side.name for side in compared.sides] == ["x", "y"]
    assert compared.lines[0].contrasts[0].difference == pytest.approx(0.1)


def test_what_cannot_be_compared():
    for other, message in (
        (made("b", BASE, experiment="align"), "one experiment"),
        (made("b", BASE, data="e"), "different data .pairs"),
        (made("b", more=[Score(metric="f1", value=0, n=1, unit="question")]), "share no score"),
    ):
        with pytest.raises(ResultError, match=message):
            compare([made("a", BASE), other])
    with pytest.raises(ResultError, match="two or more"):
        compare([made("a", BASE)])
    with pytest.raises(OptionError, match="Did you mean 'mrr'"):
        compare([made("a", BASE), made("b", BASE)], metrics=["mmr"])


def test_runs_are_told_apart_and_settings_said():
    late = made("a", BASE, config={"most": 9}, started="2026-01-02T10:00:00+00:00")
    compared = compare([made("a", BASE), late])
    assert [side.name for side in compared.sides] == ["a 2026-01-01 00:00", "a 2026-01-02 10:00"]
    assert compared.settings == {"most": [5, 9]}
    again = compare([made("a", BASE), made("a", BASE)])
    assert len({side.name for side in again.sides}) == 2


def counted(name, counts, *, metric="alignment_f1", rows=None, items=ITEMS, moved=0.0):
    """A result with one score of summed counts, [n, 4], at a layer chosen on other pairs."""
    from firth.probe.summed import summed_value
    from firth.results.items import Items, item_arrays, keys_of

    row = {"metric": metric, "layer": len(name), "split": "best_on_half", "arm": "argmax"}
    value = summed_value("alignment_f1", counts) + moved
    score = Score(value=value, n=len(counts), unit="sentence pair", **row)
    group = Items("g", keys_of(items), (row,), counts[:, None], statistic="alignment_f1")
    return made(name, more=[score]).with_arrays(item_arrays([group]))


def test_summed_counts_are_tested_where_they_give_the_score():
    sure = RNG.integers(3, 9, len(ITEMS))
    right = RNG.binomial(sure, 0.5)
    weak, strong = (np.stack([sure, sure, one, one], 1) * 1.0 for one in (right, right + 1))
    (line,) = compare([counted("a", weak), counted("bb", np.minimum(strong, sure[:, None]))]).lines
    assert line.fields == {"metric": "alignment_f1", "arm": "argmax", "split": "best_on_half"}
    assert [value.layer for value in line.values] == [1, 2]
    assert line.mark(1) == "better"
    one = line.contrasts[0]
    assert one.low <= one.difference == pytest.approx(line.values[1].value - line.values[0].value)
    (line,) = compare([counted("a", weak), counted("bb", weak, moved=0.01)]).lines
    assert line.contrasts[0].untested == "not_stored"
    # Common items are matched by name.
    order = RNG.permutation(len(ITEMS))[:20]
    part = counted("bb", weak[order], items=tuple(ITEMS[at] for at in order))
    (line,) = compare([counted("a", weak), part]).lines
    assert (line.contrasts[0].difference, line.contrasts[0].p, line.contrasts[0].n) == (0, 1, 20)


def test_the_test_text_of_a_sweep_stands_at_what_was_chosen():
    def swept(name, layer, alpha):
        fields = {"metric": "bleu_1", "n": 9, "unit": "text", "direction": "en-zh"}
        dev = [Score(value=0.1, layer=one, alpha=1.0, split="dev", **fields) for one in (layer, 3)]
        test = Score(value=0.2, layer=layer, alpha=alpha, split="test", **fields)
        return made(name, more=[*dev, test])

    (line,) = compare([swept("a", 1, 0.5), swept("b", 2, 2.0)]).lines
    assert line.fields == {"metric": "bleu_1", "direction": "en-zh", "split": "test"}
    assert [value.layer for value in line.values] == [1, 2]


def test_units_tell_scores_apart_that_nothing_else_does():
    def scored(name, value):
        fields = {"metric": "accuracy", "arm": "pretrained", "split": "test"}
        both = (("sequence", 9), ("group", 3))
        return made(name, more=[Score(value=value, n=n, unit=unit, **fields) for unit, n in both])

    lines = compare([scored("a", 0.5), scored("b", 0.6)]).lines
    assert [(line.fields["unit"], line.unit) for line in lines] == [
        ("sequence", "sequence"), ("group", "group"),
    ]  # fmt: skip
