"""Language vectors and how much they depend on the sentences they are of.

Each text is cut in two halves at random. ``cosine`` of what leads from one language to another in
the first half with what does in the second, for growing numbers of sentences (``arm``:
``n_sentences`` as ``n``): near 1 the vector is the language's, not these sentences'. Of each layer
and pair of languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from firth.encoder.languages import (
    LanguageVectors,
    RunningMean,
    Weighting,
    check_weighting,
    fit_languages,
)
from firth.encoder.model import Encoder
from firth.errors import InputError
from firth.experiments.answer import Measured, answer
from firth.results.manifest import text_card
from firth.results.schema import Result, Score

NAME = "language_vectors"
# Numbers of sentences of a half at which the halves are compared, as far as there are so many.
STEPS = (10, 30, 100, 300, 1000, 3000, 10_000)


def fit(
    encoder: Encoder,
    corpora: Mapping[str, Sequence[str]],
    *,
    weighting: str = "tokens",
    seed: int = 0,
    files: Mapping[str, str] | None = None,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[LanguageVectors, Result]:
    """Return the language vectors of texts, and their stability.

    Args:
        encoder: The encoder.
        corpora: Language -> sentences.
        weighting: ``tokens`` or ``sentences``.
        seed: Seed of the halves.
        files: Language -> file, where the texts were read from; empty for carried text.
        runs: A store for the result.
        progress: Called with the number of sentences done; each is read twice.

    Raises:
        InputError: There are too few languages or sentences.
        OptionError: No such weighting.
    """
    way = check_weighting(weighting)
    about = {"texts": ", ".join(f"{name} {len(own)}" for name, own in corpora.items())}
    vectors = fit_languages(encoder, corpora, weighting=way, about=about, progress=progress)
    config: dict[str, Any] = {
        "weighting": weighting, "files": None if files is None else dict(files), "seed": seed
    }  # fmt: skip
    data = [text_card(f"{name} text", own) for name, own in corpora.items()]

    def measure() -> Measured:
        return _stability(encoder, corpora, way, np.random.default_rng(seed), progress)

    return vectors, answer(NAME, encoder, config, data, runs, measure)


def _stability(
    encoder: Encoder,
    corpora: Mapping[str, Sequence[str]],
    weighting: Weighting,
    rng: np.random.Generator,
    progress: Callable[[int], None] | None,
) -> Measured:
    means: dict[str, list[dict[int, np.ndarray]]] = {}
    for language, own in corpora.items():
        order = rng.permutation(len(own))
        half = len(own) // 2
        if half < 1:
            raise InputError(f"the language {language} has one sentence; two halves need two")
        means[language] = [
            _growing(encoder, [str(own[at]) for at in rows], weighting, progress)
            for rows in (order[:half].tolist(), order[half : 2 * half].tolist())
        ]
    found = Measured()
    for first, second in combinations(corpora, 2):
        shared = set(means[first][0]) & set(means[second][0])
        for n in sorted(shared):
            ways = [means[second][half][n] - means[first][half][n] for half in (0, 1)]
            dots = (ways[0] * ways[1]).sum(axis=1)
            lengths = np.linalg.norm(ways[0], axis=1) * np.linalg.norm(ways[1], axis=1)
            for layer, cosine in enumerate(dots / np.maximum(lengths, 1e-12)):
                found.scores.append(
                    Score(
                        metric="half_cosine", value=float(cosine), n=n, unit="sentence",
                        layer=layer, pair=f"{first}-{second}",
                    )
                )  # fmt: skip
    return found


def _growing(
    encoder: Encoder,
    sentences: Sequence[str],
    weighting: Weighting,
    progress: Callable[[int], None] | None,
) -> dict[int, np.ndarray]:
    """Return the mean after so many sentences, [l, d] each, in float64."""
    wanted = {n for n in STEPS if n < len(sentences)} | {len(sentences)}
    running = RunningMean(encoder.n_layers + 1, encoder.width, weighting)
    found: dict[int, np.ndarray] = {}
    states = encoder.hidden_states(sentences, progress=progress)
    for number, one in enumerate(states, 1):
        running.add(one.vectors)
        if number in wanted:
            found[number] = running.mean().astype(np.float64)
    return found
