"""Search in mixed languages, on static vectors whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

import firth
from firth.encoder.vectors import StaticVectors, save_vectors
from firth.errors import InputError, OptionError, ResultError
from firth.experiments import corrected, retrieval_vectors
from firth.experiments.rerun import rerun
from firth.experiments.search import search, steps_of
from firth.experiments.search_texts import search_texts
from firth.text.parallel import Parallel, read_parallel

N = 300
DIMS = 16


def words(language, n=N):
    letters = "abcdefghij"
    return tuple(language + "".join(letters[int(d)] for d in f"{i:04d}") for i in range(n))


EN, XX, YY = words("en"), words("xx"), words("yy")


def encoder(folder, noise=0.5, shift=4.0):
    """Word i of each language lies at the same place, moved by the language's own vector."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(N, DIMS))
    # Inside a language sentences resemble each other: the look-alikes.
    ways = shift * rng.normal(size=(3, DIMS))
    rows = [base + noise * rng.normal(size=base.shape) + way for way in ways]
    vectors = np.concatenate(rows).astype(np.float32)
    save_vectors(StaticVectors((*EN, *XX, *YY), vectors, None, {"unit": "words"}),
                 folder / "v.safetensors")  # fmt: skip
    return firth.load(f"cbow:{folder / 'v.safetensors'}")


def text(source="aa", target="xx", others=XX, n=N):
    return Parallel(source, target, tuple(zip(EN[:n], others[:n], strict=True)))


def one(result, metric="recall_at_1", **fields):
    about = {"arm": "none", "control": None, "split": None, "direction": "aa-xx"} | fields
    (row,) = result.rows(metric, **about)
    return row


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return search(encoder(tmp_path_factory.mktemp("v")), [text()])


def test_look_alikes_stand_before_the_answer_until_the_language_is_gone(found):
    for way in ("aa-xx", "xx-aa"):
        before = one(found, direction=way)
        assert before.value < 0.05
        assert one(found, "same_language_share", direction=way).value > 0.95
        for arm in ("zero_mean", "lir_1", "agnostic", "agnostic_centred"):
            after = one(found, arm=arm, direction=way)
            assert after.low > before.high, arm
            assert after.p == pytest.approx(1 / 10_001)
            assert after.p_adjusted == pytest.approx(5 / 10_001)
        assert one(found, arm="agnostic_centred", direction=way).value > 0.7
        fair = one(found, "same_language_share", arm="agnostic_centred", direction=way)
        assert fair.value == pytest.approx(0.5, abs=0.1)
        for arm in ("none", "agnostic_centred"):
            apart = one(found, arm=arm, direction=way, control="others_only")
            assert apart.value >= one(found, arm=arm, direction=way).value
        (chance,) = found.rows("same_language_share", control="chance", direction=way)
        n = before.n
        assert chance.value == pytest.approx((n - 1) / (2 * n - 1))  # without the query
        (guess,) = found.rows("recall_at_1", control="chance", direction=way)
        assert guess.value == pytest.approx(1 / (2 * n - 1))
    assert before.unit == "query"
    assert n == N - found.tables["texts"][0]["set_aside"]


def test_the_layer_and_lir_are_chosen_on_half(found):
    chosen = found.rows("mrr", split="best_on_half", direction="aa-xx")
    families = [row.arm.partition("_1")[0].partition("_4")[0] for row in chosen]
    assert families == ["none", "zero_mean", "lir", "agnostic", "agnostic_centred"]
    half = one(found).n // 2
    assert all(row.n == half and row.layer == 0 for row in chosen)
    assert chosen[0].p is None
    assert all(row.p_adjusted == pytest.approx(4 / 10_001) for row in chosen[1:])


def test_tables_say_what_was_asked_and_fitted(found):
    first, back = found.tables["texts"]
    assert (first["direction"], back["direction"]) == ("aa-xx", "xx-aa")
    n, aside = first["queries"], first["set_aside"]
    assert n + aside == N
    assert 15 < aside < 45  # a tenth, about
    assert first["documents"] == 2 * n
    assert (first["pool"], first["own_language"], first["left_out"]) == (2 * n - 1, n - 1, 1)
    assert found.tables["fit"] == [
        {"language": "aa", "sentences": aside, "text": "set aside"},
        {"language": "xx", "sentences": aside, "text": "set aside"},
    ]
    mended = [row for row in found.tables["examples"] if row["change"] == "mended"]
    assert len(mended) == 20
    for row in mended:
        assert row["first_after"] in row["answers"]
        assert row["first_before"][:2] == row["query"][:2]
    assert found.warnings == []


