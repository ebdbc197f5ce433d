"""What of a sequence is a symbol: a character, what stands between blanks, or a k-mer.

characters   ``ACGT`` -> A C G T
blanks       ``60 62 67`` -> 60 62 67
kmers:3      ``ACGTA`` -> ACG CGT GTA: overlapping
kmers:3:3    every third character begins one: ``ACGTAC`` -> ACG TAC
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from firth.errors import InputError, OptionError, did_you_mean

Kind = Literal["characters", "blanks", "kmers"]
KINDS = ("characters", "blanks", "kmers:K", "kmers:K:STRIDE")


@dataclass(frozen=True)
class Cut:
    """How sequences are cut into symbols.

    Attributes:
        kind: ``characters``, ``blanks`` or ``kmers``.
        k: Characters of a k-mer.
        stride: Characters from the start of a k-mer to that of the next.
    """

    kind: Kind = "characters"
    k: int = 1
    stride: int = 1

    @property
    def name(self) -> str:
        """What `parse_cut` reads."""
        if self.kind != "kmers":
            return self.kind
        return f"kmers:{self.k}" + (f":{self.stride}" if self.stride != 1 else "")

    def symbols(self, text: str, where: str) -> tuple[str, ...]:
        """Return the symbols of a sequence.

        Args:
            text: The sequence, blanks around it removed; not empty.
            where: What complaints call it.

        Raises:
            InputError: It has blanks that are no symbols, or is shorter than a k-mer.
        """
        cells = text.split()
        if self.kind == "blanks":
            return tuple(cells)
        if len(cells) > 1:
            raise InputError(
                f"{where}: the sequence has blanks ({_short(text)!r}); cut it by `blanks`, or take "
                "them out"
            )
        if self.kind == "characters":
            return tuple(text)
        if len(text) < self.k:
            raise InputError(
                f"{where}: {len(text)} characters ({_short(text)!r}) hold no {self.k}-mer; leave "
                "the row out or take a smaller K"
            )
        return tuple(text[at : at + self.k] for at in range(0, len(text) - self.k + 1, self.stride))

    def left_over(self, text: str) -> int:
        """Return how many characters at the end of a sequence are in no symbol."""
        if self.kind != "kmers":
            return 0
        return (len(text) - self.k) % self.stride


def parse_cut(given: str) -> Cut:
    """Return how to cut, as it stands on a command line.

    Raises:
        OptionError: There is no such way.
    """
    kind, *numbers = given.split(":")
    legal = f"legal are {', '.join(KINDS)}"
    if kind not in ("characters", "blanks", "kmers"):
        raise OptionError(
            f"symbols {given!r}: {legal}.{did_you_mean(kind, ('characters', 'blanks', 'kmers'))}"
        )
    if kind != "kmers":
        if numbers:
            raise OptionError(f"symbols {given!r}: {kind} takes no number; {legal}")
        return Cut(cast(Kind, kind))
    if not 1 <= len(numbers) <= 2 or not all(one.isdecimal() and int(one) for one in numbers):
        raise OptionError(f"symbols {given!r}: {legal}, both whole numbers from 1")
    k, stride = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 1
    if stride > k:
        raise OptionError(
            f"symbols {given!r}: a stride of {stride} passes over characters; it is at most {k}"
        )
    return Cut("kmers", k, stride)


def _short(text: str, longest: int = 20) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
