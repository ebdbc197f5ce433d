import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny_mlm

from firth.cli.main import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tiny_mlm.save("bert", tmp_path_factory.mktemp("mlm") / "bert"))


@pytest.fixture
def firth_cli(monkeypatch, capsys, tmp_path, folder):
    """Run ``firth cloze`` in this process with the tiny model; gives exit code, output, error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        own = arguments if "--model" in arguments else (*arguments, "--model", folder)
        monkeypatch.setattr(sys, "argv", ["firth", "cloze", *own])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


def test_the_sentence_and_its_candidates(firth_cli, tmp_path):
    code, out, err = firth_cli("I ate an [MASK] today", "--top", "3", "--fresh")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "I ate an [MASK] today"
    assert len(lines) == 4
    assert list((tmp_path / "runs/cloze").glob("*/*/result.json"))


def test_several_blanks_and_a_score(firth_cli):
    code, out, _ = firth_cli("[MASK] shares [MASK]", "--score", "--decode", "beam", "--beam", "2")
    assert code == 0
    assert "blank 2" in out
    assert "joint log-probability" in out
    assert "pseudo-log-likelihood" in out
    assert "pseudo perplexity" in out


def test_json_is_the_result_and_nothing_else(firth_cli):
    code, out, err = firth_cli("北京是中国的[MASK]都", "--json", "--only-language", "zh")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["experiment"] == "cloze"
    assert len(document["tables"]["fills"]) == 10


def test_a_file_is_streamed(firth_cli, tmp_path):
    lines = ["an [MASK] today", "", "no blank", *["shares [MASK] again"] * 60]
    (tmp_path / "s.txt").write_text("\n".join(lines) + "\n")
    code, out, err = firth_cli("--file", "s.txt", "--output", "o.jsonl", "--top", "2")
    assert (code, out) == (0, "61 sentences: o.jsonl\n")
    assert "1 of 63 lines are empty" in err
    assert "1 of 63 sentences have no blank" in err
    rows = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert len(rows) == 61
    assert len(rows[0]["masks"][0]) == 2
    code, out, _ = firth_cli("--file", "s.txt", "--top", "1")
    assert code == 0
    assert "41 more sentences" in out


def test_answers_and_words(firth_cli, tmp_path):
    (tmp_path / "s.tsv").write_text("sentence\tanswer\nan [MASK] today\tapple\n")
    (tmp_path / "w.txt").write_text("apple\n")
    code, out, _ = firth_cli("--file", "s.tsv", "--words", "w.txt")
    assert code == 0
    assert "mlm accuracy: 1.000 (n = 1 sentences)" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no blank here"], "has no blank"),
        (["an [MASK]", "none"], "'none' has no blank"),
        ([], "give sentences with [MASK]"),
        (["a [MASK]", "--file", "s.txt"], "not more than one"),
        (["--file", "none.txt"], "none.txt cannot be read"),
        (["--file", "plain.txt"], "no sentence has a blank"),
        (["--file", "plain.txt", "-o", "o.jsonl"], "no sentence has a blank"),
        (["--file", "short.tsv"], "short.tsv, line 2: 1 columns"),
        (["a [MASK]", "--only-language", "chinese"], "legal are en, zh"),
        (["a [MASK]", "--only-language", "zhh"], "Did you mean 'zh'?"),
        (["a [MASK]", "--decode", "joined"], "Did you mean 'joint'?"),
        (["a [MASK]", "--words", "none.txt"], "none.txt cannot be read"),
        (["a [MASK]", "--words", "empty.txt"], "is empty"),
        (["a [MASK]", "--top", "0"], "--top"),
        (["a [MASK]", "-o", "no/o.jsonl"], "no such folder"),
        (["a [MASK]", "--model", "minni"], "Did you mean 'mini'?"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_and_exit_2(firth_cli, tmp_path, arguments, said):
    (tmp_path / "plain.txt").write_text("a\nb\n")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "short.tsv").write_text("sentence\tanswer\nan [MASK]\n")
    code, out, err = firth_cli(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "o.jsonl").exists()


def test_a_model_without_a_head(firth_cli, folder):
    code, out, err = firth_cli("a [MASK]", "--model", f"{folder}-plain")
    assert (code, out) == (2, "")
    assert "has no masked-LM head" in err
    assert "firth encode" in err
    assert err.count("\n") == 1
