"""Tiny random encoders of each family, saved as folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

TEXTS = [
    "I ate an apple, and then another apple.",
    "The price of Apple shares rose again today!",
    "我吃了一个苹果。",
    "苹果酱和苹果派都很甜",
    "苹果公司今天发布了新手机",
    "こんにちは世界、りんごを食べました",
    "Übergrößenträger essen Äpfel.",
    "🍎 苹果 é 苹果",
    "one",
    "a b c d e f g h i j k l m n o p",
]
POSITIONS = 48
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": POSITIONS,
    "initializer_range": 0.3,
}


@dataclass(frozen=True)
class Family:
    """How to make a tiny model.

    Attributes:
        model: Class of transformers, its configuration beside it.
        tokenizer: ``pieces`` (WordPiece), ``bytes`` (byte-level BPE) or ``marks`` (Unigram with ▁).
        options: What the configuration gets instead of, or besides, `SIZES`.
        pad: Id of the padding token.
    """

    model: str
    tokenizer: str
    options: dict[str, Any]
    pad: int = 0


OFFSET = {"max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1}
FAMILIES = {
    "bert": Family("BertModel", "pieces", {}),
    "roberta": Family("RobertaModel", "bytes", OFFSET, pad=1),
    "xlm-roberta": Family("XLMRobertaModel", "marks", OFFSET, pad=1),
    "camembert": Family("CamembertModel", "marks", OFFSET, pad=1),
    "distilbert": Family(
        "DistilBertModel", "pieces", {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 48}
    ),
    "albert": Family("AlbertModel", "marks", {"embedding_size": 16}),
    "electra": Family("ElectraModel", "pieces", {"embedding_size": 16}),
    "mpnet": Family("MPNetModel", "pieces", OFFSET, pad=1),
    "deberta": Family("DebertaModel", "bytes", {"type_vocab_size": 0}),
    "deberta-v2": Family("DebertaV2Model", "marks", {"type_vocab_size": 0}),
    "deberta-v3": Family(
        "DebertaV2Model",
        "marks",
        {
            "type_vocab_size": 0,
            "relative_attention": True,
            "position_buckets": 16,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
        },
    ),
    "modernbert": Family("ModernBertModel", "bytes", {"local_attention": 16}),
}
PACKED = ("bert", "roberta", "xlm-roberta", "camembert", "electra")


def tokenizer(kind: str, pad: int) -> Any:
    """Train a small fast tokenizer on `TEXTS`; special tokens as BERT names them."""
    special = ["[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    special.insert(pad, "[PAD]")
    blank = Tokenizer(models.BPE(unk_token="[UNK]"))
    trainer: Any
    if kind == "pieces":
        blank = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        blank.normalizer = normalizers.BertNormalizer(lowercase=False, handle_chinese_chars=False)
        blank.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=220, special_tokens=special)
    elif kind == "bytes":
        blank.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True)
        blank.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=330,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        )
    else:
        blank = Tokenizer(models.Unigram())
        blank.normalizer = normalizers.NFKC()
        blank.pre_tokenizer = pre_tokenizers.Metaspace()
        blank.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=special, unk_token="[UNK]")
    blank.train_from_iterator(TEXTS, trainer)
    ends = [(token, special.index(token)) for token in ("[CLS]", "[SEP]")]
    if kind == "bytes":
        blank.post_processor = processors.Sequence(
            [
                processors.ByteLevel(trim_offsets=True),
                processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends),
            ]
        )
    else:
        blank.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=ends
        )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=blank,
        cls_token="[CLS]",
        sep_token="[SEP]",
        unk_token="[UNK]",
        mask_token="[MASK]",
        pad_token="[PAD]",
    )


def save(
    name: str, folder: Path, edit: Callable[[Any], None] | None = None, **changed: Any
) -> Path:
    """Make a tiny model of a family and save it; ``edit`` may change the model before."""
    family = FAMILIES[name]
    fast = tokenizer(family.tokenizer, family.pad)
    model_class = getattr(transformers, family.model)
    options = SIZES | {"vocab_size": len(fast), "pad_token_id": family.pad}
    if name == "distilbert":
        for key in ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"):
            del options[key]
    if name == "modernbert":
        options |= {"bos_token_id": fast.cls_token_id, "eos_token_id": fast.sep_token_id}
        options |= {"cls_token_id": fast.cls_token_id, "sep_token_id": fast.sep_token_id}
    config = model_class.config_class(**(options | family.options | changed))
    torch.manual_seed(7)
    model = model_class(config).eval()
    with torch.no_grad():  # a fresh model has biases of 0 and norms of 1, which would hide mistakes
        for weight in model.parameters():
            if weight.ndim == 1:
                weight.add_(0.1 * torch.randn_like(weight))
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder
