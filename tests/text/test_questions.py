from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.errors import InputError
from firth.text import questions as module
from firth.text.questions import Analogy, ScoredPair, read_analogies, read_pairs


def put(tmp_path, text, name="set.tsv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# a comment\n# Word 1\tWord 2\tHuman\nlove\tsex\t6.77\n日本\t樱花\t8\n", "set.tsv"),
        ("word1\tword2\tscore\nlove\tsex\t6.77\n\n日本\t樱花\t8\n", "set.tsv"),
        ("word1,word2,score\nlove,sex,6.77\n日本,樱花,8\n", "set.csv"),
        ('"love","sex",6.77\r\n"日本","樱花",8\r\n', "set.csv"),
        ("love sex 6.77\n日本  樱花 8\n", "set.txt"),
        ("Word 1\tWord 2\tPOS\tSimLex999\nlove\tsex\tN\t6.77\n日本\t樱花\tN\t8\n", "set.txt"),
        ("love\tsex\t6.77\t1\t2\n日本\t樱花\t8\t3\t4\n", "set.tab"),
    ],
)
def test_pairs_as_published(tmp_path, text, name):
    found = read_pairs(put(tmp_path, text, name))
    assert found.name == "set"
    assert found.source == str(tmp_path / name)
    assert found.pairs == (ScoredPair("love", "sex", 6.77), ScoredPair("日本", "樱花", 8.0))


def test_repeated_pairs_stay_and_are_counted(tmp_path):
    found = read_pairs(put(tmp_path, "a\tb\t1\nb\ta\t2\na\tb\t1\nc\tc\t3\n"))
    assert (len(found.pairs), found.repeated) == (4, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("word1\tword2\tscore\n", "is empty"),
        ("a\tb\t1\na\tb\n", "line 2: 2 cells; expected two words and a score"),
        ("a\tb\t1\na\tb\tx\n", "line 2: the score 'x' is not a number"),
        ("a\tb\t1\na\tb\tnan\n", "line 2: the score 'nan' is not a number"),
        ("a\tb\t1\na\t\t2\n", "line 2: a word is empty"),
        ("a\n", "line 1: 1 cells"),
        ("w\tv\tpos\tlast\na\tb\tN\t2\n", "line 1: no column is named `score`"),
    ],
)
def test_wrong_pairs(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        read_pairs(put(tmp_path, text))
    assert said in str(caught.value)


def test_analogies_as_published(tmp_path):
    text = ": capital\nAthens Greece  Oslo Norway\n\n: 前缀\n一 第一 二 第二\nAthens Greece Oslo Norway\n"
    found = read_analogies(put(tmp_path, text, "a.txt"))
    assert found.name == "a"
    assert found.questions[0] == Analogy("capital", "Athens", "Greece", "Oslo", "Norway")
    assert found.questions[1].words == ("一", "第一", "二", "第二")
    assert [one.group for one in found.questions] == ["capital", "前缀", "前缀"]
    assert found.repeated == 1
    assert read_analogies(put(tmp_path, "a b c d\n", "b.txt")).questions[0].group == "b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (": only a group\n", "is empty"),
        (": a\na b c d\na b c\n", "line 3: 3 words; expected four"),
        (":\na b c d\n", "line 1: the group has no name"),
    ],
)
def test_wrong_analogies(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        read_analogies(put(tmp_path, text))
    assert said in str(caught.value)


def test_not_utf8(tmp_path):
    (tmp_path / "x.tsv").write_bytes(b"a\tb\t1\n\xff\tb\t1\n")
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        read_pairs(tmp_path / "x.tsv")


word = st.text("abc苹果", min_size=1, max_size=4)


@given(st.lists(st.tuples(word, word, st.floats(-10, 10)), min_size=1, max_size=6))
def test_what_is_written_is_read(tmp_path_factory, rows):
    text = "".join(f"{a}\t{b}\t{score!r}\n" for a, b, score in rows)
    found = read_pairs(put(tmp_path_factory.mktemp("q"), text))
    assert [(one.first, one.second, one.score) for one in found.pairs] == rows
    assert list(found.lines()) == text.splitlines()


def test_names_that_gensim_brings():
    pytest.importorskip("gensim")
    sizes = {name: len(read_pairs(name).pairs) for name in module.BUNDLED_PAIRS}
    assert sizes == {"wordsim353": 353, "simlex999": 999}
    google = read_analogies("google")
    assert (len(google.questions), google.name, google.source) == (19544, "google", "google")
    assert len({one.group for one in google.questions}) == 14


def test_names_without_gensim(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "bundled", lambda _file: None)
    with pytest.raises(InputError, match="gensim, which is not installed"):
        read_pairs("wordsim353")
    with pytest.raises(InputError, match="no file wordsim3. Did you mean 'wordsim353'"):
        read_pairs("wordsim3")
    put(tmp_path, "a\tb\t1\n", "wordsim353")
    assert len(read_pairs("wordsim353").pairs) == 1  # a file goes before a name


@pytest.mark.shared
def test_the_published_chinese_sets(shared):
    folder = shared / "words"
    for n, repeated in ((240, 3), (297, 2)):
        found = read_pairs(folder / f"wordsim-{n}.tsv")
        assert (len(found.pairs), found.repeated) == (n, repeated)
    for name, n in (("morphological", 10177), ("semantic", 7636)):
        found = read_analogies(folder / f"ca8_{name}.txt")
        assert len(found.questions) == n
        assert len(Counter(one.group for one in found.questions)) == 4
