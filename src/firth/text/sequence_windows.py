"""Windows over sequences that are longer than a model reads.

Nothing is cut off: windows overlap or touch, and the last one ends where the sequence ends. Every
window knows the sequence that it is of, so that answers can be averaged over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firth.errors import OptionError

Symbols = tuple[str, ...]


@dataclass(frozen=True)
class Windows:
    """Windows, in the order of their sequences.

    Attributes:
        symbols: What is in each.
        whole: Number of the sequence that each is of.
        cut: How many sequences were longer than a window.
        notes: The same in words.
    """

    symbols: tuple[Symbols, ...]
    whole: tuple[int, ...]
    cut: int
    notes: tuple[str, ...] = ()


def cut_windows(sequences: Sequence[Symbols], longest: int, stride: int | None = None) -> Windows:
    """Cut what is longer than ``longest`` symbols; the rest is a window of its own.

    Args:
        sequences: The symbols of each.
        longest: Symbols of a window.
        stride: Symbols from the start of a window to that of the next; ``longest`` by default.

    Raises:
        OptionError: A number is too small, or a stride would pass over symbols.
    """
    step = longest if stride is None else stride
    if longest < 1:
        raise OptionError(f"window {longest}: it must hold at least 1 symbol")
    if not 1 <= step <= longest:
        raise OptionError(
            f"stride {step}: legal are 1 to {longest}, the window; more would pass over symbols"
        )
    found: list[Symbols] = []
    whole: list[int] = []
    for number, symbols in enumerate(sequences):
        own = [symbols[at : at + longest] for at in starts(len(symbols), longest, step)]
        found += own
        whole += [number] * len(own)
    cut = sum(len(symbols) > longest for symbols in sequences)
    notes: tuple[str, ...] = ()
    if cut:
        n = cut + len(found) - len(sequences)
        notes = (
            f"{cut:,} of {len(sequences):,} sequences are longer than {longest:,} symbols (up to "
            f"{max(map(len, sequences)):,}) and were cut into {n:,} windows, {step:,} apart",
        )
    return Windows(tuple(found), tuple(whole), cut, notes)


def starts(length: int, longest: int, stride: int) -> list[int]:
    """Return where the windows of a sequence begin; the last one ends with the sequence."""
    if length <= longest:
        return [0]
    last = length - longest
    return [*range(0, last, stride), last]
