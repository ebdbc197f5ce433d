"""Count how often the whole vocabulary's pieces are used in the texts."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer

from .texts import TEXTS, kind_of, sentences
from .trim import Counts

BATCH = 2000


def count_pieces(data: Path, tokenizer: Tokenizer) -> Counts:
    """Count pieces on the sentences that are not held out.

    Args:
        data: The data folder.
        tokenizer: The whole vocabulary's.

    Returns:
        For each language and kind of text, how often each piece was used. Files of one kind add up
        (English stands in five Bibles and counts as one kind).
    """
    counts: dict[tuple[str, str], Counter[int]] = {}
    for name in TEXTS:
        stream = sentences(data, name, held_out=False)
        while batch := list(islice(stream, BATCH)):
            encoded = tokenizer.encode_batch([s for _, s in batch], add_special_tokens=False)
            for (language, _sentence), encoding in zip(batch, encoded, strict=True):
                counter = counts.setdefault((language, kind_of(name)), Counter())
                counter.update(encoding.ids)
    return counts
