"""Links of words: on static vectors whose answer is known, and on mini."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firth
from firth.encoder.vectors import StaticVectors, save_vectors
from firth.errors import InputError, OptionError
from firth.experiments.links import links
from firth.experiments.links_answers import Asked, Linker, diagonal
from firth.experiments.links_scores import counted
from firth.experiments.links_vectors import encoded, word_similarity
from firth.experiments.rerun import rerun
from firth.probe.links import mutual_argmax
from firth.text.alignment import GoldLinks, SentencePair

# ``xa`` translates ``a``; ``zz`` lies far from all, ``??`` is unknown.
WORDS = ("a", "b", "c", "d", "xa", "xb", "xc", "xd", "zz")


def pair(source, target):
    return SentencePair(tuple(source.split()), tuple(target.split()))


PAIRS = [
    pair("a b c", "xb xa xc"),
    pair("d a", "xa xd"),
    pair("b d c", "xc xd ??"),
    pair("?? c", "xd xb xa"),
]
GOLD = [
    GoldLinks(((0, 1), (1, 0), (2, 2))),
    GoldLinks(((0, 1), (1, 0))),
    GoldLinks(((1, 1), (2, 0)), ((0, 0),)),
    GoldLinks((), ((1, 0),)),
]


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    rows = np.eye(5, dtype=np.float32)[[0, 1, 2, 3, 0, 1, 2, 3, 4]]
    rows[4:8, 4] = 0.1
    rows[8] = [-1, -1, -1, -1, -1]
    folder: Path = tmp_path_factory.mktemp("static")
    save_vectors(StaticVectors(WORDS, rows, None, {"unit": "words"}), folder / "v.safetensors")
    return firth.load(f"cbow:{folder / 'v.safetensors'}")


def row(result, metric, **fields):
    (one,) = result.rows(metric, **{"control": None, "split": None, "similarity": "raw"} | fields)
    return one


def raw_argmax(encoder, pairs):
    """Mutual argmax of raw vectors at the only layer."""
    linker = Linker.of(Asked(pairs, (), (0,), "word", None), None)
    linker.answers, linker.positions = linker.answers[:1], linker.positions[:1]
    assert (linker.answers[0].similarity, linker.answers[0].method) == ("raw", "argmax")
    linker.link(list(encoded(encoder, pairs, (0,), "word")))
    return linker


def test_links_and_scores_by_hand(static):
    result = links(static, PAIRS, GOLD)
    chosen = links(static, PAIRS, GOLD, layers=[0]).tables["chosen"]
    assert chosen == result.tables["chosen"]
    linker = raw_argmax(static, PAIRS)
    (answers,) = linker.answers
    # In the last pair ``c`` is as far from all three, and the first counts.
    found = [[tuple(link) for link in own.tolist()] for own in answers.links]
    assert found == [[(0, 1), (1, 0), (2, 2)], [(0, 1), (1, 0)], [(1, 1), (2, 0)], [(1, 0)]]
    # All 7 sure links are answered, and the 8th answered one is possible.
    for metric, value in (("alignment_f1", 1.0), ("alignment_error_rate", 0.0)):
        one = row(result, metric, arm="argmax")
        assert (one.value, one.n, one.unit, one.layer) == (value, 4, "sentence pair", 0)
    # Without a link: b and ?? of the third pair, ??, xb and xa of the fourth; gold has b linked.
    assert row(result, "null_f1", arm="argmax").value == pytest.approx(2 * (4 / 5) / (4 / 5 + 1))
    assert result.warnings == ["2 of 21 words have no token of the model and get no links"]
    assert linker.lost == 2


def test_a_word_without_a_vector_gets_no_link(static):
    # All similarities are negative: an unknown word counted as 0 would win.
    linker = raw_argmax(static, [pair("?? a b", "zz ??"), pair("??", "a b")])
    assert linker.answers[0].links[0].tolist() == [[1, 0]]
    assert linker.answers[0].links[1].tolist() == []
    result = links(static, [pair("?? a b", "zz ??")])
    first, second, _ = (one["similarities"] for one in result.tables["matrices"])
    assert first == [0, 0]
    assert second[1] == 0
    gold = [GoldLinks(()), GoldLinks(((0, 0),))]
    nothing = links(static, [pair("??", "a b"), pair("a", "xa")], gold)
    assert [one["links"] for one in nothing.tables["sentences"]] == [[], ["0-0"]]
    unknown = links(static, [pair("??", "?? ??")], [GoldLinks(((0, 1),))])
    assert not unknown.rows(control="static")
    assert unknown.rows("alignment_f1")[0].value == 0


def test_a_threshold_takes_links_away(static):
    (most,) = (row(links(static, PAIRS, GOLD), "alignment_f1", arm="argmax"),)
    less = row(links(static, PAIRS, GOLD, null=0.9999), "alignment_f1", arm="argmax")
    # ``xa`` is not exactly ``a``.
    assert (most.value, less.value) == (1, 0)


def test_halves_and_controls(static):
    result = links(static, PAIRS, GOLD, seed=3)
    for method in ("argmax", "itermax"):
        for similarity in ("raw", "centred"):
            (best,) = result.rows(
                "alignment_f1", arm=method, similarity=similarity, split="best_on_half"
            )
            assert (best.n, best.layer) == (2, 0)
            # The encoder is static, so the control is the encoder.
            control = row(result, "alignment_f1", arm=method, control="static")
            assert control.value == row(result, "alignment_f1", arm=method).value
    (level,) = result.rows("alignment_f1", control="diagonal")
    counts = counted(diagonal(PAIRS), PAIRS, GOLD)
    assert level.value == counts.links.f1()[0]
    assert level.low <= level.value <= level.high
    (chosen,) = result.tables["chosen"]
    assert chosen["by"] == "best F1 on 2 of 4 sentence pairs"
    alone = links(static, PAIRS[:1], GOLD[:1])
    assert not alone.rows(split="best_on_half")
    assert "no halves" in alone.warnings[0]
    assert alone.rows("alignment_f1")[0].low is None


@given(st.integers(1, 40), st.integers(1, 40))
def test_the_diagonal_is_the_nearest_relative_position(s, t):
    (own,) = diagonal([SentencePair(("w",) * s, ("v",) * t)]).links
    assert own[:, 0].tolist() == list(range(s))
    places = (np.arange(t) + 0.5) / t
    for i, j in own.tolist():
        distance = np.abs(places - (i + 0.5) / s)
        assert distance[j] <= distance.min() + 1e-12


def test_without_gold_nothing_is_scored(mini):
    pairs = [pair("我 吃 了 一个 苹果", "I ate an apple"), pair("你好", "hello")]
    result = links(mini, pairs, languages=("zh", "en"))
    assert not result.scores
    assert result.config["layers"] == [8]
    assert result.config["means"] == ["carried zh", "carried en"]
    (chosen,) = result.tables["chosen"]
    assert (chosen["method"], chosen["similarity"]) == ("itermax", "centred")
    assert {"0-0", "1-1", "4-3"} <= set(result.tables["sentences"][0]["links"])
    assert result.tables["sentences"][1]["links"] == ["0-0"]
    given = links(mini, pairs, layers=[3, 11], level="subword", languages=("fr", "en"))
    assert given.config["layers"] == [11]
    assert given.config["means"] == ["the source sentences", "carried en"]
    assert given.tables["chosen"][0]["method"] == "argmax"


def test_words_are_the_mean_of_their_tokens_and_subwords_their_union(mini):
    one = pair("unbelievable photosynthesis happens", "光合作用 发生 了")
    ((source, _),) = encoded(mini, [one], (5,), "word")
    text = " ".join(one.source)
    states = next(mini.hidden_states([text], layers=[5]))
    np.testing.assert_allclose(source.vectors[0, 1], states.word(13, 27)[0], atol=1e-5)
    assert source.words.tolist() == np.eye(3, dtype=bool).tolist()
    (sides,) = encoded(mini, [one], (5,), "subword")
    assert sides[0].words.sum(axis=1).tolist() == [1] * len(states.tokens)
    assert len(states.tokens) > 3
    # Two words are linked when any of their tokens are.
    linker = Linker.of(Asked([one], (), (5,), "subword", None), None)
    linker.answers, linker.positions = linker.answers[:1], linker.positions[:1]
    (values,) = linker.link([sides])[0, "raw"]
    tokens = mutual_argmax(values[None])[0]
    owner = [side.words.argmax(axis=1) for side in sides]
    expected = {(owner[0][i], owner[1][j]) for i, j in np.argwhere(tokens)}
    assert set(map(tuple, linker.answers[0].links[0].tolist())) == expected
    words = word_similarity(values, sides)
    assert words[1, 0] == values[owner[0] == 1][:, owner[1] == 0].max()
    assert words.shape == (3, 3)


def test_links_do_not_depend_on_the_batch(mini):
    pairs = [pair("the dog sleeps", "der Hund schläft jetzt"), pair("no", "nein"),
             pair("she reads a long book", "sie liest ein langes Buch")]  # fmt: skip
    asked = Asked(pairs, (), (6, 9), "word", None)
    together, apart = Linker.of(asked, None), Linker.of(asked, None)
    sides = list(encoded(mini, pairs, (6, 9), "word"))
    together.link(sides)
    for one in sides:
        apart.link([one])
    for first, second in zip(together.answers, apart.answers, strict=True):
        for a, b in zip(first.links, second.links, strict=True):
            assert a.tolist() == b.tolist()


def test_it_can_be_run_again(static, tmp_path):
    from firth.text.alignment import read_gold, read_sentence_pairs

    first = links(static, PAIRS, GOLD, seed=5, null=-0.5)
    again = rerun(first, static)
    assert again.scores == first.scores
    assert again.tables == first.tables
    assert again.data == first.data
    (tmp_path / "p").write_text("".join(one.line + "\n" for one in PAIRS))
    (tmp_path / "g").write_text("".join(one.line + "\n" for one in GOLD))
    pairs = read_sentence_pairs(tmp_path / "p")
    gold = read_gold(tmp_path / "g", pairs, 0)
    source = {"pairs": str(tmp_path / "p"), "gold": str(tmp_path / "g"), "index": "0"}
    files = links(static, pairs, gold, source=source, seed=5, null=-0.5)
    assert rerun(files, static).tables == files.tables == first.tables
    (tmp_path / "p").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        rerun(files, static)
    alone = links(static, PAIRS)
    assert rerun(alone, static).tables == alone.tables


def test_mistakes_are_one_line(static):
    with pytest.raises(InputError, match="no sentence pairs"):
        links(static, [])
    with pytest.raises(InputError, match="has no words"):
        links(static, [SentencePair((), ("a",))])
    with pytest.raises(InputError, match="gold links of 1 sentence pairs"):
        links(static, PAIRS, GOLD[:1])
    with pytest.raises(OptionError, match="Did you mean 'subword'"):
        links(static, PAIRS, level="subwords")
    with pytest.raises(OptionError, match="null 1.5"):
        links(static, PAIRS, null=1.5)
    with pytest.raises(OptionError, match="layer 4 does not exist"):
        links(static, PAIRS, layers=[4])


def test_published_pairs(mini, shared):
    from firth.text.alignment import read_gold, read_sentence_pairs

    pairs = read_sentence_pairs(shared / "alignment" / "zhen.src-tgt")
    gold = read_gold(shared / "alignment" / "zhen.gold", pairs)
    result = links(mini, pairs[:12], gold[:12], languages=("zh", "en"), layers=[7])
    scores = {one.arm: one.value for one in result.rows(
        "alignment_f1", similarity="centred", control=None, split=None)}  # fmt: skip
    (level,) = result.rows("alignment_f1", control="diagonal")
    (fixed,) = result.rows("alignment_f1", control="static", arm="itermax", similarity="centred")
    assert level.value < fixed.value < scores["itermax"]
    assert scores["itermax"] > 0.6
