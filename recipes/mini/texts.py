"""The texts whose words decide which pieces stay, and which of their lines are held out.

Only files of ``parallel/`` of the data folder, by name: nothing that an experiment is scored on.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import opencc

LANGUAGES = ("en", "zh", "zh-Hant", "ja", "de", "es", "ru")

# Two languages by column; the kind of text comes before the first dot.
TEXTS = (
    "parallel/bible.en-de.tsv.gz",
    "parallel/bible.en-es.tsv.gz",
    "parallel/bible.en-ja.tsv.gz",
    "parallel/bible.en-ru.tsv.gz",
    "parallel/bible.en-zh.tsv.gz",
    "parallel/django.en-zh.tsv.gz",
    "parallel/libreoffice.en-zh.tsv.gz",
    "parallel/pydocs.en-zh.tsv.gz",
    "parallel/tatoeba.en-de.tsv.gz",
    "parallel/tatoeba.en-es.tsv.gz",
    "parallel/tatoeba.en-ja.tsv.gz",
    "parallel/tatoeba.en-zh.tsv.gz",
)
HELD_OUT = 0.05


def kind_of(name: str) -> str:
    """The kind of text: ``bible``, ``tatoeba`` ..."""
    return Path(name).name.split(".")[0]


def is_held_out(line: str) -> bool:
    """Whether a sentence is kept from the choice, by the hash of the sentence itself.

    Not of the row: a sentence that occurs in several files (the English verses) must fall on the
    same side everywhere, or what is held out in one file would be counted in another.
    """
    digest = hashlib.sha256(line.encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT * 2**32


@cache
def _converter(configuration: str) -> opencc.OpenCC:
    import opencc

    return opencc.OpenCC(configuration)


def to_simplified(line: str) -> str:
    """Chinese of either script in the simplified one."""
    return _converter("t2s").convert(line)


def to_traditional(line: str) -> str:
    """Chinese of either script in the traditional one of Taiwan."""
    return _converter("s2tw").convert(to_simplified(line))


def sentences(data: Path, name: str, *, held_out: bool) -> Iterator[tuple[str, str]]:
    """Yield the sentences of one file, each once.

    Chinese comes in both scripts: the texts are mostly simplified, and the traditional (Taiwan)
    counterpart is made by OpenCC, from the simplified form, so that the mixed file does not count
    twice.

    Args:
        data: The data folder.
        name: One of `TEXTS`.
        held_out: Whether to yield the held-out sentences or the others.

    Yields:
        Language and sentence.
    """
    languages = name.split(".")[1].split("-")
    seen: set[tuple[str, str]] = set()
    with gzip.open(data / name, "rt", encoding="utf-8", newline="\n") as file:
        for row in file:
            cells = row.rstrip("\n").split("\t")
            for language, sentence in zip(languages, cells, strict=True):
                if (language, sentence) in seen or is_held_out(sentence) != held_out:
                    continue
                seen.add((language, sentence))
                if language == "zh":
                    yield "zh", to_simplified(sentence)
                    yield "zh-Hant", to_traditional(sentence)
                else:
                    yield language, sentence
