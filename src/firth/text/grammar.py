"""A small made-up language, for tours and tests: classes that differ in order and in nothing else.

Its nine symbols are of three kinds of three. In a sentence the kinds take turns: in class
``forward`` as 1 2 3 1 2 3 ..., in ``backward`` as 3 2 1 3 2 1 ..., in ``neither`` in no order.
Which symbol of its kind stands there says nothing. Sentences come in sets, one of each class, of
*the same* symbols in different order: counts of symbols are equal between classes to the last one,
and whoever looks at them only must guess. Noise exchanges symbols of a sentence with each other,
which changes no count either. Pairs of neighbours tell the classes apart, once it is learnt which
symbols are of a kind.
"""

from __future__ import annotations

import random

from firth.errors import OptionError
from firth.text.sequences import Example, SequenceSet

CLASSES = ("backward", "forward", "neither")
KINDS = ("abc", "pqr", "xyz")


def grammar(
    n: int = 600, *, length: int = 24, classes: int = 3, noise: float = 0.2, seed: int = 0
) -> SequenceSet:
    """Return sentences of the made-up language, as many of each class.

    Args:
        n: How many; a multiple of the number of classes.
        length: Symbols of a sentence; a multiple of 3.
        classes: 3, or 2 to leave ``neither`` out.
        noise: Share of a sentence's symbols that are exchanged with each other.
        seed: Makes others.

    Raises:
        OptionError: A number is not legal.
    """
    if classes not in (2, 3):
        raise OptionError(f"classes {classes}: legal are 2 and 3")
    if n < classes or n % classes:
        raise OptionError(f"{n} sentences: it must be a multiple of {classes}, the classes")
    if length < 6 or length % 3:
        raise OptionError(f"length {length}: it must be a multiple of 3, and at least 6")
    if not 0 <= noise <= 1:
        raise OptionError(f"noise {noise:g}: legal are 0 to 1")
    draw = random.Random(f"grammar {seed}")
    examples: list[Example] = []
    for number in range(n // classes):
        words = [[draw.choice(kind) for _ in range(length // 3)] for kind in KINDS]
        for label in CLASSES[:classes]:
            symbols = _sentence(words, label, noise, draw)
            examples.append(Example(symbols, label, f"set {number + 1}, {label}"))
    return SequenceSet("grammar", tuple(examples))


def _sentence(
    words: list[list[str]], label: str, noise: float, draw: random.Random
) -> tuple[str, ...]:
    """Return the symbols of a set in the order of a class."""
    own = [draw.sample(kind, len(kind)) for kind in words]
    first = draw.randrange(3)  # no kind stands more often in front
    step = -1 if label == "backward" else 1
    turns = len(own[0])
    symbols = [own[(first + step * at) % 3][turn] for turn in range(turns) for at in range(3)]
    if label == "neither":
        return tuple(draw.sample(symbols, len(symbols)))
    moved = draw.sample(range(len(symbols)), round(noise * len(symbols)))
    there = [symbols[at] for at in moved]
    for at, symbol in zip(moved, draw.sample(there, len(there)), strict=True):
        symbols[at] = symbol
    return tuple(symbols)
