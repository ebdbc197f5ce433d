"""Parallel text as published: sentences of two languages that translate each other.

    two columns      source, tab, target; further columns are left alone, such as the attribution of
                     manythings.org
    four columns     Tatoeba's export of sentence pairs: id, sentence, id, sentence
    two files        aligned line by line: the prefix of their names, ``tatoeba.cmn-eng`` for the
                     Tatoeba test set of LASER (Artetxe & Schwenk 2019), or both names with a comma
                     between

All of them may be packed by gzip. A pair one side of which is empty is skipped and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from firth.errors import InputError, OptionError
from firth.text.files import read_lines

# Codes of three letters (ISO 639-3, and 639-2's own) to those of two.
_CODES = {
    "ara": "ar", "ces": "cs", "cmn": "zh", "zho": "zh", "chi": "zh", "deu": "de", "ger": "de",
    "eng": "en", "epo": "eo", "fra": "fr", "fre": "fr", "heb": "he", "hin": "hi", "hun": "hu",
    "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "pol": "pl", "por": "pt", "rus": "ru",
    "spa": "es", "swe": "sv", "tur": "tr", "ukr": "uk", "vie": "vi",
}  # fmt: skip
_KNOWN = frozenset(_CODES.values())
_PREFIX = re.compile(r"(?:.*[./_])?(?P<first>[A-Za-z]{2,3})-(?P<second>[A-Za-z]{2,3})")
_ID = re.compile(r"\d+")
# Two codes; what follows a code, as in zh-Hant, is capital.
_PAIR = re.compile(r"([A-Za-z]\w*(?:-[A-Z]\w*)*)-([A-Za-z]\w*(?:-[A-Z]\w*)*)")

Names = tuple[str, str]
Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Parallel:
    """Pairs of sentences, in the order of the file.

    Attributes:
        source: Language of the first side.
        target: Language of the second side.
        pairs: (source sentence, target sentence).
        skipped: How many more pairs the file has of which one side is empty.
        notes: What a reader of the result should know about how the file was understood.
    """

    source: str
    target: str
    pairs: tuple[tuple[str, str], ...]
    skipped: int = 0
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``en-zh``."""
        return f"{self.source}-{self.target}"


def language_code(code: str) -> str:
    """Return the two-letter code of a language, or the code itself where there is none known."""
    return _CODES.get(code.lower(), code)


def parse_parallel(given: Sequence[str]) -> dict[Names, str]:
    """Return (language, language) -> where its text is, of what stands on a command line.

    Args:
        given: ``en-zh=FILE`` once a pair; what FILE may be is said in `read_parallel`.

    Raises:
        OptionError: It is not of that form, or a pair comes twice.
    """
    found: dict[Names, str] = {}
    for one in given:
        name, sign, path = one.partition("=")
        pair = _PAIR.fullmatch(name)
        if not (sign and path and pair):
            raise OptionError(
                f"parallel text {one!r}: write LANGUAGE-LANGUAGE=FILE, as in en-zh=pairs.tsv"
            )
        first, second = pair.groups()
        if first == second:
            raise OptionError(f"parallel text {one!r}: the two languages must differ")
        if (first, second) in found:
            raise OptionError(
                f"parallel text {one!r}: {name} was given before, as {found[first, second]}"
            )
        found[first, second] = path
    return found


def read_parallel(path: str | Path, pair: Names) -> Parallel:
    """Read the sentence pairs of two languages.

    Args:
        path: A file of two or of four columns; the prefix of two aligned files; or the two files,
            ``FILE,FILE``, in the order of the pair.
        pair: The language of the first side and that of the second.

    Raises:
        InputError: A file cannot be read or is not UTF-8, a line has no tab, two files have
            different numbers of lines, or nothing is left.
    """
    notes: list[str] = []
    text = str(path)
    if Path(text).exists():
        rows = _columns(text)
    elif "," in text:
        first, _, second = text.partition(",")
        rows = _aligned((first, second))
    else:
        rows = _aligned(_files_of(text, pair, notes))
    pairs: list[tuple[str, str]] = []
    skipped = 0
    for source, target in rows:
        if source and target:
            pairs.append((source, target))
        elif source or target:
            skipped += 1
    if not pairs:
        raise InputError(f"{text} holds no pair of sentences: {skipped} have an empty side")
    return Parallel(pair[0], pair[1], tuple(pairs), skipped, tuple(notes))


