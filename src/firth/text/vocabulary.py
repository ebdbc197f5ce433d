"""Which language a token of a vocabulary belongs to.

A posterior from unigram frequencies: how often the token occurs in a text of each language, with a
script's prior where the texts are silent. A token belongs to a language when the posterior says so
clearly; what several languages share (digits, punctuation, names, short pieces) belongs to none.

How rough this is: by default the texts are the two dozen sentences a language that firth carries,
so most tokens are in none of them and only their script speaks, by its share in each text. Unseen
kana are then called Japanese, Cyrillic Russian; unseen Han is Chinese where there is no Japanese
text, else it belongs to neither; an unseen piece in Latin letters belongs to no language, except
where a letter gives it away (ß, ñ). Give larger texts where a number depends on it.

A token in a script that no text is written in (Hangul, where the texts are English and Chinese) is
`FOREIGN`: it surely belongs to none of the languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from firth.errors import OptionError, did_you_mean
from firth.text.carried import sentences
from firth.text.language import LANGUAGES

# From this posterior on a token belongs to a language.
CLEAR = 0.8
# A script's prior weighs as much as this many occurrences in a text of average length.
_PRIOR_OCCURRENCES = 1.0
SHARED = -1
FOREIGN = -2

# Letters that give a language away.
_LETTERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("[ßäöÄÖÜ]"), "de"),
    (re.compile("[ñáíóÑÁÍÓ¿¡]"), "es"),
)
_GIVEN_AWAY = 0.9
_KANA = re.compile("[\u3040-\u30ff]")
# So many sentences of a text are looked at for its scripts.
_READ = 2000


@dataclass(frozen=True)
class TokenLanguages:
    """The languages of a vocabulary's tokens.

    Attributes:
        languages: Names, in the order of the columns.
        posterior: Probability of each language given the token, [v, g]; rows of zeros where
            neither script nor text says anything.
        codes: Index of the language a token clearly belongs to, `SHARED` or `FOREIGN`, [v].
    """

    languages: tuple[str, ...]
    posterior: np.ndarray
    codes: np.ndarray

    def groups(self) -> np.ndarray:
        """Return in which of the languages, shared or foreign tokens each token is, [v, g + 2]."""
        columns = [*range(len(self.languages)), SHARED, FOREIGN]
        return self.codes[:, None] == np.array(columns)[None, :]

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
    surfaces: Sequence[str],
    counts: Mapping[str, np.ndarray],
    texts: Mapping[str, Sequence[str]],
    clear: float = CLEAR,
) -> TokenLanguages:
    """Return the posterior of each token's language.

    Args:
        surfaces: What each token of the vocabulary looks like in a text, word marks removed.
        counts: For each language how often each token occurs in its text, [v].
        texts: The texts, which say in which scripts each language is written.
        clear: From this posterior on a token belongs to a language.
    """
    names = tuple(counts)
    occurrences = np.stack([counts[name] for name in names], axis=1)  # (v, g)
    scripts = [_script(surface) for surface in surfaces]
    shares = _shares_of_scripts([texts[name] for name in names])
    prior = np.array([_prior(*one, names, shares) for one in zip(surfaces, scripts, strict=True)])
    totals = np.maximum(occurrences.sum(axis=0), 1.0)
    # Frequencies, not counts: a longer text must not claim more tokens.
    weight = occurrences / totals + prior * _PRIOR_OCCURRENCES / totals.mean()
    weight[prior.sum(axis=1) == 0] = 0.0
    sums = weight.sum(axis=1, keepdims=True)
    posterior = np.divide(weight, sums, out=np.zeros_like(weight), where=sums > 0)
    codes = np.where(posterior.max(axis=1) >= clear, posterior.argmax(axis=1), SHARED)
    foreign = [script is not None and script not in shares for script in scripts]
    return TokenLanguages(names, posterior, np.where(foreign, FOREIGN, codes))


def carried_languages(
    surfaces: Sequence[str], tokenise: Callable[[Sequence[str]], Sequence[np.ndarray]]
) -> TokenLanguages:
    """Return the languages of a vocabulary by the texts that firth carries.

    Args:
        surfaces: What each token looks like in a text, [v].
        tokenise: Gives the token ids of each of some texts.
    """
    texts = {name: sentences(name) for name in LANGUAGES}
    counts = {
        name: np.bincount(np.concatenate(list(tokenise(own))), minlength=len(surfaces))
        for name, own in texts.items()
    }
    return token_language(surfaces, counts, texts)


def _script(surface: str) -> str | None:
    """Return the script of the first letter by its name in Unicode; with kana in it, kana."""
    if _KANA.search(surface):
        return "KANA"
    for letter in surface:
        if letter.isalpha():
            return unicodedata.name(letter, "UNKNOWN").partition(" ")[0].partition("-")[0]
    return None


def _shares_of_scripts(texts: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Return the share of each script in the letters of each text, [g], to a tenth.

    Not finer: a foreign name must not decide between languages that are written alike.
    """
    found: dict[str, np.ndarray] = {}
    for at, own in enumerate(texts):
        letters = Counter("".join(own[:_READ]))
        sums: Counter[str] = Counter()
        for letter, n in letters.items():
            if (script := _script(letter)) is not None:
                sums[script] += n
        for script, n in sums.items():
            share = round(n / sums.total(), 1)
            if share:
                found.setdefault(script, np.zeros(len(texts)))[at] = share
    return found


def _prior(
    surface: str, script: str | None, names: Sequence[str], shares: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return what script and letters say before any occurrence was counted, [g]; sums to 1 or 0."""
    own = shares.get(script or "", np.zeros(len(names)))
    own = own / max(own.sum(), 1e-9)
    for pattern, language in _LETTERS:
        if language in names and pattern.search(surface):
            given = np.array([name == language for name in names], dtype=float)
            return _GIVEN_AWAY * given + (1 - _GIVEN_AWAY) * (own if own.any() else given)
    return own
