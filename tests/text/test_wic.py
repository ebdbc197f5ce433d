import json

import pytest

from firth.errors import InputError
from firth.text.wic import read_wic

HEADER = "lemma\tpos\tstart1\tend1\tsentence1\tstart2\tend2\tsentence2\tlabel\n"


def test_tsv(tmp_path):
    path = tmp_path / "dev.tsv"
    path.write_text(HEADER + "程序\tNOUN\t2\t4\t电脑程序\t0\t2\t程序正义\tF\n", encoding="utf-8")
    (pair,) = read_wic(path)
    assert (pair.first.form, pair.second.form, pair.same) == ("程序", "程序", False)
    assert (pair.word, pair.split) == ("程序", "dev")


def test_published_wic(tmp_path):
    folder = tmp_path / "WiC_dataset" / "train"
    folder.mkdir(parents=True)
    (folder / "train.data.txt").write_text(
        "carry\tV\t1-2\tYou carry well .\tSound to carry .\n", encoding="utf-8"
    )
    (folder / "train.gold.txt").write_text("T\n", encoding="utf-8")
    (pair,) = read_wic(tmp_path / "WiC_dataset")
    assert (pair.first.form, pair.second.form) == ("carry", "carry")
    assert (pair.same, pair.split) == (True, "train")


def test_published_mcl_wic(tmp_path):
    row = {"id": "dev.en-zh.0", "lemma": "mouse", "pos": "NOUN", "sentence1": "a 🐭 mouse",
           "sentence2": "点击鼠标", "start1": "4", "end1": "9", "ranges2": "2-4,0-1"}  # fmt: skip
    (tmp_path / "dev.en-zh.data").write_text(json.dumps([row]), encoding="utf-8")
    (tmp_path / "dev.en-zh.gold").write_text(json.dumps([{"id": row["id"], "tag": "T"}]))
    (pair,) = read_wic(tmp_path / "dev.en-zh.data")
    assert (pair.first.form, pair.second.form, pair.same) == ("mouse", "鼠标", True)
    (tmp_path / "dev.en-zh.gold").write_text(json.dumps([]))
    with pytest.raises(InputError, match="item 1: the id 'dev.en-zh.0' is not in"):
        read_wic(tmp_path)


def test_superglue(tmp_path):
    row = {"word": "bank", "sentence1": "bank a", "sentence2": "the bank", "start1": 0, "end1": 4,
           "start2": 4, "end2": 8, "label": True, "idx": 3}  # fmt: skip
    unknown = {key: value for key, value in row.items() if key != "label"}
    path = tmp_path / "val.jsonl"
    path.write_text(json.dumps(row) + "\n\n" + json.dumps(unknown) + "\n")
    one, two = read_wic(path)
    assert (one.same, one.split, two.same) == (True, "dev", None)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.tsv", "", "a.tsv is empty"),
        ("a.tsv", "lemma\tsentence\n", "line 1: the header has no column `sentence1`"),
        ("a.tsv", HEADER + "w\tN\t0\t1\tw\t0\t1\tw\n", "line 2: 8 cells"),
        ("a.tsv", HEADER + "w\tN\t0\t9\tw\t0\t1\tw\tT\n", "line 2: start1 0 and end1 9"),
        ("a.tsv", HEADER + "w\tN\tx\t1\tw\t0\t1\tw\tT\n", "must be whole numbers"),
        ("a.tsv", HEADER + "w\tN\t0\t1\tw\t0\t1\tw\tyes\n", "label 'yes'"),
        ("a.tsv", HEADER + "\tN\t0\t1\tw\t0\t1\tw\tT\n", "no word"),
        ("a.tsv", HEADER + "w\tN\t0\t1\t \t0\t1\tw\tT\n", "sentence1 is missing or empty"),
        ("a.data", "{", "not JSON"),
        ("a.data", "{}", "expected a list"),
        ("a.data", "[1]", "item 1: expected an object"),
        ("a.jsonl", "[1]", "line 1: expected an object"),
        ("a.jsonl", "nonsense", "line 1: not JSON"),
        ("a.data.txt", "w\tN\t0-7\tw\tw\n", "does not name a token"),
        ("a.data.txt", "w\tN\t0-0\tw\n", "4 cells"),
    ],
)
def test_a_mistake_names_file_and_line(tmp_path, name, content, said):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said) as error:
        read_wic(tmp_path / name)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_without_data(tmp_path):
    with pytest.raises(InputError, match="holds no WiC data"):
        read_wic(tmp_path)
