from pathlib import Path

import numpy as np
import pytest

from firth.errors import InputError, OptionError
from firth.text.plain_corpus import END, count, splitter, write_ids

WORDS = splitter("words")


def file(folder: Path, text: str | bytes, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_what_a_token_is():
    line = "我爱BERT的base model，2024年！"
    assert splitter("characters")([line])[0] == [
        "我", "爱", "BERT", "的", "base", "model", "2024", "年",
    ]  # fmt: skip
    assert splitter("words", lower=True)(["Big  Cats\tsleep"])[0] == ["big", "cats", "sleep"]
    halves = splitter("pieces", pieces=lambda lines: [[one[:2], one[2:]] for one in lines])
    assert halves(["abcd"])[0] == ["ab", "cd"]
    with pytest.raises(OptionError, match="Did you mean 'words'"):
        splitter("word")
    with pytest.raises(OptionError, match="needs a model"):
        splitter("pieces")


def test_counts_order_and_limits(tmp_path):
    path = file(tmp_path, "b a b\nc a b\n\nd\n")
    found = count([path], WORDS, min_count=1)
    assert found.words == ("b", "a", "c", "d")
    assert found.counts.tolist() == [3, 2, 1, 1]
    assert (found.total, found.kinds, found.lines) == (7, 4, 4)
    assert count([path], WORDS, min_count=2).words == ("b", "a")
    assert count([path], WORDS, min_count=1, max_size=3).words == ("b", "a", "c")


def test_ids(tmp_path):
    path = file(tmp_path, "b a b\nrare\n\nb a\n")
    vocabulary = count([path], WORDS, min_count=2)
    ids, scratch = write_ids([path], WORDS, vocabulary, tmp_path)
    with scratch:
        assert np.array_equal(ids, [0, 1, 0, END, 0, 1, END])
    assert list(tmp_path.iterdir()) == [path]


def test_bad_text_gets_a_line(tmp_path):
    with pytest.raises(InputError, match="no word"):
        count([file(tmp_path, "\n \n")], WORDS)
    with pytest.raises(InputError, match="1 of 1 different words occur 5 times"):
        count([file(tmp_path, "one " * 9)], WORDS)
    with pytest.raises(InputError, match="0 of 3 different words .* smaller minimum count"):
        count([file(tmp_path, "a b c")], WORDS)
    broken = b"good line\n" * 70_000 + b"bad \xff byte\n" + b"good\n" * 10
    with pytest.raises(InputError, match="line 70001: not UTF-8"):
        count([file(tmp_path, broken)], WORDS)
    with pytest.raises(InputError, match="cannot be read"):
        count([tmp_path / "absent"], WORDS)


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    path = file(tmp_path, "a b a b\n")
    vocabulary = count([path], WORDS, min_count=1)

    def full(**_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(InputError, match="No space left"):
        write_ids([path], WORDS, vocabulary, tmp_path)
