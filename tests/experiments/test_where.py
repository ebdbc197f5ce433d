"""Where the language is, on static vectors of which it is known, and with mini's own text."""

from __future__ import annotations

import numpy as np
import pytest

import firth
from firth.encoder.vectors import StaticVectors, save_vectors
from firth.errors import InputError, OptionError, ResultError
from firth.experiments.rerun import rerun
from firth.experiments.where import steps_of, where
from firth.experiments.where_probe import Sample, ends_of, token_sample
from firth.experiments.where_texts import where_texts
from firth.text.parallel import Parallel, read_parallel

N = 400
DIMS = 8


def words(language, n=N):
    letters = "abcdefghij"
    return tuple(language + "".join(letters[int(d)] for d in f"{i:04d}") for i in range(n))


CORPORA = {"aa": words("aa"), "xx": words("xx"), "yy": words("yy")}


def encoder(folder, shift=3.0):
    rng = np.random.default_rng(0)
    base = rng.normal(size=(N, DIMS))
    rows = [base + 0.2 * rng.normal(size=base.shape) + shift * rng.normal(size=DIMS)
            for _ in CORPORA]  # fmt: skip
    names = tuple(word for own in CORPORA.values() for word in own)
    vectors = StaticVectors(names, np.concatenate(rows).astype(np.float32), None, {"unit": "words"})
    save_vectors(vectors, folder / "v.safetensors")
    return firth.load(f"cbow:{folder / 'v.safetensors'}")


def text(n=60):
    return Parallel("aa", "xx", tuple(zip(CORPORA["aa"][:n], CORPORA["xx"][:n], strict=True)))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return where(encoder(tmp_path_factory.mktemp("v")), CORPORA, [text()])


def probe(result, arm="none", scorer="sentence", control=None):
    (row,) = result.rows("language_id_accuracy", arm=arm, scorer=scorer, control=control)
    return row


def test_the_language_is_read_until_it_is_taken_away(found):
    for scorer in ("sentence", "token"):
        before = probe(found, scorer=scorer)
        assert before.value > 0.98
        for arm in ("zero_mean", "agnostic"):
            after = probe(found, arm, scorer)
            assert after.value < 0.5, arm  # three languages: a third, and the error of the means
            assert after.low <= 1 / 3 + 0.1
        nonsense = probe(found, control="shuffled_labels", scorer=scorer)
        assert nonsense.value == pytest.approx(1 / 3, abs=0.12)
        (chance,) = found.rows("language_id_accuracy", control="chance", scorer=scorer)
        assert chance.value == pytest.approx(100 / 270)  # the largest
        assert before.n == chance.n == 85 + 85 + 100
        assert before.unit == "sentence"
    # To subtract the same from all vectors changes no probe.
    assert not found.rows("language_id_accuracy", arm="agnostic_centred")


def test_the_parts_are_sentences_of_their_own(found):
    assert found.tables["languages"] == [
        {"language": "aa", "fit": 170, "train": 85, "test": 85},
        {"language": "xx", "fit": 170, "train": 85, "test": 85},
        {"language": "yy", "fit": 200, "train": 100, "test": 100},
    ]
    texts = where_texts(CORPORA, [text()], 2000, 1000, 3)
    asked = {one for pair in text().pairs for one in pair}
    assert not asked & {one for own in texts.corpora.values() for one in own}
    assert len({one for own in texts.corpora.values() for one in own}) == 3 * N - 120
    assert [len(own) for own in where_texts(CORPORA, [], 40, 2, 0).corpora.values()] == [40] * 3


def test_a_sample_keeps_tokens_with_their_sentence():
    sample = Sample(np.arange(14.0).reshape(1, 7, 2), np.array([0, 0, 1, 3, 4, 4, 5]), ends_of(6))
    assert ends_of(6) == (3, 4, 6)
    assert sample.owners("fit").tolist() == [0, 0, 1]  # sentence 2 has no token
    assert sample.owners("train").tolist() == [3]
    assert sample.part("test", 0).tolist() == [[8, 9], [10, 11], [12, 13]]


