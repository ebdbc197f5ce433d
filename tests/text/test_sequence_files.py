"""Sequences in every layout they are read in, and every mistake named with its line."""

import gzip
import json

import pytest

from firth.errors import InputError, OptionError
from firth.text.sequence_files import read_sequences, set_name
from firth.text.sequences import Example, SequenceSet, join


@pytest.fixture
def write(tmp_path):
    def call(name: str, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return call


def seen(data):
    return [("".join(one.symbols), one.label) for one in data.examples]


def test_csv_with_every_column(write):
    text = (
        "\ufeffid,Label,sequence,split,group\r\ns1,EI, ACGT ,train,g\r\n\r\ns2,N,AC,Validation,\r\n"
    )
    path = write("a.csv", text)
    data = read_sequences(path)
    assert data.name == "a"
    first, second = data.examples
    assert first == Example(("A", "C", "G", "T"), "EI", f"{path}, line 2", "train", "g", "s1")
    assert (second.split, second.group, second.where) == ("dev", None, f"{path}, line 4")
    assert (data.classes, data.alphabet, len(data)) == (("EI", "N"), tuple("ACGT"), 2)
    assert data.notes == ("1 sequences are in no group; each stands for itself",)
    assert list(data.lines()) == ["A C G T\tEI\ttrain\tg", "A C\tN\tdev\t"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'sequence,label\n"ACGT","x, ""y"""\nAC,x\n'),
        ("a.csv", 'label;sequence\nx, "y";ACGT\nx;AC\n'),
        ("a.tsv", 'label\tsequence\nx, "y"\tACGT\nx\tAC\n'),
        ("a.jsonl", '{"sequence": "ACGT", "label": "x, \\"y\\""}\n{"label":"x","sequence":"AC"}\n'),
        ("a.fa", '>1|x, "y"\nAC\nGT\n\n>2|x\nAC\n'),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_same_in_every_layout(write, name, text, packed):
    content = gzip.compress(text.encode()) if packed else text
    header = "id|label"
    data = read_sequences(write(name + ".gz" * packed, content), header=header)
    assert seen(data) == [("ACGT", 'x, "y"'), ("AC", "x")]
    assert data.name == "a"


def test_columns_by_other_names(write):
    path = write("a.csv", "split,seq,y,part,set\nsampled,AC,1.5,p,train\nsampled,AG,-2e-1,p,test\n")
    data = read_sequences(
        path, sequence="seq", label="y", split="set", group="part", target="number"
    )
    assert [(one.label, one.split, one.group) for one in data.examples] == [
        (1.5, "train", "p"), (-0.2, "test", "p"),
    ]  # fmt: skip
    assert data.classes == ()
    left_alone = read_sequences(path, sequence="seq", label="y", split="")
    assert {one.split for one in left_alone.examples} == {None}
    with pytest.raises(InputError, match="line 2: split 'sampled'; legal are train, dev and test"):
        read_sequences(path, sequence="seq", label="y")


def test_symbols_of_every_kind(write):
    path = write("a.csv", "sequence,label\nACGTA,x\nCCCCC,y\n")
    by = {
        kind: read_sequences(path, symbols=kind).examples[0].symbols
        for kind in ("characters", "kmers:3", "kmers:2:2", "kmers:5")
    }
    assert by == {
        "characters": tuple("ACGTA"), "kmers:3": ("ACG", "CGT", "GTA"),
        "kmers:2:2": ("AC", "GT"), "kmers:5": ("ACGTA",),
    }  # fmt: skip
    assert read_sequences(path, symbols="kmers:2:2").notes == (
        "2 sequences end in characters that are in no 2-mer (stride 2)",
    )
    notes = write("b.csv", "sequence,label\n60 62  67,bach\n60,bach\n")
    assert read_sequences(notes, symbols="blanks").examples[0].symbols == ("60", "62", "67")
    rows = [{"sequence": [60, "62"], "label": True}, {"sequence": ["60"], "label": 0}]
    lists = write("c.jsonl", "\n".join(map(json.dumps, rows)))
    assert [(one.symbols, one.label) for one in read_sequences(lists).examples] == [
        (("60", "62"), "True"), (("60",), "0"),
    ]  # fmt: skip


def test_fasta_headers_as_published(write):
    deeploc = ">Q9H400 Cell.membrane-M test\nMGL\nPVS\n>P1 Nucleus-U\nMA\n"
    data = read_sequences(write("a.fasta", deeploc))
    assert seen(data) == [("MGLPVS", "Cell.membrane-M"), ("MA", "Nucleus-U")]
    assert [(one.name, one.split) for one in data.examples] == [("Q9H400", "test"), ("P1", "train")]
    assert data.examples[1].where.endswith("a.fasta, line 4")
    flip = ">Sequence1 TARGET=0.5 SET=train VALIDATION=False\nMA\n>S2 TARGET=1 SET=test\nMC\n"
    data = read_sequences(write("b.fasta", flip), label="target", split="set", target="number")
    assert [(one.label, one.split) for one in data.examples] == [(0.5, "train"), (1.0, "test")]
    uniprot = ">sp|P1|NAME\nMA\n>tr|P2|OTHER\nMC\n"
    data = read_sequences(write("c.fasta", uniprot), header="label|id|_")
    assert [(one.name, one.label) for one in data.examples] == [("P1", "sp"), ("P2", "tr")]
    none = read_sequences(write("d.fasta", ">a\nMA\n>b\nMC\n"), target="none")
    assert [one.label for one in none.examples] == [None, None]


def test_what_is_odd_is_kept_and_counted(write):
    text = "id,label,sequence\na,x,ACGT\na,y,ACGT\nb,x,ACGT\nc,x,acgt\n"
    data = read_sequences(write("a.csv", text))
    assert (len(data), data.repeated, data.disagreeing) == (4, 2, 1)
    assert data.notes == (
        "2 of 4 sequences stood there before",
        "sequences that stand there with different labels: 1; all were kept",
        "1 ids stood there before",
        "4 symbols occur as small and as capital letters (a c g t) and are told apart; read them "
        "in capitals if case means nothing",
    )
    capitals = read_sequences(write("a.csv", text), upper=True)
    assert (capitals.repeated, capitals.alphabet) == (3, tuple("ACGT"))


def test_a_line_of_a_megabyte_is_a_sequence_like_others(write):
    long = "ACGT" * 300_000
    for quote in ("", '"'):
        text = f"sequence,label\n{quote}{long}{quote},x\nAC,y\n"
        data = read_sequences(write("a.csv", text))
        assert [len(one.symbols) for one in data.examples] == [1_200_000, 2]
    with pytest.raises(InputError, match="line 2: 10,000,002 characters; a line holds at most"):
        read_sequences(write("a.csv", "sequence,label\n" + "A" * 10_000_000 + ",x\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.csv is empty"),
        ("\n \n", "a.csv is empty"),
        ("sequence,label\n", "a holds no sequence"),
        ("sequences,label\nAC,x\n", r"no column `sequence`; there are sequences, label. Did you"),
        ("sequence,class\nAC,x\n", r"no column `label`; there are sequence, class"),
        ("sequence,label,label\nAC,x,y\n", "line 1: two columns are called 'label'"),
        ("sequence,label\nAC,x\n,x\n", "line 3: the sequence is empty"),
        ("sequence,label\nAC,x\nAC, \n", "line 3: the label is empty"),
        ("sequence,label\nAC\n", "line 2: 1 cells, but the header has 2"),
        ("sequence,label\nAC,x,y\n", "line 2: 3 cells, but the header has 2"),
        ('sequence,label\n"AC,x\n', "line 2: a quote opens at character 1 and is not closed"),
        ('sequence,label\n"AC"G,x\n', "line 2: something stands behind the quote"),
        ("sequence,label\n60 62,x\n", "line 2: the sequence has blanks .*by `blanks`"),
        ("sequence,label,split\nAC,x,train\nAC,x,\n", "line 3: no split, though other rows"),
        ("sequence,label,split\nAC,x,tets\n", r"line 2: split 'tets'; .*Did you mean 'test'\?"),
        ("sequence,label\rAC,x\r", "line 1: lines end in CR alone"),
        ('[{"sequence": "AC"}]', "line 1: a JSON list; write JSON lines"),
        ('{"sequence": "AC", "label": 1}\nnonsense', "line 2: not JSON"),
        ('{"sequence": "AC", "label": 1}\n[1]', "line 2: not an object"),
        ('{"sequence": "AC", "label": 1}\n{"sequence": "AC"}', "line 2: no `label`"),
        ('{"sequence": "AC", "label": null}', "line 1: the label is empty"),
        ('{"sequence": "AC", "label": [1]}', "line 1: the label is a list"),
        ('{"sequence": [], "label": 1}', "line 1: the sequence is empty"),
        ('{"sequence": [1.5], "label": 1}', "a list holds texts or whole numbers"),
        ('{"sequence": "\\ud800", "label": 1}', "line 1: not JSON"),
        (">a x\nAC\n>b x\n>c y\nAC\n", "line 3: the sequence is empty"),
        (">a\nAC\n", "no column `label`; there are id, sequence"),
        (">a x train\nAC\n>b\nAC\n", "line 3: no `label`"),
        (">a some protein OS=Homo\nAC\n", "line 1: the header has 4 fields, but the layout"),
        (">a x maybe\nAC\n", "line 1: split 'maybe'"),
    ],
)
def test_a_mistake_names_file_and_line(write, text, said):
    with pytest.raises(InputError, match=said) as error:
        read_sequences(write("a.csv", text))
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read(write, tmp_path):
    with pytest.raises(InputError, match=r"line 2: not UTF-8 \(byte 0xb0\)"):
        read_sequences(write("a.csv", "sequence,label\n啊,x\n".encode("gb18030")))
    with pytest.raises(InputError, match="cannot be read"):
        read_sequences(tmp_path / "none.csv")
    with pytest.raises(InputError, match="not a whole gzip file"):
        read_sequences(write("a.gz", gzip.compress(b"sequence,label\nA,x\n" * 9)[:-9]))


