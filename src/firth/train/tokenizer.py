"""Train a tokenizer on the texts of several languages, one vocabulary for all.

The three ways that BERT-like models use: WordPiece (Devlin et al. 2019, after Schuster & Nakajima
2012), byte-free BPE with ``▁`` for blanks (Sennrich et al. 2016) and Unigram (Kudo 2018). The work
is done by the ``tokenizers`` library. Every language gives the same number of lines, so that none
takes more than its share of the vocabulary. The library breaks ties between pieces as its hash maps
happen to lie: two trainings on the same text may differ a little, so keep what was trained.

A fake language (`firth.text.fake`) must be cut exactly as the one that it mirrors: its pieces are
the other's, shifted, which is possible with WordPiece, whose cut depends on the vocabulary alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast, get_args

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from firth.errors import InputError, OptionError, did_you_mean
from firth.text.fake import fake, is_fake, twin_of

Kind = Literal["wordpiece", "unigram", "bpe"]
PAD, UNKNOWN, FIRST, LAST, MASK = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LEAST_SIZE = 100
LONGEST_WORD = 100  # characters; WordPiece takes longer words for unknown


def check_tokenizer(kind: str, size: int, languages: Sequence[str]) -> Kind:
    """Return the kind.

    Raises:
        OptionError: There is no such kind, the vocabulary is too small, or a fake language is to
            be cut by another kind than WordPiece.
    """
    legal = get_args(Kind)
    if kind not in legal:
        raise OptionError(
            f"tokenizer {kind!r}: legal are {', '.join(legal)}.{did_you_mean(kind, legal)}"
        )
    if size < LEAST_SIZE:
        raise OptionError(f"vocabulary {size}: at least {LEAST_SIZE} pieces are needed")
    mirrored = [language for language in languages if is_fake(language)]
    if mirrored and kind != "wordpiece":
        raise OptionError(
            f"{mirrored[0]} must be cut as {twin_of(mirrored[0])} is, which only --tokenizer "
            "wordpiece promises"
        )
    return cast(Kind, kind)


def special_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """Return the ids of the special tokens."""
    return {token: id_of(tokenizer, token) for token in SPECIAL}


def id_of(tokenizer: Tokenizer, token: str) -> int:
    """Return the id of a token that is there."""
    number = tokenizer.token_to_id(token)
    if number is None:
        raise InputError(f"the tokenizer has no token {token}")
    return number


def train_tokenizer(
    texts: Mapping[str, Sequence[str]],
    kind: Kind = "wordpiece",
    size: int = 8192,
    *,
    lowercase: bool = True,
) -> Tokenizer:
    """Train a tokenizer.

    Args:
        texts: Language -> sentences. A fake language's are not read: its pieces mirror those of
            its twin, and each of the two gets half of what the twin alone would get.
        kind: ``wordpiece``, ``unigram`` or ``bpe``.
        size: Pieces, special tokens included; fewer where the text has no more.
        lowercase: Whether upper case is lowered; accents stay.

    Raises:
        InputError: A fake language has no twin among the texts.
        OptionError: See `check_tokenizer`.
    """
    kind = check_tokenizer(kind, size, list(texts))
    fakes = [language for language in texts if is_fake(language)]
    for language in fakes:
        if twin_of(language) not in texts:
            raise InputError(f"{language} needs a text in {twin_of(language)}, its twin")
    real = {language: own for language, own in texts.items() if not is_fake(language)}
    if fakes:
        if len(real) != len(fakes):
            raise OptionError("a fake language stands beside its twin and no other language")
        size = (size - len(SPECIAL)) // 2 + len(SPECIAL)
    tokenizer, trainer = _untrained(kind, size, lowercase)
    lines = min(map(len, real.values()))
    tokenizer.train_from_iterator(_in_turn(real, lines), trainer)
    if fakes:
        tokenizer = _mirrored(tokenizer)
    return _finished(tokenizer)


def _in_turn(texts: Mapping[str, Sequence[str]], lines: int) -> Iterator[str]:
    for own in texts.values():
        yield from own[:lines]


def _untrained(kind: Kind, size: int, lowercase: bool) -> tuple[Tokenizer, Any]:
    special = list(SPECIAL)
    if kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece({}, unk_token=UNKNOWN))
        tokenizer.normalizer = normalizers.BertNormalizer(
            lowercase=lowercase, strip_accents=False, handle_chinese_chars=True
        )
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        return tokenizer, trainers.WordPieceTrainer(
            vocab_size=size, special_tokens=special, show_progress=False
        )
    steps = [normalizers.NFC(), normalizers.Lowercase()][: 2 if lowercase else 1]
    if kind == "unigram":
        tokenizer = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(
            vocab_size=size, special_tokens=special, unk_token=UNKNOWN, show_progress=False
        )
    else:
        tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
        trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")]
    )
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer, trainer


def _mirrored(tokenizer: Tokenizer) -> Tokenizer:
    """Add the shifted twin of every piece behind the last one, in the same order."""
    state = json.loads(tokenizer.to_str())
    vocabulary: dict[str, int] = state["model"]["vocab"]
    pieces = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    own = [piece for piece in pieces if piece not in SPECIAL]
    mark = state["model"]["continuing_subword_prefix"]
    for piece in own:
        inner = piece.startswith(mark) and len(piece) > len(mark)
        twin = mark + fake(piece.removeprefix(mark)) if inner else fake(piece)
        vocabulary[twin] = len(vocabulary)
    return Tokenizer.from_str(json.dumps(state))


def _finished(tokenizer: Tokenizer) -> Tokenizer:
    """Put the tokens that open and close a text around it."""
    ids = special_ids(tokenizer)
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{FIRST} $A {LAST}",
        pair=f"{FIRST} $A {LAST} $B:1 {LAST}:1",
        special_tokens=[(FIRST, ids[FIRST]), (LAST, ids[LAST])],
    )
    return tokenizer
