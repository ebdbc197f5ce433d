"""The translation trick: scores that can be checked by hand, controls, and mini's own words."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import firth
from firth.encoder.cloze import load_head
from firth.encoder.languages import LanguageVectors, fit_languages
from firth.encoder.translation import Rendering, Shift, render, way_of
from firth.errors import InputError, OptionError
from firth.experiments.language_vectors import fit
from firth.experiments.sweep import chosen_scores, sweep
from firth.experiments.sweep_scores import Judge, bleu_1, clipped, conversion
from firth.experiments.sweep_texts import Lexicon, SweepFiles, thirds
from firth.experiments.translate import translate
from firth.text.dictionary import dictionary_of
from firth.text.parallel import Parallel
from firth.text.vocabulary import FOREIGN, SHARED

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny_mlm

CORPORA = {
    "en": [f"I ate {n} apples and the price rose" for n in range(40)],
    "zh": [f"我吃了{n}个苹果" for n in range(40)],
}
PAIRS = tuple(zip(CORPORA["en"], CORPORA["zh"], strict=True))
WORDS = dictionary_of("en", "zh", [("apples", "苹果"), ("ate", "吃了")])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tiny_mlm.save("bert", tmp_path_factory.mktemp("shift") / "bert")
    return firth.load(str(folder), device="cpu", dtype="fp32")


def rendering(ids, found) -> Rendering:
    offsets = np.array([[2 * at, 2 * at + 1] for at in range(len(ids))])
    return Rendering("", np.array(ids), offsets, np.array(found), np.ones(len(ids)))


def test_scores_by_hand():
    codes = np.array([0, 0, 1, 1, SHARED, FOREIGN], dtype=np.int16)
    vectors = LanguageVectors(
        ("en", "zh"), np.zeros((2, 1, 2), dtype=np.float32), np.ones(2, dtype=int),
        np.ones(2, dtype=int), "m", "f", {}, codes,
    )  # fmt: skip
    outputs = [rendering([0, 1, 4], [2, 2, 4]), rendering([0, 0], [0, 5])]
    (rate,) = conversion(outputs, vectors, "zh", np.random.default_rng(0))
    # Tokens 2, 2 are Chinese; 0 is English, 5 foreign; 4 is shared and does not count.
    assert (rate.value, rate.n) == (0.5, 4)
    words = [[(0, 1, frozenset({2}))], [(0, 1, frozenset({3}))]]
    judge = Judge(vectors, "zh", [[2, 4, 4, 4], [3]], words)
    scores = {one.metric: one for one in judge.scores(outputs, None)}
    # Matches: one of the two 2s (clipped) and the 4; nothing in the second text. 5 tokens each.
    assert scores["bleu_1"].value == pytest.approx(2 / 5)
    assert scores["dictionary_hit_rate"].value == 0.5
    assert clipped([1, 1, 2], [1, 3]) == (1, 3, 2)
    short = bleu_1(np.array([[2.0, 2.0, 4.0]]))
    assert short[0] == pytest.approx(np.exp(-1))


def test_nothing_added_gives_the_models_own_reading(tiny):
    head = load_head(tiny)
    vectors = fit_languages(tiny, CORPORA)
    plain = render(head, CORPORA["en"][:3])
    zero = render(head, CORPORA["en"][:3], (2, torch.zeros(tiny.width)))
    there = render(head, CORPORA["en"][:3], (2, way_of(vectors, Shift("en", "zh", 2, 30.0))))
    for one, two, three in zip(plain, zero, there, strict=True):
        np.testing.assert_array_equal(one.found, two.found)
        assert not np.array_equal(one.found, three.found)
    again = render(head, CORPORA["en"][:3])
    assert [one.found.tolist() for one in again] == [one.found.tolist() for one in plain]


def test_long_texts_are_read_in_pieces(tiny):
    head = load_head(tiny)
    (one,) = render(head, ["我吃了一个苹果。" * 40])
    assert len(one.found) == len(one.ids) > tiny.max_tokens
    assert (one.probability > 0).all()


def test_thirds_share_no_sentence():
    pairs = (*PAIRS, *((source, f"{target}。") for source, target in PAIRS))
    corpora, directions = thirds(
        [Parallel("en", "zh", pairs, 0)], 99, 99, 99, np.random.default_rng(0)
    )
    forward, backward = directions
    parts = [set(corpora["en"]), {a for a, _ in forward.dev}, {a for a, _ in forward.test}]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    assert [(b, a) for a, b in forward.test] == backward.test
    # Each pair of the first third is on one side only.
    translated = {target for source, target in PAIRS if source in parts[0]}
    assert not translated & set(corpora["zh"])
    with pytest.raises(InputError, match="20 pairs of sentences; 30 are needed"):
        thirds([Parallel("en", "zh", PAIRS[:20], 0)], 9, 9, 9, np.random.default_rng(0))


def test_a_lexicon_knows_where_words_stand(tiny):
    lexicon = Lexicon(load_head(tiny), {"apples": ["苹果"]})
    ((start, end, tokens),) = lexicon.words("two apples")
    assert "two apples"[start:end] == "apples"
    spelt = load_head(tiny).blanker.word_ids("苹果", spaced=False)
    assert set(spelt) <= tokens


def test_a_sweep_has_its_controls_and_can_be_run_again(tiny):
    text = Parallel("en", "zh", PAIRS, 0)
    result = sweep(tiny, [text], [WORDS], alphas=(1.0, 8.0), layers=(1, 2), seed=3)
    assert [row["direction"] for row in result.tables["chosen"]] == ["en-zh", "zh-en"]
    for direction in ("en-zh", "zh-en"):
        rows = result.rows("bleu_1", direction=direction, split="test")
        assert [row.control or row.arm for row in rows] == [
            None, "target_tokens", "alpha_0", "random", "dictionary",
        ]  # fmt: skip
        assert all(row.low <= row.value <= row.high for row in rows)
        assert len(result.rows("bleu_1", direction=direction, split="dev")) == 4
        hits = result.rows("dictionary_hit_rate", direction=direction, split="dev")
        best = max(hits, key=lambda row: row.value).value
        own = chosen_scores(result, direction)["dictionary_hit_rate"]
        (at,) = [row for row in hits if (row.layer, row.alpha) == (own.layer, own.alpha)]
        assert at.value == best
    kinds = [row["kind"] for row in result.tables["examples"]]
    assert {"by lot", "best", "worst"} == set(kinds)
    again = sweep(tiny, [text], [WORDS], alphas=(1.0, 8.0), layers=(1, 2), seed=3)
    assert again.scores == result.scores


def test_mini_turns_chinese_into_english_words():
    encoder = firth.load("mini", device="cpu")
    result = translate(encoder, ["没有人可以帮助我"], source="zh", target="en", layer=7, alpha=2)
    (text,) = result.tables["texts"]
    assert "help" in text["output"].split()
    (rate,) = result.rows("conversion_rate")
    assert rate.value > 0.5
    plain = translate(encoder, ["没有人可以帮助我"], source="zh", target="en", layer=7, alpha=0)
    assert "人可以帮助我" in plain.tables["texts"][0]["output"]
    assert plain.rows("conversion_rate")[0].value == 0


def test_stability_grows_with_the_text(tiny):
    vectors, result = fit(tiny, CORPORA, seed=1)
    assert vectors.languages == ("en", "zh")
    rows = result.rows("half_cosine", pair="en-zh", layer=2)
    assert [row.n for row in rows] == [10, 20]
    assert rows[-1].value > 0.9


def test_mistakes(tiny, tmp_path):
    vectors = fit_languages(tiny, CORPORA)

    def run(**changed):
        options = {"source": "en", "target": "zh", "vectors": vectors} | changed
        return translate(tiny, ["one"], **options)

    for changed, message in (
        ({"target": "fr"}, "no vector of the language 'fr'"),
        ({"layer": 9}, "there are 0 to 3"),
        ({"alpha": float("nan")}, "must be a finite number"),
        ({"tokens": "some"}, "'some' is not one of any, target"),
    ):
        with pytest.raises(OptionError, match=message):
            run(**changed)
    with pytest.raises(InputError, match="alpha too large|alpha is too large"):
        run(alpha=1e39)
    assert not tiny.moved
    with pytest.raises(InputError, match="no text to translate"):
        translate(tiny, [" "], source="en", target="zh", vectors=vectors)
    with pytest.raises(InputError, match="no parallel text"):
        sweep(tiny, [])
    with pytest.raises(OptionError, match="finite numbers"):
        sweep(tiny, [Parallel("en", "zh", PAIRS, 0)], alphas=())
    with pytest.raises(OptionError, match="en-zh"):
        SweepFiles.of(["enzh"], [])
