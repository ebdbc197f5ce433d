"""What takes the language out of vectors; fitted on other text than it is applied to.

    fitted = Agnostic.fit({"en": english, "zh": chinese})        # vectors [n, d] of each language
    fairer = fitted.apply(vectors, "en")

Three ways, each with its source:

    ZeroMean   subtracts the mean of the vector's language (Libovický, Rosa & Fraser 2019, "How
               Language-Neutral is Multilingual BERT?"). Needs the language of every vector.
    Lir        projects out the first r principal components of the vector's language, by an SVD
               that is not centred, so that the first one lies near the mean (Yang, Yang, Cer &
               Darve 2021, "A Simple and Effective Method To Eliminate the Self Language Bias in
               Multilingual Representations"). Needs the language of every vector.
    Agnostic   one affine map for all languages, x - B B'(x - c): B spans the differences of the
               language means, c is their common mean. At full rank, g - 1, B is the subspace of
               LSAR (Xie, Zhao, Yu & Li 2022, "Discovering Low-rank Subspaces for Language-agnostic
               Multilingual Representations"), which takes away all that lies in it, x - B B'x;
               here the common mean stays where it is, or, ``centred``, moves to zero. Needs no
               language of a vector.

Where the means of all classes are the same, no linear classifier has a smaller expected loss than
one that looks at nothing (Belrose et al. 2023, "LEACE: Perfect linear concept erasure in closed
form", section 3). So after ZeroMean and Agnostic a linear probe finds what the fitted means got
wrong, and that shrinks with the number of vectors they are of.

Legend of dimensions: g languages, n vectors, d width, r directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, Float32
from scipy.linalg import eigh

from firth.errors import InputError, OptionError, did_you_mean
from firth.probe.directions import NOTHING

LEAST = 2

Rows = Float[np.ndarray, "n d"]
Fitting = Mapping[str, Float[np.ndarray, "_ d"]]


class Correction(Protocol):
    """What changes the vectors of a language."""

    def apply(self, vectors: Rows, language: str) -> Float32[np.ndarray, "n d"]:
        """Return the corrected vectors of one language."""
        ...


@dataclass(frozen=True)
class Unchanged:
    """The correction that does nothing, for the row that the others are compared with."""

    def apply(self, vectors: Rows, language: str) -> Float32[np.ndarray, "n d"]:
        """Return the vectors as they are, in float32."""
        return vectors.astype(np.float32)


@dataclass(frozen=True)
class ZeroMean:
    """Subtract the mean of the language.

    Attributes:
        means: Language -> mean, float64, [d].
    """

    means: Mapping[str, Float[np.ndarray, " d"]]

    @classmethod
    def fit(cls, vectors: Fitting) -> ZeroMean:
        """Take the mean of each language's vectors.

        Raises:
            InputError: A language has fewer than two vectors.
        """
        return cls(_means(vectors))

    def apply(self, vectors: Rows, language: str) -> Float32[np.ndarray, "n d"]:
        """Subtract the mean.

        Raises:
            OptionError: The language was not fitted.
        """
        wide = vectors.astype(np.float64)
        return _settled(wide, wide - _of(self.means, language))


@dataclass(frozen=True)
class Lir:
    """Project out the principal components of the language.

    Attributes:
        components: Language -> orthonormal directions, strongest first, float64, [d, r].
    """

    components: Mapping[str, Float[np.ndarray, "d r"]]

    @classmethod
    def fit(cls, vectors: Fitting, r: int = 1) -> Lir:
        """Take the first r right singular vectors of each language's vectors, not centred.

        Raises:
            InputError: A language has fewer than two vectors.
            OptionError: r is negative or more than there are directions.
        """
        _check(vectors)
        most = min(min(own.shape) for own in vectors.values())
        if not 0 <= r <= most:
            raise OptionError(
                f"r {r}: from 0 to {most} directions can be removed, no more than a language has "
                "vectors or a vector numbers"
            )
        return cls({language: _strongest(own, r) for language, own in vectors.items()})

    def first(self, r: int) -> Lir:
        """Return the correction that removes only the r strongest directions."""
        return Lir({language: own[:, :r] for language, own in self.components.items()})

    def apply(self, vectors: Rows, language: str) -> Float32[np.ndarray, "n d"]:
        """Project the directions out.

        Raises:
            OptionError: The language was not fitted.
        """
        wide = vectors.astype(np.float64)
        own = _of(self.components, language)  # (d, r)
        return _settled(wide, wide - wide @ own @ own.T)


@dataclass(frozen=True)
class Agnostic:
    """Project out what the language means span around their common mean.

    Attributes:
        basis: Orthonormal directions, float64, [d, r].
        centre: The common mean, every language weighing the same, float64, [d].
        centred: Whether the common mean is subtracted as well.
    """

    basis: Float[np.ndarray, "d r"]
    centre: Float[np.ndarray, " d"]
    centred: bool = False

    @classmethod
    def fit(cls, vectors: Fitting, r: int | None = None, *, centred: bool = False) -> Agnostic:
        """Take the directions in which language means differ.

        Args:
            vectors: Language -> vectors.
            r: Only the r strongest directions; all g - 1 for None.
            centred: Whether the common mean is subtracted as well.

        Raises:
            InputError: There are not two languages, or one has fewer than two vectors.
            OptionError: r is negative or above g - 1.
        """
        if len(vectors) < 2:
            raise InputError(
                f"vectors of {len(vectors)} language were given; what tells languages apart needs "
                "at least two"
            )
        means = np.stack(list(_means(vectors).values()))  # (g, d)
        if r is not None and not 0 <= r < len(means):
            raise OptionError(
                f"r {r}: the means of {len(means)} languages span 0 to {len(means) - 1} directions"
            )
        centre = means.mean(axis=0)
        _, strength, directions = np.linalg.svd(means - centre, full_matrices=False)
        # g means have g - 1 differences; what is left beyond is rounding.
        real = strength > NOTHING * np.linalg.norm(means, axis=1).max()
        kept = directions[: len(means) - 1][real[: len(means) - 1]]
        return cls(kept[:r].T, centre, centred)

    def apply(self, vectors: Rows, language: str = "") -> Float32[np.ndarray, "n d"]:
        """Project the directions out; the language does not matter."""
        wide = vectors.astype(np.float64)
        after = wide - (wide - self.centre) @ self.basis @ self.basis.T
        return _settled(wide, after - self.centre if self.centred else after)

    def affine(self) -> tuple[Float[np.ndarray, "d d"], Float[np.ndarray, " d"]]:
        """Return weight and bias of the same map: ``weight @ x + bias``."""
        inside = self.basis @ self.basis.T
        bias = inside @ self.centre - (self.centre if self.centred else 0)
        return np.eye(len(inside)) - inside, bias


def _check(vectors: Fitting) -> None:
    if not vectors:
        raise InputError("there are no vectors to fit a correction on")
    for language, own in vectors.items():
        if len(own) < LEAST:
            raise InputError(
                f"the language {language} has {len(own)} vectors to fit on; at least {LEAST} are "
                "needed, and some hundreds for a correction that can be relied on"
            )


def _means(vectors: Fitting) -> dict[str, Float[np.ndarray, " d"]]:
    _check(vectors)
    return {language: own.mean(axis=0, dtype=np.float64) for language, own in vectors.items()}


def _strongest(vectors: Float[np.ndarray, "n d"], r: int) -> Float[np.ndarray, "d r"]:
    """Return the first r right singular vectors, as eigenvectors of the smaller Gram matrix."""
    n, d = vectors.shape
    if r == 0:
        return np.zeros((d, 0))
    wide = vectors.astype(np.float64)
    if n < d:
        return np.linalg.svd(wide, full_matrices=False)[2][:r].T
    found: Any = eigh(wide.T @ wide, subset_by_index=(d - r, d - 1))[1]  # ascending, (d, r)
    return np.ascontiguousarray(found[:, ::-1])


def _of(fitted: Mapping[str, np.ndarray], language: str) -> np.ndarray:
    if language not in fitted:
        raise OptionError(
            f"the correction was not fitted on the language {language!r}; it knows "
            f"{', '.join(fitted)}.{did_you_mean(language, fitted)}"
        )
    return fitted[language]


def _settled(
    before: Float[np.ndarray, "n d"], after: Float[np.ndarray, "n d"]
) -> Float32[np.ndarray, "n d"]:
    """Return vectors in float32; of what a correction left no more than rounding, nothing."""
    length = np.linalg.norm(before, axis=1)
    after[np.linalg.norm(after, axis=1) <= NOTHING * length] = 0
    return after.astype(np.float32)
