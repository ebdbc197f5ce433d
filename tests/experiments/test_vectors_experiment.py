import numpy as np
import pytest
from scipy.stats import spearmanr

from firth.encoder.vectors import StaticVectors, read_vectors, save_vectors
from firth.errors import InputError, OptionError, ResultError
from firth.experiments.rerun import compare, rerun
from firth.experiments.vectors import compared, evaluate
from firth.report.findings import findings, title_of
from firth.report.sections import section
from firth.report.words import words
from firth.results.schema import ModelCard, Result
from firth.text.questions import (
    Analogy,
    AnalogySet,
    PairSet,
    ScoredPair,
    read_analogies,
    read_pairs,
)


def royal() -> StaticVectors:
    """Vectors whose second number is the sex and whose others are the kind of person."""
    rows = {
        "man": [1, -1, 0, 0], "woman": [1, 1, 0, 0], "king": [0, -1, 1, 0], "queen": [0, 1, 1, 0],
        "boy": [0, -1, 0, 1], "girl": [0, 1, 0, 1], "Prince": [0, -1, 2, 1], "Princess": [0, 1, 2, 1],
        "苹果": [-1, 0, -1, 0],
    }  # fmt: skip
    return StaticVectors(tuple(rows), np.array(list(rows.values()), dtype=np.float32))


PAIRS = PairSet(
    "people",
    (
        ScoredPair("man", "woman", 8), ScoredPair("king", "queen", 8.5), ScoredPair("boy", "苹果", 0),
        ScoredPair("Man", "king", 6), ScoredPair("woman", "king", 3), ScoredPair("man", "dog", 4),
        ScoredPair("woman", "man", 7),
    ),
)  # fmt: skip
ANALOGIES = AnalogySet(
    "sex",
    (
        Analogy("royal", "man", "woman", "king", "queen"),
        Analogy("royal", "man", "woman", "prince", "princess"),
        Analogy("young", "man", "woman", "boy", "girl"),
        Analogy("young", "man", "woman", "boy", "lass"),
        Analogy("lost", "x", "y", "z", "w"),
    ),
)


@pytest.fixture(scope="module")
def result() -> Result:
    return evaluate(royal(), pairs=[PAIRS], analogies=[ANALOGIES], seed=1, source="f/royal.bin")


def one(result, metric, **fields):
    (row,) = result.rows(metric, **fields)
    return row


def test_the_correlation_and_its_coverage(result):
    vectors = royal()
    known = [pair for pair in PAIRS.pairs if pair.second != "dog"]
    unit = vectors.normalised.astype(np.float64)
    cosines = [unit[vectors.row(p.first)] @ unit[vectors.row(p.second)] for p in known]
    expected = spearmanr(np.round(cosines, 5), [pair.score for pair in known]).statistic
    row = one(result, "spearman")
    assert row.value == pytest.approx(expected)
    assert (row.word, row.n, row.unit) == ("people", 6, "word pair")
    assert row.low <= row.value <= row.high
    assert one(result, "coverage", word="people").value == pytest.approx(6 / 7)
    table = result.tables["pairs"]
    assert len(table) == 7
    assert [row["first"] for row in table if row["cosine"] is None] == ["man"]


def test_analogies_by_group_beside_their_control(result):
    for scorer in ("3CosAdd", "3CosMul"):
        for arm, n in (("royal", 1), ("young", 1), ("micro", 2), ("macro", 2)):
            row = one(result, "accuracy", scorer=scorer, arm=arm, word="sex")
            assert (row.value, row.n) == (1.0, n)
    # the neighbour of king is no question word: Prince; of boy: Prince or girl
    assert one(result, "accuracy", control="b_only", arm="royal").value == 0
    assert one(result, "chance").value == pytest.approx(1 / 6)
    cover = {row.arm: row.value for row in result.rows("coverage", word="sex")}
    assert cover == {"royal": 0.5, "young": 0.5, "lost": 0.0, None: 0.4}
    assert [row["known"] for row in result.tables["questions"]] == [1, 1, 0]


def test_lower_case_is_tried_but_not_upper_case():
    lower = StaticVectors(("athens", "oslo"), np.eye(2, dtype=np.float32))
    pairs = PairSet("p", (ScoredPair("Athens", "OSLO", 1),))
    found = evaluate(lower, pairs=[pairs])
    assert one(found, "coverage").value == 1


