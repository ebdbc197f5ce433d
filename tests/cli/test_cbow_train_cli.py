"""``firth cbow train`` from end to end."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import firth
from firth.encoder.vectors import read_vectors

FIRTH = Path(sys.executable).with_name("firth")


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [FIRTH, "cbow", "train", *arguments], cwd=folder, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def corpus(tmp_path) -> Path:
    lines = ["我吃了一个苹果。", "他买了苹果手机", "The apple was red", "the phone was new"] * 30
    (tmp_path / "a.txt").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("ending", ["safetensors", "bin", "txt"])
def test_vectors_are_written_and_are_an_encoder(corpus, ending):
    code, out, err = run(
        corpus, "a.txt", "-o", f"v.{ending}", "--unit", "characters", "--lower", "--width", "8",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "8 numbers each" in out
    vectors = read_vectors(corpus / f"v.{ending}")
    assert {"苹", "果", "the"} <= set(vectors.words)
    assert firth.load(f"cbow:{corpus / f'v.{ending}'}").width == 8
    assert not list(corpus.glob("*.checkpoint"))


def test_pieces_are_those_of_a_model(corpus):
    code, out, _ = run(
        corpus, "a.txt", "-o", "v.safetensors", "--unit", "pieces", "--width", "4", "--json"
    )
    assert code == 0
    said = json.loads(out)
    vectors = read_vectors(corpus / "v.safetensors")
    assert said["words"] == len(vectors)
    assert "苹果" in vectors.words
    encoder = firth.load(f"cbow:{corpus / 'v.safetensors'}")
    (states,) = encoder.hidden_states(["他买了苹果手机"])
    row = vectors.vectors[vectors.index["苹果"]]
    assert any(np.array_equal(vector, row) for vector in states.vectors[0])


def test_one_thread_repeats_and_a_seed_changes(corpus):
    for name, seed in (("a", "0"), ("b", "0"), ("c", "1")):
        assert run(corpus, "a.txt", "-o", f"{name}.bin", "--width", "4", "--seed", seed)[0] == 0
    first, second, third = ((corpus / f"{name}.bin").read_bytes() for name in "abc")
    assert first == second != third


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["empty.txt", "-o", "v.bin"], "no word"),
        (["one.txt", "-o", "v.bin"], "1 of 1 different words"),
        (["a.txt", "-o", "v.bin", "--min-count", "1000"], "smaller minimum count"),
        (["bad.txt", "-o", "v.bin"], "line 3: not UTF-8"),
        (["absent.txt", "-o", "v.bin"], "cannot be read"),
        (["a.txt", "-o", "v.pickle"], "its ending says the format"),
        (["a.txt", "-o", "nowhere/v.bin"], "no such folder"),
        (["a.txt", "-o", "v.bin", "--gradient", "lft"], "legal are right, word2vec"),
        (["a.txt", "-o", "v.bin", "--unit", "letters"], "legal are words, characters, pieces"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(corpus, arguments, said):
    (corpus / "empty.txt").write_text("", encoding="utf-8")
    (corpus / "one.txt").write_text("word " * 20, encoding="utf-8")
    (corpus / "bad.txt").write_bytes(b"a b\nc d\n\xff\xfe\nlast\n")
    (corpus / "v.bin").write_bytes(b"old")
    code, out, err = run(corpus, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert said in err
    assert (corpus / "v.bin").read_bytes() == b"old"