def _columns(path: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a tab-separated file."""
    rows = [
        (number, [cell.strip() for cell in line.split("\t")])
        for number, line in read_lines(path)
        if line.strip()
    ]
    exported = sum(map(_is_exported, rows))
    # A line that lost its id must not pass for a pair of other columns.
    columns = (1, 3) if 2 * exported > len(rows) else (0, 1)
    for row in rows:
        number, cells = row
        if columns == (1, 3) and not _is_exported(row):
            raise InputError(
                f"{path}, line {number}: not id, sentence, id, sentence, as {exported} of "
                f"{len(rows)} lines are; mend the line or leave the ids out of all"
            )
        if len(cells) < 2:
            raise InputError(
                f"{path}, line {number}: one column; a pair of sentences needs a tab between"
            )
        yield cells[columns[0]], cells[columns[1]]


def _is_exported(row: Row) -> bool:
    cells = row[1]
    return len(cells) > 3 and bool(_ID.fullmatch(cells[0]) and _ID.fullmatch(cells[2]))


def _aligned(paths: Names) -> Iterator[tuple[str, str]]:
    """Yield the pairs of two files, a line of one with the same line of the other."""
    for first, second in zip_longest(read_lines(paths[0]), read_lines(paths[1])):
        if first is None or second is None:
            shorter, longer = (paths[0], paths[1]) if first is None else (paths[1], paths[0])
            number = (second or first or (0, ""))[0]
            raise InputError(
                f"{longer}, line {number}: {shorter} has only {number - 1} lines; aligned files "
                "have as many lines, each with its translation"
            )
        yield first[1].strip(), second[1].strip()


def _files_of(prefix: str, pair: Names, notes: list[str]) -> Names:
    """Return the two files whose names begin so, that of the pair's first language first."""
    match = _PREFIX.fullmatch(prefix)
    codes = match.group("first", "second") if match else ("", "")
    found = [path for code in codes if code and (path := _file(f"{prefix}.{code}"))]
    if len(found) < 2:
        raise InputError(
            f"{prefix} cannot be read: there is no such file, and no two of its name with the "
            "codes behind it (tatoeba.cmn-eng for tatoeba.cmn-eng.cmn and tatoeba.cmn-eng.eng); "
            "two files with other names are given as FILE,FILE"
        )
    return (found[1], found[0]) if _is_turned(prefix, codes, pair, notes) else (found[0], found[1])


def _file(path: str) -> str | None:
    return next((one for one in (path, f"{path}.gz") if Path(one).is_file()), None)


def _is_turned(prefix: str, codes: tuple[str, ...], pair: Names, notes: list[str]) -> bool:
    """Say whether the first code is that of the pair's second language.

    Raises:
        InputError: The codes are known and are other languages than the pair's.
    """
    a, b = map(language_code, codes)
    first, second = (language_code(one.partition("-")[0]) for one in pair)
    turned = (a == second or b == first) and not (a == first or b == second)
    sides = ((a, second), (b, first)) if turned else ((a, first), (b, second))
    if any(own != wanted and own in _KNOWN and wanted in _KNOWN for own, wanted in sides):
        raise InputError(
            f"{prefix} holds {a} and {b}, not {first} and {second}: name the pair {a}-{b}"
        )
    if all(own != wanted for own, wanted in sides):
        notes.append(
            f"{prefix}: which of {'-'.join(codes)} is {pair[0]} is not known; the first was taken"
        )
    return turned
