"""``firth shift`` from end to end with a tiny model."""

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
    """Run ``firth shift`` with the tiny model; gives exit code, output, error."""
    monkeypatch.chdir(tmp_path)
    english = [f"I ate {n} apples and the price rose" for n in range(36)]
    chinese = [f"我吃了{n}个苹果" for n in range(36)]
    Path("en").write_text("\n".join(english), encoding="utf-8")
    Path("zh").write_text("\n".join(chinese), encoding="utf-8")
    pairs = "\n".join(map("\t".join, zip(english, chinese, strict=True)))
    Path("p.tsv").write_text(pairs, encoding="utf-8")
    Path("d.tsv").write_text("apples\t苹果\n", encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["firth", "shift", *arguments, "--model", folder])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


def test_fit_then_translate(firth_cli, tmp_path):
    code, out, _ = firth_cli("fit", "--corpus", "en=en", "--corpus", "zh=zh", "-o", "v.safetensors")
    assert code == 0
    assert "en-zh" in out
    assert out.splitlines()[-1] == "v.safetensors"
    arguments = ("translate", "I ate apples", "--from", "en", "--to", "zh", "--vectors")
    code, out, _ = firth_cli(*arguments, "v.safetensors", "--layer", "2", "--alpha", "9")
    assert code == 0
    assert "apple" in out
    assert "->" in out
    code, out, _ = firth_cli(*arguments, "v.safetensors", "--json")
    tokens = json.loads(out)["tables"]["tokens"]
    assert {"token", "output", "probability", "token_language"} <= set(tokens[0])
    assert (tmp_path / "runs/translate").is_dir()
    assert (tmp_path / "runs/language_vectors").is_dir()


def test_a_sweep_is_stored_and_run_again(firth_cli, tmp_path, monkeypatch, capsys):
    sizes = ("--layer", "1", "--layer", "2", "--alpha", "2")
    texts = ("--parallel", "en-zh=p.tsv", "--dictionary", "en-zh=d.tsv")
    code, out, _ = firth_cli("sweep", *texts, *sizes)
    assert code == 0
    for name in ("en-zh", "zh-en", "alpha_0", "random", "dictionary", "target_tokens"):
        assert name in out
    (stored,) = (tmp_path / "runs/sweep").glob("*/*/result.json")
    monkeypatch.setattr(sys, "argv", ["firth", "rerun", str(stored)])
    with pytest.raises(SystemExit) as stop:
        run()
    assert not stop.value.code
    assert "scores are equal; the largest difference is 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("translate", "a", "--from", "en", "--to", "zh"), "no language vectors aboard"),
        (("translate", "a", "--from", "en", "--to", "zh", "--vectors", "en"), "safetensors"),
        (("fit", "--corpus", "en=en", "-o", "v"), "at least two languages"),
        (("fit", "--corpus", "en=en", "--corpus", "zh=one", "-o", "v"), "zh has 1 sentences"),
        (("sweep", "--parallel", "en-zh=en"), "en, line 1"),
        (("sweep", "--parallel", "en-zh=p.tsv", "--layer", "9"), "layer 9"),
        (("sweep", "--parallel", "en-zh=p.tsv", "--alpha", "nan"), "finite"),
        (("sweep", "--parallel", "en-zh=p.tsv", "--dictionary", "en-zh=one"), "no translation"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(firth_cli, arguments, message):
    Path("one").write_text("苹果\n", encoding="utf-8")
    code, out, err = firth_cli(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert message in err
