"""Words of two languages ranked against each other, on static vectors whose answer is known."""

from pathlib import Path

import numpy as np
import pytest

import firth
from firth.encoder.vectors import StaticVectors, save_vectors
from firth.errors import InputError, OptionError, ResultError
from firth.experiments.align import align
from firth.experiments.align_texts import Texts, carried, pair_of_name
from firth.experiments.align_vectors import disjoint_halves
from firth.experiments.rerun import rerun
from firth.text.dictionary import dictionary_of

N = 12
EN = tuple(f"en{chr(97 + i)}" for i in range(N))
XX = tuple(f"xx{chr(97 + i)}" for i in range(N))
PAIRS = dictionary_of("yy", "xx", zip(EN, XX, strict=True))
CORPORA = {
    "yy": [f"the {word} sat" for word in EN] * 3,
    "xx": [f"{word} zu {XX[i - 1]}" for i, word in enumerate(XX)],
}


def encoder(folder: Path, noise: float, shift: float = 0.0, same: bool = False):
    """Static vectors: xx word i lies at the place of en word i, with noise, moved by a shift."""
    rng = np.random.default_rng(0)
    base = np.ones((N, 8)) if same else rng.normal(size=(N, 8))
    moved = base + noise * rng.normal(size=base.shape) + shift
    other = rng.normal(size=(3, 8)) if not same else np.ones((3, 8))
    rows = np.concatenate([base, moved, other]).astype(np.float32)
    vectors = StaticVectors((*EN, *XX, "the", "sat", "zu"), rows, None, {"unit": "words"})
    save_vectors(vectors, folder / "v.safetensors")
    return firth.load(f"cbow:{folder / 'v.safetensors'}")


def mrr(result, **fields):
    (row,) = result.rows("mrr", **{"arm": None, "control": None} | fields)
    return row


def test_a_perfect_alignment_is_found_both_ways(tmp_path):
    result = align(encoder(tmp_path, 0.0), [PAIRS], CORPORA)
    for direction in ("yy-xx", "xx-yy"):
        row = mrr(result, direction=direction, similarity="raw")
        assert (row.value, row.low, row.high, row.n, row.layer) == (1.0, 1.0, 1.0, N, 0)
    (covered,) = result.rows("coverage")
    assert (covered.value, covered.n) == (1.0, N)
    assert {row["language"]: row["occurrences"] for row in result.tables["languages"]}["xx"] == 22


def test_a_collapsed_encoder_scores_at_chance(tmp_path):
    result = align(encoder(tmp_path, 0.0, same=True), [PAIRS], CORPORA)
    guess = np.mean(1 / np.arange(1, N + 1))
    for similarity in ("raw", "csls"):
        assert mrr(result, direction="yy-xx", similarity=similarity).value == pytest.approx(guess)
    (chance,) = result.rows("mrr", control="chance", direction="yy-xx")
    assert chance.value == pytest.approx(guess)


def test_centring_takes_a_shift_between_languages_away(tmp_path):
    # The mean is of other sentences: those of a tenth of the corpus, here the words themselves.
    corpora = {language: own * 5 for language, own in CORPORA.items()}
    result = align(encoder(tmp_path, 0.3, shift=3.0), [PAIRS], corpora)
    raw, centred = (mrr(result, direction="yy-xx", similarity=one) for one in ("raw", "centred"))
    assert centred.value > raw.value


def test_words_that_are_not_there_are_counted(tmp_path):
    pairs = dictionary_of("yy", "xx", [*PAIRS.pairs, ("absent", "xxa"), ("ena", "absent")])
    result = align(encoder(tmp_path, 0.0), [pairs], CORPORA)
    (covered,) = result.rows("coverage")
    assert (covered.value, covered.n) == (N / (N + 1), N + 1)
    corpora = {"yy": CORPORA["yy"] * 9 + ["lone"], "xx": [*XX[1:]] * 30 + [XX[0]]}
    rare = align(encoder(tmp_path, 0.0), [PAIRS], corpora, least=2, most=5)
    assert mrr(rare, direction="yy-xx", similarity="raw").n == N - 1
    assert max(row["occurrences"] for row in rare.tables["words"]) == 5