def test_mistakes_of_numbers(write):
    def read(label: str) -> None:
        read_sequences(write("a.csv", f"sequence;label\nAC;1\nAC;{label}\n"), target="number")

    for text in ("EI", "1_0", "nan", "inf", "1e999", "0x1", "--1"):
        with pytest.raises(InputError, match=f"line 3: label '{text}' is not a number; give a"):
            read(text)
    with pytest.raises(InputError, match="write a point, not a comma"):
        read("1,5")
    rows = "".join(f"AC,{number / 7}\n" for number in range(20))
    with pytest.raises(InputError, match=r"20 different numbers in 20 labels; .*\(target number\)"):
        read_sequences(write("a.csv", "sequence,label\n" + rows))
    assert len(read_sequences(write("a.csv", "sequence,label\n" + rows), target="number")) == 20


def test_mistakes_of_arguments(write):
    path = write("a.csv", "sequence,label\nACG,x\n")
    for options, said in (
        ({"target": "clas"}, r"target 'clas': legal are class, number, none. Did you mean 'class'"),
        ({"symbols": "charcters"}, "symbols 'charcters': legal are characters, blanks, kmers:K"),
        ({"symbols": "kmers"}, "both whole numbers from 1"),
        ({"symbols": "kmers:0"}, "both whole numbers from 1"),
        ({"symbols": "kmers:2:3"}, "a stride of 3 passes over characters; it is at most 2"),
        ({"symbols": "blanks:2"}, "blanks takes no number"),
    ):
        with pytest.raises(OptionError, match=said):
            read_sequences(path, **options)
    for header, said in (("id lable", "'lable' is no field"), ("id id", "twice"), ("|", "legal")):
        with pytest.raises(OptionError, match=said):
            read_sequences(write("a.fa", ">a x\nAC\n"), header=header)
    with pytest.raises(InputError, match=r"line 2: 3 characters \('ACG'\) hold no 4-mer"):
        read_sequences(path, symbols="kmers:4")
    with pytest.raises(InputError, match=r"no column `piece`; there are sequence, label"):
        read_sequences(path, group="piece")


def test_files_are_joined(write):
    one = read_sequences(write("a.csv", "sequence,label,split\nAC,x,test\nAC,y,test\n"))
    two = read_sequences(write("b.csv", "sequence,label\nGT,z\n"))
    both = join({"train": one, "test": two}, "both")
    assert [one.split for one in both.examples] == ["train", "train", "test"]
    assert both.classes == ("x", "y", "z")
    assert both.notes[0] == "a: 1 of 2 sequences stood there before"
    with pytest.raises(OptionError, match="read in one way"):
        join({"train": one, "test": SequenceSet("n", two.examples, "number")}, "both")
    with pytest.raises(OptionError, match="split 'tset'"):
        join({"tset": one}, "both")


def test_names_of_files():
    assert set_name("x/deeploc_data.fasta.gz") == "deeploc_data"
    assert set_name("data.v2") == "data.v2"
    assert set_name(".csv") == ".csv"
