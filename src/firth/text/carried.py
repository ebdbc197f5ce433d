"""The small texts that firth brings along."""

from __future__ import annotations

from importlib.resources import files

from firth.errors import OptionError, did_you_mean
from firth.text.language import LANGUAGES
from firth.text.sentences import Occurrence, mark


def _read(name: str) -> list[str]:
    text = files("firth.text").joinpath("builtin", name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line]


def apples() -> list[Occurrence]:
    """Return the ten sentences of Hung-yi Lee's lecture with 苹果, five fruits, five companies."""
    pairs = [tuple(line.split("\t")) for line in _read("lecture.tsv")[1:]]
    return mark([(sentence, label) for sentence, label in pairs], "苹果")


def plain(language: str) -> list[str]:
    """Return ordinary sentences of a language, written for firth, from which means are taken.

    Raises:
        OptionError: There is no carried text of that language.
    """
    if language not in LANGUAGES:
        raise OptionError(
            f"no carried text in {language!r}; there is {', '.join(LANGUAGES)}"
            f".{did_you_mean(language, LANGUAGES)} Give a text with --centre-corpus instead"
        )
    return _read(f"plain.{language}.txt")
