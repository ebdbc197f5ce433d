import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "encoder"))

import tiny_mlm

from firth.cli.main import run

PAIRS = "I ate an apple ||| 我 吃 了 苹果\nthe price rose ||| 今天 价格 [b]涨[/b]\n"
GOLD = "1-1 2p2 3p3 4-4\n3-3\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tiny_mlm.save("bert", tmp_path_factory.mktemp("mlm") / "bert"))


@pytest.fixture
def firth_cli(monkeypatch, capsys, tmp_path, folder):
    """Run ``firth align links`` in this process; gives exit code, output, error."""
    monkeypatch.chdir(tmp_path)
    Path("pairs").write_text(PAIRS, encoding="utf-8")
    Path("gold").write_text(GOLD, encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        given = ["firth", "align", "links", *arguments, "--model", folder]
        monkeypatch.setattr(sys, "argv", given)
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


def test_scores_controls_and_links(firth_cli, tmp_path):
    # Quiet: a tiny tokenizer may cut a carried sentence into more tokens than fit, and say so.
    asked = ("pairs", "--gold", "gold", "--languages", "en-zh", "-o", "links", "--quiet")
    code, out, err = firth_cli(*asked)
    assert (code, err) == (0, "")
    assert "word links · F1 [95 % interval] · n = 2" in out
    assert "finding: argmax: layer " in out
    assert "finding: itermax: layer " in out
    assert "the diagonal " in out
    assert "means of carried en and carried zh" in out
    assert "sentence pair 1: I → " in out
    assert "  missed: " in out
    lines = (tmp_path / "links").read_text().splitlines()
    (file,) = (tmp_path / "runs/links").glob("*/*/result.json")
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert lines == [" ".join(row["links"]) for row in stored["tables"]["sentences"]]
    assert stored["config"]["source"] == {"pairs": "pairs", "gold": "gold", "index": "auto"}
    # The same question is answered from the store.
    before = file.stat().st_mtime_ns
    code, again, _ = firth_cli("pairs", "--gold", "gold", "--languages", "en-zh")
    assert (code, again) == (0, out)
    assert file.stat().st_mtime_ns == before
    code, _, _ = firth_cli("pairs", "--gold", "gold", "--languages", "en-zh", "--fresh")
    assert code == 0
    assert file.stat().st_mtime_ns > before


def test_without_gold(firth_cli, tmp_path):
    code, out, err = firth_cli("pairs", "--layer", "1", "--level", "subword", "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["scores"] == []
    assert result["tables"]["chosen"][0]["layer"] == 1
    assert result["config"]["means"] == ["the source sentences", "the target sentences"]
    code, out, _ = firth_cli("pairs", "--null", "1", "-o", "links", "--quiet")
    assert code == 0
    assert "no gold: what is usual" in out
    assert "I → -" in out
    assert (tmp_path / "links").read_text() == "\n\n"
    assert "finding" not in out


def test_a_result_is_run_again(firth_cli, monkeypatch, capsys):
    firth_cli("pairs", "--gold", "gold", "--quiet")
    monkeypatch.setattr(sys, "argv", ["firth", "rerun", str(*Path("runs/links").glob("*/*"))])
    with pytest.raises(SystemExit) as stop:
        run()
    assert not stop.value.code
    assert "the largest difference is 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none"], "none cannot be read"),
        (["gold"], "gold, line 1: no separators"),
        (["pairs", "--gold", "none"], "none cannot be read"),
        (["pairs", "--gold", "pairs"], "pairs, line 1: 'I' is no link"),
        (["pairs", "--gold", "gold", "--gold-index", "0"], "line 1: link 4-4"),
        (["pairs", "--gold", "gold", "--gold-index", "2"], "legal are auto, 0, 1"),
        (["pairs", "--gold", "short"], "short has 1 lines"),
        (["pairs", "--gold", "vague"], "say which with --gold-index"),
        (["pairs", "--languages", "enzh"], "write SOURCE-TARGET"),
        (["pairs", "--level", "wrod"], "Did you mean 'word'?"),
        (["pairs", "--layer", "99"], "layer 99 does not exist"),
        (["pairs", "--null", "2"], "null 2.0"),
        (["pairs", "-o", "no/links"], "no such folder"),
        (["pairs", "-o", "."], "cannot be written"),
        ([], "PAIRS"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(firth_cli, tmp_path, arguments, said):
    (tmp_path / "short").write_text("1-1\n")
    (tmp_path / "vague").write_text("1-1\n1-2\n")
    code, out, err = firth_cli(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
