"""Sentences with a word in them and, where known, the word's sense.

    TSV         a header line; ``sentence``, and optional ``label``, ``word``, ``start``, ``end``,
                ``split`` in any order; no quoting: a tab ends a cell
    JSON lines  one object a line with the same keys
    CoarseWSD-20  a folder with ``train.data.txt`` ... ``classes_map.txt`` as published

``start`` and ``end`` mark one occurrence (characters, from 0, end exclusive); without them every
occurrence of the word counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firth.errors import InputError, did_you_mean
from firth.text.files import read_lines
from firth.text.words import find_word, word_pattern

COLUMNS = ("sentence", "label", "word", "start", "end", "split")


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of a word in a sentence.

    Attributes:
        word: The word that is studied, as the user names it.
        sentence: The whole sentence.
        start: First character of the occurrence.
        end: Past its last character.
        label: Its sense, or None.
        split: ``train``, ``dev``, ``test`` or None.
    """

    word: str
    sentence: str
    start: int
    end: int
    label: str | None = None
    split: str | None = None

    @property
    def form(self) -> str:
        """The word as it stands in the sentence."""
        return self.sentence[self.start : self.end]


def mark(
    sentences: Iterable[str | tuple[str, str]], word: str, forms: Sequence[str] = ()
) -> list[Occurrence]:
    """Return every occurrence of a word in sentences, or in (sentence, label) pairs.

    Raises:
        InputError: A sentence does not hold the word.
    """
    pattern = word_pattern([word, *forms])
    found: list[Occurrence] = []
    for number, one in enumerate(sentences, start=1):
        sentence, label = (one, None) if isinstance(one, str) else one
        found += _occurrences(sentence, word, pattern, label, None, f"sentence {number}")
    return found


def _occurrences(
    sentence: str,
    word: str,
    pattern: re.Pattern[str],
    label: str | None,
    split: str | None,
    where: str,
) -> list[Occurrence]:
    spans = find_word(sentence, pattern)
    if not spans:
        raise InputError(f"{where}: the word {word!r} does not occur in {_short(sentence)!r}")
    return [Occurrence(word, sentence, start, end, label, split) for start, end in spans]


def read_occurrences(
    path: str | Path, word: str | None = None, forms: Sequence[str] = ()
) -> list[Occurrence]:
    """Read a TSV or JSON lines file.

    Args:
        path: The file; ``.jsonl``, ``.ndjson`` or ``.json`` is JSON lines, everything else is TSV.
        word: The word, where the file has no ``word`` column; with one, only its rows are kept.
        forms: Further forms of the word, or patterns between slashes.

    Raises:
        InputError: With the file's name and the line's number.
    """
    path = Path(path)
    json_lines = path.suffix.lower() in {".jsonl", ".ndjson", ".json"}
    rows = _json_rows(path) if json_lines else _tsv_rows(path)
    patterns: dict[str, re.Pattern[str]] = {}
    found: list[Occurrence] = []
    seen: set[str] = set()
    n_rows = 0
    for number, row in rows:
        n_rows += 1
        own = row.get("word") or word
        if not own:
            raise InputError(f"{path}, line {number}: no word; add a column `word` or give --word")
        seen.add(own)
        if word is not None and own.casefold() != word.casefold():
            continue
        if own not in patterns:
            patterns[own] = word_pattern([own, *forms])
        found += _from_row(row, own, patterns[own], f"{path}, line {number}")
    if n_rows == 0:
        raise InputError(f"{path} is empty: it should hold a header line and a sentence a line")
    if not found:
        assert word is not None
        raise InputError(
            f"{path} has no row of the word {word!r}; its words are "
            f"{', '.join(sorted(seen)[:8])}.{did_you_mean(word, seen)}"
        )
    return found


