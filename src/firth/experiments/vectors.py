"""What do static word vectors know? Word similarity and analogies.

Source: Mikolov et al. 2013 (analogies); Levy & Goldberg 2014 (3CosMul); Linzen 2016 (the control).

*Word pairs*: Spearman's correlation of cosines with the scores that people gave (``spearman``, a
row a data set); the interval resamples pairs. *Analogies*: the share of right answers
(``accuracy``) of each ``scorer``, 3CosAdd and 3CosMul; ``arm`` is the group, or ``micro`` (over
all questions) or ``macro`` (the mean over groups); the interval resamples questions within groups.
Questions of a group share words, so it is rather too narrow. The three words of a question are no
candidates.

Controls of analogies: ``control`` ``b_only`` answers with the nearest neighbour of the third word
and does not look at the first two; what 3CosAdd has above it is what the analogy is worth.
``chance`` is one of the words that may be answered, drawn at random.

A word is looked up as it stands, then in lower case. A pair or question with an unknown word is not
scored: ``coverage`` says how many are, a warning names the words, the table ``missed`` has the
first 50 of each data set. Repeated pairs and questions count as published, with a warning.

Tables: ``pairs``, a row a pair (its words, score, cosine where known); ``questions``, a row a
group; ``missed``.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from firth.encoder.vectors import REPEATED, StaticVectors
from firth.errors import InputError, OptionError
from firth.experiments.answer import Measured, Vectors, answer
from firth.experiments.vectors_analogies import add_analogies
from firth.probe.correlation import spearman, spearman_interval
from firth.probe.ranking import TIE
from firth.probe.similarity import pairs_cosine
from firth.results.manifest import text_card
from firth.results.schema import Cell, Result, Score
from firth.text.questions import AnalogySet, PairSet

NAME = "vectors"
# Of fewer pairs no correlation is told.
LEAST = 3
MISSED = 50
_NAMED = 5


def evaluate(
    vectors: StaticVectors,
    *,
    pairs: Sequence[PairSet] = (),
    analogies: Sequence[AnalogySet] = (),
    restrict: int | None = None,
    seed: int = 0,
    source: str = "vectors",
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Run the experiment.

    Args:
        vectors: The vectors, [v, d].
        pairs: Data sets of word pairs, as `firth.text.questions.read_pairs` reads them.
        analogies: Data sets of analogies, as `firth.text.questions.read_analogies` reads them.
        restrict: Analogies are asked and answered with the first so many words only, which are
            the most frequent ones in a file that is so ordered; pairs are not concerned.
        seed: Seed of the bootstrap.
        source: The file of the vectors; its name is the model's.
        runs: A store: the same question is answered from it.
        progress: Called with the number of words that were compared since the last call; in all
            they are `compared`.

    Raises:
        InputError: There is no data set, or two have one name.
        OptionError: ``restrict`` is below 4, too few for a question and an answer.
    """
    sets: list[PairSet | AnalogySet] = [*pairs, *analogies]
    if not sets:
        raise InputError("nothing to evaluate: give word pairs or analogies")
    for name, n in Counter(one.name for one in sets).items():
        if n > 1:
            raise InputError(f"{n} data sets have the name {name}; rename a file")
    if restrict is not None and restrict < 4:
        raise OptionError(f"restrict {restrict}: at least 4 words are needed to ask and to answer")
    config: dict[str, Any] = {
        "pairs": {one.name: one.source for one in pairs},
        "analogies": {one.name: one.source for one in analogies},
        "restrict": restrict,
        "seed": seed,
    }
    data = [text_card(one.name, one.lines()) for one in sets]

    def measure() -> Measured:
        rng = np.random.default_rng(seed)
        found = Measured(tables={"pairs": [], "questions": [], "missed": []})
        if REPEATED in vectors.about:
            found.warnings.append(
                f"{vectors.about[REPEATED]} rows of the vectors repeat a word; its first row counts"
            )
        for one in pairs:
            _add_pairs(vectors, one, rng, found)
            _add_missed(vectors, one, None, found)
        for one in analogies:
            add_analogies(vectors, one, restrict, rng, found, progress)
            _add_missed(vectors, one, restrict, found)
        return found

    model = Vectors(vectors.card(Path(source).name, source))
    return answer(NAME, model, config, data, runs, measure, threads=_threads())


