"""What ``align`` reads: dictionaries and corpora by name, so that a result can be run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from firth.errors import InputError, OptionError
from firth.experiments.align_vectors import disjoint_halves
from firth.text.carried import dictionary as carried_entries
from firth.text.corpora import Corpora, parse_corpora, read_corpora
from firth.text.dictionary import Dictionary, dictionary_of, read_dictionary
from firth.text.language import LANGUAGES

CARRIED = "carried"


@dataclass(frozen=True)
class Texts:
    """Files.

    Attributes:
        dictionaries: (language, language) -> file.
        corpora: Language -> file.
        parallel: (language, language) -> file of two columns.
    """

    dictionaries: Mapping[tuple[str, str], str]
    corpora: Mapping[str, str]
    parallel: Mapping[tuple[str, str], str]

    @classmethod
    def of(
        cls, dictionaries: Sequence[str], corpora: Sequence[str], parallel: Sequence[str]
    ) -> Texts:
        """Read what stands on a command line; without anything, the words that firth brings.

        Raises:
            OptionError: It is not understood, or something is missing.
        """
        if not dictionaries and not corpora and not parallel:
            return cls({}, {}, {})
        if not dictionaries:
            raise OptionError("a dictionary is missing: give --dictionary en-zh=FILE")
        if not corpora and not parallel:
            raise OptionError(
                "texts are missing: give --corpus en=FILE for each language, or --parallel "
                "en-zh=FILE"
            )
        both = set(corpora) & set(parallel)
        if both:
            raise OptionError(f"{both.pop()!r} is given as a corpus and as parallel text")
        return cls(
            _pairs("dictionary", dictionaries),
            parse_corpora(corpora) if corpora else {},
            _pairs("parallel", parallel),
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Texts:
        """Return the texts that a result's configuration names."""
        pairs = [
            {tuple(name.split("-", 1)): path for name, path in config[key].items()}
            for key in ("dictionaries", "parallel")
        ]
        return cls(pairs[0], config["corpora"], pairs[1])

    def config(self) -> dict[str, Any]:
        """Return what a result's configuration keeps."""
        return {
            "dictionaries": {"-".join(pair): path for pair, path in self.dictionaries.items()},
            "corpora": dict(self.corpora),
            "parallel": {"-".join(pair): path for pair, path in self.parallel.items()},
        }

    def read(self) -> tuple[list[Dictionary], Corpora]:
        """Read everything.

        Raises:
            InputError: A file has a mistake.
        """
        if not self.dictionaries:
            return carried()
        found = [read_dictionary(path, *pair) for pair, path in self.dictionaries.items()]
        corpora: Corpora = read_corpora(self.corpora) if self.corpora else {}
        if self.parallel:
            for language, own in disjoint_halves(self.parallel).items():
                if language in corpora:
                    raise InputError(f"{language} has a corpus of its own and parallel text")
                corpora[language] = own
        return found, corpora


def carried() -> tuple[list[Dictionary], Corpora]:
    """Return English with each of five languages, over the words and sentences firth brings."""
    entries = carried_entries()
    words: dict[str, dict[str, str]] = {}
    corpora: Corpora = {language: [] for language in LANGUAGES}
    for one in entries:
        words.setdefault(one.concept, {})[one.language] = one.occurrence.word
        corpora[one.language].append(one.occurrence.sentence)
    return [
        dictionary_of("en", other, [(own["en"], own[other]) for own in words.values()])
        for other in LANGUAGES
        if other != "en"
    ], corpora


def _pairs(what: str, given: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return (language, language) -> file of ``en-zh=FILE``.

    Raises:
        OptionError: It is not of that form, or a pair comes twice.
    """
    found: dict[tuple[str, str], str] = {}
    for one in given:
        name, sign, path = one.partition("=")
        first, dash, second = name.partition("-")
        if not (sign and path and first and dash and second):
            raise OptionError(
                f"{what} {one!r}: write LANGUAGE-LANGUAGE=FILE, as in en-zh=words.tsv"
            )
        if (first, second) in found:
            raise OptionError(f"{what} {one!r}: {name} was given before")
        found[first, second] = path
    return found
