"""What ``align`` reads: dictionaries and corpora by name, so that a result can be run again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from firth.errors import InputError, OptionError
from firth.experiments.align_vectors import disjoint_halves
from firth.text.carried import dictionary as carried_entries
from firth.text.corpora import Corpora, parse_corpora, read_corpora
from firth.text.dictionary import Dictionary, dictionary_of, read_dictionary
from firth.text.language import LANGUAGES

_PAIR = re.compile(r"([A-Za-z]\w*(?:-[A-Z]\w*)*)-([A-Za-z]\w*(?:-[A-Z]\w*)*)")

Pair = tuple[str, str]
Place = str | Path
T = TypeVar("T")
GivenDictionaries = Sequence[Dictionary] | Mapping[str, Place | Sequence[Pair]]
GivenCorpora = Mapping[str, Place | Sequence[str]]
GivenParallel = Mapping[str, Place | Sequence[Place]]


@dataclass(frozen=True)
class Texts:
    """Files.

    Attributes:
        dictionaries: (language, language) -> file.
        corpora: Language -> file.
        parallel: (language, language) -> files of two columns.
    """

    dictionaries: Mapping[Pair, str] = field(default_factory=dict[Pair, str])
    corpora: Mapping[str, str] = field(default_factory=dict[str, str])
    parallel: Mapping[Pair, Sequence[str]] = field(default_factory=dict[Pair, Sequence[str]])

    @classmethod
    def of(
        cls, dictionaries: Sequence[str], corpora: Sequence[str], parallel: Sequence[str]
    ) -> Texts:
        """Read what stands on a command line; without anything, the words that firth brings.

        Raises:
            OptionError: It is not understood.
        """
        words = _pairs("dictionary", dictionaries)
        twice = [pair for pair, files in words.items() if len(files) > 1]
        if twice:
            raise OptionError(f"two dictionaries of {'-'.join(twice[0])}; one is needed")
        return cls(
            {pair: files[0] for pair, files in words.items()},
            parse_corpora(corpora) if corpora else {},
            _pairs("parallel", parallel),
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Texts:
        """Return the texts that a result's configuration names."""
        pairs = [
            {pair_of_name(name): place for name, place in config[key].items()}
            for key in ("dictionaries", "parallel")
        ]
        return cls(pairs[0], config["corpora"], pairs[1])

    def config(self) -> dict[str, Any]:
        """Return what a result's configuration keeps."""
        return {
            "dictionaries": {"-".join(pair): path for pair, path in self.dictionaries.items()},
            "corpora": dict(self.corpora),
            "parallel": {"-".join(pair): list(files) for pair, files in self.parallel.items()},
        }

    def read(self, context: str = "corpus") -> tuple[list[Dictionary], Corpora]:
        """Read everything.

        Raises:
            InputError: A file has a mistake.
        """
        if not self.dictionaries:
            dictionaries, corpora = carried()
            return dictionaries, corpora if context == "corpus" else {}
        found = [read_dictionary(path, *pair) for pair, path in self.dictionaries.items()]
        corpora: Corpora = read_corpora(self.corpora) if self.corpora else {}
        return found, corpora | self.halves(corpora)

    def halves(self, corpora: Mapping[str, Sequence[str]]) -> Corpora:
        """Return the corpora from parallel text.

        Raises:
            InputError: A file has a mistake, or a language has a corpus already.
        """
        halves = disjoint_halves(self.parallel) if self.parallel else {}
        for language in halves:
            if language in corpora:
                raise InputError(f"{language} has a corpus of its own and parallel text")
        return halves


def texts_of(
    dictionaries: GivenDictionaries | None,
    corpora: GivenCorpora | None,
    parallel: GivenParallel | None,
    context: str,
) -> tuple[list[Dictionary], Corpora, dict[str, Any] | None]:
    """Return dictionaries, corpora, and the configuration that reads them again, if they are files.

    Raises:
        InputError: A file has a mistake, or a corpus is of no language of the dictionaries.
        OptionError: Something is missing, or of no use.
    """
    corpora, parallel = corpora or {}, parallel or {}
    if context != "corpus" and (corpora or parallel):
        raise OptionError(f"no text is read with the context {context}; leave the corpora out")
    sides = {
        pair_of_name(name): [str(one) for one in _listed(files)] for name, files in parallel.items()
    }
    if isinstance(dictionaries, Mapping):
        files, words = _apart(dictionaries)
    else:
        files, words = dict[str, str](), dict[str, Sequence[Pair]]()
    listed = [] if isinstance(dictionaries, Mapping) else list(dictionaries or ())
    places, sentences = _apart(corpora)
    none = not files and not words and not listed
    if none and (dictionaries is not None or corpora or parallel):
        raise InputError("there is no dictionary; give one as en-zh=FILE")
    if not words and not listed and not sentences:
        named = {pair_of_name(name): path for name, path in files.items()}
        texts = Texts(named, places, sides)
        found, own = texts.read(context)
        _check_corpora(found, own, context)
        return found, own, texts.config()
    listed += [read_dictionary(path, *pair_of_name(name)) for name, path in files.items()]
    listed += [dictionary_of(*pair_of_name(name), pairs) for name, pairs in words.items()]
    own = {name: list(one) for name, one in sentences.items()}
    own |= read_corpora(places) if places else {}
    own |= Texts(parallel=sides).halves(own)
    _check_corpora(listed, own, context)
    return listed, own, None


def _apart(
    given: Mapping[str, Place | Sequence[T]],
) -> tuple[dict[str, str], dict[str, Sequence[T]]]:
    """Return what is named as a file, and what is given as it is."""
    files: dict[str, str] = {}
    values: dict[str, Sequence[T]] = {}
    for name, one in given.items():
        if isinstance(one, str | Path):
            files[name] = str(one)
        else:
            values[name] = one
    return files, values


def _check_corpora(dictionaries: Sequence[Dictionary], corpora: Corpora, context: str) -> None:
    """Refuse a language without its text, and a text of no language that is asked about."""
    needed = [one for own in dictionaries for one in (own.source, own.target)]
    idle = [language for language in corpora if language not in needed]
    if idle:
        raise InputError(
            f"the corpus {idle[0]} is of no use: the dictionaries are "
            f"{', '.join(one.name for one in dictionaries)}"
        )
    missing = [language for language in needed if not corpora.get(language)]
    if missing and context == "corpus":
        raise InputError(
            f"there is no corpus of the language {missing[0]}, which a dictionary needs; give "
            f"{missing[0]}=FILE, parallel text, or the context alone for a quick look"
        )


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


def pair_of_name(name: str) -> Pair:
    """Return the two languages of ``en-zh`` or ``zh-Hant-en``: what follows a code is capital.

    Raises:
        OptionError: It is not of that form.
    """
    found = _PAIR.fullmatch(name)
    if found is None:
        raise OptionError(f"{name!r} is no pair of languages; write it as in en-zh")
    return found[1], found[2]


def _listed(files: Place | Sequence[Place]) -> Sequence[Place]:
    return [files] if isinstance(files, str | Path) else files


def _pairs(what: str, given: Sequence[str]) -> dict[Pair, list[str]]:
    """Return (language, language) -> files of ``en-zh=FILE``.

    Raises:
        OptionError: It is not of that form.
    """
    found: dict[Pair, list[str]] = {}
    for one in given:
        name, sign, path = one.partition("=")
        if not (sign and path and _PAIR.fullmatch(name)):
            raise OptionError(
                f"{what} {one!r}: write LANGUAGE-LANGUAGE=FILE, as in en-zh=words.tsv"
            )
        found.setdefault(pair_of_name(name), []).append(path)
    return found