def test_identical_strings_stand_apart(tmp_path):
    rows = np.eye(4, dtype=np.float32)
    vectors = StaticVectors(("hotel", "dog", "Hund", "cat"), rows, None, {"unit": "words"})
    save_vectors(vectors, tmp_path / "v.safetensors")
    pairs = dictionary_of("en", "de", [("hotel", "Hotel"), ("dog", "Hund"), ("cat", "Katze")])
    corpora = {"en": ["hotel dog cat"] * 9, "de": ["Hotel Hund Katze"] * 9}
    result = align(firth.load(f"cbow:{tmp_path / 'v.safetensors'}"), [pairs], corpora)
    assert mrr(result, direction="en-de", similarity="raw").n == 2
    assert mrr(result, direction="en-de", similarity="raw", arm="different").n == 1


def test_mistakes_are_one_line(tmp_path):
    static = encoder(tmp_path, 0.0)
    with pytest.raises(InputError, match="no corpus of the language xx"):
        align(static, [PAIRS], {"yy": CORPORA["yy"]})
    with pytest.raises(InputError, match="none of 12 words occurs 1 times"):
        align(static, [PAIRS], CORPORA | {"xx": ["nothing of it"]})
    with pytest.raises(InputError, match="there is no dictionary"):
        align(static, [], CORPORA)
    with pytest.raises(OptionError, match="most 1 is below least 2"):
        align(static, [PAIRS], CORPORA, least=2, most=1)
    for wrong in (["en=x"], ["enzh=x"], ["en-zh="]):
        with pytest.raises(OptionError, match="LANGUAGE-LANGUAGE=FILE"):
            Texts.of(wrong, ["en=a"], [])
    with pytest.raises(OptionError, match="two dictionaries of en-zh"):
        Texts.of(["en-zh=a", "en-zh=b"], [], [])
    for given in ({"corpora": CORPORA}, {"corpora": {"en": "FILE"}}, {"parallel": {"en-zh": "F"}}):
        with pytest.raises(InputError, match="there is no dictionary"):
            align(static, **given)
    with pytest.raises(InputError, match="the corpus zz is of no use"):
        align(static, [PAIRS], CORPORA | {"zz": ["a"]})
    with pytest.raises(OptionError, match="'enzh' is no pair of languages"):
        align(static, {"enzh": PAIRS.pairs}, CORPORA)
    with pytest.raises(OptionError, match="context 'none' is not one of corpus, alone, carrier"):
        align(static, [PAIRS], CORPORA, context="none")
    with pytest.raises(OptionError, match="no text is read with the context alone"):
        align(static, [PAIRS], CORPORA, context="alone")
    with pytest.raises(OptionError, match="no carrier sentence of the language yy"):
        align(static, [PAIRS], context="carrier")
    with pytest.raises(OptionError, match="of no use with the context corpus"):
        align(static, [PAIRS], CORPORA, carriers={"yy": "{}"})
    with pytest.raises(OptionError, match="there is no encoder"):
        align([], [PAIRS], CORPORA)


def test_halves_never_share_a_row(tmp_path):
    path = tmp_path / "p.tsv"
    path.write_text("".join(f"e{i}\tz{i}\n" for i in range(200)), encoding="utf-8")
    halves = disjoint_halves({("en", "zh"): [str(path)]})
    numbers = {language: {one[1:] for one in own} for language, own in halves.items()}
    assert not numbers["en"] & numbers["zh"]
    assert len(numbers["en"] | numbers["zh"]) == 200
    assert min(map(len, numbers.values())) > 60
    path.write_text("a\tb\nc\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: one column"):
        disjoint_halves({("en", "zh"): [str(path)]})


def test_the_carried_words_are_five_pairs():
    dictionaries, corpora = carried()
    assert [one.name for one in dictionaries] == ["en-zh", "en-ja", "en-de", "en-es", "en-ru"]
    assert all(len(one.pairs) >= 200 for one in dictionaries)
    assert set(corpora) == {"en", "zh", "ja", "de", "es", "ru"}