def test_what_is_fitted_on_is_never_asked():
    pairs = [text(), text("aa", "yy", YY)]
    for seed in range(3):
        chosen = search_texts(pairs, {}, "pair", 100, 2000, seed)
        # Files that share their sentences: nothing set aside translates anything that asks.
        numbers = {language: {word[2:] for word in own} for language, own in chosen.texts.items()}
        asked = set.union(*numbers.values())
        assert all(len(own) > 10 for own in chosen.fit.values())
        assert not {word[2:] for own in chosen.fit.values() for word in own} & asked
        given = {"aa": EN, "xx": XX, "yy": YY}
        chosen = search_texts(pairs, given, "pair", 100, 50, seed)
        assert [len(own) for own in chosen.fit.values()] == [50] * 3
        for language, own in chosen.fit.items():
            assert not set(own) & set(chosen.texts[language])
        assert chosen.fitted_on == "given"


def test_the_order_of_a_file_changes_nothing():
    turned = Parallel("aa", "xx", text().pairs[::-1])
    first, other = (search_texts([one], {}, "pair", 50, 9, 0) for one in (text(), turned))
    assert first.fit == other.fit
    assert {key: set(own) for key, own in first.texts.items()} == {
        key: set(own) for key, own in other.texts.items()
    }
    drawn = search_texts([text()], {}, "pair", 50, 9, 1)
    assert drawn.fit != first.fit


def test_paraphrases_are_neither_right_nor_wrong():
    # ena and enb share a translation; enc stands alone.
    pairs = (("ena", "xxa"), ("enb", "xxa"), ("enb", "xxb"), ("enc", "xxc"))
    corpora = {"aa": EN, "xx": XX}
    chosen = search_texts([Parallel("aa", "xx", pairs)], corpora, "pair", None, 50, 0)
    forward = chosen.directions[0]
    numbers = dict(enumerate(_documents(chosen, forward)))
    asked = [chosen.texts["aa"][row] for row in forward.queries.tolist()]
    gone = {
        text: {numbers[at] for at in own}
        for text, own in zip(asked, forward.pool.left_out, strict=True)
    }
    assert gone == {"ena": {"ena", "enb"}, "enb": {"ena", "enb"}, "enc": {"enc"}}
    right = {
        text: {numbers[at] for at in forward.pool.answers(query).tolist()}
        for query, text in enumerate(asked)
    }
    assert right == {"ena": {"xxa"}, "enb": {"xxa", "xxb"}, "enc": {"xxc"}}


def _documents(chosen, direction):
    return [
        chosen.texts[language][row]
        for language, rows in direction.documents.items()
        for row in rows.tolist()
    ]


def test_all_languages_in_one_pool(tmp_path):
    pairs = [text(n=60), text("aa", "yy", YY, n=60)]
    corpora = {"aa": EN[60:], "xx": XX[60:], "yy": YY[60:]}
    chosen = search_texts(pairs, corpora, "all", None, 200, 0)
    back = next(own for own in chosen.directions if own.name == "xx-aa")
    # An xx query is answered in aa; the yy sentence that shares its translation is left out.
    assert back.pool.correct.counts().tolist() == [1] * 60
    assert all(len(own) == 2 for own in back.pool.left_out)
    result = search(encoder(tmp_path), pairs, corpora, pool="all", fit=200)
    row = result.tables["texts"][0]
    assert (row["documents"], row["answers"], row["own_language"]) == (180, 2, 59)
    assert result.tables["fit"][0] == {"language": "aa", "sentences": 200, "text": "given"}
    assert one(result, arm="agnostic_centred").value > one(result).value


