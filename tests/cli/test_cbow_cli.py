import importlib.util
import json
import sys

import numpy as np
import pytest

from firth.cli.main import run
from firth.encoder.vectors import StaticVectors, read_vectors, save_vectors
from firth.text import questions

WORDS = ("man", "woman", "king", "queen", "boy", "girl", "苹果")
ROWS = [
    [1, -1, 0, 0], [1, 1, 0, 0], [0, -1, 1, 0], [0, 1, 1, 0], [0, -1, 0, 1], [0, 1, 0, 1],
    [-1, 0, -1, 0],
]  # fmt: skip


@pytest.fixture
def firth_cli(monkeypatch, capsys, tmp_path):
    """Run ``firth cbow`` in this process; gives exit code, output, error."""
    monkeypatch.chdir(tmp_path)
    save_vectors(StaticVectors(WORDS, np.array(ROWS, dtype=np.float32)), tmp_path / "v.bin")
    (tmp_path / "p.tsv").write_text("man\twoman\t8\nking\tqueen\t7\nboy\tking\t2\nman\tdog\t1\n")
    (tmp_path / "a.txt").write_text(": royal\nman woman king queen\n: young\nman woman boy girl\n")

    def call(*arguments: str, command: tuple[str, ...] = ("cbow",)) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["firth", *command, *arguments])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


def test_neighbours(firth_cli):
    code, out, err = firth_cli("neighbours", "v.bin", "King", "苹果", "--top", "2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "king"
    assert lines[3] == "苹果"
    assert len(lines) == 6
    code, out, err = firth_cli("neighbours", "v.bin", "king", "--json")
    assert (code, err) == (0, "")
    (one,) = json.loads(out)["words"]
    assert len(one["neighbours"]) == 6
    assert one["neighbours"][0]["cosine"] == pytest.approx(0.5)


def test_similarity(firth_cli):
    assert firth_cli("similarity", "v.bin", "king", "man") == (0, "king  man  0.5000\n", "")
    document = json.loads(firth_cli("similarity", "v.bin", "king", "man", "--json")[1])
    assert document["cosine"] == pytest.approx(0.5)
    assert document["words"] == ["king", "man"]


def test_analogy(firth_cli):
    code, out, err = firth_cli("analogy", "v.bin", "man", "woman", "king", "--method", "both")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "man : woman = king : ?  (3CosAdd)"
    assert lines[1].split()[0] == "queen"
    assert "(3CosMul)" in out
    code, out, _ = firth_cli("analogy", "v.bin", "man", "woman", "boy", "--method", "3cosmul",
                             "--top", "1", "--json")  # fmt: skip
    assert code == 0
    document = json.loads(out)
    assert document["question"] == ["man", "woman", "boy"]
    assert [one["word"] for one in document["answers"]["3CosMul"]] == ["girl"]


def test_evaluate(firth_cli, tmp_path):
    code, out, err = firth_cli("evaluate", "v.bin", "--pairs", "p.tsv", "--analogies", "a.txt")
    assert code == 0
    assert "Spearman" in out
    assert "all questions: 3CosAdd 1.000 [1.00, 1.00]" in out
    assert "b only" in out
    assert "1 of 4 word pairs are not scored: 1 words have no vector (dog)" in err
    (stored,) = (tmp_path / "runs/vectors/v.bin").glob("*/result.json")
    code, out, err = firth_cli(
        "evaluate", "v.bin", "--pairs", "p.tsv", "--analogies", "a.txt", "--json", "--fresh"
    )
    assert (code, err) == (0, "")
    assert json.loads(out)["experiment"] == "vectors"
    code, out, err = firth_cli(str(stored), command=("rerun",))
    assert (code, err) == (0, "")
    assert "scores are equal; the largest difference is 0" in out
    code, out, _ = firth_cli("evaluate", "v.bin", "--pairs", "p.tsv", "--quiet")
    assert (code, _) == (0, "")


def test_settings_from_a_file(firth_cli, tmp_path):
    (tmp_path / "c.toml").write_text('pairs = ["p.tsv"]\nseed = 7\n')
    code, out, _ = firth_cli("evaluate", "v.bin", "--config", "c.toml", "--json")
    assert code == 0
    assert json.loads(out)["seed"] == 7


def test_convert(firth_cli, tmp_path):
    code, out, err = firth_cli("convert", "v.bin", "v.txt")
    assert (code, out, err) == (0, "7 words, 4 numbers each: v.txt\n", "")
    code, out, _ = firth_cli("convert", "v.txt", "w.safetensors", "--json")
    assert json.loads(out)["words"] == 7
    assert read_vectors(tmp_path / "w.safetensors").words == WORDS


def test_repeated_words_are_told(firth_cli, tmp_path):
    (tmp_path / "g.txt").write_text("a 1 2\na 3 4\nb 1 0\n")
    code, _, err = firth_cli("similarity", "g.txt", "a", "b")
    assert (code, err) == (0, "note: g.txt: 1 rows repeat a word; its first row counts\n")
    assert firth_cli("similarity", "g.txt", "a", "b", "--quiet")[2] == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("neighbours", "v.bin", "kin"), "'kin' is not among the 7 words. Did you mean 'king'?"),
        (("neighbours", "absent.bin", "king"), "absent.bin cannot be read: No such file"),
        (("neighbours", "p.tsv", "king"), "p.tsv holds no word vectors"),
        (("neighbours", "v.bin"), "Missing argument 'WORD...'"),
        (("similarity", "v.bin", "king", "dog"), "'dog' is not among the 7 words"),
        (("analogy", "v.bin", "man", "woman", "king", "--method", "3CosAd"), "Did you mean '3CosAdd'"),
        (("evaluate", "v.bin", "--pairs", "a.txt"), "expected two words and a score"),
        (("evaluate", "v.bin", "--analogies", "p.tsv"), "line 1: 3 words; expected four"),
        (("evaluate", "v.bin", "--pairs", "absent.tsv"), "absent.tsv cannot be read"),
        (("evaluate", "v.bin", "--analogies", "a.txt", "--restrict", "2"), "restrict 2"),
        (("evaluate", "v.bin"), "nothing to evaluate: give --pairs FILE or --analogies FILE"),
        (("convert", "v.bin", "v.npy"), "the name must end in one of"),
        (("convert", "v.bin", "no/v.bin"), "there is no folder no"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(firth_cli, arguments, said):
    code, out, err = firth_cli(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("firth: ")
    assert err.count("\n") == 1


def test_what_gensim_brings_is_named(firth_cli, monkeypatch):
    if importlib.util.find_spec("gensim"):
        assert (
            "--pairs wordsim353 or simlex999, --analogies google"
            in firth_cli("evaluate", "v.bin")[2]
        )
    monkeypatch.setattr(questions, "bundled", lambda _file: None)
    assert "gensim" not in firth_cli("evaluate", "v.bin")[2]


def test_without_a_command_there_is_help(firth_cli):
    code, out, err = firth_cli()
    assert code == 2
    assert "neighbours" in out + err
    assert "firth: \n" not in err
