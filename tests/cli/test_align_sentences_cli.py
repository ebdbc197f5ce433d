import gzip
import json
import sys

import numpy as np
import pytest

from firth.cli.main import run
from firth.encoder.vectors import StaticVectors, save_vectors

N = 12
EN = [f"en{chr(97 + i)}" for i in range(N)]
XX = [f"xx{chr(97 + i)}" for i in range(N)]


@pytest.fixture
def firth_cli(monkeypatch, capsys, tmp_path):
    """Run ``firth align sentences`` on static vectors; gives exit code, output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    rng = np.random.default_rng(0)
    base = rng.normal(size=(N, 8))
    rows = np.concatenate([base, base + 0.8 * rng.normal(size=base.shape)]).astype(np.float32)
    save_vectors(
        StaticVectors((*EN, *XX), rows, None, {"unit": "words"}), tmp_path / "v.safetensors"
    )
    text = "".join(f"{a}\t{b}\n" for a, b in zip(EN, XX, strict=True))
    (tmp_path / "p.tsv").write_text(text, encoding="utf-8")
    (tmp_path / "p.tsv.gz").write_bytes(gzip.compress(text.encode()))
    for code, own in (("eng", EN), ("cmn", XX)):
        (tmp_path / f"t.cmn-eng.{code}").write_text("\n".join(own), encoding="utf-8")

    def call(*arguments: str, command=("align", "sentences")) -> tuple[int, str, str]:
        own = [*command, *arguments]
        if command == ("align", "sentences") and "--model" not in arguments:
            own += ["--model", "cbow:v.safetensors"]
        monkeypatch.setattr(sys, "argv", ["firth", *own])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


def test_the_table_names_findings_controls_and_failures(firth_cli, tmp_path):
    code, out, err = firth_cli("--parallel", "en-xx=p.tsv.gz", "--margin")
    assert code == 0
    assert "en-xx · retrieval accuracy" in out
    assert "raw" in out.splitlines()[2]
    assert "margin" in out.splitlines()[2]
    assert "finding: en-xx: layer 0 is best on one half" in out
    assert "control: xx-en: chance 0.0833" in out
    assert "fail: en" in out
    assert "nothing is centred" in err
    assert list((tmp_path / "runs/retrieval").glob("*/*/result.json"))


def test_published_figures_stand_beside(firth_cli):
    code, out, err = firth_cli("--parallel", "zh-en=t.cmn-eng")
    assert code == 0
    assert "beside: zh-en multilingual-e5-small retrieval accuracy 0.924 (MTEB" in out
    assert out.count("mind: ") == 1
    assert "another test set" in out
    assert "the means for centring are of the 295" in err


def test_json_store_and_rerun(firth_cli, tmp_path):
    given = ("--parallel", "zh-en=t.cmn-eng", "--parallel", "en-de=t.cmn-eng.eng,t.cmn-eng.cmn")
    code, out, err = firth_cli(*given, "--json", "--seed", "3", "--most", "9", "--aside", "0")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["experiment"] == "retrieval"
    assert document["config"]["most"] == 9
    assert {row["pair"] for row in document["tables"]["texts"]} == {"zh-en", "en-de"}
    again = json.loads(firth_cli(*given, "--json", "--seed", "3", "--most", "9", "--aside", "0")[1])
    assert again["started"] == document["started"]
    stored = next((tmp_path / "runs/retrieval").glob("*/*/result.json"))
    code, out, _ = firth_cli(str(stored), "--out", "elsewhere", command=("rerun",))
    assert code == 0
    assert "scores are equal; the largest difference is 0" in out


def test_the_settings_may_be_a_file(firth_cli, tmp_path):
    (tmp_path / "c.toml").write_text('parallel = ["en-xx=p.tsv"]\nprefix = "ena "\nlayer = [0]\n')
    code, out, _ = firth_cli("--config", "c.toml", "--json")
    assert code == 0
    assert json.loads(out)["config"]["prefix"] == "ena "


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "parallel text is missing: give --parallel en-zh=FILE"),
        (["--parallel", "p.tsv"], "write LANGUAGE-LANGUAGE=FILE"),
        (["--parallel", "en-en=p.tsv"], "must differ"),
        (["--parallel", "en-xx=p.tsv", "--parallel", "en-xx=p.tsv"], "was given before"),
        (["--parallel", "en-xx=none.tsv"], "none.tsv cannot be read"),
        (["--parallel", "en-xx=bad.tsv"], "bad.tsv, line 2: one column"),
        (["--parallel", "en-xx=gbk.tsv"], "gbk.tsv, line 1: not UTF-8"),
        (["--parallel", "en-xx=p.tsv,bad.tsv"], "p.tsv, line 3: bad.tsv has only 2 lines"),
        (["--parallel", "en-de=t.cmn-eng"], "holds zh and en, not en and de"),
        (["--parallel", "en-xx=one.tsv"], "1 and 1 different sentences"),
        (["--parallel", "en-xx=p.tsv", "--pooling", "max"], "--pooling"),
        (["--parallel", "en-xx=p.tsv", "--most", "1"], "--most"),
        (["--parallel", "en-xx=p.tsv", "--aside", "-1"], "--aside"),
        (["--parallel", "en-xx=p.tsv", "--layer", "7"], "layer 7 does not exist"),
        (["--parallel", "en-xx=p.tsv", "--model", "minni"], "Did you mean 'mini'?"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_and_exit_2(firth_cli, tmp_path, arguments, said):
    (tmp_path / "bad.tsv").write_text("ena\txxa\nenb xxb\n")
    (tmp_path / "one.tsv").write_text("ena\txxa\n")
    (tmp_path / "gbk.tsv").write_bytes("a\t嗨\n".encode("gbk"))
    code, out, err = firth_cli(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()
