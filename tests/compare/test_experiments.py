"""Every score of an experiment can be tested, or there is a reason: small runs of the real ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from made import made

import firth
from firth.compare.compare import UNTESTABLE, compare
from firth.compare.items_of import items_of
from firth.compare.sides import runs_of
from firth.encoder.vectors import StaticVectors, save_vectors
from firth.results.store import load
from firth.text.alignment import GoldLinks, SentencePair
from firth.text.parallel import Parallel

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny
import tiny_mlm

N = 40
LANGUAGES = ("aa", "xx", "yy")


def named(language):
    letters = "abcdefghij"
    return tuple(language + "".join(letters[int(d)] for d in f"{i:02d}") for i in range(N))


WORDS = {language: named(language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    """Two sets of word vectors, one noisier than the other."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(N, 8))
    folder = tmp_path_factory.mktemp("vectors")
    for name, noise in (("near", 0.3), ("far", 1.5)):
        rows = np.concatenate([base + noise * rng.normal(size=base.shape) for _ in LANGUAGES])
        words = tuple(word for own in WORDS.values() for word in own)
        one = StaticVectors(words, rows.astype(np.float32), None, {"unit": "words"})
        save_vectors(one, folder / f"{name}.safetensors")
    return [firth.load(f"cbow:{folder / name}.safetensors") for name in ("near", "far")]


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    return firth.load(
        str(tiny_mlm.save("bert", tmp_path_factory.mktemp("mlm") / "bert")), dtype="fp32"
    )


def missing(result, tmp_path):
    """Return the metrics of scores that have no items after a trip through the store."""
    back = load(result.save(tmp_path))
    run = runs_of([back, back])[0]
    scores, items = run.scores(False), items_of(run, False)
    assert items
    return {dict(key)["metric"] for key in scores.keys() - items.keys()} - UNTESTABLE