def test_tokens_of_the_prefix_are_not_drawn(mini):
    rng = np.random.default_rng(0)
    sample = token_sample(mini, ["Hello"] * 4, "query: ", (0,), rng, None)
    own = next(iter(mini.hidden_states(["query: Hello"], layers=[0])))
    kept = {tuple(row.round(4)) for row in own.vectors[0][own.offsets[:, 0] >= 6]}
    assert {tuple(row.round(4)) for row in sample.vectors[0]} <= kept


def test_alignment_gains_where_the_language_was_in_the_way(found):
    about = {"pair": "aa-xx", "layer": 0}
    for way in ("aa-xx", "xx-aa"):
        before, after = (
            found.rows("retrieval_accuracy", direction=way, arm=arm, **about)[0]
            for arm in ("none", "agnostic_centred")
        )
        assert after.value >= before.value
        assert after.value > 0.9
        assert after.n == 60
        (guess,) = found.rows("retrieval_accuracy", direction=way, control="chance")
        assert guess.value == pytest.approx(1 / 60)
    assert found.tables["pairs"] == [
        {"pair": "aa-xx", "source_sentences": 60, "target_sentences": 60, "skipped": 0}
    ]


def test_the_carried_text_and_its_warning(mini):
    done = []
    result = where(mini, layers=[1], most=24, ranks=[1], progress=done.append)
    assert len(result.tables["languages"]) == 6
    assert probe(result).value > 0.7
    assert "are few, 24 of a language" in result.warnings[0]
    texts = where_texts(None, [], 24, 1000, 0)
    assert sum(done) == steps_of(mini, texts, [1])
    assert result.config["carried"] is True


def test_a_result_can_be_run_again(tmp_path):
    static = encoder(tmp_path)
    for name, own in CORPORA.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(own), encoding="utf-8")
    (tmp_path / "p.tsv").write_text("\n".join(map("\t".join, text().pairs)), encoding="utf-8")
    files = {name: str(tmp_path / f"{name}.txt") for name in CORPORA}
    places = {"aa-xx": str(tmp_path / "p.tsv")}
    given = [read_parallel(places["aa-xx"], ("aa", "xx"))]
    first = where(static, CORPORA, given, most=60, source={"corpora": files, "parallel": places},
                  runs=str(tmp_path / "runs"))  # fmt: skip
    stored = firth.load_result(next((tmp_path / "runs").glob("where/*/*/result.json")))
    again = rerun(stored, static)
    assert again.scores == first.scores
    assert again.tables == first.tables
    with pytest.raises(ResultError, match="give them again"):
        rerun(where(static, CORPORA, most=40), static)
    with pytest.raises(ResultError, match="some texts"):
        partly = where(static, CORPORA, given, most=40, source={"corpora": files})
        rerun(partly, static)


def test_mistakes_are_one_line(tmp_path):
    static = encoder(tmp_path)
    with pytest.raises(InputError, match="at least two languages.*only aa"):
        where(static, {"aa": CORPORA["aa"]})
    with pytest.raises(InputError, match="xx has 1 different"):
        where(static, {"aa": CORPORA["aa"], "xx": ["xxaaaa"] * 9})
    with pytest.raises(InputError, match="the pair aa-xx needs a corpus of xx"):
        where(static, {"aa": CORPORA["aa"], "yy": CORPORA["yy"]}, [text()])
    with pytest.raises(InputError, match="comes twice"):
        where(static, CORPORA, [text(), text()])
    for name in ("most", "asked"):
        with pytest.raises(OptionError, match=f"{name} 1"):
            where(static, CORPORA, **{name: 1})
    with pytest.raises(OptionError, match="layer 2"):
        where(static, CORPORA, layers=[2])
    with pytest.raises(OptionError, match="no pooling 'min'"):
        where(static, CORPORA, pooling="min")
    with pytest.raises(OptionError, match="r 9: from 0 to 8"):
        where(static, CORPORA, ranks=[9])
