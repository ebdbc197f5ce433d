import errno
import gzip
import json
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from firth.encoder import vectors as module
from firth.encoder.vectors import REPEATED, StaticVectors, read_vectors, save_vectors
from firth.errors import InputError, OptionError

FORMATS = (".safetensors", ".bin", ".txt", ".vec")


def some(n=3, d=4, seed=0):
    words = ("苹果", "the", "Paris", "naïve", "香蕉", "x")[:n]
    return StaticVectors(words, np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32))


def put(tmp_path, content, name="v.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path):
    with pytest.raises(InputError) as caught:
        read_vectors(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


words_of = st.lists(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]),
        min_size=1,
        max_size=6,
    )
    | st.text("苹果香蕉的一是不了人我在有他这", min_size=1, max_size=3),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), words=words_of, width=st.integers(2, 9))
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_round_trip_keeps_every_bit(tmp_path_factory, suffix, data, words, width):
    number = st.floats(width=32, allow_nan=False, allow_infinity=False)
    n = len(words)
    rows = data.draw(st.lists(number, min_size=n * width, max_size=n * width))
    old = StaticVectors(tuple(words), np.array(rows, dtype=np.float32).reshape(n, width))
    path = tmp_path_factory.mktemp("v") / f"v{suffix}"
    save_vectors(old, path)
    new = read_vectors(path)
    assert new.words == old.words
    np.testing.assert_array_equal(new.vectors, old.vectors)
    assert new.fingerprint == old.fingerprint


def test_safetensors_keeps_counts_and_what_is_said(tmp_path):
    old = some()
    old = StaticVectors(old.words, old.vectors, np.array([9, 5, 1]), {"epochs": "5", "文": "本"})
    save_vectors(old, tmp_path / "v.safetensors")
    new = read_vectors(tmp_path / "v.safetensors")
    assert new.counts.tolist() == [9, 5, 1]
    assert new.about == {"epochs": "5", "文": "本"}
    tensors = load_file(tmp_path / "v.safetensors")
    assert tensors["words"].tobytes().decode() == "苹果\nthe\nParis"
    assert tensors["vectors"].dtype == np.float32
    size = struct.unpack("<Q", (tmp_path / "v.safetensors").read_bytes()[:8])[0]
    header = json.loads((tmp_path / "v.safetensors").read_bytes()[8 : 8 + size])
    assert header["__metadata__"]["format"] == "firth-static-vectors"


def test_rows_words_and_cards():
    vectors = some()
    assert len(vectors) == 3
    assert vectors.width == 4
    assert "苹果" in vectors
    assert "PARIS" not in vectors
    assert (vectors.row("The"), vectors.row("Paris")) == (1, 2)
    assert vectors.find("Paris", 2) is None
    np.testing.assert_allclose(np.linalg.norm(vectors.normalised, axis=1), 1, rtol=1e-6)
    with pytest.raises(InputError, match=r"'paris' is not among the 3 words. Did you mean 'Paris'"):
        vectors.row("paris")
    with pytest.raises(InputError, match="Did you mean 'naïve'"):
        some(4).row("naive")
    card = vectors.card("v.bin", "folder/v.bin")
    assert (card.name, card.family, card.layers, card.parameters) == ("v.bin", "static", 0, 12)
    assert card.fingerprint != some(seed=1).card("v.bin", "v.bin").fingerprint


def test_a_zero_vector_stays_zero():
    zero = StaticVectors(("a", "b"), np.array([[0, 0], [3, 4]], dtype=np.float32))
    np.testing.assert_allclose(zero.normalised, [[0, 0], [0.6, 0.8]])


def test_words_and_vectors_belong_together():
    with pytest.raises(InputError, match="2 words, but 3 vectors"):
        StaticVectors(("a", "b"), some().vectors)
    with pytest.raises((InputError, TypeCheckError)):  # the latter only where shapes are checked
        StaticVectors(some().words, some().vectors, np.array([1]))
    with pytest.raises(InputError, match="no word vectors"):
        StaticVectors((), np.zeros((0, 4), dtype=np.float32))


def test_glove_has_no_header_and_words_with_blanks(tmp_path):
    found = read_vectors(put(tmp_path, "the 0.1 -2e-1\n. . . 1 +2\nat x@y.z 3 4\n\n"))
    assert found.words == ("the", ". . .", "at x@y.z")
    np.testing.assert_allclose(found.vectors, [[0.1, -0.2], [1, 2], [3, 4]])