def test_links(static, tmp_path):
    from firth.experiments.links import links

    pairs = [
        SentencePair(WORDS["aa"][at : at + 4], WORDS["xx"][at : at + 4]) for at in range(N - 4)
    ]
    gold = [GoldLinks(((0, 0), (1, 1), (2, 2)), ((3, 3),))] * len(pairs)
    near, far = (links(one, pairs, gold) for one in static)
    assert missing(near, tmp_path) == set()
    compared = compare([near, far], metrics=["alignment_f1", "alignment_error_rate"])
    assert compared.tests == len(compared.lines) == 8
    assert {line.mark(1) for line in compared.lines} == {"worse"}
    assert {line.contrasts[0].n for line in compared.lines} == {len(pairs) // 2}


def test_search_and_where(static, tmp_path):
    from firth.experiments.search import search
    from firth.experiments.where import where

    text = Parallel("aa", "xx", tuple(zip(WORDS["aa"][:20], WORDS["xx"][:20], strict=True)))
    near, far = (search(one, [text], WORDS, ranks=(1,)) for one in static)
    assert missing(near, tmp_path) == set()
    compared = compare([near, far])
    assert {line.fields["split"] for line in compared.lines} == {"best_on_half"}
    assert compared.tests > 0
    asked = Parallel("aa", "xx", tuple(zip(WORDS["aa"][:8], WORDS["xx"][:8], strict=True)))
    assert missing(where(static[0], WORDS, [asked], ranks=(1,)), tmp_path) == set()


def test_consistency(head, tmp_path):
    from firth.experiments.consistency import consistency

    corpora = {
        "en": ["I ate an apple, and then", "another apple.", "The price of Apple shares",
               "rose again!", "today shares", "I ate shares"],
        "zh": ["我吃了一个苹果。", "苹果酱", "苹果派都很甜", "苹果公司今天", "发布了新手机", "苹果 苹果"],
    }  # fmt: skip
    result = consistency(head, corpora, blanks=3)
    assert missing(result, tmp_path) == set()
    (line,) = compare([result, result], metrics=["language_consistency"]).lines[-1:]
    assert "language" not in line.fields
    assert line.contrasts[0].p == 1
    assert line.contrasts[0].n == 6  # three of each language


def test_sweep_and_translate(head, tmp_path):
    from firth.experiments.language_vectors import fit
    from firth.experiments.sweep import sweep
    from firth.experiments.translate import translate
    from firth.text.dictionary import dictionary_of

    english = [f"I ate {n} apples and the price rose" for n in range(30)]
    chinese = [f"我吃了{n}个苹果" for n in range(30)]
    text = Parallel("en", "zh", tuple(zip(english, chinese, strict=True)), 0)
    words = dictionary_of("en", "zh", [("apples", "苹果"), ("ate", "吃了")])
    result = sweep(head, [text], [words], alphas=(1.0, 8.0), layers=(1, 2))
    assert missing(result, tmp_path) == set()
    compared = compare([result, result])
    assert {line.fields["split"] for line in compared.lines} == {"test"}
    assert {one.p for line in compared.lines for one in line.contrasts} == {1}
    vectors, _ = fit(head, {"en": english, "zh": chinese})
    result = translate(head, english[:8], source="en", target="zh", vectors=vectors)
    assert missing(result, tmp_path) == set()


def test_vectors(tmp_path):
    from firth.experiments.vectors import evaluate
    from firth.text.questions import Analogy, AnalogySet, PairSet, ScoredPair

    rng = np.random.default_rng(1)
    words = WORDS["aa"]
    scored = [ScoredPair(words[at], words[at + 1], float(at % 7)) for at in range(20)]
    again = ScoredPair(words[0], words[1], 2.0)
    pairs = PairSet("p", (*scored, again, ScoredPair("nobody", words[0], 1.0)))
    questions = tuple(
        Analogy("ab"[at % 2], words[at], words[at + 1], words[at + 2], words[at + 3 + at % 2])
        for at in range(20)
    )
    asked = AnalogySet("q", (*questions, questions[0], Analogy("c", "x", "y", "z", "w")))
    first, second = (
        evaluate(
            StaticVectors(words, rng.normal(size=(N, 5)).astype(np.float32)),
            pairs=[pairs], analogies=[asked], source=name,
        )
        for name in ("first", "second")
    )  # fmt: skip
    assert missing(first, tmp_path) == set()
    compared = compare([first, second])
    spearman = next(one for one in compared.lines if one.fields["metric"] == "spearman")
    assert spearman.contrasts[0].n == 21
    assert spearman.contrasts[0].p is not None
    untested = {one.untested for line in compared.lines for one in line.contrasts}
    assert untested <= {None, "few_items"}  # the group of one unknown question


def test_words_in_context_and_centroids(mini, tmp_path):
    from firth.experiments.wic import wic
    from firth.text.sentences import Occurrence
    from firth.text.wic import WordPair

    own = firth.lecture.homographs("en")[:16]
    pairs = [WordPair(a, b, a.label == b.label) for i, a in enumerate(own[:6]) for b in own[:i]]
    result = wic(mini, pairs=[*pairs, WordPair(own[0], own[9], False)], layers=[8])
    assert missing(result, tmp_path) == set()
    split = [
        Occurrence(o.word, o.sentence, o.start, o.end, o.label, ("train", "test")[at % 2])
        for at, o in enumerate(own)
    ]
    result = firth.senses(mini, sentences=split, layers=[8])
    assert missing(result, tmp_path) == set()
    areas = compare([result, result], metrics=["auc"])
    assert {line.contrasts[0].p for line in areas.lines} == {1}


def test_transfer_by_sequence_and_by_group(tmp_path):
    from firth.encoder.load import load as load_encoder
    from firth.experiments.transfer import transfer
    from firth.experiments.transfer_arms import Settings
    from firth.text.sequences import Example, SequenceSet

    rng = np.random.default_rng(0)
    encoder = load_encoder(str(tiny.save("bert", tmp_path / "tiny")), dtype="fp32")
    settings = Settings(
        arms=("frozen", "kmers", "majority"), controls=(), maps=2, seeds=1,
        shares=(0.4, 0.2, 0.4),
    )  # fmt: skip
    for numbers in (False, True):
        examples = [
            Example(tuple(rng.choice(list("ACGT"), 9)),
                    float(at) if numbers else "ab"[at // 2 % 2], f"line {at}", group=str(at // 2))
            for at in range(60)
        ]  # fmt: skip
        data = SequenceSet("made", tuple(examples), "number" if numbers else "class")
        result, _ = transfer(encoder, data, settings, out=str(tmp_path))
        units = {one.unit for one in result.scores if one.metric != "difference"}
        assert units == {"sequence", "group"}
        assert missing(result, tmp_path) == set()


def test_items_that_two_runs_made_differently_are_not_compared():
    from firth.results.items import Items, item_arrays, keys_of
    from firth.results.schema import Score

    names = tuple(map(str, range(9)))
    row = {"metric": "mlm_accuracy", "language": "en"}
    score = Score(value=0.5, n=9, unit="sentence", **row)
    ratio = Items("g", keys_of(names), (row,), np.ones((9, 1, 2)) * [1, 2], statistic="ratio")
    mean = Items("g", keys_of(names), (row,), np.full((9, 1), 0.5))
    first, second = (
        made(name, more=[score]).with_arrays(item_arrays([own]))
        for name, own in (("a", ratio), ("b", mean))
    )
    (line,) = compare([first, second]).lines
    assert line.contrasts[0].untested == "not_stored"
