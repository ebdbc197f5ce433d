"""K-mer counts: what a practitioner counts before any network is trained.

A column is a k-mer, from one symbol to ``order`` symbols long; its value is log(1 + how often it
occurs), so that the tenth occurrence says less than the first. *Placed* k-mers are counted apart at
every position from the start: for sequences that are aligned, such as windows around a junction.
Columns are those that at least two training sequences have: what one of them alone has says nothing
of others. Nor does a k-mer that all of them have equally often.

Legend of dimensions: n sequences, s symbols of a sequence, k columns of one length, d all columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int
from scipy.sparse import csr_matrix, hstack

from firth.errors import OptionError

LEAST = 2
# More columns than these are cut to those that most training sequences have.
MOST = 200_000
_CODES = 2**62

Symbols = Int[np.ndarray, "_"]  # each of its own length


@dataclass(frozen=True)
class KmerSpace:
    """Which k-mers are counted.

    Attributes:
        order: Length of the longest k-mers.
        placed: Whether a k-mer at another position is another column.
        symbols: Size of the alphabet; symbols are numbers from 0.
        columns: For each length from 1 the codes of its k-mers, ascending.
    """

    order: int
    placed: bool
    symbols: int
    columns: tuple[Int[np.ndarray, "_"], ...]

    @classmethod
    def of(
        cls, sequences: Sequence[Symbols], symbols: int, order: int, *, placed: bool = False
    ) -> KmerSpace:
        """Take the k-mers of training sequences.

        Args:
            sequences: The symbols of each, as numbers.
            symbols: Size of the alphabet.
            order: Length of the longest k-mers.
            placed: Whether a k-mer at another position is another column.

        Raises:
            OptionError: The order is below 1, or too long to be numbered.
        """
        n, longest = len(sequences), max((len(own) for own in sequences), default=0)
        if order < 1 or symbols**order * (longest if placed else 1) >= _CODES:
            raise OptionError(f"k-mers of {order} among {symbols} symbols: take a smaller length")
        columns: list[np.ndarray] = []
        for codes, rows in _codes(sequences, symbols, order, placed=placed):
            known, having, varies = _known(codes, rows, n)
            kept = varies & (having >= (LEAST if (having >= LEAST).any() else 1))
            often = np.argsort(-having[kept], kind="stable")[: MOST // order]
            columns.append(np.sort(known[kept][often]))
        return cls(order, placed, symbols, tuple(columns))

    @property
    def width(self) -> int:
        """Number of columns."""
        return sum(map(len, self.columns))

    def counts(self, sequences: Sequence[Symbols]) -> csr_matrix:
        """Return log(1 + count) of every column, sparse, [n, d].

        Args:
            sequences: The symbols of each, as numbers.
        """
        parts: list[csr_matrix] = []
        found = _codes(sequences, self.symbols, self.order, placed=self.placed)
        for known, (codes, rows) in zip(self.columns, found, strict=True):
            at = np.searchsorted(known, codes)
            there = at < len(known)
            there[there] = known[at[there]] == codes[there]
            ones = np.ones(int(there.sum()))
            shape = (len(sequences), len(known))
            part = csr_matrix((ones, (rows[there], at[there])), shape=shape)
            part.sum_duplicates()
            part.data = np.log1p(part.data)
            parts.append(part)
        return csr_matrix(hstack(parts, format="csr"))


def highest_order(symbols: int, most: int = 6) -> int:
    """Return how long k-mers may be so that there are at most half a million of them.

    Args:
        symbols: Size of the alphabet.
        most: Not longer than this.
    """
    return max(k for k in range(1, most + 1) if k <= 2 or symbols**k <= 500_000)


def is_aligned(sequences: Sequence[Symbols]) -> bool:
    """Tell whether all sequences are of one length, so that positions can be compared."""
    return len({len(own) for own in sequences}) == 1


def _known(
    codes: Int[np.ndarray, " o"], rows: Int[np.ndarray, " o"], n: int
) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"], Bool[np.ndarray, " k"]]:
    """Return every k-mer, how many sequences have it, and whether some have more than others."""
    known, at = np.unique(codes, return_inverse=True)
    if not len(known):
        return known, known, known > 0
    pairs, counts = np.unique(at * n + rows, return_counts=True)  # k-mer by k-mer
    first = np.unique(pairs // n, return_index=True)[1]
    having = np.diff(np.append(first, len(pairs)))
    least, most = np.minimum.reduceat(counts, first), np.maximum.reduceat(counts, first)
    return known, having, (having < n) | (least < most)


def _codes(
    sequences: Sequence[Symbols], symbols: int, order: int, *, placed: bool
) -> Iterator[tuple[Int[np.ndarray, " o"], Int[np.ndarray, " o"]]]:
    """Yield for each length the code and the sequence of every k-mer that occurs."""
    lengths = np.array([len(own) for own in sequences], dtype=np.int64)
    flat = np.concatenate([*sequences, np.zeros(0, np.int64)]).astype(np.int64)
    rows = np.repeat(np.arange(len(sequences)), lengths)
    place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    left = np.repeat(lengths, lengths) - place  # symbols from here to the end
    codes = np.zeros(len(flat), np.int64)
    for k in range(1, order + 1):
        ahead = np.zeros(len(flat), np.int64)
        after = flat[k - 1 :]
        ahead[: len(after)] = after
        codes = codes * symbols + ahead
        whole = left >= k
        own = codes[whole]
        yield (own + place[whole] * symbols**k if placed else own), rows[whole]
