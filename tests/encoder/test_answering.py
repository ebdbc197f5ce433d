"""Readers: windows, offsets, the best span over all windows, folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_reader import OPTIONS, PlainLoop, item, reader_folder, with_pairs
from transformers import PreTrainedTokenizerFast

from firth.encoder.load import load
from firth.encoder.passages import Passage
from firth.encoder.question_windows import QuestionWindower, WindowOptions
from firth.encoder.reader import Reader
from firth.encoder.spans import SpanLimits, candidates, no_answer_probability, span_scores
from firth.encoder.windows import Tokenised, Windower
from firth.errors import ModelError, OptionError
from firth.text.carried import plain
from firth.train.reader_folder import write_reader
from firth.train.tokenizer import train_tokenizer

PAIRS = [
    ("What rose?", " ".join(["The price of Apple shares rose again today!"] * 9)),
    ("one", "I ate an apple, and then another apple."),
    ("谁发布了新手机", "苹果公司今天发布了新手机  我吃了一个苹果。" * 6),
    ("an apple, and then another apple, and then another", "a b c d e f g h i j k l m n o p" * 3),
    ("What?", " one\n\n  two "),
]
# Arabic and Hebrew with points, Devanagari, accents in two parts, a mark of byte order, astral.
SCRIPTS = (
    "في عام ٢٠٠١ وُلِدَ الكاتب. בְּרֵאשִׁית בָּרָא; हिन्दी में उत्तर है "
    "cafe\u0301 au lait, \ufeffnaïve Ångström \U0001f34e\U0001f469‍\U0001f52c ﬁne\u00a0print"
)


def fast(kind: Any, *, size: int = 600) -> Any:
    texts = {language: plain(language)[:100] for language in ("en", "zh", "ru")}
    texts["x"] = [SCRIPTS] * 100
    return PreTrainedTokenizerFast(
        tokenizer_object=train_tokenizer(texts, kind, size),
        pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Any]:
    return {kind: fast(kind) for kind in ("wordpiece", "unigram", "bpe")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny reader by family."""
    made: dict[str, Path] = {}

    def of(family: str) -> Path:
        if family not in made:
            at = tmp_path_factory.mktemp(family)
            made[family] = reader_folder(tiny.save(family, at / "encoder"), at / "reader")
        return made[family]

    return of


@pytest.fixture(scope="module")
def reader(folder: Callable[[str], Path]) -> Reader:
    return Reader.load(str(folder("bert")), device="cpu", dtype="fp32")


@pytest.mark.parametrize("kind", ["wordpiece", "unigram", "bpe"])
def test_windows_are_the_librarys(tokenizers: dict[str, Any], kind: str) -> None:
    tokenizer = tokenizers[kind]
    windower = QuestionWindower(tokenizer, OPTIONS, typed=True)
    pairs = [pair for pair in PAIRS if len(tokenizer.tokenize(pair[0])) <= 8]
    assert len(pairs) >= 3
    pairs.append(("what?", SCRIPTS * 3))
    ours = windower.windows(pairs)
    assert windower.cut == 0
    for number, (question, context) in enumerate(pairs):
        own = [window for window in ours if window.item == number]
        theirs = tokenizer(
            question, context, truncation="only_second", max_length=32, stride=6,
            return_overflowing_tokens=True, return_offsets_mapping=True,
        )  # fmt: skip
        assert [one.ids.tolist() for one in own] == theirs["input_ids"]
        kinds = [None if one.types is None else one.types.tolist() for one in own]
        assert kinds == theirs["token_type_ids"]
        for window, offsets in zip(own, theirs["offset_mapping"], strict=True):
            part = slice(window.first, window.first + window.end - window.begin)
            bare = window.passage.offsets[window.begin : window.end]
            for (a, b), (start, end) in zip(offsets[part], bare.tolist(), strict=True):
                text = context[a:b].strip()
                assert context[start:end] in ("", text, text + "\u0301")


def test_long_questions_are_cut_and_counted(tokenizers: dict[str, Any]) -> None:
    windower = QuestionWindower(tokenizers["wordpiece"], OPTIONS)
    windows = windower.windows([("why " * 40, "because " * 40), ("why?", "because")])
    assert windower.cut == 1
    assert {len(one.question) for one in windows if one.item == 0} == {8}
    assert max(one.size for one in windows) == 32
    # The question leaves at least half of the window to the context.
    half = QuestionWindower(tokenizers["wordpiece"], replace(OPTIONS, question_length=64))
    assert {len(one.question) for one in half.windows([("why " * 40, "because")])} == {14}


@pytest.mark.parametrize("kind", ["wordpiece", "unigram", "bpe"])
def test_offsets_of_all_scripts(tokenizers: dict[str, Any], kind: str) -> None:
    windower = QuestionWindower(tokenizers[kind], OPTIONS)
    passage = windower.passages([SCRIPTS])[SCRIPTS]
    covered = np.zeros(len(SCRIPTS), bool)
    for start, end in passage.offsets:
        covered[start:end] = True
        assert SCRIPTS[start:end] == SCRIPTS[start:end].strip()
    # A mark of byte order and a joiner may be no token's; all else is, accents too.
    assert not {c for c, has in zip(SCRIPTS, covered, strict=True) if not has} - set(
        " \u00a0\ufeff‍"
    )
    for word in SCRIPTS.split():
        start = SCRIPTS.index(word)
        tokens = passage.covering(start, start + len(word))
        assert tokens is not None
        a, b = passage.span(*tokens)
        assert word.strip("\ufeff") in SCRIPTS[a:b]
        assert (SCRIPTS + " ")[b] != "\u0301"
        if kind == "wordpiece":  # parts words at blanks and punctuation, and here nowhere else
            assert SCRIPTS[a:b].strip("\ufeff") == word.strip("\ufeff")
    assert passage.covering(len(SCRIPTS), len(SCRIPTS) + 3) is None


def test_accents_stay_with_their_letters(tokenizers: dict[str, Any]) -> None:
    # NFC joins the letter and its accent, and the library's offsets then leave the accent out.
    text = "au cafe\u0301. \u0301e\u0301\u0323 x"
    assert tokenizers["unigram"].backend_tokenizer.encode(text).offsets[-2][1] == len(text)
    for kind in ("unigram", "bpe", "wordpiece"):
        passage = QuestionWindower(tokenizers[kind], OPTIONS).passages([text])[text]
        tokens = passage.covering(3, 8)
        assert tokens is not None
        assert text[slice(*passage.span(*tokens))] == "cafe\u0301"
        ends = {passage.span(0, last)[1] for last in np.flatnonzero(passage.closes).tolist()}
        starts = {passage.span(first, first)[0] for first in np.flatnonzero(passage.opens).tolist()}
        assert not {at for at in ends if text[at : at + 1] in ("\u0301", "\u0323")}
        assert not {at for at in starts if text[at] in ("\u0301", "\u0323")}
    bare = "\u0301\u0301"
    passage = QuestionWindower(tokenizers["wordpiece"], OPTIONS).passages([bare])[bare]
    assert passage.covering(0, 2) == (0, len(passage.ids) - 1)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab 苹果\u0301\u00a0é\nﬁ🍎.", max_size=30))
def test_every_answer_is_found_again(text: str) -> None:
    windower = _windower()
    passage = windower.passages([text])[text]
    opens, closes = np.flatnonzero(passage.opens), np.flatnonzero(passage.closes)
    spans: set[tuple[int, int]] = set()
    for first in opens.tolist():
        for last in closes[closes >= first].tolist():
            start, end = passage.span(first, last)
            assert passage.covering(start, end) == (first, last)
            assert text[start:end].strip() == text[start:end] != ""
            spans.add((start, end))
    assert len(spans) == sum(int((closes >= first).sum()) for first in opens)