def test_text_as_others_write_it(tmp_path):
    # word2vec.c ends a line with a blank; Windows with CR; some files begin with a byte order mark.
    found = read_vectors(put(tmp_path, "\ufeff2 2\r\nthe 1 2 \r\n苹\u3000果\t3 4\r\n"))
    assert found.words == ("the", "苹\u3000果")
    np.testing.assert_array_equal(found.vectors, [[1, 2], [3, 4]])


def test_binary_without_line_feeds(tmp_path):
    rows = np.arange(4, dtype="<f4").reshape(2, 2)
    body = b"2 2\n" + b"the " + rows[0].tobytes() + "苹果 ".encode() + rows[1].tobytes()
    for name in ("v.bin", "v.w2v"):
        found = read_vectors(put(tmp_path, body, name))
        assert found.words == ("the", "苹果")
        np.testing.assert_array_equal(found.vectors, rows)


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_first_of_repeated_words_counts(tmp_path, suffix):
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    twice = StaticVectors(("a", "b", "a"), vectors, np.array([3, 2, 1]))
    save_vectors(twice, tmp_path / f"v{suffix}")
    found = read_vectors(tmp_path / f"v{suffix}")
    assert found.words == ("a", "b")
    assert found.about[REPEATED] == "1"
    np.testing.assert_array_equal(found.vectors, [[0, 1], [2, 3]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("2 2\na 1 2\nb 1\n", "line 3: 2 columns; expected a word and 2 numbers"),
        ("2 2\na 1 2\nb 1 2 3\n", "line 3: 4 columns; expected a word and 2 numbers"),
        ("a 1 2\nb 1\n", "line 2: 2 columns"),
        ("2 2\na 1 2\nb 1 1,5\n", "line 3: '1,5' is not a number"),
        ("2 2\na 1 nan\nb 1 2\n", "word 1, 'a', holds a number that is NaN"),
        ("2 2\na 1 2\nb 1 1e99\n", "word 2, 'b', holds a number that is NaN, infinite or beyond"),
        ("5 2\na 1 2\nb 1 2\n", "first line says 5 words"),
        ("3 2\na 1.5 2.5\nb 1.5 2.5\n", "says 3 words, but 2 follow: it is truncated"),
        ("1 2\na 1 2\nb 1 2\n", "says 1 words, but 2 follow: one of the two is wrong"),
        ("0 2\n", "nothing to read"),
        ("99999999999 300\na 1 2\n", "room for"),
        (b"2 2\na 1 2\n\xe9t\xe9 1 2\n", "line 3: not UTF-8 (byte 0xe9)"),
        ("2 2\na 1 2\n 1 2\n", "line 3: 2 columns"),
        ("Once upon a time\n", "holds no word vectors"),
        (gzip.compress(b"1 1\na 1\n", mtime=0), "is packed (gzip)"),  # one name in all processes
        (pickle.dumps({"a": 1}, protocol=4), "is a pickle"),
        (b"\x00\x01\x02", "holds no word vectors"),
    ],
)  # fmt: skip
def test_a_wrong_text_is_one_clear_line(tmp_path, text, said):
    assert said in refused(put(tmp_path, text))


def test_a_wrong_binary_is_one_clear_line(tmp_path):
    save_vectors(some(), tmp_path / "v.bin")
    whole = (tmp_path / "v.bin").read_bytes()
    assert "only 2 of 3 words can be read: it is truncated" in refused(
        put(tmp_path, whole[:-3], "v.bin")
    )
    assert "room for" in refused(put(tmp_path, whole[:24], "v.bin"))
    assert "more follows" in refused(put(tmp_path, whole + b"abc", "v.bin"))
    assert "word 1: not UTF-8" in refused(
        put(tmp_path, whole.replace("苹果".encode(), b"\xff\xfe\xff\xff\xff\xff"), "v.bin")
    )
    bad = whole.replace(some().vectors[1].tobytes(), np.full(4, np.nan, "<f4").tobytes())
    assert "word 2, 'the'" in refused(put(tmp_path, bad, "v.bin"))


