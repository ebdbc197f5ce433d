"""A trained masked language model as a Hugging Face folder: written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from firth.encoder.silence import silent
from firth.results.files import replacing_folder
from firth.train.tokenizer import FIRST, LAST, MASK, PAD, UNKNOWN


def write_model(
    folder: str | Path, model: Any, tokenizer: Tokenizer, length: int, card: str
) -> None:
    """Write config.json, model.safetensors, the fast tokenizer and README.md.

    Args:
        folder: Where to; an old one is replaced.
        model: ``BertForMaskedLM``.
        tokenizer: With its special tokens.
        length: Longest sequence, special tokens included.
        card: What the model is, in Markdown.
    """
    from transformers import PreTrainedTokenizerFast

    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=FIRST,
        sep_token=LAST,
        mask_token=MASK,
        model_max_length=length,
    )
    with replacing_folder(folder) as staging, silent():
        model.save_pretrained(staging)
        fast.save_pretrained(staging)
        (staging / "README.md").write_text(card, encoding="utf-8")