_KEPT: list[QuestionWindower] = []


def _windower() -> QuestionWindower:
    if not _KEPT:
        _KEPT.append(QuestionWindower(fast("unigram", size=600), OPTIONS))
    return _KEPT[0]


def test_bytes_of_one_character_are_one_place() -> None:
    tokenizer = tiny.tokenizer("bytes", 0)
    text = "\U0001f34e one"
    coded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    assert coded["offset_mapping"][0] == coded["offset_mapping"][1] == (0, 1)
    passage = Passage.of(text, Windower(tokenizer, 32).tokenise([text])[0])
    n = int((passage.offsets[:, 1] == 1).sum())
    assert passage.opens[:n].tolist() == [True] + [False] * (n - 1)
    assert passage.closes[:n].tolist() == [False] * (n - 1) + [True]
    assert passage.covering(0, 1) == (0, n - 1)


def test_long_contexts(reader: Reader, tokenizers: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    words = rng.choice([*plain("en")[0].split(), "apple", "苹果", "naïve"], 18_000)
    context = "  ".join(words)[:100_000] + "\nQED"
    windower = QuestionWindower(tokenizers["wordpiece"], WindowOptions(384, 128, 64))
    windows = windower.windows([("which?", context)])
    passage = windows[0].passage
    joined = [(one.begin, one.end) for one in windows]
    assert joined[0][0] == 0
    assert joined[-1][1] == len(passage.ids)
    assert all(b - a2 == 128 for (_, b), (a2, _) in pairwise(joined))
    tokens = passage.covering(len(context) - 3, len(context))
    assert tokens is not None
    assert context[slice(*passage.span(*tokens))] == "QED"
    short = context[-12_000:]
    found = reader.ask([("which?", short)])[0]
    assert found.start is not None
    assert short[found.start : found.end] == found.text != ""


FAMILIES = ("bert", "xlm-roberta", "roberta", "electra", "distilbert", "albert", "deberta-v3",
            "modernbert")  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_plain_loop(folder: Callable[[str], Path], family: str) -> None:
    own, loop = (
        Reader.load(str(folder(family)), device="cpu", dtype="fp32"),
        PlainLoop(folder(family)),
    )
    ascii_only = family in ("roberta", "modernbert")  # bytes: the loop knows no parts of characters
    pairs = [p for p in PAIRS if not ascii_only or p[1].isascii()]
    pairs = [p for p in pairs if len(own.encoder.tokenizer.tokenize(p[0])) <= 8]
    assert len(pairs) >= 2
    for pair, found in zip(pairs, own.ask(pairs, SpanLimits(tokens=6, n_best=3)), strict=True):
        text, start, end, probability, none = loop.best(*pair, 6)
        assert (found.text, found.start, found.end) == (text, start, end)
        assert found.probability == pytest.approx(probability, rel=1e-3)
        assert found.no_answer_probability == pytest.approx(none, rel=1e-3, abs=1e-9)
        spans, _ = loop.scores(*pair, 6)
        best = sorted(spans, key=lambda span: -spans[span])[:3]
        assert [(one.start, one.end) for one in found.n_best] == best


def test_neither_company_nor_order_change_an_answer(reader: Reader) -> None:
    rng = np.random.default_rng(3)
    words = " ".join(tiny.TEXTS).split()
    pairs = [("which?", " ".join(rng.choice(words, rng.integers(1, 60)))) for _ in range(40)]
    together = reader.ask(pairs)
    backwards = reader.ask(pairs[::-1])[::-1]
    alone = [reader.ask([pair])[0] for pair in pairs]
    for pair, a, b, c in zip(pairs, together, backwards, alone, strict=True):
        assert (a.start, a.end, a.text) == (b.start, b.end, b.text) == (c.start, c.end, c.text)
        assert a.probability == pytest.approx(c.probability, rel=1e-4)
        assert a.text == pair[1][a.start : a.end]
    assert reader.ask([]) == []


def test_limits(reader: Reader) -> None:
    items = [item(question, context, name=str(at)) for at, (question, context) in enumerate(PAIRS)]
    free = reader.answers(items, n_best=400, max_answer=31)
    for one in free:
        assert sum(each.probability for each in one.n_best) <= 1 + 1e-9
        assert list(one.n_best) == sorted(one.n_best, key=lambda each: -each.probability)
        assert len({(each.start, each.end) for each in one.n_best}) == len(one.n_best)
    assert sum(each.probability for each in free[4].n_best) == pytest.approx(1)
    told: list[int] = []
    short = reader.answers(items, n_best=50, max_characters=5, progress=told.append)
    assert told == [len(items)]
    assert all(each.end - each.start <= 5 for one in short for each in one.n_best)
    single = reader.answers(items, n_best=50, max_answer=1)
    tokens = reader.encoder.tokenizer.tokenize
    assert all(len(tokens(each.text)) == 1 for each in single[0].n_best)
    with pytest.raises(OptionError, match="tokens 0"):
        reader.answers(items, max_answer=0)


def test_no_answer(reader: Reader) -> None:
    pairs = [("which?", ""), ("which?", " \n "), *PAIRS]
    found = reader.ask(pairs)
    for blank in found[:2]:
        assert (blank.text, blank.start, blank.n_best) == ("", None, ())
        assert blank.no_answer_probability == 1
    level = sorted(one.no_answer_probability for one in found[2:])
    threshold = (level[1] + level[2]) / 2
    strict = replace(reader, threshold=threshold)
    for before, after in zip(found[2:], strict.ask(PAIRS), strict=True):
        silent = before.no_answer_probability > threshold
        assert (after.text == "", after.start is None) == (silent, silent)
        assert after.n_best == before.n_best


def test_spans_by_hand(tokenizers: dict[str, Any]) -> None:
    windower = QuestionWindower(tokenizers["wordpiece"], OPTIONS)
    window = windower.windows([("the", "the the the")])[0]
    n, first = window.size, window.first
    logits = np.full((n, 2), -50.0, np.float32)
    logits[first : first + 3, 0] = [1, 2, 0]  # starts
    logits[first : first + 3, 1] = [0, 0, 3]  # ends
    logits[0] = [1, 1]
    limits = SpanLimits(tokens=2, n_best=2)
    scores = span_scores([window], [logits], limits)
    np.testing.assert_array_equal(scores, [[1, 1], [2, 5], [3, -np.inf]])
    best, total = candidates(window.passage, scores, limits)
    legal = np.exp([1.0, 1, 2, 5, 3])
    assert [(one.start, one.end) for one in best] == [(4, 11), (8, 11)]
    assert best[0].probability == pytest.approx(legal[3] / legal.sum())
    assert total == pytest.approx(np.log(legal.sum()))
    quiet = no_answer_probability([logits, logits + 4], total)  # the lower of the two
    assert quiet == pytest.approx(np.exp(2) / (np.exp(2) + legal.sum()))
    # Of equally good spans the first, and of these the shorter one.
    ties = candidates(window.passage, np.zeros((3, 2)), SpanLimits(n_best=3))[0]
    assert [(one.start, one.end) for one in ties] == [(0, 3), (0, 7), (4, 7)]


def test_pointing_at_the_blank_before_a_word_is_pointing_at_the_word() -> None:
    window = _windower().windows([("one", "a b")])[0]
    offsets = np.array([[0, 1], [1, 2], [2, 3], [2, 3]])  # a, the blank, two parts of one character
    tokens = Tokenised(np.array([5, 6, 7, 8]), offsets)
    window = replace(window, passage=Passage.of("a b", tokens), begin=0, end=4)
    assert window.passage.opens.tolist() == [True, False, True, False]
    logits = np.zeros((window.size, 2), np.float32)
    own = logits[window.first : window.first + 4]
    own[:, 0] = [1, 4, 2, 3]  # starts: at the blank
    own[:, 1] = [0, 9, 7, 6]  # ends: at the first part
    scores = span_scores([window], [logits], SpanLimits(tokens=3))
    no = -np.inf
    np.testing.assert_array_equal(scores, [[1, no, no], [no] * 3, [no, 11, no], [no] * 3])
    # A window that begins behind the blank does not see it.
    late = replace(window, begin=2)
    scores = span_scores([late], [logits[2:]], SpanLimits(tokens=3))
    np.testing.assert_array_equal(scores[2], [no, 10, no])


def test_bf16_is_near(folder: Callable[[str], Path]) -> None:
    exact = Reader.load(str(folder("bert")), device="cpu", dtype="fp32").ask(PAIRS)
    coarse = Reader.load(str(folder("bert")), device="cpu", dtype="bf16").ask(PAIRS)
    for a, b in zip(exact, coarse, strict=True):
        assert b.no_answer_probability == pytest.approx(a.no_answer_probability, abs=0.1)
        assert b.probability == pytest.approx(a.probability, abs=0.1)


def test_in_memory_and_from_its_folder(folder: Callable[[str], Path], tmp_path: Path) -> None:
    stored = Reader.load(str(folder("bert")), device="cpu", dtype="fp32")
    assert stored.options == OPTIONS
    assert (folder("bert") / "README.md").read_text() == "# A tiny reader\n"
    model = PlainLoop(folder("bert")).model
    inside = Reader.of(stored.encoder, model, OPTIONS, threshold=0.25)
    with torch.no_grad():
        model.qa_outputs.weight.zero_()  # training goes on
    assert [a.start for a in inside.ask(PAIRS)] == [
        a.start for a in replace(stored, threshold=0.25).ask(PAIRS)
    ]
    write_reader(tmp_path / "again", model, stored.encoder.tokenizer, OPTIONS, "", threshold=0.25)
    assert Reader.load(str(tmp_path / "again"), device="cpu").threshold == 0.25


def test_a_folder_is_whole_or_the_old_one(
    folder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = PlainLoop(folder("bert"))
    target = tmp_path / "reader"
    write_reader(target, loop.model, loop.tokenizer, OPTIONS, "first")

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(type(loop.tokenizer), "save_pretrained", broken)
    with pytest.raises(OSError, match="disk full"):
        write_reader(target, loop.model, loop.tokenizer, OPTIONS, "second")
    assert (target / "README.md").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["reader"]


def test_refusals(
    folder: Callable[[str], Path], folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    plain_encoder = tiny.save("bert", tmp_path / "plain")
    with pytest.raises(ModelError, match="has no span head"):
        Reader.load(str(with_pairs(plain_encoder)), device="cpu")
    single = load(str(folder_of("bert")), device="cpu", dtype="fp32")
    with pytest.raises(ModelError, match="template for pairs"):
        QuestionWindower(single.tokenizer, OPTIONS)
    with pytest.raises(OptionError, match="length 64: the encoder reads 48"):
        Reader.of(single, PlainLoop(folder("bert")).model, WindowOptions(length=64))
    with pytest.raises(OptionError, match="length 8"):
        WindowOptions(length=8)
    for written, said in (('{"length": "x"}', "x"), ("[]", "reader.json"), ('{"lenght": 9}', "lenght"),
                          ('{"length": 3}', "length 3"), ("{", "reader.json")):  # fmt: skip
        bad = tmp_path / "bad"
        write_reader(bad, PlainLoop(folder("bert")).model, single.tokenizer, OPTIONS, "")
        (bad / "tokenizer.json").write_text((folder("bert") / "tokenizer.json").read_text())
        (bad / "reader.json").write_text(written)
        with pytest.raises(ModelError, match=said):
            Reader.load(str(bad), device="cpu")
    (bad / "reader.json").unlink()
    assert Reader.load(str(bad), device="cpu").options.length == 48
    assert json.loads((folder("bert") / "reader.json").read_text())["threshold"] is None
