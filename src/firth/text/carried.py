"""The small texts that firth brings along."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import as_file, files

from firth.errors import OptionError, did_you_mean
from firth.text.language import LANGUAGES
from firth.text.sentences import Occurrence, mark, read_occurrences

HOMOGRAPH_LANGUAGES = ("zh", "en", "de", "ja", "es")


@dataclass(frozen=True)
class Entry:
    """A word of the carried dictionary in a sentence of its own.

    Attributes:
        concept: What the word means, a short English name that the six languages share.
        language: One of `LANGUAGES`.
        occurrence: The word, marked in its sentence, without a label.
    """

    concept: str
    language: str
    occurrence: Occurrence


def _read(name: str) -> list[str]:
    text = files("firth.text").joinpath("builtin", name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line]


def apples() -> list[Occurrence]:
    """Return the ten sentences of Hung-yi Lee's lecture with 苹果, five fruits, five companies."""
    pairs = [tuple(line.split("\t")) for line in _read("lecture.tsv")[1:]]
    return mark([(sentence, label) for sentence, label in pairs], "苹果")


def anchors() -> list[str]:
    """Return the lecture's anchor words, each in a sentence: grass, electricity, bird, fish.

    The lecture says that the fruit lies nearer to 草 and the company nearer to 电, and that bird
    and fish lie nearer to each other than to plants.
    """
    return _read("anchors.txt")


def homographs(language: str | None = None) -> list[Occurrence]:
    """Return sentences with words of two senses, written for firth, eight sentences a sense.

    Both senses of a word stand at the same spread of places, so that position and segmentation
    do not tell them apart.

    Args:
        language: One of `HOMOGRAPH_LANGUAGES`; all of them, in that order, by default.

    Returns:
        The occurrences, marked and labelled, word by word.

    Raises:
        OptionError: There are no homographs of that language.
    """
    if language is not None and language not in HOMOGRAPH_LANGUAGES:
        raise OptionError(
            f"no homographs in {language!r}; there is {', '.join(HOMOGRAPH_LANGUAGES)}"
            f".{did_you_mean(language, HOMOGRAPH_LANGUAGES)}"
        )
    found: list[Occurrence] = []
    for one in HOMOGRAPH_LANGUAGES if language is None else (language,):
        with as_file(files("firth.text").joinpath("builtin", f"homographs.{one}.tsv")) as path:
            found += read_occurrences(path)
    return found


def blanks() -> list[tuple[str, str, str]]:
    """Return (language, sentence, answer): sentences of six languages with ``[MASK]``.

    The first Chinese one is the lecture's kind of question; all were written for firth before any
    model was asked, and none was chosen by how it was answered.
    """
    rows = [line.split("\t") for line in _read("blanks.tsv")[1:]]
    return [(language, sentence, answer) for language, sentence, answer in rows]


def dictionary() -> list[Entry]:
    """Return words of six languages for the same concepts, each in a sentence, written for firth.

    A concept has one entry a language, in the order of `LANGUAGES`. Its sentences speak of
    different things and do not translate each other, so that only the words are shared; a word
    stands once in its sentence and once in its language.
    """
    found: list[Entry] = []
    for concept, language, word, sentence in (
        line.split("\t") for line in _read("dictionary.tsv")[1:]
    ):
        edge = "" if language in ("zh", "ja") else r"\b"
        [place] = re.finditer(f"{edge}{re.escape(word)}{edge}", sentence)
        occurrence = Occurrence(word, sentence, place.start(), place.end())
        found.append(Entry(concept, language, occurrence))
    return found


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


def sentences(language: str) -> list[str]:
    """Return all sentences of a language that firth brings, each once.

    Raises:
        OptionError: There is no carried text of that language.
    """
    found = plain(language)
    if language in HOMOGRAPH_LANGUAGES:
        found = found + [one.sentence for one in homographs(language)]
    return list(dict.fromkeys(found))


def girl() -> dict[str, str]:
    """Return the lecture's sentence about the girl across town, in English and in Chinese."""
    return {
        "en": "The girl that can help me is all the way across town. "
        "There is no one who can help me.",
        "zh": "能帮助我的小女孩在小镇的另一边，没人能够帮助我。",
    }
