"""The texts that masked-LM training reads: files of ``parallel/``, by name, and listed packages.

A row is held out by the hash of its English side, with both its sides: an English verse that
stands in several Bibles is held out in all of them, and a held-out translation pair is unseen on
both sides. What equals a held-out line elsewhere is dropped from training too. A line of a package
is held out by its own hash.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tokenizers import Tokenizer

from firth.train.sequences import Source

from . import mlm_packages
from .texts import TEXTS as FILES
from .texts import kind_of, to_traditional

LANGUAGES = ("en", "zh", "ja", "de", "es", "ru")

PAIRS = "parallel/tatoeba.en-zh.tsv.gz"
HELD_OUT = 0.02
SALT = b"masked-lm"  # another draw than the one that chose the pieces
BATCH = 5000
BLOCK = 100  # lines that stay together where a share of a text is taken
GOLDEN = 0.6180339887498949

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


def is_held_out(line: str) -> bool:
    """Whether a row is held out, by its English side, or a line of a package."""
    digest = hashlib.sha256(SALT + line.encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT * 2**32


def read_texts(data: Path, packages: Path | None = None, traditional: float = 0.0) -> Texts:
    """Read all files: duplicates dropped over the texts of a language.

    Args:
        data: The folder that holds ``parallel/``.
        packages: A folder of downloaded packages, whose texts are read too.
        traditional: Share of the Chinese lines of ``parallel/`` that are read a second time in
            traditional script, as kinds of their own: ``tatoeba-hant``. Needs OpenCC.
    """
    texts = Texts()
    held: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    for name in FILES:
        for row in rows(data, name):
            if is_held_out(row[0]):
                for language, line in zip(_languages(name), row, strict=True):
                    held[language].add(line)
    seen: dict[str, set[str]] = {language: {""} for language in LANGUAGES}

    def add(language: str, kind: str, line: str, *, out: bool) -> None:
        if line not in seen[language]:
            seen[language].add(line)
            side = texts.held_out if out else texts.training
            side.setdefault(language, {}).setdefault(kind, []).append(line)

    for name in FILES:
        for row in rows(data, name):
            for language, line in zip(_languages(name), row, strict=True):
                add(language, kind_of(name), line, out=line in held[language])
    if traditional:
        for side, out in ((texts.held_out, True), (texts.training, False)):
            for kind, line in list(_some(side.get("zh", {}), traditional)):
                add("zh", kind + mlm_packages.TRADITIONAL, to_traditional(line), out=out)
    for language, kind, line in mlm_packages.lines(packages) if packages else ():
        add(language, kind, line, out=line in held[language] or is_held_out(line))
    return texts


def _some(kinds: dict[str, list[str]], share: float) -> Iterator[tuple[str, str]]:
    """A share of the lines of each kind: blocks that are spread evenly over the text."""
    for kind, lines in kinds.items():
        for i, line in enumerate(lines):
            if (i // BLOCK * GOLDEN) % 1 < share:
                yield kind, line


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
