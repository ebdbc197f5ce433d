"""XLM-R's tokenizer as a Hugging Face fast tokenizer, for the whole vocabulary or for a part of it.

Offsets, for whoever turns tokens into words: the mark ``▁`` that stands for the blank before a
word claims a character that is not its own when it is a piece alone (in ``苹果``, that of 苹), and
so a lone mark must never count as part of a word. A character that normalisation expands (㌕)
lends its offsets to every piece of the expansion.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
MARK = "▁"
POSITIONS = 512


def characters_map() -> bytes:
    """Return SentencePiece's compiled ``nmt_nfkc`` normalisation, which XLM-R uses.

    The map is compiled into the library and cannot be asked for; a model trained on a throw-away
    text carries it. Only the map is taken, so the text does not matter.
    """
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    trained = BytesIO()
    sentencepiece.SentencePieceTrainer.Train(
        sentence_iterator=iter(["a b c d e f g"] * 20),
        model_writer=trained,
        vocab_size=12,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(trained.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def build_tokenizer(pieces: Sequence[str], scores: Sequence[float], charsmap: bytes) -> Tokenizer:
    """Make the tokenizer.

    White space is treated as XLM-R's SentencePiece does: runs collapse, the ends are stripped,
    every word begins with the mark. Splitting at white space first changes nothing else, because
    no piece holds the mark anywhere but at its head, and it keeps the search for the best path
    short.

    Args:
        pieces: The vocabulary; the first four and the last are the special tokens.
        scores: Log probability of each piece.
        charsmap: The compiled normalisation.

    Returns:
        A tokenizer that adds ``<s>`` and ``</s>``; an id is an index into ``pieces``.

    Raises:
        ValueError: If the special tokens are not where they should be.
    """
    if (found := (*pieces[:4], pieces[-1])) != SPECIAL:
        raise ValueError(f"special tokens are {found}, not {SPECIAL}")
    vocabulary = list(zip(pieces, map(float, scores), strict=True))
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    # XLM-R's older map turned the zero-width joiner into a blank; today's leaves it as it is.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace("\u200d", " "), normalizers.Precompiled(charsmap)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(replacement=MARK, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    # <mask> takes the blank before it, as in XLM-R: "a <mask>" is then two tokens and no lone mark.
    tokenizer.add_special_tokens(
        [AddedToken(t, special=True, normalized=False, lstrip=t == "<mask>") for t in SPECIAL]
    )
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write ``tokenizer.json`` and ``tokenizer_config.json``."""
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    names = ("bos", "pad", "eos", "unk", "mask")
    config: dict[str, object] = {f"{n}_token": t for n, t in zip(names, SPECIAL, strict=True)}
    config |= {
        "cls_token": "<s>",
        "sep_token": "</s>",
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": POSITIONS,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    text = json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")