def test_a_result_can_be_run_again(tmp_path):
    for language, own in CORPORA.items():
        (tmp_path / language).write_text("\n".join(own), encoding="utf-8")
    (tmp_path / "d.tsv").write_text("\n".join(map("\t".join, PAIRS.pairs)), encoding="utf-8")
    texts = Texts.of(
        [f"yy-xx={tmp_path / 'd.tsv'}"], [f"{one}={tmp_path / one}" for one in CORPORA], []
    )
    dictionaries, corpora = texts.read()
    static = encoder(tmp_path, 0.5)
    first = align(static, dictionaries, corpora, source=texts.config(), seed=4)
    again = rerun(first, static)
    assert again.scores == first.scores
    assert again.tables == first.tables


def test_several_encoders_are_one_cube(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    exact, noisy = encoder(tmp_path / "a", 0.0), encoder(tmp_path / "b", 1.0)
    cube = align([exact, noisy], [PAIRS], CORPORA, runs=str(tmp_path / "runs"))
    names = cube.config["models"]
    assert len(set(names)) == 2
    models = list(dict.fromkeys(row.model for row in cube.scores))
    assert len(models) == 2
    assert cube.model.name == " + ".join(models)
    assert cube.model.revision == "2 models"
    for one, model in zip((exact, noisy), models, strict=True):
        alone = align(one, [PAIRS], CORPORA)
        assert [row.model_copy(update={"model": None}) for row in cube.rows(model=model)] == (
            alone.scores
        )
        for table in ("words", "map", "languages"):
            own = [row for row in cube.tables[table] if row["model"] == model]
            assert [row | {"model": model} for row in alone.tables[table]] == own
    assert align([exact, noisy], [PAIRS], CORPORA, runs=str(tmp_path / "runs")).started == (
        cube.started
    )
    with pytest.raises(ResultError, match="not read from files"):
        rerun(cube, [exact, noisy])


def test_words_without_a_corpus_are_marked(tmp_path):
    static = encoder(tmp_path, 0.0, shift=5.0)
    result = align(static, {"yy-xx": PAIRS.pairs}, context="alone")
    assert any("each word stood alone" in line for line in result.warnings)
    assert result.config["context"] == "alone"
    # No carried text of these languages: the mean is that of the words, and takes the shift away.
    assert mrr(result, direction="yy-xx", similarity="centred").value == 1
    carriers = {"yy": "the {} sat", "xx": "zu {}"}
    carried = align(static, {"yy-xx": PAIRS.pairs}, context="carrier", carriers=carriers)
    assert carried.config["carriers"] == carriers
    # Static vectors do not see the carrier.
    assert carried.scores == result.scores


def test_the_map_shows_frequent_words_with_their_translations(tmp_path):
    result = align(encoder(tmp_path, 0.0, shift=4.0), [PAIRS], context="alone")
    rows = result.tables["map"]
    assert len(rows) == 2 * N
    sources = {row["concept"]: row for row in rows if row["side"] == "source"}
    for row in rows:
        if row["side"] == "target":
            source = sources[row["concept"]]
            assert (source["word"], row["word"]) in PAIRS.pairs
            # Raw, every pair is apart by the shift; its direction is the same for all.
            assert (source["language"], row["language"]) == ("yy", "xx")
    targets = {row["concept"]: row for row in rows if row["side"] == "target"}
    gaps = {
        kind: [targets[at][f"x_{kind}"] - sources[at][f"x_{kind}"] for at in sources]
        for kind in ("raw", "centred")
    }
    assert min(np.abs(gaps["raw"])) > 0.1
    assert len(set(np.sign(gaps["raw"]))) == 1
    assert np.allclose(gaps["centred"], 0, atol=1e-5)
    assert all(len(row["nearest_centred"]) == 3 for row in rows)


def test_worst_words_come_first(tmp_path):
    ranks = [
        row["expected_rank"]
        for row in align(encoder(tmp_path, 1.5), [PAIRS], CORPORA).tables["words"]
    ]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] > 1


def test_files_and_lists_give_the_same(tmp_path):
    (tmp_path / "d.tsv").write_text("\n".join(map("\t".join, PAIRS.pairs)), encoding="utf-8")
    static = encoder(tmp_path, 0.5)
    named = align(static, {"yy-xx": tmp_path / "d.tsv"}, CORPORA)
    assert named.scores == align(static, {"yy-xx": PAIRS.pairs}, CORPORA).scores
    assert named.config["source"] is None
    assert pair_of_name("zh-Hant-en") == ("zh-Hant", "en")
    assert pair_of_name("en-zh-Hant") == ("en", "zh-Hant")