def test_what_is_unknown_is_told(result):
    said = " | ".join(result.warnings)
    assert "people: 1 of 7 word pairs are not scored: 1 words have no vector (dog)" in said
    assert "people: 1 of 7 word pairs are repeated" in said
    assert "sex: 3 of 5 questions are not scored: 7 words have no vector" in said
    missed = [row["word"] for row in result.tables["missed"] if row["dataset"] == "sex"]
    assert missed == ["prince", "princess", "lass", "x", "y", "z", "w"]


def test_only_the_first_words_are_asked_and_answer():
    found = evaluate(royal(), pairs=[PAIRS], analogies=[ANALOGIES], restrict=4)
    assert one(found, "accuracy", scorer="3CosAdd", arm="micro").n == 1
    assert one(found, "chance").value == 1
    assert one(found, "coverage", word="people").value == pytest.approx(6 / 7)
    assert "no vector among the first 4" in " ".join(found.warnings)
    assert compared(royal(), [ANALOGIES, ANALOGIES], 4) == 8
    assert compared(royal(), [ANALOGIES], None) == 9


def test_the_interval_is_within_groups():
    rng = np.random.default_rng(0)
    vectors = StaticVectors(
        tuple(f"w{i}" for i in range(60)), rng.normal(size=(60, 8)).astype(np.float32)
    )
    names = [f"w{i}" for i in range(60)]
    questions = [
        Analogy(f"g{i % 3}", *(str(one) for one in rng.choice(names, 4, replace=False)))
        for i in range(300)
    ]
    steps = []
    found = evaluate(vectors, analogies=[AnalogySet("q", tuple(questions))], progress=steps.append)
    assert sum(steps) == 60
    for kind in ({"scorer": "3CosAdd"}, {"scorer": "3CosMul"}, {"control": "b_only"}):
        groups = [one(found, "accuracy", arm=f"g{i}", **kind) for i in range(3)]
        micro, macro = (one(found, "accuracy", arm=arm, **kind) for arm in ("micro", "macro"))
        assert macro.value == pytest.approx(np.mean([row.value for row in groups]))
        assert micro.value == pytest.approx(macro.value)  # groups of the same size
        assert micro.low <= micro.value <= micro.high
        assert micro.n == 300


def test_nothing_known_is_no_error():
    other = StaticVectors(("a", "b", "c"), np.eye(3, dtype=np.float32))
    found = evaluate(other, pairs=[PAIRS], analogies=[ANALOGIES])
    assert not found.rows("spearman")
    assert not found.rows("accuracy")
    assert one(found, "coverage", word="sex", arm=None).value == 0
    assert "no correlation" in " ".join(found.warnings)
    assert "nothing is scored" in findings(found, words("en"))[0]


def test_own_words_and_repeated_rows_are_told():
    asked = AnalogySet("q", (Analogy("g", "man", "woman", "king", "king"),) * 2)
    vectors = royal()
    found = evaluate(
        StaticVectors(vectors.words, vectors.vectors, None, {"repeated_words": "3"}),
        analogies=[asked],
    )
    said = " | ".join(found.warnings)
    assert "3 rows of the vectors repeat a word" in said
    assert "2 of 2 questions ask for one of their own three words" in said
    assert "1 of 2 questions are repeated" in said
    assert one(found, "accuracy", scorer="3CosAdd", arm="micro").value == 0


def test_the_card_and_the_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = evaluate(royal(), pairs=[PAIRS], source="f/royal.bin", runs="runs")
    assert isinstance(first.model, ModelCard)
    assert (first.model.name, first.model.family, first.model.width) == ("royal.bin", "static", 4)
    assert first.environment["dtype"] == "float32"
    assert len(list((tmp_path / "runs/vectors/royal.bin").glob("*/result.json"))) == 1
    again = evaluate(royal(), pairs=[PAIRS], source="f/royal.bin", runs="runs")
    assert again.started == first.started
    assert again.to_json() == first.to_json()


def test_run_again_from_the_files(tmp_path):
    save_vectors(royal(), tmp_path / "royal.bin")
    (tmp_path / "p.tsv").write_text("man\twoman\t8\nking\tqueen\t7\nboy\tking\t2\n")
    (tmp_path / "a.txt").write_text(": royal\nman woman king queen\n")
    old = evaluate(
        royal(),
        pairs=[read_pairs(tmp_path / "p.tsv")],
        analogies=[read_analogies(tmp_path / "a.txt")],
        source=str(tmp_path / "royal.bin"),
        seed=5,
    )
    new = rerun(old, read_vectors(old.config["model"]))
    assert new.scores == old.scores
    assert compare(old, new)[-1].endswith("the largest difference is 0")


