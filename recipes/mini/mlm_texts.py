"""The texts that masked-LM training reads: files of ``parallel/``, by name, and nothing else.

A row is held out by the hash of its English side, with both its sides: an English verse that
stands in several Bibles is held out in all of them, and a held-out translation pair is unseen on
both sides. What equals a held-out line elsewhere is dropped from training too.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tokenizers import Tokenizer

from firth.train.sequences import Source

from .texts import TEXTS as FILES
from .texts import kind_of

LANGUAGES = ("en", "zh", "ja", "de", "es", "ru")

PAIRS = "parallel/tatoeba.en-zh.tsv.gz"
HELD_OUT = 0.02
SALT = b"masked-lm"  # another draw than the one that chose the pieces
BATCH = 5000

Lines = dict[str, dict[str, list[str]]]  # language -> kind of text -> lines


@dataclass
class Texts:
    """Lines by language and kind of text, each line once a language."""

    training: Lines = field(default_factory=dict)
    held_out: Lines = field(default_factory=dict)


def rows(data: Path, name: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of one file; the only place where text is opened.

    Raises:
        ValueError: The name is not one of `FILES`.
    """
    if name not in FILES:
        raise ValueError(f"{name!r} is not a text for training; legal are {', '.join(FILES)}")
    with gzip.open(data / name, "rt", encoding="utf-8", newline="\n") as file:
        for row in file:
            first, second = row.rstrip("\n").split("\t")
            yield first.strip(), second.strip()


def is_held_out(english: str) -> bool:
    """Whether a row is held out, by its English side."""
    digest = hashlib.sha256(SALT + english.encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT * 2**32


def read_texts(data: Path) -> Texts:
    """Read all files: duplicates dropped over the files of a language."""
    texts = Texts()
    held: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    for name in FILES:
        for row in rows(data, name):
            if is_held_out(row[0]):
                for language, line in zip(_languages(name), row, strict=True):
                    held[language].add(line)
    seen: dict[str, set[str]] = {language: {""} for language in LANGUAGES}
    for name in FILES:
        kind = kind_of(name)
        for row in rows(data, name):
            for language, line in zip(_languages(name), row, strict=True):
                if line in seen[language]:
                    continue
                seen[language].add(line)
                side = texts.held_out if line in held[language] else texts.training
                side.setdefault(language, {}).setdefault(kind, []).append(line)
    return texts


def held_out_pairs(data: Path, count: int) -> list[tuple[str, str]]:
    """Up to ``count`` held-out English-Chinese pairs, no sentence of either side twice."""
    pairs: list[tuple[str, str]] = []
    seen: set[str] = set()
    for first, second in rows(data, PAIRS):
        if is_held_out(first) and not {first, second} & seen:
            seen |= {first, second}
            pairs.append((first, second))
    return pairs[:count]


def sources_of(lines: Lines, tokenizer: Tokenizer) -> dict[str, dict[str, Source]]:
    """Turn lines into pieces, special tokens left out."""
    return {
        language: {kind: Source.of(_encode(own, tokenizer)) for kind, own in kinds.items()}
        for language, kinds in lines.items()
    }


def _encode(lines: list[str], tokenizer: Tokenizer) -> list[list[int]]:
    encoded: list[list[int]] = []
    for at in range(0, len(lines), BATCH):
        found = tokenizer.encode_batch_fast(lines[at : at + BATCH], add_special_tokens=False)
        encoded += [one.ids for one in found]
    return encoded


def _languages(name: str) -> list[str]:
    return Path(name).name.split(".")[1].split("-")
