"""Tokenizers of several languages, and a fake language that is cut as its twin."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firth.errors import InputError, OptionError
from firth.text.carried import plain
from firth.text.fake import fake
from firth.train.tokenizer import SPECIAL, Kind, special_ids, train_tokenizer

TEXTS = {"en": plain("en"), "zh": plain("zh")}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_kinds(kind: Kind) -> None:
    tokenizer = train_tokenizer(TEXTS, kind, 1500)
    assert tokenizer.get_vocab_size() <= 1500
    ids = special_ids(tokenizer)
    assert sorted(ids.values()) == list(range(5))
    text = f"{TEXTS['en'][0]} {TEXTS['zh'][0]}"
    cut = tokenizer.encode(text)
    assert cut.ids[0] == ids["[CLS]"]
    assert cut.ids[-1] == ids["[SEP]"]
    assert "[UNK]" not in cut.tokens
    for (start, end), token in zip(cut.offsets, cut.tokens, strict=True):
        if token not in SPECIAL:
            piece = token.removeprefix("##").removeprefix("▁")
            assert piece in text[start:end].strip().lower()
    assert tokenizer.encode("[MASK]").ids[1] == ids["[MASK]"]


def test_case_is_kept_on_demand() -> None:
    cased = train_tokenizer({"en": ["Ada Ada ada"] * 20}, "wordpiece", 100, lowercase=False)
    assert cased.encode("Ada").ids != cased.encode("ada").ids


MIRRORED = train_tokenizer({"en": plain("en"), "en-x-fake": ["x"]}, "wordpiece", 600)
HALF = (MIRRORED.get_vocab_size() - len(SPECIAL)) // 2


@given(st.text(st.sampled_from(sorted({c for line in plain("en") for c in line} - {"\n"}))))
def test_a_fake_text_is_cut_as_its_twin(text: str) -> None:
    own = MIRRORED.encode(text, add_special_tokens=False).ids
    twin = MIRRORED.encode(fake(text), add_special_tokens=False).ids
    low = len(SPECIAL)
    assert [number + HALF if low <= number < low + HALF else number for number in own] == twin
    assert MIRRORED.decode(twin).replace(" ", "") == fake(MIRRORED.decode(own)).replace(" ", "")


def test_refusals() -> None:
    with pytest.raises(OptionError, match="Did you mean 'wordpiece'"):
        train_tokenizer(TEXTS, "wordpeice")  # pyright: ignore[reportArgumentType]
    with pytest.raises(OptionError, match="at least 100"):
        train_tokenizer(TEXTS, size=10)
    with pytest.raises(OptionError, match="only --tokenizer wordpiece"):
        train_tokenizer({"en": ["a"], "en-x-fake": ["x"]}, "bpe", 200)
    with pytest.raises(InputError, match="its twin"):
        train_tokenizer({"zh": ["a"], "en-x-fake": ["x"]}, size=200)
    with pytest.raises(OptionError, match="no other language"):
        train_tokenizer({"en": ["a"], "zh": ["b"], "en-x-fake": ["x"]}, size=200)
