"""Training CBOW on files: what is learnt, repeated, interrupted, refused."""

from pathlib import Path

import numpy as np
import pytest

import firth.train.cbow as module
from firth.errors import InputError, OptionError, ResultError
from firth.text.plain_corpus import splitter
from firth.train.cbow import Settings, train_cbow

WORDS = splitter("words")
CLASSES, OF_CLASS = 6, 8
TINY = Settings(width=8, epochs=3, min_count=1, sample=0.0)


def planted(folder: Path, sentences: int = 3000) -> Path:
    """A language of classes: a sentence speaks of one class, in its own words and in common ones."""
    rng = np.random.default_rng(0)
    lines: list[str] = []
    for _ in range(sentences):
        own = rng.integers(CLASSES)
        words = [f"c{own}w{rng.integers(OF_CLASS)}" for _ in range(8)]
        words += [f"common{rng.integers(5)}" for _ in range(3)]
        lines.append(" ".join(rng.permutation(words)))
    path = folder / "planted.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def corpus(tmp_path) -> Path:
    return planted(tmp_path)


@pytest.mark.parametrize(
    "kind", [{}, {"gradient": "word2vec"}, {"algorithm": "skip-gram"}, {"threads": 3}]
)
def test_planted_classes_are_recovered(corpus, kind):
    vectors = train_cbow([corpus], WORDS, Settings(width=24, epochs=4, sample=0.0, **kind))
    names = [word for word in vectors.words if word.startswith("c") and "w" in word]
    assert len(names) == CLASSES * OF_CLASS
    rows = np.stack([vectors.vectors[vectors.index[word]] for word in names])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    cosine = rows @ rows.T
    np.fill_diagonal(cosine, -2)
    nearest = cosine.argmax(axis=1)
    right = [names[a][:2] == names[b][:2] for a, b in enumerate(nearest)]
    assert np.mean(right) > 0.95  # by chance (OF_CLASS - 1) / (CLASSES * OF_CLASS - 1), 0.15


def test_one_thread_gives_the_same_bits(corpus):
    first, second = (train_cbow([corpus], WORDS, TINY) for _ in range(2))
    assert np.array_equal(first.vectors, second.vectors)
    assert first.words == second.words
    other = train_cbow([corpus], WORDS, Settings(**{**vars(TINY), "seed": 1}))
    assert not np.array_equal(first.vectors, other.vectors)


def test_an_interrupted_run_goes_on_to_the_same_bits(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROUND", 5000)
    straight = train_cbow([corpus], WORDS, TINY)
    place = tmp_path / "v.checkpoint"
    rounds = 0

    def stop(_row):
        nonlocal rounds
        rounds += 1
        if rounds == 7:
            import signal

            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train_cbow([corpus], WORDS, TINY, checkpoint=place, report=stop)
    assert place.exists()
    with pytest.raises(ResultError, match="resume it or remove it"):
        train_cbow([corpus], WORDS, TINY, checkpoint=place)
    changed = Settings(**{**vars(TINY), "window": 2})
    with pytest.raises(ResultError, match="window changed"):
        train_cbow([corpus], WORDS, changed, checkpoint=place, resume=True)
    seen: list[int] = []
    again = train_cbow(
        [corpus], WORDS, TINY, checkpoint=place, resume=True,
        report=lambda row: seen.append(row["words"]),
    )  # fmt: skip
    assert np.array_equal(again.vectors, straight.vectors)
    assert place.exists()  # until the vectors are saved
    assert seen[-1] == 3 * 33_000


def test_something_else_is_no_checkpoint(corpus, tmp_path):
    place = tmp_path / "v.checkpoint"
    place.write_bytes(b"nonsense")
    with pytest.raises(ResultError, match="is no checkpoint"):
        train_cbow([corpus], WORDS, TINY, checkpoint=place, resume=True)


def test_a_full_disk_keeps_the_old_checkpoint(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROUND", 5000)
    place = tmp_path / "v.checkpoint"

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "save_file", full)
    with pytest.raises(InputError, match="No space left"):
        train_cbow([corpus], WORDS, TINY, checkpoint=place, checkpoint_minutes=0.0)
    assert list(tmp_path.iterdir()) == [corpus]


def test_the_loss_falls_and_the_rate_too(corpus, monkeypatch):
    monkeypatch.setattr(module, "ROUND", 5000)
    rows: list[dict[str, float]] = []
    train_cbow([corpus], WORDS, TINY, report=rows.append)
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert [row["rate"] for row in rows] == sorted((row["rate"] for row in rows), reverse=True)
    assert rows[-1]["words"] == rows[-1]["total"] == 3 * 33_000


def test_a_line_without_end_is_cut(tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("a b c d " * 30_000, encoding="utf-8")
    vectors = train_cbow([path], WORDS, Settings(width=4, epochs=1, min_count=1, threads=2))
    assert np.isfinite(vectors.vectors).all()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"algorithm": "cbwo"}, "Did you mean 'cbow'"),
        ({"gradient": "left"}, "legal are right, word2vec"),
        ({"algorithm": "skip-gram", "gradient": "word2vec"}, "one gradient"),
        ({"width": 0}, "width 0"),
        ({"max_size": 0}, "max_size 0"),
        ({"rate": 0.0}, "rate 0.0"),
        ({"sample": 1.5}, "sample 1.5"),
    ],
)
def test_settings_are_checked(wrong, said):
    with pytest.raises(OptionError, match=said):
        Settings(**wrong).check()


def test_empty_text_is_refused(tmp_path):
    path = tmp_path / "empty.txt"
    path.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="no word"):
        train_cbow([path], WORDS, TINY)