def test_a_wrong_safetensors_is_one_clear_line(tmp_path):
    save_file({"weight": np.ones(3)}, tmp_path / "m.safetensors")
    assert "no word vectors of firth's: it has the tensors weight" in refused(
        tmp_path / "m.safetensors"
    )
    save_vectors(some(), tmp_path / "v.safetensors")
    whole = (tmp_path / "v.safetensors").read_bytes()
    assert "is damaged" in refused(put(tmp_path, whole[:-5], "cut.safetensors"))
    meta = {"format": "firth-static-vectors", "version": "2"}
    tensors = load_file(tmp_path / "v.safetensors")
    save_file(tensors, tmp_path / "new.safetensors", metadata=meta)
    assert "version 2" in refused(tmp_path / "new.safetensors")
    tensors["vectors"] = tensors["vectors"][:2].copy()
    save_file(tensors, tmp_path / "two.safetensors", metadata=meta | {"version": "1"})
    assert "3 words, but vectors of shape (2, 4)" in refused(tmp_path / "two.safetensors")


def test_what_is_not_there_or_no_file(tmp_path):
    assert "cannot be read: No such file" in refused(tmp_path / "absent.bin")
    assert "cannot be read: Is a directory" in refused(tmp_path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"v{suffix}"
    save_vectors(some(), path)
    before = path.read_bytes()

    def full(staging, *_rest):
        staging.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("write_tensors", "write_binary", "write_text"):
        monkeypatch.setattr(module, name, full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        save_vectors(some(seed=1), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_under_safetensors(tmp_path, monkeypatch):
    def full(*_arguments, **_named):
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("firth.encoder.vectors_tensors.save_file", full)
    with pytest.raises(InputError, match="No space left on device"):
        save_vectors(some(), tmp_path / "v.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["New York", "", "a\tb", "a\nb"])
@pytest.mark.parametrize("suffix", [".bin", ".txt"])
def test_a_word_that_word2vec_cannot_hold(tmp_path, word, suffix):
    one = StaticVectors((word,), np.ones((1, 2), dtype=np.float32))
    with pytest.raises(InputError, match="cannot be saved as word2vec"):
        save_vectors(one, tmp_path / f"v{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_what_safetensors_can_and_cannot_hold(tmp_path):
    for word in ("New York", "", "a\tb"):
        save_vectors(
            StaticVectors((word,), np.ones((1, 2), np.float32)), tmp_path / "v.safetensors"
        )
        assert read_vectors(tmp_path / "v.safetensors").words == (word,)
    for word in ("a\nb", "\ud800"):
        with pytest.raises(InputError, match="cannot be saved"):
            save_vectors(
                StaticVectors((word,), np.ones((1, 2), np.float32)), tmp_path / "v.safetensors"
            )


def test_where_to(tmp_path):
    with pytest.raises(OptionError, match=r"must end in one of .*\.bin"):
        save_vectors(some(), tmp_path / "v.npz")
    with pytest.raises(OptionError, match="there is no folder"):
        save_vectors(some(), tmp_path / "absent" / "v.bin")


@pytest.mark.parametrize("binary", [True, False])
def test_gensim_reads_what_firth_saves_and_the_other_way(tmp_path, binary):
    keyed = pytest.importorskip("gensim.models").KeyedVectors
    old = some(6, 5)
    path = tmp_path / ("v.bin" if binary else "v.txt")
    save_vectors(old, path)
    theirs = keyed.load_word2vec_format(str(path), binary=binary)
    assert tuple(theirs.index_to_key) == old.words
    np.testing.assert_array_equal(theirs.vectors, old.vectors)
    theirs.save_word2vec_format(str(tmp_path / "w"), binary=binary)
    ours = read_vectors(tmp_path / "w")
    assert ours.words == old.words
    np.testing.assert_array_equal(ours.vectors, old.vectors)


@pytest.mark.parametrize(
    ("name", "binary"),
    [("euclidean_vectors.bin", True), ("word2vec_pre_kv_c", False), ("high_precision.kv.txt", False),
     ("high_precision.kv.bin", True)],
)  # fmt: skip
def test_files_that_gensim_carries(name, binary):
    gensim = pytest.importorskip("gensim")
    from gensim.test.utils import datapath

    theirs = gensim.models.KeyedVectors.load_word2vec_format(datapath(name), binary=binary)
    ours = read_vectors(datapath(name))
    assert list(ours.words) == theirs.index_to_key
    np.testing.assert_allclose(ours.vectors, theirs.vectors, rtol=1e-6)


def test_a_piece_that_begins_a_word_is_found() -> None:
    vectors = StaticVectors(("▁北京", "京", "▁the"), np.eye(3, dtype=np.float32))
    assert (vectors.find("北京"), vectors.find("京"), vectors.find("The"), vectors.find("x")) == (
        0, 1, None, None,
    )  # fmt: skip
    assert vectors.find("the") == 2
