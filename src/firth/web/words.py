"""The words of the local page, in the languages that ``words.<language>.toml`` exist for."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

Words = dict[str, Any]
DEFAULT = "en"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages of the page, the default first."""
    files = Path(__file__).parent.glob("words.*.toml")
    return tuple(
        sorted((file.name.split(".")[1] for file in files), key=lambda one: one != DEFAULT)
    )


@cache
def words(language: str) -> Words:
    """Return the words of a language of `languages`, as nested dictionaries."""
    file = Path(__file__).parent / f"words.{languages()[languages().index(language)]}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def preferred(accepted: str | None) -> str:
    """Return the language of an ``Accept-Language`` header that there are words in.

    The header's own order counts, not its weights: browsers send the dearest first.
    """
    for part in (accepted or "").split(","):
        tag = part.split(";")[0].strip().lower().split("-")[0]
        if tag in languages():
            return tag
    return DEFAULT
