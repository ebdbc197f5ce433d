"""``firth align words`` from end to end, on word vectors whose answer is known."""

import json
import sys

import numpy as np
import pytest

from firth.cli.main import run

N = 10
EN = [f"en{chr(97 + i)}" for i in range(N)]
DE = [f"de{chr(97 + i)}" for i in range(N)]


@pytest.fixture
def firth_cli(monkeypatch, capsys, tmp_path):
    """Run ``firth align words`` beside files of words and texts; gives exit code, output, error."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(N, 6))
    write_vectors(tmp_path / "v.vec", np.concatenate([rows, rows]))
    write_vectors(tmp_path / "w.vec", rng.normal(size=(2 * N, 6)))
    pairs = zip(EN, DE, strict=True)
    (tmp_path / "d.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")
    for name, words in (("en", EN), ("de", DE)):
        lines = [f"{words[i]} {words[i - 1]}" for i in range(N)] * 3
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["firth", "align", "words", *arguments])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


def write_vectors(path, rows):
    lines = [f"{len(rows)} {rows.shape[1]}"]
    for word, row in zip([*EN, *DE], rows, strict=True):
        lines.append(" ".join([word, *(f"{value:.5f}" for value in row)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


TEXTS = ("--dictionary", "en-de=d.tsv", "--corpus", "en=en", "--corpus", "de=de")


def test_words_of_a_corpus(firth_cli):
    code, out, err = firth_cli(*TEXTS, "--model", "cbow:v.vec")
    assert (code, err) == (0, "")
    assert "0 1.000 [1.00, 1.00]" in out
    assert "chance 0.2929" in out  # the mean of 1/1 ... 1/10
    code, out, _ = firth_cli(*TEXTS, "--model", "cbow:v.vec", "--json")
    scores = json.loads(out)["scores"]
    assert {row["value"] for row in scores if row["metric"] == "precision_at_1"} >= {1.0}


def test_several_models_are_one_table(firth_cli, tmp_path):
    code, out, _ = firth_cli(*TEXTS, "--model", "cbow:v.vec", "-m", "cbow:w.vec")
    assert code == 0
    lines = [line.split() for line in out.splitlines() if line.strip().startswith("en-de")]
    assert [line[0] for line in lines] == ["en-de", "en-de"]
    assert float(lines[0][3]) == 1 > float(lines[1][3])
    assert len(list((tmp_path / "runs/align").iterdir())) == 1


def test_words_alone_are_a_quick_look(firth_cli):
    code, out, err = firth_cli(
        "--dictionary", "en-de=d.tsv", "--context", "alone", "--model", "cbow:v.vec"
    )
    assert code == 0
    assert "words alone" in out
    assert "a quick look" in err


def test_parallel_files_of_one_pair_come_together(firth_cli, tmp_path):
    for name in "pq":
        lines = [f"{name}{i} {EN[i % N]}\t{name}{i} {DE[i % N]}" for i in range(60)]
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    code, out, _ = firth_cli(
        "--dictionary", "en-de=d.tsv", "--parallel", "en-de=p", "--parallel", "en-de=q",
        "--model", "cbow:v.vec", "--json",
    )  # fmt: skip
    assert code == 0
    sides = json.loads(out)["tables"]["languages"]
    assert sum(row["sentences"] for row in sides) == 120


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--dictionary", "en-de=one.tsv", "--corpus", "en=en", "--corpus", "de=de"),
         "one.tsv, line 1: 'ena' has no translation"),
        (("--dictionary", "en-de=d.tsv", "--corpus", "en=en"), "no corpus of the language de"),
        (("--dictionary", "en-de=d.tsv", "--corpus", "en=en", "--corpus", "de=other",
          "--model", "cbow:v.vec"),
         "none of 10 words occurs 1 times"),
        ((*TEXTS, "--model", "cbow:nan.vec"), "nan.vec"),
        ((*TEXTS, "--corpus", "fr=en"), "the corpus fr is of no use"),
        ((*TEXTS, "--context", "nowhere"), "'nowhere' is not one of corpus, alone, carrier"),
        (("--carrier", "fr=no place"), "write LANGUAGE=SENTENCE with one {}"),
        ((*TEXTS, "--layer", "7", "--model", "cbow:v.vec"), "layer 7"),
        (("--dictionary", "en-de=absent.tsv", "--context", "alone"), "absent.tsv"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_and_exit_code_2(firth_cli, tmp_path, arguments, message):
    (tmp_path / "one.tsv").write_text("ena\nenb\n", encoding="utf-8")
    (tmp_path / "other").write_text("nothing of it\n", encoding="utf-8")
    rows = np.concatenate([np.full((1, 6), np.nan), np.ones((2 * N - 1, 6))])
    write_vectors(tmp_path / "nan.vec", rows)
    code, out, err = firth_cli(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert message in err
