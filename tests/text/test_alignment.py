import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.text.alignment import (
    GoldLinks,
    SentencePair,
    check_gold,
    pharaoh,
    read_gold,
    read_sentence_pairs,
)

PAIRS = [SentencePair(("a", "b", "c"), ("A", "B")), SentencePair(("d",), ("D", "E", "F"))]


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_both_ways_of_writing_pairs(tmp_path):
    bars = write(tmp_path / "bars", "a b  c ||| A B\r\nd ||| D E F\n")
    tabs = write(tmp_path / "tabs", "a b c\tA B\nd\tD E F")
    assert read_sentence_pairs(bars) == read_sentence_pairs(tabs) == PAIRS
    zipped = tmp_path / "bars.gz"
    zipped.write_bytes(gzip.compress(bars.read_bytes()))
    assert read_sentence_pairs(zipped) == PAIRS
    assert PAIRS[0].line == "a b c ||| A B"
    # A tab among blanks is a blank where there are bars, and bars inside a word are no separator.
    mixed = write(tmp_path / "mixed", "a\tb ||| A\nx|||y\tz\n")
    assert read_sentence_pairs(mixed) == [
        SentencePair(("a", "b"), ("A",)),
        SentencePair(("x|||y",), ("z",)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a ||| b\na b c\n", "line 2: no separators"),
        ("a ||| b\n\n", "line 2: no separators"),
        ("a ||| b ||| c\n", "line 1: 2 separators"),
        ("a\tb\tc\n", "line 1: 2 separators"),
        ("a ||| b\n||| b\n", "line 2: the source sentence is empty"),
        ("a |||\n", "line 1: the target sentence is empty"),
        ("a\t \n", "line 1: the target sentence is empty"),
    ],
)
def test_what_is_no_pair(tmp_path, text, said):
    with pytest.raises(InputError, match="pairs.*" + said):
        read_sentence_pairs(write(tmp_path / "pairs", text))


def test_sure_and_possible_links_from_0_and_from_1(tmp_path):
    zero = write(tmp_path / "zero", "0-0 1p1 2?1 0-0\n0-2\n")
    one = write(tmp_path / "one", "1-1 2p2 3?2\n1-3\n")
    expected = [GoldLinks(((0, 0),), ((1, 1), (2, 1))), GoldLinks(((0, 2),))]
    assert read_gold(zero, PAIRS) == read_gold(zero, PAIRS, 0) == expected
    assert read_gold(one, PAIRS) == read_gold(one, PAIRS, "1") == expected
    assert expected[0].line == "0-0 1p1 2p1"
    # What is sure is not possible besides; a pair may have no link.
    both = write(tmp_path / "both", "0p0 0-0\n\n")
    assert read_gold(both, PAIRS) == [GoldLinks(((0, 0),)), GoldLinks(())]


def test_an_index_that_cannot_be_told(tmp_path):
    inside = write(tmp_path / "inside", "1-1\n\n")
    with pytest.raises(InputError, match="--gold-index"):
        read_gold(inside, [SentencePair(("a", "b"), ("A", "B"))] * 2)
    # The same links name the last word of a shorter sentence: they are numbered from 1.
    assert read_gold(inside, PAIRS[1:] * 2) == [GoldLinks(((0, 0),)), GoldLinks(())]


@pytest.mark.parametrize(
    ("text", "index", "said"),
    [
        ("0-0\n", "auto", "1 lines, but there are 2 sentence pairs"),
        ("0-0\n0-0\n0-0\n", "auto", "3 lines"),
        ("0-0\n0:0\n", "auto", "line 2: '0:0' is no link"),
        ("0-0\n-1-0\n", "auto", "line 2: '-1-0' is no link"),
        ("0-0\n1-0\n", "auto", "line 2: link 1-0, but the pair has 1 source and 3 target"),
        ("0-0\n0-3\n", 0, "--gold-index 1 would"),
        ("0-0\n0-0\n", 1, "line 1: link 0-0"),
        ("0p0\n\n", "auto", "no sure link"),
        ("\n\n", 0, "no sure link"),
    ],
)
def test_what_is_no_gold(tmp_path, text, index, said):
    with pytest.raises(InputError, match="gold.*" + said):
        read_gold(write(tmp_path / "gold", text), PAIRS, index)


def test_an_index_is_0_1_or_auto(tmp_path):
    with pytest.raises(OptionError, match="legal are auto, 0, 1.*Did you mean 'auto'"):
        read_gold(tmp_path / "none", PAIRS, "automatic")


def test_gold_that_was_not_read():
    check_gold(PAIRS, [GoldLinks(((2, 1),)), GoldLinks((), ((0, 2),))])
    with pytest.raises(InputError, match="of 1 sentence pairs, but there are 2"):
        check_gold(PAIRS, [GoldLinks(((0, 0),))])
    with pytest.raises(InputError, match="sentence pair 2: gold link 0-3"):
        check_gold(PAIRS, [GoldLinks(((0, 0),)), GoldLinks((), ((0, 3),))])
    with pytest.raises(InputError, match="no gold link is sure"):
        check_gold(PAIRS, [GoldLinks(()), GoldLinks((), ((0, 1),))])


@given(st.data())
def test_what_is_written_is_read(tmp_path_factory, data):
    sizes = data.draw(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1))
    pairs = [SentencePair(("s",) * s, ("t",) * t) for s, t in sizes]
    gold = []
    for s, t in sizes:
        cells = st.tuples(st.integers(0, s - 1), st.integers(0, t - 1))
        links = data.draw(st.lists(cells, unique=True))
        cut = data.draw(st.integers(0, len(links)))
        gold.append(GoldLinks(tuple(links[:cut]), tuple(links[cut:])))
    gold[0] = GoldLinks(((0, 0),), tuple(x for x in gold[0].possible if x != (0, 0)))
    folder = tmp_path_factory.mktemp("gold")
    file = write(folder / "g", "".join(one.line + "\n" for one in gold))
    assert read_gold(file, pairs) == gold
    assert pharaoh(gold[0].sure) == "0-0"


def test_published_gold(shared):
    pairs = read_sentence_pairs(shared / "alignment" / "zhen.src-tgt")
    gold = read_gold(shared / "alignment" / "zhen.gold", pairs)
    assert len(pairs) == 450
    assert sum(len(one.sure) for one in gold) == 11238
    assert sum(len(one.possible) for one in gold) == 178
    assert gold == read_gold(shared / "alignment" / "zhen.gold", pairs, 1)
