"""Parallel text in the layouts it is published in, and what is wrong with it in one line."""

import gzip

import pytest

from firth.errors import InputError, OptionError
from firth.text.parallel import language_code, parse_parallel, read_parallel

PAIR = ("en", "zh")
TATOEBA = [("你好。", "Hello."), ("再见。", "Goodbye."), ("谢谢。", "Thank you.")]


@pytest.fixture
def write(tmp_path):
    def call(name: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return call


def laser(write, name="tatoeba.cmn-eng", codes=("cmn", "eng"), packed=False):
    for side, code in enumerate(codes):
        text = "".join(f"{pair[side]}\n" for pair in TATOEBA)
        content = gzip.compress(text.encode()) if packed else text.encode()
        path = write(f"{name}.{code}" + (".gz" if packed else ""), content)
    return path.removesuffix(".gz").removesuffix(f".{codes[1]}")


def test_two_columns_and_what_stands_behind_them(write):
    text = "\ufeffHi.\t嗨。\tCC-BY 2.0 (France)\n\nBye. \t 再见。\nNo.\t\n\t不。\t x\nHi.\t你好。\n"
    found = read_parallel(write("a.tsv", text), PAIR)
    assert found.name == "en-zh"
    assert found.pairs == (("Hi.", "嗨。"), ("Bye.", "再见。"), ("Hi.", "你好。"))
    assert (found.skipped, found.notes) == (2, ())


def test_the_same_packed(write):
    text = "Hi.\t嗨。\r\nBye.\t再见\u2028。\r\n"
    found = read_parallel(write("a.tsv.gz", gzip.compress(text.encode())), PAIR)
    assert found.pairs == (("Hi.", "嗨。"), ("Bye.", "再见\u2028。"))


def test_tatoebas_own_export(write):
    text = "1276\tLet's try!\t2\t我們試試看！\n1277\t12\t3\t34\n"
    found = read_parallel(write("a.tsv", text), PAIR)
    assert found.pairs == (("Let's try!", "我們試試看！"), ("12", "34"))
    # Numbers in the third column alone are an attribution, not an export.
    assert read_parallel(write("b.tsv", "one\teins\t1\tx\n"), PAIR).pairs == (("one", "eins"),)
    with pytest.raises(InputError, match=r"line 3: not id, sentence, id, sentence, as 2 of 3"):
        read_parallel(write("c.tsv", text + "Let's go!\t我们走吧！\n"), PAIR)


def test_two_aligned_files_know_their_sides(write):
    prefix = laser(write)
    chinese_first = read_parallel(prefix, ("zh", "en"))
    assert chinese_first.pairs == tuple(TATOEBA)
    english_first = read_parallel(prefix, ("en", "zh"))
    assert english_first.pairs == tuple((b, a) for a, b in TATOEBA)
    assert read_parallel(prefix, ("en", "zh-Hant")).pairs == english_first.pairs
    assert not chinese_first.notes + english_first.notes
    named = read_parallel(f"{prefix}.eng,{prefix}.cmn", ("en", "zh"))
    assert named.pairs == english_first.pairs


def test_two_aligned_files_may_be_packed_and_unknown(write):
    prefix = laser(write, packed=True)
    assert read_parallel(prefix, ("zh", "en")).pairs == tuple(TATOEBA)
    prefix = laser(write, "t.xxx-eng", ("xxx", "eng"))
    known_by_the_other = read_parallel(prefix, ("en", "yy"))
    assert (known_by_the_other.pairs[0], known_by_the_other.notes) == (("Hello.", "你好。"), ())
    prefix = laser(write, "t.xxx-yyy", ("xxx", "yyy"))
    first = read_parallel(prefix, ("qq", "rr"))
    assert first.pairs == tuple(TATOEBA)
    assert "which of xxx-yyy is qq is not known" in first.notes[0]
    with pytest.raises(InputError, match="holds zh and en, not de and en: name the pair zh-en"):
        read_parallel(laser(write), ("de", "en"))


def test_mistakes_name_file_and_line(write, tmp_path):
    with pytest.raises(InputError, match=r"a\.tsv, line 2: one column"):
        read_parallel(write("a.tsv", "Hi.\t嗨。\nBye. 再见。\n"), PAIR)
    with pytest.raises(InputError, match=r"a\.tsv, line 1: not UTF-8"):
        read_parallel(write("a.tsv", "Hi.\t嗨。\n".encode("gb18030")), PAIR)
    with pytest.raises(InputError, match="no pair of sentences: 1 have an empty side"):
        read_parallel(write("a.tsv", "Hi.\t\n"), PAIR)
    with pytest.raises(InputError, match="no pair of sentences: 0"):
        read_parallel(write("a.tsv", ""), PAIR)
    with pytest.raises(InputError, match=r"a\.tsv\.gz is not a whole gzip file"):
        read_parallel(write("a.tsv.gz", gzip.compress(b"Hi.\tx\n" * 99)[:-9]), PAIR)
    with pytest.raises(InputError, match=r"none\.tsv cannot be read"):
        read_parallel(tmp_path / "none.tsv", PAIR)
    with pytest.raises(InputError, match="two files with other names are given as FILE,FILE"):
        read_parallel(tmp_path / "tatoeba.jpn-eng", PAIR)
    a, b = write("a", "x\ny\n"), write("b", "x\ny\nz\n")
    for one in (f"{a},{b}", f"{b},{a}"):
        with pytest.raises(InputError, match=r"b, line 3: .*a has only 2 lines"):
            read_parallel(one, PAIR)
    with pytest.raises(InputError, match="no cannot be read"):
        read_parallel(f"{a},{tmp_path / 'no'}", PAIR)


def test_what_stands_on_a_command_line():
    assert parse_parallel(["en-zh=a.tsv", "zh-Hant-en=x=y"]) == {
        ("en", "zh"): "a.tsv", ("zh-Hant", "en"): "x=y",
    }  # fmt: skip
    for wrong in ("en=a", "en-zh", "en-zh=", "-zh=a", "en zh=a"):
        with pytest.raises(OptionError, match="write LANGUAGE-LANGUAGE=FILE"):
            parse_parallel([wrong])
    with pytest.raises(OptionError, match="en-zh was given before, as a"):
        parse_parallel(["en-zh=a", "en-zh=b"])
    with pytest.raises(OptionError, match="must differ"):
        parse_parallel(["en-en=a"])


def test_codes_of_three_letters():
    codes = {"cmn": "zh", "zho": "zh", "eng": "en", "deu": "de", "jpn": "ja", "spa": "es"}
    codes |= {"rus": "ru", "fra": "fr", "ENG": "en", "zh": "zh", "xyz": "xyz"}
    assert {code: language_code(code) for code in codes} == codes
