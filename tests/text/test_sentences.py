import json

import pytest

from firth.errors import InputError
from firth.text.carried import apples, plain
from firth.text.language import LANGUAGES, guess_language
from firth.text.sentences import group_by_word, mark, read_coarsewsd, read_occurrences


def write(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


def test_tsv_and_json_lines_agree(tmp_path):
    tsv = write(
        tmp_path, "a.tsv", "\ufefflabel\tsentence\tword\r\nriver\tthe bank, a bank\tbank\r\n"
    )
    rows = [{"label": "river", "sentence": "the bank, a bank", "word": "bank"}]
    lines = write(tmp_path, "a.jsonl", "\n".join(json.dumps(r) for r in rows))
    found = read_occurrences(tsv)
    assert found == read_occurrences(lines)
    assert [(o.start, o.end, o.label, o.form) for o in found] == [
        (4, 8, "river", "bank"),
        (12, 16, "river", "bank"),
    ]


def test_marked_occurrence_and_chosen_word(tmp_path):
    text = "sentence\tword\tstart\tend\n苹果酱和苹果\t苹果\t4\t6\nx bank\tbank\t\t\n"
    path = write(tmp_path, "a.tsv", text)
    found = read_occurrences(path)
    assert [(o.word, o.start) for o in found] == [("苹果", 4), ("bank", 2)]
    assert list(group_by_word(found)) == ["苹果", "bank"]
    assert [o.word for o in read_occurrences(path, "bank")] == ["bank"]
    with pytest.raises(InputError, match="Did you mean 'bank'"):
        read_occurrences(path, "banks")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("e.tsv", "", "is empty"),
        ("e.tsv", "sentence\tlabel\n", "is empty"),
        ("e.tsv", "text\tlabel\na bank\tx\n", "no column `sentence`"),
        ("e.tsv", "sentence\tlabel\na bank\n", "line 2: 1 cells"),
        ("e.tsv", "sentence\tlabel\nno such\tx\n", "line 2: the word 'bank' does not occur"),
        ("e.tsv", "sentence\tstart\tend\na bank\t2\t9\n", "line 2: start 2 and end 9"),
        ("e.tsv", "sentence\tstart\tend\na bank\ttwo\t6\n", "whole numbers"),
        ("e.tsv", "sentence\tlabel\n \tx\n", "the sentence is empty"),
        ("e.tsv", b"sentence\tlabel\na bank\tx\n\xff bank\ty\n", "line 3: not UTF-8"),
        ("e.jsonl", "{bad\n", "line 1: not JSON"),
        ("e.jsonl", '["a"]\n', "line 1: needs an object"),
    ],
)
def test_mistakes_name_file_and_line(tmp_path, name, content, said):
    path = write(tmp_path, name, content)
    with pytest.raises(InputError) as error:
        read_occurrences(path, "bank")
    assert said in str(error.value)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_file_and_missing_word(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_occurrences(tmp_path / "none.tsv", "bank")
    with pytest.raises(InputError, match="--word"):
        read_occurrences(write(tmp_path, "a.tsv", "sentence\na bank\n"))
    with pytest.raises(InputError, match="sentence 2"):
        mark(["a bank", "a shore"], "bank")


def test_coarsewsd_folder(tmp_path):
    folder = tmp_path / "bank"
    folder.mkdir()
    write(folder, "classes_map.txt", '{"0": "bank_money", "1": "bank_river"}')
    for split in ("train", "test"):
        write(folder, f"{split}.data.txt", "1\tthe bank paid\n3\tsat on the bank\n")
        write(folder, f"{split}.gold.txt", "0\n1\n")
    found = read_coarsewsd(folder)
    assert [(o.form, o.label, o.split) for o in found][:2] == [
        ("bank", "bank_money", "train"),
        ("bank", "bank_river", "train"),
    ]
    assert len(found) == 4
    write(folder, "test.gold.txt", "0\n7\n")
    with pytest.raises(InputError, match="class '7'"):
        read_coarsewsd(folder)
    write(folder, "test.gold.txt", "0\n")
    with pytest.raises(InputError, match="has 1 lines"):
        read_coarsewsd(folder)


@pytest.mark.shared
def test_coarsewsd_as_published(shared):
    found = read_coarsewsd(shared / "senses/coarsewsd20/apple")
    assert len(found) == 2358 + 1032
    assert {o.form for o in found} == {"apple"}


def test_the_lecture_is_carried_whole():
    found = apples()
    assert [o.label for o in found] == ["fruit"] * 5 + ["company"] * 5
    assert all(o.form == "苹果" for o in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_carried_text_is_in_its_language_and_without_the_lecture(language):
    lines = plain(language)
    assert len(lines) == len(set(lines)) >= 20
    assert guess_language(lines) == language
    assert not set(lines) & {o.sentence for o in apples()}


def test_language_is_not_guessed_from_nothing():
    assert guess_language(["12345 !!"]) is None
    assert guess_language([o.sentence for o in apples()]) == "zh"