def compared(vectors: StaticVectors, analogies: Sequence[AnalogySet], restrict: int | None) -> int:
    """Return what the steps of ``progress`` sum to."""
    return len(analogies) * min(restrict or len(vectors), len(vectors))


def _threads() -> int:
    """Return how many threads numpy's products take, as far as can be known."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        if (value := os.environ.get(name, "")).isdigit():
            return max(1, int(value))
    return os.cpu_count() or 1


def _add_pairs(
    vectors: StaticVectors, one: PairSet, rng: np.random.Generator, found: Measured
) -> None:
    """Add correlation, coverage and a row a pair."""
    rows = [(vectors.find(pair.first), vectors.find(pair.second)) for pair in one.pairs]
    known = np.array([at for at, row in enumerate(rows) if None not in row], dtype=np.int64)
    sides = np.array([rows[at] for at in known.tolist()], dtype=np.int64).reshape(-1, 2)
    first, second = (vectors.vectors[sides[:, side]][None] for side in (0, 1))
    cosines = pairs_cosine(first, second)[0]  # (n,)
    ranked = np.rint(cosines / TIE)  # a word with itself ties with another word with itself
    human = np.array([one.pairs[at].score for at in known.tolist()], dtype=np.float64)
    n = len(one.pairs)
    value = spearman(ranked, human) if len(known) >= LEAST else math.nan
    fields: dict[str, Any] = {"unit": "word pair", "word": one.name}
    if math.isfinite(value):
        low, high = spearman_interval(ranked, human, rng)
        found.scores.append(
            Score(metric="spearman", value=value, n=len(known), low=low, high=high, **fields)
        )
    else:
        found.warnings.append(
            f"{one.name}: no correlation: of {len(known)} of {n} word pairs both words have a "
            f"vector (at least {LEAST} that differ are needed)"
        )
    found.scores.append(Score(metric="coverage", value=len(known) / n, n=n, **fields))
    if one.repeated:
        found.warnings.append(f"{one.name}: {one.repeated} of {n} word pairs are repeated")
    of_pair = dict(zip(known.tolist(), cosines.tolist(), strict=True))
    rows_of_pairs: list[dict[str, Cell]] = [
        {
            "dataset": one.name, "first": pair.first, "second": pair.second, "score": pair.score,
            "cosine": of_pair.get(at),
        }
        for at, pair in enumerate(one.pairs)
    ]  # fmt: skip
    found.tables["pairs"] += rows_of_pairs


def _add_missed(
    vectors: StaticVectors, one: PairSet | AnalogySet, first: int | None, found: Measured
) -> None:
    """Add the words that have no vector, the most used first, and a warning."""
    if isinstance(one, PairSet):
        asked, unit = [(pair.first, pair.second) for pair in one.pairs], "word pairs"
    else:
        asked, unit = [question.words for question in one.questions], "questions"
    unknown = {word for words in asked for word in words if vectors.find(word, first) is None}
    if not unknown:
        return
    missed = Counter(word for words in asked for word in words if word in unknown)
    dropped = sum(not unknown.isdisjoint(words) for words in asked)
    some = missed.most_common(MISSED)
    named = ", ".join(word for word, _ in some[:_NAMED])
    more = ", ..." if len(missed) > _NAMED else ""
    where = f" among the first {first}" if first is not None else ""
    found.warnings.append(
        f"{one.name}: {dropped} of {len(asked)} {unit} are not scored: {len(missed)} words have no "
        f"vector{where} ({named}{more})"
    )
    rows: list[dict[str, Cell]] = [
        {"dataset": one.name, "word": word, "uses": uses} for word, uses in some
    ]
    found.tables["missed"] += rows
