"""Which sentences of parallel text are asked, which translate them, and which are set aside.

Everything is drawn by the hash of a pair and the seed, and stands in that order: the order of the
lines of a file, and lines that come twice, change nothing.

Legend of dimensions: n sources, m targets.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from firth.errors import InputError
from firth.probe.correct import Correct
from firth.text.carried import dictionary, plain
from firth.text.language import LANGUAGES
from firth.text.parallel import Parallel, language_code

# Pairs that are set aside at most, and the file that is too small for it.
ASIDE = 500
SMALL = 200
# A mean of fewer sentences is no mean.
LEAST = 10

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Questions:
    """Sentences of two languages and what translates what.

    Attributes:
        parallel: The text they come from.
        sources: Sentences of the first language, each once, [n].
        targets: Sentences of the second, each once, [m].
        correct: The targets that translate each source, by any line of the whole file.
        background: For each language sentences that are not asked, whose mean is removed; None
            where there are none.
        aside: How many pairs were set aside for it.
        mean_of: What the background is.
    """

    parallel: Parallel
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    correct: Correct
    background: tuple[list[str], list[str]] | None
    aside: int
    mean_of: str


def questions_of(parallel: Parallel, most: int | None, aside: int, seed: int) -> Questions:
    """Choose what is asked.

    Args:
        parallel: The text.
        most: So many pairs at most; all for None.
        aside: So many pairs are set aside at most, and never more than a tenth.
        seed: Of both choices.

    Raises:
        InputError: Fewer than two different pairs are left.
    """
    order = _ordered(parallel, seed)
    set_aside = min(aside, len(order) // 10) if len(order) >= SMALL else 0
    asked = order[set_aside : None if most is None else set_aside + most]
    rows = {text: at for at, text in enumerate(dict.fromkeys(one for one, _ in asked))}
    columns = {text: at for at, text in enumerate(dict.fromkeys(other for _, other in asked))}
    if len(rows) < 2 or len(columns) < 2:
        raise InputError(
            f"{parallel.name}: {len(rows)} and {len(columns)} different sentences to ask; at least "
            "two are needed in each language"
        )
    # Of the whole file: a pair that is not asked still says what translates what.
    translations: list[set[int]] = [set() for _ in rows]
    for source, target in order:
        if source in rows and target in columns:
            translations[rows[source]].add(columns[target])
    correct = Correct.of(translations, len(columns))
    background, mean_of = _background(parallel, order[:set_aside], (rows, columns))
    return Questions(parallel, tuple(rows), tuple(columns), correct, background, set_aside, mean_of)


def _ordered(parallel: Parallel, seed: int) -> Pairs:
    """Return the pairs, each once, in an order that the seed draws and the file does not."""

    def draw(pair: tuple[str, str]) -> bytes:
        text = f"{seed}\t{pair[0]}\t{pair[1]}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

    return sorted(set(parallel.pairs), key=draw)


def _background(
    parallel: Parallel, aside: Pairs, asked: tuple[dict[str, int], dict[str, int]]
) -> tuple[tuple[list[str], list[str]] | None, str]:
    """Return other text of both languages, and what it is."""
    texts = [
        [text for text in dict.fromkeys(pair[side] for pair in aside) if text not in asked[side]]
        for side in (0, 1)
    ]
    if min(map(len, texts)) >= LEAST:
        return (texts[0], texts[1]), "set aside"
    codes = [language_code(one) for one in (parallel.source, parallel.target)]
    if not set(codes) <= set(LANGUAGES):
        return None, "none"
    return (_carried(codes[0]), _carried(codes[1])), "carried"


def _carried(language: str) -> list[str]:
    entries = [one for one in dictionary() if one.language == language]
    return plain(language) + [one.occurrence.sentence for one in entries]
