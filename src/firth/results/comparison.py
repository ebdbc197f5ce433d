"""What a comparison of runs says: a line a score that they share, and what was tested in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from firth.results.metrics import METRICS
from firth.results.schema import DataCard, ModelCard

LEVEL = 0.05
# Why two values were not tested: their items were not stored, they are of other items, they are of
# too few, or the score is nothing that items could be exchanged or drawn again for.
Untested = Literal["not_stored", "other_items", "few_items", "no_mean"]
Mark = Literal["better", "worse", "higher", "lower", ""]


@dataclass(frozen=True)
class Side:
    """One of the runs that are compared.

    Attributes:
        name: What tells it apart from the others.
        model: Of which model.
        seed: Of the run.
        started: When it was started.
    """

    name: str
    model: ModelCard
    seed: int
    started: str


@dataclass(frozen=True)
class Value:
    """A score of one side.

    Attributes:
        value: The number.
        n: Over how many units.
        low: Lower end of its 95 % interval.
        high: Upper end.
        layer: The layer that was chosen for it, where each side has its own.
    """

    value: float
    n: int
    low: float | None = None
    high: float | None = None
    layer: int | None = None


@dataclass(frozen=True)
class Contrast:
    """A side against the first one, on the same items.

    Attributes:
        difference: Its score minus the first one's, over the items that both have.
        n: How many these are.
        low: Lower end of the 95 % interval of the difference.
        high: Upper end.
        p: Two-sided, of the paired test that the score has.
        p_adjusted: The same, corrected for all tests of the comparison (Holm).
        untested: Why nothing was tested; None where it was.
    """

    difference: float
    n: int = 0
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    untested: Untested | None = None


@dataclass(frozen=True)
class Line:
    """A score that all sides have.

    Attributes:
        fields: What names it: metric, layer, similarity, language ...; only what applies.
        unit: What one of the n is.
        values: One a side.
        contrasts: One a side but the first.
    """

    fields: dict[str, Any]
    unit: str
    values: tuple[Value, ...]
    contrasts: tuple[Contrast, ...]

    def mark(self, at: int) -> Mark:
        """Return what the test says of side ``at`` (from 1): nothing where it does not reject."""
        one = self.contrasts[at - 1]
        if one.p_adjusted is None or one.p_adjusted >= LEVEL or one.difference == 0:
            return ""
        better = METRICS[self.fields["metric"]].better
        up = one.difference > 0
        if better == "none":
            return "higher" if up else "lower"
        return "better" if up == (better == "higher") else "worse"


@dataclass(frozen=True)
class Compared:
    """A comparison of runs of one experiment.

    Attributes:
        experiment: Which.
        sides: The runs, the one that the others are compared with first.
        lines: The scores that all have.
        data: What went into all of them.
        every: Whether every score is here, or those that a choice on other data leaves.
        tests: How many tests were corrected together.
        seed: Of signs and intervals.
        settings: Settings that are not the same: name -> one value a side.
        single: Scores that not every side has.
    """

    experiment: str
    sides: tuple[Side, ...]
    lines: tuple[Line, ...]
    data: tuple[DataCard, ...]
    every: bool
    tests: int
    seed: int
    settings: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    single: int = 0

    def columns(self) -> list[str]:
        """Return the fields that tell lines apart; ``metric`` always."""
        keys = list(dict.fromkeys(key for line in self.lines for key in line.fields))
        return [
            key
            for key in keys
            if key == "metric" or len({repr(line.fields.get(key)) for line in self.lines}) > 1
        ]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a score and side: what CSV and Parquet hold; nothing is rounded."""
        found: list[dict[str, Any]] = []
        for line in self.lines:
            for at, (side, value) in enumerate(zip(self.sides, line.values, strict=True)):
                row: dict[str, Any] = {**line.fields, "unit": line.unit, "run": side.name}
                row |= {"model": side.model.name} | vars(value)
                if line.fields.get("layer") is not None:
                    row["layer"] = line.fields["layer"]
                if at:
                    one = line.contrasts[at - 1]
                    row |= {
                        "against": self.sides[0].name, "difference": one.difference,
                        "difference_low": one.low, "difference_high": one.high, "p": one.p,
                        "p_adjusted": one.p_adjusted, "tested_items": one.n or None,
                        "untested": one.untested, "mark": line.mark(at) or None,
                    }  # fmt: skip
                found.append({"experiment": self.experiment, **row})
        return found