def test_what_cannot_be_run_again(result):
    with pytest.raises(ResultError, match="people, sex: not read from a file"):
        rerun(result, royal())
    with pytest.raises(ResultError, match="'vectors' cannot be run again with an encoder"):
        rerun(result, object())
    with pytest.raises(ResultError, match="'senses' cannot be run again with word vectors"):
        rerun(result.model_copy(update={"experiment": "senses"}), royal())


def test_wrong_questions():
    with pytest.raises(InputError, match="nothing to evaluate"):
        evaluate(royal())
    with pytest.raises(InputError, match="2 data sets have the name people"):
        evaluate(royal(), pairs=[PAIRS, PAIRS])
    with pytest.raises(OptionError, match="restrict 3"):
        evaluate(royal(), analogies=[ANALOGIES], restrict=3)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_report_says(result, language):
    say = words(language)
    assert title_of(result, say).endswith("royal.bin")
    lines = findings(result, say)
    assert len(lines) == 2
    assert lines[0].startswith("people")
    assert "0.857" in lines[0]
    assert "3CosAdd 1.000" in lines[1]
    assert say["control"]["b_only"] in lines[1]
    shown = section(result, 1, [], say, language)
    assert shown["findings"] == lines
    assert shown["figures"] == []
    assert len(shown["tables"]) == 3


def test_the_same_numbers_as_gensim(tmp_path):
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(3)
    google, human = read_analogies("google"), read_pairs("wordsim353")
    some = google.questions[::97]
    known = dict.fromkeys(word for one in some for word in one.words)
    known |= dict.fromkeys(word for pair in human.pairs[::2] for word in (pair.first, pair.second))
    words_, d = tuple(known), 20
    rows = rng.normal(size=(len(words_), d)).astype(np.float32)
    at = {word: i for i, word in enumerate(words_)}
    for one_ in some[::2]:  # something to be found
        a, b, c, answer = (at[word] for word in one_.words)
        rows[answer] = rows[b] - rows[a] + rows[c] + rng.normal(size=d) / 2
    vectors = StaticVectors(words_, rows)
    save_vectors(vectors, tmp_path / "v.bin")
    theirs = models.KeyedVectors.load_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    lines, group = [], None
    for one_ in some:
        lines += [f": {one_.group}"] * (one_.group != group) + [" ".join(one_.words)]
        group = one_.group
    (tmp_path / "q.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    score, _ = theirs.evaluate_word_analogies(str(tmp_path / "q.txt"), case_insensitive=False)
    (tmp_path / "p.tsv").write_text(
        "".join(f"{p.first}\t{p.second}\t{p.score}\n" for p in human.pairs), encoding="utf-8"
    )
    _, spearman, _ = theirs.evaluate_word_pairs(str(tmp_path / "p.tsv"), case_insensitive=False)
    ours = evaluate(vectors, pairs=[human], analogies=[read_analogies(tmp_path / "q.txt")], seed=0)
    assert 0.1 < score < 0.9
    assert one(ours, "accuracy", scorer="3CosAdd", arm="micro").value == pytest.approx(score)
    cased = {pair for pair in human.pairs if {pair.first, pair.second} <= at.keys()}
    if one(ours, "spearman").n == len(cased):  # nothing was found in lower case only
        assert one(ours, "spearman").value == pytest.approx(spearman.statistic, abs=1e-4)


@pytest.mark.shared
def test_the_published_chinese_sets(shared):
    folder = shared / "words"
    pairs = [read_pairs(folder / f"wordsim-{n}.tsv") for n in (240, 297)]
    analogies = [read_analogies(folder / "ca8_semantic.txt")]
    known = dict.fromkeys(word for one in pairs[0].pairs for word in (one.first, one.second))
    known |= dict.fromkeys(word for one in analogies[0].questions[:400] for word in one.words)
    rows = np.random.default_rng(0).normal(size=(len(known), 30)).astype(np.float32)
    found = evaluate(StaticVectors(tuple(known), rows), pairs=pairs, analogies=analogies)
    row = one(found, "spearman", word="wordsim-240")
    assert row.n == 240
    assert row.low < 0 < row.high  # random vectors know nothing
    assert one(found, "accuracy", scorer="3CosAdd", arm="micro").value < 0.05
    assert 0 < one(found, "coverage", word="wordsim-297").value < 1
