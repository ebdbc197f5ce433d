"""The ordinary whole words among the pieces of a vocabulary.

Three spellings are known: WordPiece marks what continues a word (``##ing``), SentencePiece what
begins one (``▁the``), byte-level BPE likewise (``Ġthe``, bytes as letters). A whole word is a piece
that begins a word and has letters of one script only: no digit, no punctuation, no special or
unused token, nothing short. In scripts without blanks (Han, kana) a word has no mark to begin it,
and one letter is enough.

A piece that begins a word need not be all of it (``▁Schl`` of Schloss): that cannot be seen in a
vocabulary. With a list of known words only those are taken.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from firth.errors import InputError, OptionError, did_you_mean

Spelling = Literal["pieces", "marks", "bytes"]
# Script -> how the Unicode names of its letters begin, and the fewest letters of a word.
SCRIPTS: dict[str, tuple[tuple[str, ...], int]] = {
    "latin": (("LATIN ",), 3),
    "cyrillic": (("CYRILLIC ",), 3),
    "greek": (("GREEK ",), 3),
    "arabic": (("ARABIC ",), 3),
    "hangul": (("HANGUL ",), 2),
    "han": (("CJK UNIFIED IDEOGRAPH",), 1),
    "kana": (("HIRAGANA ", "KATAKANA "), 1),
}
_BLANKLESS = ("han", "kana")
# A mark is a spelling's own when this share of the pieces has it.
_OWN = 0.01


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of a tokenizer.

    Attributes:
        pieces: By id, as the tokenizer spells them.
        special: Ids of special and added tokens.
    """

    pieces: tuple[str, ...]
    special: frozenset[int]

    @classmethod
    def of(cls, pieces: Iterable[str], special: Iterable[int]) -> Vocabulary:
        """Make one of any lists.

        Raises:
            InputError: There are no pieces, or a special id is not among them.
        """
        made = cls(tuple(pieces), frozenset(special))
        if not made.pieces:
            raise InputError("the vocabulary has no pieces")
        wrong = sorted(number for number in made.special if not 0 <= number < len(made.pieces))
        if wrong:
            raise InputError(
                f"special id {wrong[0]} is not in a vocabulary of {len(made.pieces):,}"
            )
        return made

    @cached_property
    def spelling(self) -> Spelling:
        """How pieces show where words begin: ``pieces`` (``##``), ``marks`` or ``bytes``."""
        shares = {
            "pieces": sum(len(one) > 2 and one.startswith("##") for one in self.pieces),
            "marks": sum(one.startswith("▁") for one in self.pieces),
            "bytes": sum(one.startswith("Ġ") for one in self.pieces),
        }
        if shares["marks"] > max(shares["pieces"], shares["bytes"], _OWN * len(self.pieces)):
            return "marks"
        if shares["bytes"] > max(shares["pieces"], _OWN * len(self.pieces)):
            return "bytes"
        return "pieces"

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of the pieces, in order."""
        joined = "\n".join(self.pieces).encode("utf-8", "surrogatepass")
        return hashlib.sha256(joined).hexdigest()

    def word(self, number: int) -> tuple[str, bool]:
        """Return a piece without its mark, and whether it begins a word."""
        piece = self.pieces[number]
        if self.spelling == "marks":
            return piece.removeprefix("▁"), piece.startswith("▁")
        if self.spelling == "bytes":
            return _from_bytes(piece.removeprefix("Ġ")), piece.startswith("Ġ")
        return piece, not piece.startswith("##")


def check_script(script: str) -> str:
    """Return the script.

    Raises:
        OptionError: It is not known.
    """
    if script not in SCRIPTS:
        raise OptionError(
            f"script {script!r}: legal are {', '.join(SCRIPTS)}.{did_you_mean(script, SCRIPTS)}"
        )
    return script


def whole_words(
    vocabulary: Vocabulary,
    script: str = "latin",
    least: int | None = None,
    known: Collection[str] | None = None,
) -> dict[int, str]:
    """Return id -> word of the ordinary whole words, in the order of the ids.

    Words that differ in case only are taken once, in small letters where there is such a piece.

    Args:
        vocabulary: The pieces.
        script: A name of `SCRIPTS`.
        least: Fewest letters of a word; by default those of the script.
        known: Only words that are among these.

    Raises:
        OptionError: The script is not known, or the number is too small.
    """
    begins, usual = SCRIPTS[check_script(script)]
    shortest = usual if least is None else least
    if shortest < 1:
        raise OptionError(f"least {shortest}: a word has at least 1 letter")
    chosen: dict[str, int] = {}
    for number in range(len(vocabulary.pieces)):
        if number in vocabulary.special:
            continue
        word, begun = vocabulary.word(number)
        if not begun and (script not in _BLANKLESS or vocabulary.spelling == "pieces"):
            continue
        if len(word) < shortest or not _is_of(word, begins):
            continue
        if known is not None and word not in known:
            continue
        same = chosen.setdefault(word.casefold(), number)
        if word.islower() and not vocabulary.word(same)[0].islower():
            chosen[word.casefold()] = number
    return {number: vocabulary.word(number)[0] for number in sorted(chosen.values())}


def _is_of(word: str, begins: tuple[str, ...]) -> bool:
    return all(_is_letter(letter, begins) for letter in word)


@lru_cache(maxsize=1 << 16)
def _is_letter(letter: str, begins: tuple[str, ...]) -> bool:
    """Tell whether a letter is of a script, and no ligature or other form of presentation."""
    return (
        letter.isalpha()
        and unicodedata.name(letter, "").startswith(begins)
        and unicodedata.normalize("NFKC", letter) == letter
    )


def _from_bytes(piece: str) -> str:
    """Return what a byte-level piece spells; empty where it is no whole text."""
    try:
        return bytes(_BYTES[letter] for letter in piece).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return ""


def _byte_letters() -> dict[str, int]:
    """Return letter -> byte of byte-level BPE (Radford et al. 2019).

    Bytes that print stand for themselves; the others, in order, for the letters from U+0100 on.
    """
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {
        chr(0x100 + at): byte for at, byte in enumerate(hidden)
    }


_BYTES = _byte_letters()
