"""Which language a token of a vocabulary belongs to.

A posterior from unigram frequencies: how often the token occurs in a text of each language, with a
script's prior where the texts are silent. A token belongs to a language when the posterior says so
clearly; what several languages share (digits, punctuation, names, short pieces) belongs to none.

How rough this is: by default the texts are the two dozen sentences a language that firth carries,
so most tokens are in none of them and only their script speaks. Unseen Han is then called Chinese,
kana Japanese, Cyrillic Russian; an unseen piece in Latin letters belongs to no language, except
where a letter gives it away (ß, ñ). Give larger texts where a number depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from firth.errors import OptionError, did_you_mean
from firth.text.carried import plain
from firth.text.language import LANGUAGES

# From this posterior on a token belongs to a language.
CLEAR = 0.8
# A script's prior weighs as much as this many occurrences in a text of average length.
_PRIOR_OCCURRENCES = 1.0
SHARED = -1

# What each script says before any text was read; a script that is not here says nothing.
_SCRIPTS: tuple[tuple[re.Pattern[str], Mapping[str, float]], ...] = (
    (re.compile("[\u3040-\u30ff]"), {"ja": 1.0}),
    (re.compile("[\u3400-\u9fff]"), {"zh": 0.9, "ja": 0.1}),
    (re.compile("[\u0400-\u04ff]"), {"ru": 1.0}),
    (re.compile("[ßäöÄÖÜ]"), {"de": 0.9, "en": 0.05, "es": 0.05}),
    (re.compile("[ñáíóÑÁÍÓ¿¡]"), {"es": 0.9, "en": 0.05, "de": 0.05}),
    (re.compile("[A-Za-z\u00c0-\u024f]"), {"en": 1 / 3, "de": 1 / 3, "es": 1 / 3}),
)


@dataclass(frozen=True)
class TokenLanguages:
    """The languages of a vocabulary's tokens.

    Attributes:
        languages: Names, in the order of the columns.
        posterior: Probability of each language given the token, [v, g]; rows of zeros where
            neither script nor text says anything.
        codes: Index of the language a token clearly belongs to, or `SHARED`, [v].
    """

    languages: tuple[str, ...]
    posterior: np.ndarray
    codes: np.ndarray

    def allowed(self, language: str) -> np.ndarray:
        """Return which tokens may fill a blank when only one language is wanted, bool, [v].

        Where the posterior is even, as for Latin pieces that no text has, a token may stand; only
        what another language has a better claim to is left out, and what has no letters at all.
        """
        own = self.posterior[:, self.languages.index(check_language(language))]
        return (own > 0) & (own >= self.posterior.max(axis=1) - 1e-9)


def check_language(language: str) -> str:
    """Return the language if its tokens can be told.

    Raises:
        OptionError: They cannot.
    """
    if language not in LANGUAGES:
        raise OptionError(
            f"language {language!r} is not known by its tokens; legal are {', '.join(LANGUAGES)}"
            f".{did_you_mean(language, LANGUAGES)}"
        )
    return language


def token_language(
    surfaces: Sequence[str], counts: Mapping[str, np.ndarray], clear: float = CLEAR
) -> TokenLanguages:
    """Return the posterior of each token's language.

    Args:
        surfaces: What each token of the vocabulary looks like in a text, word marks removed.
        counts: For each language how often each token occurs in its text, [v].
        clear: From this posterior on a token belongs to a language.
    """
    names = tuple(counts)
    prior = np.array([_prior(surface, names) for surface in surfaces])  # (v, g)
    totals = np.array([max(float(counts[name].sum()), 1.0) for name in names])
    # Frequencies, not counts: a longer text must not claim more tokens.
    frequency = np.stack([counts[name] for name in names], axis=1) / totals
    weight = frequency + prior * _PRIOR_OCCURRENCES / totals.mean()
    weight[prior.sum(axis=1) == 0] = 0.0
    sums = weight.sum(axis=1, keepdims=True)
    posterior = np.divide(weight, sums, out=np.zeros_like(weight), where=sums > 0)
    codes = np.where(posterior.max(axis=1) >= clear, posterior.argmax(axis=1), SHARED)
    return TokenLanguages(names, posterior, codes)


def carried_languages(
    surfaces: Sequence[str], tokenise: Callable[[Sequence[str]], Sequence[np.ndarray]]
) -> TokenLanguages:
    """Return the languages of a vocabulary by the texts that firth carries.

    Args:
        surfaces: What each token looks like in a text, [v].
        tokenise: Gives the token ids of each of some texts.
    """
    counts = {
        name: np.bincount(np.concatenate(list(tokenise(plain(name)))), minlength=len(surfaces))
        for name in LANGUAGES
    }
    return token_language(surfaces, counts)


def _prior(surface: str, names: Sequence[str]) -> list[float]:
    """Return what the script says: the first of `_SCRIPTS` that has a letter in the token."""
    for pattern, shares in _SCRIPTS:
        if pattern.search(surface):
            return [shares.get(name, 0.0) for name in names]
    return [0.0] * len(names)
