"""Where the sentences under study come from: files in a format, so that they can be read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from firth.errors import InputError, OptionError, did_you_mean
from firth.text.carried import homographs
from firth.text.sentences import Occurrence, read_coarsewsd, read_occurrences
from firth.text.wic import WordPair, read_wic

FORMATS = ("auto", "coarsewsd", "wic", "carried")


@dataclass(frozen=True)
class Source:
    """Files in a format.

    Attributes:
        paths: Files, or folders; languages for ``carried``, all of them when empty.
        format: ``auto`` (TSV or JSON lines), ``coarsewsd``, ``wic``, or ``carried``.
        word: Only this word.
        forms: Its further forms.
    """

    paths: tuple[str, ...]
    format: str = "auto"
    word: str | None = None
    forms: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Source:
        """Return the source that a result's configuration names."""
        return cls(tuple(config["paths"]), config["format"], config["word"], tuple(config["forms"]))

    def config(self) -> dict[str, Any]:
        """Return what a result's configuration keeps of it."""
        return asdict(self) | {"paths": list(self.paths), "forms": list(self.forms)}

    def __str__(self) -> str:
        return " ".join(self.paths) or "carried homographs"

    def occurrences(self) -> list[Occurrence]:
        """Read the occurrences of all files.

        Raises:
            InputError: A file has a mistake, or none has the word.
            OptionError: The format does not exist.
        """
        if self.format not in FORMATS:
            raise OptionError(
                f"format {self.format!r}: legal are {', '.join(FORMATS)}."
                + did_you_mean(self.format, FORMATS)
            )
        found: list[Occurrence] = []
        if self.format == "carried":
            languages: Sequence[str | None] = self.paths or (None,)
            found = [one for language in languages for one in homographs(language)]
        elif self.format == "coarsewsd":
            found = [one for path in self.paths for one in read_coarsewsd(path)]
        else:
            for path in self.paths:
                found += read_occurrences(path, self.word, self.forms)
        if self.word is None:
            return found
        words = dict.fromkeys(one.word for one in found)
        found = [one for one in found if one.word.casefold() == self.word.casefold()]
        if not found:
            raise InputError(
                f"{self} has no sentences with {self.word!r}; its words are "
                f"{', '.join(list(words)[:8])}.{did_you_mean(self.word, words)}"
            )
        return found

    def pairs(self) -> list[WordPair]:
        """Read the pairs of WiC files.

        Raises:
            InputError: A file has a mistake, or none has the word.
        """
        found = [pair for path in self.paths for pair in read_wic(path)]
        if self.word is not None:
            found = [one for one in found if one.word.casefold() == self.word.casefold()]
            if not found:
                raise InputError(f"{self} has no pair of the word {self.word!r}")
        return found
