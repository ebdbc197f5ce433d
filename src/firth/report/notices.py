"""Warnings of a result in the language of the page.

A result stores its warnings as the English sentences that the experiment wrote: it is read by
programs and by people without firth. ``notices.<language>.toml`` pairs each sentence, with names
for what varies in it, with one in that language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

_PLACE = re.compile(r"\\\{(\w+)\\\}")


def noticed(warnings: Sequence[str], lang: str) -> list[str]:
    """Return warnings in the language of an HTML ``lang``; as they are where none is known.

    What stands before a colon, the name of a file or of a test, is kept.

    Args:
        warnings: As a result stores them.
        lang: Such as ``en`` or ``zh-CN``.
    """
    pairs = _pairs(lang.partition("-")[0])
    return [_after_a_name(line, pairs) or _whole(line, pairs) or line for line in warnings]


Pairs = tuple[tuple[re.Pattern[str], str], ...]


def _whole(line: str, pairs: Pairs) -> str | None:
    for pattern, text in pairs:
        if found := pattern.fullmatch(line):
            return text.format(**found.groupdict())
    return None


def _after_a_name(line: str, pairs: Pairs) -> str | None:
    name, colon, rest = line.partition(": ")
    found = (_after_a_name(rest, pairs) or _whole(rest, pairs)) if colon else None
    return f"{name}：{found}" if found else None


@cache
def _pairs(language: str) -> Pairs:
    file = Path(__file__).parent / f"notices.{language}.toml"
    if not file.exists():
        return ()
    read = tomllib.loads(file.read_text(encoding="utf-8"))["notice"]
    return tuple((_pattern(one["en"]), one[language]) for one in read)


def _pattern(sentence: str) -> re.Pattern[str]:
    """Return what matches a sentence in which ``{name}`` stands for anything."""
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(sentence)), re.DOTALL)
