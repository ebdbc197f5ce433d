import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from firth.cli.main import run

FIRTH = Path(sys.executable).with_name("firth")


@pytest.fixture
def firth_cli(monkeypatch, capsys, tmp_path):
    """Run the command line in this process; gives exit code, output and error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["firth", *arguments])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


def test_help_is_quick_and_imports_nothing_heavy():
    best = 9.0
    for _ in range(4):
        # Of the processor: what else runs on the machine does not count.
        begun = sum(os.times()[2:4])
        out = subprocess.run([FIRTH, "--help"], capture_output=True, text=True, check=True).stdout
        best = min(best, sum(os.times()[2:4]) - begun)
    assert "senses" in out
    assert best < 0.4
    code = "import sys, firth, firth.cli.main; print([m for m in ('torch', 'numpy', 'transformers', 'pydantic') if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_senses_json_is_the_result_and_nothing_else(firth_cli, tmp_path):
    code, out, err = firth_cli("senses", "--word", "苹果", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    rows = [r for r in document["scores"] if r["metric"] == "auc"]
    plain = [r for r in rows if "control" not in r]
    assert {(r["layer"], r["similarity"]) for r in plain} == {
        (layer, kind) for layer in range(13) for kind in ("raw", "centred")
    }
    assert all({"low", "high", "n"} <= set(r) for r in rows)
    assert {"layer_0", "static"} <= {r.get("control") for r in rows}
    assert "similarity.raw" not in out
    again = json.loads(firth_cli("senses", "--word", "苹果", "--json")[1])
    assert again["started"] == document["started"]
    stored = next((tmp_path / "runs/senses/mini").glob("*/result.json"))
    code, out, _ = firth_cli("rerun", str(stored), "--out", "elsewhere")
    assert code == 0
    assert "scores are equal; the largest difference is 0" in out


def test_the_table_names_finding_and_control(firth_cli):
    code, out, _ = firth_cli(
        "senses", "--layer", "8", "--layer", "0", "--anchor", "草", "--anchor", "电"
    )
    assert code == 0
    assert "finding: at layer 8" in out
    assert "control: AUC of layer 0" in out


@pytest.mark.parametrize(
    ("arguments", "content", "said"),
    [
        (["--word", "bank"], "sentence\tlabel\nno word\tx\n", "does not occur"),
        (["--word", "bank"], "", "is empty"),
        (["--word", "bank"], b"sentence\n\xff\xfe bank\n", "not UTF-8"),
        (["--word", "bank"], "sentence\tlabel\na bank\tx\nb bank\tx\nc bank\ty\n", "given once"),
        (["--layer", "99"], None, "layer 99 does not exist"),
        (["--model", "minni"], None, "Did you mean 'mini'?"),
        (["--model", "/no/such/folder"], None, "there is no folder"),
        (["--dtype", "fp23"], None, "Did you mean 'fp32'?"),
        (["--device", "quantum"], None, "device 'quantum'"),
        (["--word", "apple"], None, "no sentences with 'apple'"),
        (["--format", "coarsewds", "x"], None, "Did you mean 'coarsewsd'?"),
        (["--format", "coarsewsd", "x"], None, "is no folder"),
        (["--language", "xx"], None, "no carried text in 'xx'"),
        (["--centre-corpus", "none.txt"], None, "none.txt cannot be read"),
        (["--config", "none.toml"], None, "none.toml cannot be read"),
        (["--layers", "3"], None, "No such option"),
        (["extra"], None, "extra cannot be read"),
        (["--form", "apples"], None, "--form has no use here"),
        (["--format", "wic"], None, "takes files or folders"),
        (["--format", "wic", "none.tsv"], None, "none.tsv cannot be read"),
        (["--format", "wic", "--anchor", "a", "none.tsv"], None, "--anchor has no use here"),
        (["--format", "carried", "fr"], None, "no homographs in 'fr'"),
        (["--format", "carried", "--word", "banc"], None, "Did you mean 'banco'?"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_and_exit_2(firth_cli, tmp_path, arguments, content, said):
    if content is not None:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "s.tsv").write_bytes(data)
        arguments = [*arguments, "--sentences", "s.tsv"]
    code, out, err = firth_cli("senses", *arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_an_unknown_command_is_suggested(firth_cli):
    code, _, err = firth_cli("sences")
    assert code == 2
    assert "Did you mean 'senses'" in err


def test_settings_come_from_a_file_and_are_checked(firth_cli, tmp_path):
    (tmp_path / "s.toml").write_text("layer = [3]\nseed = 5\n")
    document = json.loads(firth_cli("senses", "--config", "s.toml", "--json")[1])
    assert (document["config"]["layers"], document["seed"]) == ([3], 5)
    (tmp_path / "s.toml").write_text("sede = 5\n")
    code, _, err = firth_cli("senses", "--config", "s.toml")
    assert code == 2
    assert "Did you mean 'seed'?" in err


def test_encode_writes_the_same_vectors_to_both_formats(firth_cli, tmp_path, mini):
    lines = ["苹果很好吃。", "", "A longer sentence about the river bank.", "bank " * 700]
    (tmp_path / "t.txt").write_text("\n".join(lines))
    base = ["encode", "t.txt", "--layer", "0", "--layer", "8", "--dtype", "fp32"]
    assert firth_cli(*base, "-o", "v.safetensors")[0] == 0
    assert firth_cli(*base, "-o", "v.parquet", "--quiet")[0] == 0
    tensors = load_file(tmp_path / "v.safetensors")
    expected = mini.sentence_vectors(lines, layers=[0, 8])
    np.testing.assert_allclose(tensors["layer.8"], expected[1], atol=1e-5)
    assert tensors["line"].tolist() == [0, 1, 2, 3]
    table = pq.read_table(tmp_path / "v.parquet")
    np.testing.assert_array_equal(np.stack(table["layer_8"].to_numpy()), tensors["layer.8"])
    assert table.schema.metadata[b"model"] == b"mini"


def test_encode_words(firth_cli, tmp_path):
    (tmp_path / "t.txt").write_text("a bank and a bank\nno such\nBank!\n")
    code, out, _ = firth_cli("encode", "t.txt", "--word", "bank", "-o", "v.safetensors", "--json")
    assert code == 0
    assert json.loads(out)["vectors"] == 3
    tensors = load_file(tmp_path / "v.safetensors")
    assert tensors["line"].tolist() == [0, 0, 2]
    assert tensors["start"].tolist() == [2, 13, 0]
    assert tensors["layer.12"].shape == (3, 384)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["t.txt", "-o", "v.npy"], "must end in .safetensors or .parquet"),
        (["t.txt", "-o", "no/v.parquet"], "no folder no"),
        (["none.txt", "-o", "v.parquet"], "none.txt cannot be read"),
        (["empty.txt", "-o", "v.parquet"], "is empty"),
        (["t.txt", "-o", "v.parquet", "--word", "zebra"], "does not occur"),
        (["t.txt", "-o", "v.parquet", "--pooling", "men"], "Did you mean 'mean'?"),
        (["t.txt", "-o", "v.parquet", "--layer", "40"], "layer 40 does not exist"),
        (["bad.txt", "-o", "v.parquet"], "bad.txt, line 2: not UTF-8"),
    ],
)
def test_encode_refuses_and_keeps_the_old_file(firth_cli, tmp_path, arguments, said):
    (tmp_path / "t.txt").write_text("a text\n")
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "bad.txt").write_bytes(b"good\n\xe4\n")
    (tmp_path / "v.parquet").write_text("old")
    code, _, err = firth_cli("encode", *arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert (tmp_path / "v.parquet").read_text() == "old"
    assert not list(tmp_path.glob(".v*"))


def test_house_commands(firth_cli):
    assert json.loads(firth_cli("models", "--json")[1])["models"][0]["name"] == "mini"
    report = json.loads(firth_cli("doctor", "--json")[1])
    assert report["threads"] >= 1
    assert report["gflops"]["fp32"] > 0
    code, _, err = firth_cli("prefetch", "no-such-owner/no-such-model")
    assert code == 2
    assert "hub cannot be reached" in err
    code, _, err = firth_cli("report", "nothing-here")
    assert code == 2
    assert err.count("\n") == 1
    code, _, err = firth_cli("rerun", "nothing-here")
    assert code == 2


def test_ctrl_c_leaves_nothing_half_written(tmp_path):
    import signal

    text = tmp_path / "big.txt"
    text.write_text(
        "a sentence of some length about nothing in particular, again and again\n" * 30000
    )
    out = tmp_path / "v.safetensors"
    job = subprocess.Popen(
        [FIRTH, "encode", str(text), "-o", str(out), "--all-layers"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"},
        # A shell's background jobs ignore the signal, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".v*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 130, err
    assert "stopped" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["big.txt"]
