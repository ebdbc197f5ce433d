"""The words a reader sees, in the languages that ``words.<language>.toml`` exist for."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from firth.errors import OptionError, did_you_mean

Words = dict[str, Any]


def languages() -> list[str]:
    """Return the languages that figures and reports can be written in."""
    files = Path(__file__).parent.glob("words.*.toml")
    return sorted(file.name.split(".")[1] for file in files)


def words(language: str = "en") -> Words:
    """Return the words of a language, as nested dictionaries.

    Raises:
        OptionError: There are no words in this language.
    """
    legal = languages()
    if language not in legal:
        raise OptionError(
            f"no words in language {language!r}; there are {', '.join(legal)}."
            + did_you_mean(language, legal)
        )
    return _read(language)


@cache
def _read(language: str) -> Words:
    return tomllib.loads(
        (Path(__file__).parent / f"words.{language}.toml").read_text(encoding="utf-8")
    )
