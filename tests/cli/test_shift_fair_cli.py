import json
import sys

import numpy as np
import pytest

from firth.cli.main import run
from firth.encoder.vectors import StaticVectors, save_vectors

N = 240
LETTERS = "abcdefghij"


def words(language):
    return [language + "".join(LETTERS[int(d)] for d in f"{i:04d}") for i in range(N)]


SIDES = {"aa": words("aa"), "xx": words("xx")}


@pytest.fixture
def firth_cli(monkeypatch, capsys, tmp_path):
    """Run ``firth shift`` on static vectors of two languages; gives exit code, output, error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    rng = np.random.default_rng(0)
    base = rng.normal(size=(N, 12))
    rows = [base + 0.4 * rng.normal(size=base.shape) + 3 * rng.normal(size=12) for _ in SIDES]
    names = tuple(word for own in SIDES.values() for word in own)
    vectors = StaticVectors(names, np.concatenate(rows).astype(np.float32), None, {"unit": "words"})
    save_vectors(vectors, tmp_path / "v.safetensors")
    pairs = "".join(f"{a}\t{b}\n" for a, b in zip(*SIDES.values(), strict=True))
    (tmp_path / "p.tsv").write_text(pairs, encoding="utf-8")
    (tmp_path / "few.tsv").write_text("".join(pairs.splitlines(True)[:60]), encoding="utf-8")
    for language, own in SIDES.items():
        (tmp_path / f"{language}.txt").write_text("\n".join(own), encoding="utf-8")
    (tmp_path / "one.txt").write_text("xxaaaa\n", encoding="utf-8")

    def call(*arguments: str, static=True) -> tuple[int, str, str]:
        own = list(arguments)
        if static and "--model" not in own and own[0] == "shift":
            own += ["--model", "cbow:v.safetensors"]
        monkeypatch.setattr(sys, "argv", ["firth", *own])
        with pytest.raises(SystemExit) as stop:
            run()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return call


CORPORA = ("--corpus", "aa=aa.txt", "--corpus", "xx=xx.txt")


def test_where_says_where_the_language_is(firth_cli, tmp_path):
    code, out, err = firth_cli("shift", "where", *CORPORA, "--parallel", "aa-xx=few.tsv")
    assert code == 0, err
    assert "Linear probe of sentence vectors" in out
    assert "Linear probe of token vectors" in out
    assert "finding: the language of a sentence is read best at layer 0: 1.000" in out
    assert "control: chance 0.500; corrections are fitted on 90 sentences" in out
    assert "aa-xx · sentences that find their translation first" in out
    assert "finding: xx-aa:" in out
    stored = next((tmp_path / "runs/where").glob("*/*/result.json"))
    code, out, _ = firth_cli("rerun", str(stored), "--out", "elsewhere")
    assert code == 0
    assert "scores are equal; the largest difference is 0" in out


def test_search_prints_before_and_after(firth_cli, tmp_path):
    given = ("shift", "search", "--parallel", "aa-xx=p.tsv")
    code, out, err = firth_cli(*given, "--components", "1", "--components", "2")
    assert code == 0, err
    for part in ("layer 0", "agnostic centred", "lir 2", "<.001", "zero mean",
                 "finding: aa-xx: layer 0 finds the answer first for", "mended: aa",
                 "fitted on sentences of aa 17 (set aside), xx 17 (set aside)"):  # fmt: skip
        assert part in out, part
    stored = next((tmp_path / "runs/search").glob("*/*/result.json"))
    code, out, _ = firth_cli("rerun", str(stored), "--out", "elsewhere")
    assert "scores are equal; the largest difference is 0" in out
    code, out, err = firth_cli(*given, *CORPORA, "--most", "60", "--pool", "all", "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["config"]["pool"] == "all"
    assert {row["text"] for row in document["tables"]["fit"]} == {"given"}
    assert document["config"]["source"]["corpora"] == {"aa": "aa.txt", "xx": "xx.txt"}


def test_export_writes_a_folder_with_its_figures(firth_cli, tmp_path):
    given = ("--model", "mini", "--quiet", "--dtype", "fp32")
    (tmp_path / "en.txt").write_text("".join(f"Line {i}.\n" for i in range(9)), encoding="utf-8")
    (tmp_path / "zh.txt").write_text("".join(f"第{i}行。\n" for i in range(9)), encoding="utf-8")
    pairs = "".join(f"It is {i}.\t是{i}。\n" for i in range(8))
    (tmp_path / "q.tsv").write_text(pairs, encoding="utf-8")
    texts = ("--corpus", "en=en.txt", "--corpus", "zh=zh.txt")
    code, out, err = firth_cli("shift", "search", "--parallel", "en-zh=q.tsv", *texts, "--layer",
                               "0", "--layer", "1", "--components", "1", *given)  # fmt: skip
    assert code == 0, err
    assert "best layer of half the queries" in out
    [folder] = (tmp_path / "runs/search/mini").iterdir()
    own = ("shift", "export", *texts, "--layer", "1", *given, "--result", str(folder))
    code, out, err = firth_cli(*own, "-o", "fair")
    assert (code, err) == (0, "")
    assert out.startswith("fair: mini to block 1, 1 language direction taken out; weights fp32")
    said = (tmp_path / "fair/README.md").read_text(encoding="utf-8")
    assert "| en | 9 | en.txt |" in said
    assert "| asked | recall_at_1, before → after |" in said
    assert "| zh-en | " in said
    assert "fitted on other sentences (9 en, 9 zh)" in said
    # A second time there is something in the way.
    code, out, err = firth_cli(*own, "-o", "fair")
    assert (code, out) == (2, "")
    assert "fair is not empty" in err
    for arguments, what in (
        (("--prefix", "query: "), "measured with prefix '', the export has 'query: '"),
        (("--layer", "2"), "says nothing of layer 2"),
    ):
        code, _, err = firth_cli(*own, *arguments, "-o", "other")
        assert code == 2
        assert what in err
    assert not (tmp_path / "other").exists()


def test_export_of_carried_text_warns_and_gives_json(firth_cli, tmp_path):
    given = ("shift", "export", "--model", "mini", "--languages", "en,zh", "--layer", "1")
    code, out, err = firth_cli(*given, "--most", "8", "-o", "fair", "--keep-mean", "--json", "-q")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "folder": "fair", "layer": 1, "directions": 1, "sentences": {"en": 8, "zh": 8},
    }  # fmt: skip
    assert "stays where it is" in (tmp_path / "fair/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["where", "--corpus", "aa=aa.txt"], "at least two languages"),
        (["where", "--corpus", "aa=aa.txt", "--corpus", "xx=one.txt"], "xx has 1 different"),
        (["where", "--corpus", "aa"], "write LANGUAGE=FILE"),
        (["where", *CORPORA, "--parallel", "aa-yy=p.tsv"], "needs a corpus of yy"),
        (["where", *CORPORA, "--layer", "3"], "layer 3 does not exist"),
        (["where", *CORPORA, "--most", "2"], "--most"),
        (["where", *CORPORA, "--components", "0"], "1 direction or more"),
        (["where", *CORPORA, "--components", "13"], "r 13: from 0 to 12"),
        (["search"], "parallel text is missing"),
        (["search", "--parallel", "aa-xx=none.tsv"], "none.tsv cannot be read"),
        (["search", "--parallel", "aa-xx=few.tsv"], "no text of aa"),
        (["search", "--parallel", "aa-xx=p.tsv", "--corpus", "aa=aa.txt"], "no text of xx"),
        (["search", "--parallel", "aa-xx=p.tsv", "--corpus", "carried"], "are too few for search"),
        (["search", "--parallel", "aa-xx=p.tsv", "--pool", "some"], "--pool"),
        (["search", "--parallel", "aa-xx=p.tsv", "--layer", "9"], "layer 9 does not exist"),
        (["export", "-o", "new"], "holds word vectors"),
        (["export", "-o", "new", "--model", "mini", "--layer", "13"], "after block 1 to 12"),
        (["export", "-o", "new", "--languages", "en"], "only en is given"),
        (["export", "-o", "new", "--languages", "en,fr"], "no sentences in 'fr'"),
        (["export", "-o", "new", "--languages", "aa", *CORPORA], "the corpus xx is of no use"),
        (["export", "-o", "new", "--corpus", "en=aa.txt", "--corpus", "zh=one.txt"], "zh has 1"),
        (["export", "-o", ".", "--model", "mini"], "is not empty"),
        (["export", "-o", "new", "--model", "mini", "--result", "no"], "no result can be read"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_and_exit_2(firth_cli, tmp_path, arguments, said):
    code, out, err = firth_cli("shift", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "new").exists()
