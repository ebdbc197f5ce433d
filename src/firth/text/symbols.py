"""Symbols as words: a map from the symbols of sequences to ordinary words of a model's vocabulary.

Kao & Lee 2021 let a text BERT read DNA, proteins and music so: A, C, G and T each become a word
drawn at random. Which words are drawn should not matter, so several maps are tried. Map ``number``
of a seed takes its words from the shuffled list of whole words (`firth.text.word_pieces`) where the
map before it stopped: maps of a seed share no word until all have been used.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np

from firth.errors import InputError, OptionError, did_you_mean, first_line
from firth.text.digest import digest
from firth.text.word_pieces import Vocabulary, whole_words

FORMAT = "firth symbol map"
VERSION = 1
Unseen = Literal["refuse", "unknown"]
# So many numbers are tried before it is said that there are no more maps.
_TRIED = 1000


@dataclass(frozen=True)
class SymbolMap:
    """Which piece of a vocabulary stands for which symbol.

    Attributes:
        pieces: Symbol -> piece, as the tokenizer spells it.
        ids: Symbol -> its id.
        unknown: Id of the unknown token, or None.
        seed: What it was drawn by.
        number: Which of the seed's maps it is.
        script: What script the words are in.
        vocabulary: Fingerprint of the vocabulary.
    """

    pieces: Mapping[str, str]
    ids: Mapping[str, int]
    unknown: int | None
    seed: int
    number: int
    script: str
    vocabulary: str

    def encode(
        self, sequences: Iterable[Sequence[str]], unseen: str = "refuse"
    ) -> tuple[list[np.ndarray], Counter[str]]:
        """Return the ids of each sequence, int64, and how often each unseen symbol occurred.

        Args:
            sequences: Symbols.
            unseen: What becomes of a symbol that the map does not have: ``refuse`` says so,
                ``unknown`` takes the unknown token.

        Raises:
            InputError: A symbol is not in the map, and is refused.
            OptionError: ``unseen`` is not legal, or there is no unknown token.
        """
        to = self._unseen_id(unseen)
        counts: Counter[str] = Counter()
        found: list[np.ndarray] = []
        for number, symbols in enumerate(sequences, start=1):
            missing = [symbol for symbol in symbols if symbol not in self.ids]
            if missing and to is None:
                raise InputError(f"sequence {number}: {self._missing(missing[0])}")
            counts.update(missing)
            found.append(np.array([self.ids.get(one, to) for one in symbols], dtype=np.int64))
        return found, counts

    def _unseen_id(self, unseen: str) -> int | None:
        legal = get_args(Unseen)
        if unseen not in legal:
            raise OptionError(
                f"unseen {unseen!r}: legal are {', '.join(legal)}.{did_you_mean(unseen, legal)}"
            )
        if unseen == "refuse":
            return None
        if self.unknown is None:
            raise OptionError("unseen 'unknown': this vocabulary has no unknown token; refuse them")
        return self.unknown

    def _missing(self, symbol: str) -> str:
        known = sorted(self.ids)
        shown = " ".join(known[:12]) + (" …" if len(known) > 12 else "")
        other = next((one for one in known if one.casefold() == symbol.casefold()), None)
        hint = f" Did you mean {other!r}?" if other else did_you_mean(symbol, known)
        return (
            f"the symbol {symbol!r} is not in the map ({shown}); leave it out, or let unseen "
            f"symbols become the unknown token.{hint}"
        )

    def save(self, path: str | Path) -> None:
        """Write it as JSON, whole or not at all."""
        path = Path(path)
        record = {
            "format": FORMAT, "version": VERSION, "seed": self.seed, "number": self.number,
            "script": self.script, "vocabulary": self.vocabulary, "unknown": self.unknown,
            "symbols": {one: [self.ids[one], self.pieces[one]] for one in sorted(self.ids)},
        }  # fmt: skip
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)


def draw_map(
    symbols: Collection[str],
    vocabulary: Vocabulary,
    *,
    seed: int = 0,
    number: int = 0,
    script: str = "latin",
    known: Collection[str] | None = None,
    unknown: int | None = None,
) -> SymbolMap:
    """Draw a map; the same arguments give the same one on every machine.

    Args:
        symbols: What is to be mapped.
        vocabulary: The pieces.
        seed: Makes other maps.
        number: Which of the seed's maps, from 0.
        script: Script of the words.
        known: Only words that are among these.
        unknown: Id of the unknown token, for symbols that turn up later.

    Raises:
        InputError: There are fewer words than symbols, or no symbols.
        OptionError: The script is not known, or the number is negative.
    """
    if number < 0:
        raise OptionError(f"map {number}: they are counted from 0")
    return next(_maps(symbols, vocabulary, seed, number, script, known, unknown))


def draw_maps(
    symbols: Collection[str],
    vocabulary: Vocabulary,
    n: int,
    *,
    seed: int = 0,
    script: str = "latin",
    known: Collection[str] | None = None,
    unknown: int | None = None,
) -> list[SymbolMap]:
    """Draw several maps of a seed, no two of them the same.

    Args:
        symbols: What is to be mapped.
        vocabulary: The pieces.
        n: How many.
        seed: Makes other maps.
        script: Script of the words.
        known: Only words that are among these.
        unknown: Id of the unknown token.

    Raises:
        InputError: There are fewer words than symbols, or no symbols.
        OptionError: The script is not known, or there are not so many different maps.
    """
    if n < 1:
        raise OptionError(f"{n} maps: at least 1 is needed")
    found: list[SymbolMap] = []
    drawn = _maps(symbols, vocabulary, seed, 0, script, known, unknown)
    for one in islice(drawn, n + _TRIED):
        if all(one.ids != other.ids for other in found):
            found.append(one)
        if len(found) == n:
            return found
    raise OptionError(f"{n} maps: these words give only {len(found)} different ones")


def _maps(
    symbols: Collection[str],
    vocabulary: Vocabulary,
    seed: int,
    first: int,
    script: str,
    known: Collection[str] | None,
    unknown: int | None,
) -> Iterator[SymbolMap]:
    """Yield the maps of a seed from a number on, without end."""
    ordered = sorted(set(symbols))
    words = whole_words(vocabulary, script, known=known)
    if not ordered:
        raise InputError("there are no symbols to map")
    if len(ordered) > len(words):
        raise InputError(
            f"{len(ordered):,} symbols, but the vocabulary has only {len(words):,} whole words in "
            f"{script} script; take shorter k-mers or another script"
        )
    in_a_turn = len(words) // len(ordered)
    shuffled: list[int] = []
    for number in count(first):
        turn, slot = divmod(number, in_a_turn)
        if not shuffled or slot == 0:
            shuffled = _shuffled(words, vocabulary, seed, turn)
        chosen = shuffled[slot * len(ordered) : (slot + 1) * len(ordered)]
        ids = dict(zip(ordered, chosen, strict=True))
        yield SymbolMap(
            {one: vocabulary.pieces[own] for one, own in ids.items()}, ids,
            unknown, seed, number, script, vocabulary.fingerprint,
        )  # fmt: skip


def _shuffled(words: Iterable[int], vocabulary: Vocabulary, seed: int, turn: int) -> list[int]:
    return sorted(words, key=lambda own: digest(seed, turn, vocabulary.pieces[own]))


def load_map(path: str | Path, vocabulary: Vocabulary) -> SymbolMap:
    """Read a map that was saved.

    Args:
        path: The file.
        vocabulary: What the model reads; the map must have been drawn from it.

    Raises:
        InputError: The file cannot be read, is no map, or is of another vocabulary.
    """
    try:
        record: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or first_line(error)}") from error
    except ValueError as error:
        raise InputError(f"{path} is no symbol map: not JSON: {first_line(error)}") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(f"{path} is no symbol map: it has no format {FORMAT!r}")
    if record.get("version") != VERSION:
        raise InputError(f"{path}: version {record.get('version')!r}; this firth reads {VERSION}")
    if record.get("vocabulary") != vocabulary.fingerprint:
        raise InputError(f"{path} was drawn from another vocabulary; draw a map for this model")
    try:
        rows = cast("dict[str, tuple[int, str]]", record["symbols"])
        ids = {symbol: int(own) for symbol, (own, _) in rows.items()}
        pieces = {symbol: str(piece) for symbol, (_, piece) in rows.items()}
        unknown = None if record["unknown"] is None else int(record["unknown"])
        found = SymbolMap(
            pieces, ids, unknown, int(record["seed"]), int(record["number"]),
            str(record["script"]), vocabulary.fingerprint,
        )  # fmt: skip
        whole = all(vocabulary.pieces[ids[one]] == pieces[one] and ids[one] >= 0 for one in ids)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path} is no whole symbol map: {first_line(error)}") from error
    if not whole or len(set(ids.values())) != len(ids) or not ids:
        raise InputError(f"{path} is no whole symbol map: a symbol has no piece of its own")
    return found