def _from_row(
    row: Mapping[str, str], word: str, pattern: re.Pattern[str], where: str
) -> list[Occurrence]:
    sentence = row.get("sentence", "")
    if not sentence.strip():
        raise InputError(f"{where}: the sentence is empty")
    label, split = row.get("label") or None, row.get("split") or None
    start, end = row.get("start") or None, row.get("end") or None
    if start is None and end is None:
        return _occurrences(sentence, word, pattern, label, split, where)
    try:
        first, last = int(str(start)), int(str(end))
    except ValueError:
        raise InputError(
            f"{where}: start {start!r} and end {end!r} must both be whole numbers"
        ) from None
    if not 0 <= first < last <= len(sentence):
        raise InputError(
            f"{where}: start {first} and end {last} do not mark characters of a sentence of "
            f"{len(sentence)} characters"
        )
    return [Occurrence(word, sentence, first, last, label, split)]


def _tsv_rows(path: Path) -> Iterable[tuple[int, dict[str, str]]]:
    header: list[str] | None = None
    for number, line in read_lines(path):
        if header is None:
            header = [cell.strip().lower() for cell in line.split("\t")]
            if "sentence" not in header:
                raise InputError(
                    f"{path}, line 1: the header has no column `sentence` (it has "
                    f"{', '.join(header)[:80] or 'nothing'}); legal are {', '.join(COLUMNS)}"
                    f".{did_you_mean('sentence', header)}"
                )
            continue
        if not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise InputError(
                f"{path}, line {number}: {len(cells)} cells, but the header has {len(header)}"
            )
        yield number, dict(zip(header, cells, strict=True))


def _json_rows(path: Path) -> Iterable[tuple[int, dict[str, str]]]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}, line {number}: not JSON: {error.msg}") from error
        if not isinstance(row, dict) or not isinstance(row.get("sentence"), str):
            raise InputError(f'{path}, line {number}: needs an object with a text "sentence"')
        yield number, {k: str(v) for k, v in row.items() if k in COLUMNS and v is not None}


def read_coarsewsd(folder: str | Path) -> list[Occurrence]:
    """Read one word's folder of CoarseWSD-20 as published (Loureiro et al. 2021).

    Data lines hold the index of the word among blank-separated tokens, a tab, and the sentence;
    gold lines hold a class number that ``classes_map.txt`` names.

    Raises:
        InputError: A file is missing or a line does not fit.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give a folder such as CoarseWSD-20/apple")
    classes_file = folder / "classes_map.txt"
    try:
        classes = json.loads("".join(line for _, line in read_lines(classes_file)))
    except ValueError as error:
        raise InputError(f"{classes_file}: not JSON") from error
    found: list[Occurrence] = []
    for split in ("train", "test"):
        data, gold = folder / f"{split}.data.txt", folder / f"{split}.gold.txt"
        golds = [line.strip() for _, line in read_lines(gold)]
        lines = list(read_lines(data))
        if len(golds) != len(lines):
            raise InputError(f"{gold} has {len(golds)} lines, but {data.name} has {len(lines)}")
        for (number, line), label in zip(lines, golds, strict=True):
            where = f"{data}, line {number}"
            index, tab, sentence = line.partition("\t")
            tokens = sentence.split(" ")
            if not tab or not index.isdigit() or int(index) >= len(tokens):
                raise InputError(f"{where}: expected a token's index, a tab and a sentence")
            if label not in classes:
                raise InputError(
                    f"{gold}, line {number}: class {label!r} is not in classes_map.txt"
                )
            start = sum(len(token) + 1 for token in tokens[: int(index)])
            end = start + len(tokens[int(index)])
            found.append(Occurrence(folder.name, sentence, start, end, classes[label], split))
    return found


def group_by_word(occurrences: Iterable[Occurrence]) -> dict[str, list[Occurrence]]:
    """Return the occurrences of each word, both in the order of their first appearance."""
    groups: dict[str, list[Occurrence]] = {}
    for one in occurrences:
        groups.setdefault(one.word, []).append(one)
    return groups


def _short(text: str, longest: int = 40) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
