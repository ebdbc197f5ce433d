"""The sides of a comparison: results, or the models within one, that answer the same question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from firth.errors import ResultError
from firth.results.cards import distinct_names
from firth.results.comparison import Side
from firth.results.schema import Result, Score
from firth.results.store import PLACES

# Fields that name a score; a layer that was chosen is part of the answer, not of the question.
FIELDS = (
    "metric", "layer", "similarity", "language", "pair", "direction", "word", "arm", "alpha",
    "scorer", "split", "checkpoint",
)  # fmt: skip
CHOSEN = ("best_on_half", "best_on_dev")
# The test rows of a sweep over strengths stand at the setting that was chosen on other text.
TEST = "test"
_OWN = PLACES | {"dtype", "seed", "vectors"}

Key = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Run:
    """A side with what its scores are read from.

    Attributes:
        side: What the comparison says of it.
        result: Where its scores are.
        model: Which model of the result; None where the result is about one.
    """

    side: Side
    result: Result
    model: str | None

    def scores(self, last: bool) -> dict[Key, Score]:
        """Return its scores by what names them; controls, and the seeds of a mean, left out.

        Args:
            last: Of scores by layer the last layer's only, whichever that is of this model.
        """
        named: dict[Key, list[Score]] = {}
        depth = self.depth() if last else None
        for one in self._own():
            if last and one.layer not in (None, depth):
                continue
            named.setdefault(key_of(one.model_dump(exclude_none=True), depth), []).append(one)
        found: dict[Key, Score] = {}
        for key, some in named.items():
            if len(some) == 1:
                found[key] = some[0]
            elif len({one.unit for one in some}) == len(some):  # of sequences, and of their groups
                found |= {of_unit(key, one.unit): one for one in some}
        return found

    def depth(self) -> int | None:
        """Return the last layer that has scores."""
        return max((one.layer for one in self._own() if one.layer is not None), default=None)

    def chose(self) -> bool:
        """Say whether a layer or setting was chosen on other data."""
        return any(is_chosen(one.model_dump(exclude_none=True)) for one in self._own())

    def _own(self) -> list[Score]:
        return [
            one
            for one in self.result.scores
            if one.model == self.model and one.control is None and one.seed is None
        ]


def is_chosen(fields: dict[str, Any]) -> bool:
    """Say whether a score stands at a layer or setting that was chosen on other data.

    Args:
        fields: Of the score.
    """
    if fields.get("arm") in CHOSEN or fields.get("split") in CHOSEN:
        return True
    return fields.get("alpha") is not None and fields.get("split") == TEST


def of_unit(key: Key, unit: str) -> Key:
    """Return what names a score where others differ from it in their unit only."""
    return (*key, ("unit", unit))


def key_of(fields: dict[str, Any], depth: int | None = None) -> Key:
    """Return what names a score, from its fields.

    Args:
        fields: Of the score.
        depth: A layer whose number does not count: the last one, where last layers are compared.
    """
    free: set[str] = {"layer"} if fields.get("layer") == depth else set()
    if is_chosen(fields):
        free = {"layer", "alpha"}
    return tuple(
        (name, fields[name]) for name in FIELDS if fields.get(name) is not None and name not in free
    )


def runs_of(results: Sequence[Result]) -> list[Run]:
    """Return the sides of some results; one that is about several models is several sides.

    Raises:
        ResultError: They are fewer than two, or do not answer the same question.
    """
    each = [
        (result, model)
        for result in results
        for model in dict.fromkeys(one.model for one in result.scores if one.control is None)
    ]
    if len(each) < 2:
        raise ResultError(
            f"there is {len(each)} run to compare; give two or more, or one about several models"
        )
    _check(results)
    names = _names(each)
    return [
        Run(Side(name, result.model, result.seed, result.started), result, model)
        for name, (result, model) in zip(names, each, strict=True)
    ]


def settings_apart(results: Sequence[Result]) -> dict[str, list[Any]]:
    """Return the settings in which results differ, besides the model and where things lie."""
    keys = dict.fromkeys(key for one in results for key in one.config)
    found = {key: [one.config.get(key) for one in results] for key in keys if key not in _OWN}
    found["seed"] = [one.seed for one in results]
    return {key: own for key, own in found.items() if any(one != own[0] for one in own)}


def same_question(result: Result) -> Any:
    """Return what results have in common that `runs_of` accepts."""
    return (result.experiment, tuple(sorted(card.sha256 for card in result.data)))


def _check(results: Sequence[Result]) -> None:
    first = results[0]
    for other in results[1:]:
        if other.experiment != first.experiment:
            raise ResultError(
                f"{first.experiment} and {other.experiment} have no scores in common: compare runs "
                "of one experiment"
            )
        mine, own = ({card.sha256: card.name for card in one.data} for one in (first, other))
        apart = {**mine, **own}.keys() - (mine.keys() & own.keys())
        if apart:
            names = ", ".join(sorted({{**mine, **own}[one] for one in apart}))
            raise ResultError(
                f"the runs read different data ({names}): their scores are of other items; run "
                "both on the same files"
            )


def _names(each: Sequence[tuple[Result, str | None]]) -> list[str]:
    """Return what tells sides apart: the model, else when it ran."""
    names = distinct_names([result.model for result, _ in each])
    if len({result.model.fingerprint for result, _ in each}) < len(each):
        names = [result.model.name for result, _ in each]
    names = [model or name for (_, model), name in zip(each, names, strict=True)]
    if len(set(names)) < len(names):
        names = [
            f"{name} {result.started[:16].replace('T', ' ')}"
            for name, (result, _) in zip(names, each, strict=True)
        ]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    return names