def test_layers_in_groups_give_the_same(mini, monkeypatch):
    pairs = tuple((f"Number {i} is here.", f"{i}号在这里。") for i in range(12))
    given = [Parallel("en", "zh", pairs)]
    corpora = {"en": [f"We saw {i} birds." for i in range(9)],
               "zh": [f"我们看见{i}只鸟。" for i in range(9)]}  # fmt: skip
    settings = {"layers": [0, 1, 2], "ranks": [1]}
    whole = search(mini, given, corpora, **settings)
    monkeypatch.setattr(retrieval_vectors, "BUDGET", 2 * 4 * mini.width * 42)
    done = []
    parts = search(mini, given, corpora, progress=done.append, **settings)
    asked = search_texts(given, corpora, "pair", 1000, 2000, 0)
    assert sum(done) == steps_of(mini, asked, [0, 1, 2], [1]) == 2 * 42
    for a, b in zip(whole.scores, parts.scores, strict=True):
        assert (a.metric, a.layer, a.arm) == (b.metric, b.layer, b.arm)
        assert a.value == pytest.approx(b.value, abs=1e-9)


def test_carried_text_is_used_for_small_files_and_said(mini, monkeypatch):
    monkeypatch.setattr(corrected, "dictionary", list)  # fewer carried sentences to encode
    pairs = tuple((f"Number {i} is here.", f"{i}号在这里。") for i in range(10))
    result = search(mini, [Parallel("en", "zh", pairs, 3)], layers=[0], prefix="query: ")
    assert {row["text"] for row in result.tables["fit"]} == {"carried"}
    assert "3 pairs have an empty side" in result.warnings[0]
    assert "the few sentences that firth carries" in result.warnings[1]
    assert result.config["prefix"] == "query: "


def test_a_result_can_be_run_again(tmp_path):
    static = encoder(tmp_path)
    place = tmp_path / "p.tsv"
    place.write_text("\n".join(map("\t".join, text().pairs)), encoding="utf-8")
    for name, own in (("aa", EN), ("xx", XX)):
        (tmp_path / f"{name}.txt").write_text("\n".join(own), encoding="utf-8")
    source = {
        "parallel": {"aa-xx": str(place)},
        "corpora": {name: str(tmp_path / f"{name}.txt") for name in ("aa", "xx")},
    }
    given = [read_parallel(place, ("aa", "xx"))]
    first = search(static, given, {"aa": EN, "xx": XX}, most=80, seed=5, source=source,
                   runs=str(tmp_path / "runs"))  # fmt: skip
    stored = firth.load_result(next((tmp_path / "runs").glob("search/*/*/result.json")))
    again = rerun(stored, static)
    assert again.scores == first.scores
    assert again.tables == first.tables
    other = search(static, given, {"aa": EN, "xx": XX}, most=80, seed=6)
    assert other.scores != first.scores
    with pytest.raises(ResultError, match="give them again"):
        rerun(other, static)


def test_mistakes_are_one_line(tmp_path):
    static = encoder(tmp_path)
    with pytest.raises(InputError, match="no parallel text"):
        search(static, [])
    with pytest.raises(InputError, match="comes twice"):
        search(static, [text(), text()])
    with pytest.raises(OptionError, match="no pooling 'max'"):
        search(static, [text()], pooling="max")
    with pytest.raises(OptionError, match="no pool 'al'.*Did you mean 'all'"):
        search(static, [text()], pool="al")
    with pytest.raises(OptionError, match="most 1"):
        search(static, [text()], most=1)
    with pytest.raises(OptionError, match="fit 1"):
        search(static, [text()], fit=1)
    with pytest.raises(OptionError, match="layer 3"):
        search(static, [text()], layers=[3])
    with pytest.raises(OptionError, match="1 direction or more"):
        search(static, [text()], ranks=[0])
    with pytest.raises(InputError, match="no text of xx.*--corpus xx=FILE"):
        search(static, [text()], {"aa": EN, "yy": YY})
    with pytest.raises(InputError, match="xx has 1 different sentences"):
        search(static, [text(n=100)], {"aa": EN[100:], "xx": [*XX[:100], XX[200]]})
    with pytest.raises(InputError, match="no text of aa"):
        search(static, [text(n=100)])  # too small to set aside, and no carried text of aa


@pytest.mark.shared
def test_tatoeba_becomes_fair(shared, mini):
    pair = read_parallel(shared / "parallel/tatoeba.en-zh.tsv.gz", ("en", "zh"))
    result = search(mini, [pair], layers=[12], most=150, fit=400)
    before = one(result, direction="zh-en", layer=12)
    after = one(result, direction="zh-en", layer=12, arm="agnostic_centred")
    assert after.low > before.high
