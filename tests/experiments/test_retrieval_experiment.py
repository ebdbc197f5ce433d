"""Sentences that ask for their translation, on static vectors whose answer is known."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

import firth
from firth.encoder.vectors import StaticVectors, save_vectors
from firth.errors import InputError, OptionError, ResultError
from firth.experiments import retrieval_texts, retrieval_vectors
from firth.experiments.published import PUBLISHED, lineage, published
from firth.experiments.rerun import rerun
from firth.experiments.retrieval import retrieval, steps_of
from firth.experiments.retrieval_texts import questions_of
from firth.probe.statistics import mean_intervals
from firth.text.parallel import Parallel, read_parallel

N = 12
EN = tuple(f"en{chr(97 + i)}" for i in range(N))
XX = tuple(f"xx{chr(97 + i)}" for i in range(N))
PAIRS = tuple(zip(EN, XX, strict=True))


def encoder(folder, noise=0.0, shift=0.0, same=False, n=N, dims=8):
    """Static vectors: xx word i lies at the place of en word i, with noise, moved by a shift."""
    rng = np.random.default_rng(0)
    base = np.ones((n, dims)) if same else rng.normal(size=(n, dims))
    moved = base + noise * rng.normal(size=base.shape) + shift
    rows = np.concatenate([base, moved]).astype(np.float32)
    names = (*EN, *XX) if n == N else (*words("en", n), *words("xx", n))
    vectors = StaticVectors(names, rows, None, {"unit": "words"})
    save_vectors(vectors, folder / "v.safetensors")
    return firth.load(f"cbow:{folder / 'v.safetensors'}")


def words(language, n):
    letters = "abcdefghij"
    return tuple(language + "".join(letters[int(d)] for d in f"{i:04d}") for i in range(n))


def text(pairs=PAIRS, **more):
    return Parallel("yy", "xx", tuple(pairs), **more)


def one(result, metric="retrieval_accuracy", **fields):
    (row,) = result.rows(metric, **{"arm": None, "control": None} | fields)
    return row


def test_a_perfect_alignment_is_found_both_ways(tmp_path):
    result = retrieval(encoder(tmp_path), [text()])
    for direction in ("yy-xx", "xx-yy"):
        for metric in ("retrieval_accuracy", "mrr"):
            row = one(result, metric, direction=direction, similarity="raw")
            assert (row.value, row.low, row.high, row.n, row.layer) == (1.0, 1.0, 1.0, N, 0)
            assert row.unit == "sentence"
    assert result.tables["texts"] == [
        {"pair": "yy-xx", "pairs": N, "skipped": 0, "set_aside": 0, "source_sentences": N,
         "target_sentences": N, "mean": "none"}
    ]  # fmt: skip
    assert result.tables["failures"] == []
    assert "nothing is centred" in result.warnings[0]
    assert not result.rows("mrr", similarity="centred")


def test_a_collapsed_encoder_scores_at_chance(tmp_path):
    n = 220
    static = encoder(tmp_path, same=True, n=n)
    pairs = zip(words("en", n), words("xx", n), strict=True)
    result = retrieval(static, [text(pairs)], margin=True)
    asked = n - n // 10
    for similarity in ("raw", "margin", "centred", "csls"):
        assert one(result, direction="yy-xx", similarity=similarity).value == pytest.approx(
            1 / asked
        )
    (chance,) = result.rows("retrieval_accuracy", control="chance", direction="yy-xx")
    assert (chance.value, chance.n) == (pytest.approx(1 / asked), asked)
    (guess,) = result.rows("mrr", control="chance", direction="xx-yy")
    assert guess.value == pytest.approx(np.mean(1 / np.arange(1, asked + 1)))
    assert one(result, "hubness", direction="yy-xx", similarity="raw").value == 0


def test_one_of_several_translations_is_enough(tmp_path):
    # ena lies at xxa; that xxb translates it as well must not cost it anything, nor xxb's rank.
    pairs = [*PAIRS, ("ena", "xxb"), ("ena", "xxb"), ("enb", "xxc")]
    result = retrieval(encoder(tmp_path), [text(pairs)])
    for direction in ("yy-xx", "xx-yy"):
        assert one(result, direction=direction, similarity="raw").value == 1.0
    (chance,) = result.rows("retrieval_accuracy", control="chance", direction="yy-xx")
    assert chance.value == pytest.approx((2 + 2 + 10) / N / N)  # ena and enb have two of twelve
    assert result.tables["texts"][0]["target_sentences"] == N
    # Without its own translation it asks for another's: enb is asked to find xxa.
    wrong = retrieval(encoder(tmp_path), [text([*PAIRS[2:], ("ena", "xxb"), ("enb", "xxa")])])
    assert one(wrong, direction="yy-xx", similarity="raw").value == pytest.approx(10 / N)
    rows = wrong.tables["failures"]
    assert {(row["text"], row["retrieved"]) for row in rows} == {("ena", "xxa"), ("enb", "xxb")}
    assert [row["translation"] for row in rows if row["text"] == "ena"] == [["xxb"]]
    assert all(float(row["rank"]) > 1 and row["compared"] == "raw" for row in rows)


def test_what_is_sampled_out_still_says_what_translates_what(tmp_path):
    crossed = [(a, b) for a in EN for b in XX]  # everything translates everything
    questions = questions_of(text(crossed), most=5, aside=0, seed=0)
    assert questions.correct.counts().tolist() == [len(questions.targets)] * len(questions.sources)
    result = retrieval(encoder(tmp_path, noise=3.0), [text(crossed)], most=5)
    assert one(result, direction="yy-xx", similarity="raw").value == 1.0


def test_centring_takes_a_shift_between_languages_away(tmp_path):
    n = 300
    static = encoder(tmp_path, noise=0.3, shift=3.0, n=n)
    pairs = tuple(zip(words("en", n), words("xx", n), strict=True))
    result = retrieval(static, [text(pairs, skipped=2)])
    raw, centred = (one(result, direction="yy-xx", similarity=kind) for kind in ("raw", "centred"))
    assert centred.value > raw.value
    assert raw.n == centred.n == n - n // 10
    (described,) = result.tables["texts"]
    assert (described["set_aside"], described["mean"], described["skipped"]) == (30, "set aside", 2)
    assert "2 pairs have an empty side" in result.warnings[0]
    chosen = one(result, direction="yy-xx", similarity="centred", arm="best_on_half")
    assert (chosen.layer, chosen.n) == (0, n * 9 // 20)
    # The static control of static vectors is the thing itself.
    (static_row,) = result.rows(
        "retrieval_accuracy", control="static", similarity="centred", direction="yy-xx"
    )
    assert static_row.value == centred.value


def test_set_aside_is_not_asked_and_a_tenth_at_most():
    n = 400
    pairs = [*zip(words("en", n), words("xx", n), strict=True)]
    # A sentence of a pair that is set aside may come in another that is asked.
    pairs += [(words("en", n)[i], words("xx", n)[i - 1]) for i in range(n)]
    for seed in range(3):
        questions = questions_of(text(pairs), None, 500, seed)
        assert questions.aside == 2 * n // 10
        if questions.background is not None:
            assert not set(questions.background[0]) & set(questions.sources)
            assert not set(questions.background[1]) & set(questions.targets)
    assert questions_of(text(pairs), 50, 60, 0).aside == 60
    assert questions_of(text(pairs), 50, 0, 0).aside == 0
    assert questions_of(text(pairs[:199]), None, 500, 0).aside == 0


def test_the_order_of_the_file_changes_nothing(tmp_path):
    n = 260
    static = encoder(tmp_path, noise=1.5, n=n)
    pairs = list(zip(words("en", n), words("xx", n), strict=True))
    turned = [pairs[at] for at in np.random.default_rng(3).permutation(n)]
    first = retrieval(static, [text(pairs)], most=200, margin=True, seed=2)
    other = retrieval(static, [text(turned + pairs[:9])], most=200, margin=True, seed=2)
    assert first.scores == other.scores
    assert first.tables["failures"] == other.tables["failures"]
    assert len(first.tables["failures"]) == 50
    drawn = retrieval(static, [text(pairs)], most=200, seed=3)
    assert drawn.scores != first.scores


def test_carried_text_gives_the_means_of_small_files(tmp_path, mini):
    pairs = tuple((f"Number {i} is here.", f"{i}号在这里。") for i in range(20))
    result = retrieval(mini, [Parallel("en", "cmn", pairs)], layers=[0, 1])
    assert result.tables["texts"][0]["mean"] == "carried"
    assert one(result, direction="en-cmn", similarity="csls", layer=1).n == 20
    assert "295 and 295 sentences that firth carries" in result.warnings[0]
    rows = result.tables["published"]
    ours = rows[0]
    assert (ours["model"], ours["pair"]) == ("mini", "cmn-en")
    assert ours["value"] == one(result, direction="cmn-en", similarity="raw", layer=1).value
    assert "derived from multilingual-e5-small" in ours["note"]
    assert {row["value"] for row in rows[1:] if row["metric"] == "retrieval_accuracy"} == {
        0.914, 0.924,
    }  # fmt: skip


def test_prefix_and_pooling_reach_the_encoder(mini, monkeypatch):
    monkeypatch.setattr(retrieval_texts, "dictionary", list)  # fewer carried sentences to encode
    pairs = (("The cat sleeps.", "猫在睡觉。"), ("It is raining.", "下雨了。"))
    given = [Parallel("en", "zh", pairs)]
    vectors = {}
    for pooling in ("mean", "cls"):
        for prefix in ("", "query: "):
            reading = retrieval_vectors.Reading((4,), pooling, prefix, False)
            vectors[pooling, prefix] = reading.vectors(mini, [pairs[0][0]], (4,))
            expected = mini.sentence_vectors([prefix + pairs[0][0]], layers=[4], pooling=pooling)
            np.testing.assert_allclose(vectors[pooling, prefix], expected, atol=1e-6)
    values = list(vectors.values())
    assert all(np.abs(a - b).max() > 0.01 for i, a in enumerate(values) for b in values[:i])
    result = retrieval(mini, given, layers=[4], pooling="cls", prefix="query: ")
    assert (result.config["pooling"], result.config["prefix"]) == ("cls", "query: ")
    assert "cls pooling, prefix 'query: '" in result.tables["published"][0]["source"]


def test_layers_in_groups_give_the_same(mini, monkeypatch):
    pairs = tuple((f"Number {i} is here.", f"{i}号在这里。") for i in range(9))
    given = [Parallel("qq", "rr", pairs)]
    done, alive = [], []
    make = retrieval_vectors.Reading.vectors

    def vectors(self, *arguments):
        # Two sides of one group of layers, never those of the group before.
        assert sum(one() is not None for one in alive) == len(alive) % 2
        found = make(self, *arguments)
        alive.append(weakref.ref(found))
        return found

    whole = retrieval(mini, given, layers=[0, 1, 2])
    monkeypatch.setattr(retrieval_vectors, "BUDGET", 2 * 4 * mini.width * 18)
    monkeypatch.setattr(retrieval_vectors.Reading, "vectors", vectors)
    parts = retrieval(mini, given, layers=[0, 1, 2], progress=done.append)
    assert len(alive) == 4
    assert sum(done) == steps_of(mini, given, [0, 1, 2]) == 2 * 18
    for a, b in zip(whole.scores, parts.scores, strict=True):
        assert (a.metric, a.layer, a.similarity) == (b.metric, b.layer, b.similarity)
        assert a.value == pytest.approx(b.value, abs=1e-9)


def test_sentences_without_a_vector_tie_with_nothing(tmp_path):
    pairs = [*PAIRS, ("unknown", "nothing")]
    result = retrieval(encoder(tmp_path), [text(pairs)])
    # The unknown one is as near to each of 13 targets: a guess.
    expected = (N + 1 / (N + 1)) / (N + 1)
    assert one(result, direction="yy-xx", similarity="raw").value == pytest.approx(expected)


def test_a_result_can_be_run_again(tmp_path):
    (tmp_path / "p.tsv").write_text("\n".join(map("\t".join, PAIRS)), encoding="utf-8")
    static = encoder(tmp_path, noise=0.7)
    place = str(tmp_path / "p.tsv")
    given = [read_parallel(place, ("yy", "xx"))]
    first = retrieval(
        static, given, source={"yy-xx": place}, seed=4, margin=True, runs=str(tmp_path / "runs")
    )
    stored = firth.load_result(next((tmp_path / "runs").glob("retrieval/*/*/result.json")))
    again = rerun(stored, static)
    assert again.scores == first.scores
    assert again.tables == first.tables
    with pytest.raises(ResultError, match="give them again"):
        rerun(retrieval(static, given), static)


def test_mistakes_are_one_line(tmp_path):
    static = encoder(tmp_path)
    with pytest.raises(InputError, match="no parallel text"):
        retrieval(static, [])
    with pytest.raises(InputError, match="yy-xx comes twice"):
        retrieval(static, [text(), text()])
    with pytest.raises(InputError, match="1 and 1 different sentences"):
        retrieval(static, [text(PAIRS[:1] * 3)])
    with pytest.raises(OptionError, match="no pooling 'men'; .*Did you mean 'mean'"):
        retrieval(static, [text()], pooling="men")
    with pytest.raises(OptionError, match="at least 2 pairs"):
        retrieval(static, [text()], most=1)
    with pytest.raises(OptionError, match="must not be negative"):
        retrieval(static, [text()], aside=-1)
    with pytest.raises(OptionError, match="layer 1 does not exist"):
        retrieval(static, [text()], layers=[1])


def test_intervals_of_many_means_are_those_of_each():
    values = np.random.default_rng(0).normal(size=(300, 3)) + np.arange(3)
    found = mean_intervals(values, np.random.default_rng(1))
    for k, (low, high) in enumerate(found):
        half = 1.96 * values[:, k].std() / np.sqrt(300)
        assert low == pytest.approx(values[:, k].mean() - half, abs=0.02)
        assert high == pytest.approx(values[:, k].mean() + half, abs=0.02)
    constant = mean_intervals(np.ones((5, 2)), np.random.default_rng(1))
    assert constant == [(1.0, 1.0)] * 2


def test_published_figures_say_where_they_are_from():
    assert all(0 < row.value < 1 and row.source and row.note for row in PUBLISHED)
    names = [(row.model, row.metric, row.pair, row.source) for row in PUBLISHED]
    assert len(set(names)) == len(names)
    zh = [row.value for row in published("retrieval", "cmn", "eng") if row.metric == "f1"]
    assert zh == [0.8889, 0.901667]
    assert published("retrieval", "en", "zh") == published("senses", "zh", "en") == []
    assert lineage("bert-base-multilingual-cased") == ""


@pytest.mark.shared
def test_tatoeba_as_published(shared, mini):
    found = read_parallel(shared / "parallel/tatoeba.en-zh.tsv.gz", ("en", "zh"))
    result = retrieval(mini, [found], layers=[0, 12], most=200, prefix="query: ")
    last = one(result, direction="zh-en", similarity="centred", layer=12)
    first = one(result, direction="zh-en", similarity="centred", layer=0)
    assert last.low > first.high
    assert last.value > 0.85
