"""The corrections that experiments compare, by name, and the texts they are fitted on.

none        the vectors as they are
zero_mean   the mean of the vector's language is subtracted
lir_4       the 4 strongest directions of the vector's language are projected out
agnostic    what the language means span is projected out: one map, no language is needed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from firth.errors import InputError, OptionError, did_you_mean
from firth.probe.corrections import Agnostic, Correction, Lir, Unchanged, ZeroMean
from firth.text.carried import dictionary, plain
from firth.text.language import LANGUAGES

NONE, ZERO_MEAN = "none", "zero_mean"
AGNOSTIC, CENTRED = "agnostic", "agnostic_centred"
LIR = "lir_"
RANKS = (1, 4)
# Fewer sentences of a language are no ground for a correction.
LEAST = 8


def check_ranks(ranks: Sequence[int]) -> tuple[int, ...]:
    """Return how many directions LIR removes, each number once.

    Raises:
        OptionError: There is none, or one below 1.
    """
    chosen = tuple(sorted(set(ranks)))
    if not chosen or chosen[0] < 1:
        raise OptionError(f"LIR removes 1 direction or more, not {chosen[0] if chosen else 'none'}")
    return chosen


def fit_corrections(
    vectors: Mapping[str, Float[np.ndarray, "n d"]], ranks: Sequence[int] = RANKS
) -> dict[str, Correction]:
    """Return the corrections of one layer by their names, ``none`` first.

    Args:
        vectors: Language -> vectors of the text they are fitted on.
        ranks: How many directions LIR removes; one correction each.

    Raises:
        InputError: There are not two languages, or one has too few vectors.
        OptionError: LIR would remove more directions than there are.
    """
    strongest, agnostic = Lir.fit(vectors, max(ranks)), Agnostic.fit(vectors)
    return {
        NONE: Unchanged(),
        ZERO_MEAN: ZeroMean.fit(vectors),
        **{f"{LIR}{r}": strongest.first(r) for r in ranks},
        AGNOSTIC: agnostic,
        CENTRED: replace(agnostic, centred=True),
    }


def family_of(correction: str) -> str:
    """Return the name without the number of directions: ``lir`` of ``lir_4``."""
    return LIR.rstrip("_") if correction.startswith(LIR) else correction


def carried_sentences(language: str) -> list[str]:
    """Return the sentences of a language that firth brings and that nothing studies.

    Raises:
        OptionError: There are none.
    """
    if language not in LANGUAGES:
        raise OptionError(
            f"firth carries no sentences in {language!r}, only in {', '.join(LANGUAGES)}; give a "
            f"text as {language}=FILE.{did_you_mean(language, LANGUAGES)}"
        )
    own = [one.occurrence.sentence for one in dictionary() if one.language == language]
    return list(dict.fromkeys(plain(language) + own))


def drawn(
    texts: Mapping[str, Sequence[str]],
    without: Mapping[str, Sequence[str]],
    most: int,
    seed: int,
) -> dict[str, list[str]]:
    """Return sentences of each language, each once, in an order that the seed draws.

    Args:
        texts: Language -> sentences.
        without: Language -> sentences that are asked, and must not be among them.
        most: So many of a language at most.
        seed: Of the order.

    Raises:
        InputError: There are not two languages, or one has too few sentences left.
    """
    if len(texts) < 2:
        given = f"only {next(iter(texts))} is given" if texts else "there is none"
        raise InputError(
            f"texts of at least two languages are needed, such as en=FILE zh=FILE; {given}"
        )
    found: dict[str, list[str]] = {}
    for at, (language, own) in enumerate(texts.items()):
        asked = set(without.get(language, ()))
        rest = sorted(set(own) - asked)  # the order of a file changes nothing
        if len(rest) < LEAST:
            raise InputError(
                f"{language} has {len(rest)} different sentences that are not asked themselves; "
                f"at least {LEAST} are needed, and a correction that can be relied on needs "
                "hundreds"
            )
        order = np.random.default_rng([seed, at]).permutation(len(rest))[:most]
        found[language] = [rest[place] for place in order.tolist()]
    return found
