"""A word in two sentences: does it mean the same? WiC and MCL-WiC as they are published.

    WiC         ``dev.data.txt``: word, part of speech, ``i-j`` (token numbers), sentence, sentence,
                tabs between; ``dev.gold.txt``: T or F a line (Pilehvar & Camacho-Collados 2019)
    SuperGLUE   ``val.jsonl``: one object a line (word, sentence1, start1, end1, ... label)
    MCL-WiC     ``dev.zh-zh.data``: a JSON list of objects (lemma, sentence1, start1, end1, ...),
                ``dev.zh-zh.gold``: a JSON list of id and tag (Martelli et al. 2021)
    TSV         a header line with the names of MCL-WiC, and ``label``

A folder is read with all such files in it. The split is what the file's name begins with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firth.errors import InputError, did_you_mean
from firth.text.files import read_lines
from firth.text.sentences import Occurrence

SPLITS = {"train": "train", "training": "train", "dev": "dev", "val": "dev", "test": "test"}
_TRUE, _FALSE = {"t", "true", "1"}, {"f", "false", "0"}
_NEEDED = ("sentence1", "sentence2")
# MCL-WiC: a word in several pieces (a separable verb) is "0-3,9-12"; its first piece counts.
_POSITIONS = (("start1", "end1", "ranges1"), ("start2", "end2", "ranges2"))


@dataclass(frozen=True)
class WordPair:
    """A word in two sentences.

    Attributes:
        first: Its occurrence in the first sentence.
        second: Its occurrence in the second.
        same: Whether it means the same in both; None where nobody says so.
        split: ``train``, ``dev``, ``test`` or None.
    """

    first: Occurrence
    second: Occurrence
    same: bool | None
    split: str | None = None

    @property
    def word(self) -> str:
        """The word, or the first of two translations."""
        return self.first.word


def read_wic(path: str | Path) -> list[WordPair]:
    """Read a file or a folder.

    Args:
        path: A data file; its gold file is found beside it. Or a folder.

    Raises:
        InputError: With the file's name and the line's or the item's number.
    """
    path = Path(path)
    if not path.is_dir():
        return _read_file(path)
    files = sorted(
        file
        for file in path.rglob("*")
        if file.name.endswith((".data", ".data.txt", ".jsonl", ".tsv"))
    )
    if not files:
        raise InputError(
            f"{path} holds no WiC data: .data (MCL-WiC), .data.txt (WiC), .jsonl or .tsv"
        )
    return [pair for file in files for pair in _read_file(file)]


def _read_file(path: Path) -> list[WordPair]:
    name = path.name
    split = SPLITS.get(name.partition(".")[0].partition("_")[0].lower())
    if name.endswith(".data.txt"):
        rows = _published_wic(path)
    elif name.endswith(".data"):
        rows = _published_mcl(path)
    elif path.suffix.lower() in {".jsonl", ".ndjson"}:
        rows = _json_lines(path)
    else:
        rows = _tsv(path)
    pairs = [_pair(row, where, split) for where, row in rows]
    if not pairs:
        raise InputError(f"{path} is empty: it should hold pairs of sentences")
    return pairs


def _published_wic(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    gold = path.with_name(path.name.removesuffix(".data.txt") + ".gold.txt")
    labels = [line.strip() for _, line in read_lines(gold)] if gold.exists() else None
    lines = [(number, line) for number, line in read_lines(path) if line.strip()]
    if labels is not None and len(labels) != len(lines):
        raise InputError(f"{gold} has {len(labels)} lines, but {path.name} has {len(lines)}")
    for at, (number, line) in enumerate(lines):
        where = f"{path}, line {number}"
        cells = line.split("\t")
        if len(cells) != 5:
            raise InputError(
                f"{where}: {len(cells)} cells; expected word, part of speech, i-j, sentence, "
                "sentence"
            )
        word, _, numbers, one, two = cells
        row: dict[str, Any] = {"lemma": word, "sentence1": one, "sentence2": two}
        if labels is not None:
            row["label"] = labels[at]
        for side, number_text in enumerate(numbers.split("-", 1), start=1):
            tokens = row[f"sentence{side}"].split(" ")
            if not number_text.isdigit() or int(number_text) >= len(tokens):
                raise InputError(f"{where}: {numbers!r} does not name a token of each sentence")
            start = sum(len(token) + 1 for token in tokens[: int(number_text)])
            row[f"start{side}"] = start
            row[f"end{side}"] = start + len(tokens[int(number_text)])
        yield where, row


def _published_mcl(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    gold = path.with_suffix(".gold")
    tags: dict[str, str] | None = None
    if gold.exists():
        tags = {str(one.get("id")): str(one.get("tag")) for _, one in _json_list(gold)}
    for where, row in _json_list(path):
        key = str(row.get("id"))
        if tags is not None:
            if key not in tags:
                raise InputError(f"{where}: the id {key!r} is not in {gold.name}")
            row = row | {"label": tags[key]}
        yield where, row


def _json_list(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        rows: Any = json.loads("\n".join(line for _, line in read_lines(path)))
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    if not isinstance(rows, list):
        raise InputError(f"{path}: expected a list of objects")
    for number, row in enumerate(rows, start=1):
        where = f"{path}, item {number}"
        if not isinstance(row, dict):
            raise InputError(f"{where}: expected an object")
        yield where, row


def _json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row: Any = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise InputError(f"{where}: expected an object")
        yield where, row


def _tsv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    header: list[str] | None = None
    for number, line in read_lines(path):
        where = f"{path}, line {number}"
        cells = line.split("\t")
        if header is None:
            header = [cell.strip() for cell in cells]
            missing = [name for name in _NEEDED if name not in header]
            if missing:
                raise InputError(
                    f"{where}: the header has no column `{missing[0]}` (it has "
                    f"{', '.join(header)[:80]}).{did_you_mean(missing[0], header)}"
                )
        elif line.strip():
            if len(cells) != len(header):
                raise InputError(f"{where}: {len(cells)} cells, but the header has {len(header)}")
            yield where, dict(zip(header, cells, strict=True))


def _pair(row: dict[str, Any], where: str, split: str | None) -> WordPair:
    word = row.get("lemma") or row.get("word")
    if not word:
        raise InputError(f"{where}: no word; it needs `lemma` or `word`")
    sides = [
        _side(row, str(word), f"sentence{side}", names, where)
        for side, names in enumerate(_POSITIONS, start=1)
    ]
    given = row.get("label", row.get("tag"))
    same: bool | None = None
    if given is not None and str(given) != "":
        text = str(given).lower()
        if text not in _TRUE | _FALSE:
            raise InputError(
                f"{where}: label {given!r}: legal are T and F, true and false, 1 and 0"
            )
        same = text in _TRUE
    return WordPair(sides[0], sides[1], same, str(row.get("split") or split or "") or None)


def _side(
    row: dict[str, Any], word: str, key: str, names: tuple[str, str, str], where: str
) -> Occurrence:
    sentence = row.get(key)
    if not isinstance(sentence, str) or not sentence.strip():
        raise InputError(f"{where}: {key} is missing or empty")
    start, end = row.get(names[0]), row.get(names[1])
    if start is None and isinstance(row.get(names[2]), str):
        start, _, end = row[names[2]].split(",")[0].partition("-")
    try:
        first, last = int(str(start)), int(str(end))
    except ValueError:
        raise InputError(
            f"{where}: {names[0]} {start!r} and {names[1]} {end!r} must be whole numbers"
        ) from None
    if not 0 <= first < last <= len(sentence):
        raise InputError(
            f"{where}: {names[0]} {first} and {names[1]} {last} do not mark characters of a "
            f"sentence of {len(sentence)} characters"
        )
    return Occurrence(word, sentence, first, last)
