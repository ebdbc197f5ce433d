"""What is odd about a file of questions, counted by kind, with the first places of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# Kind -> what a reader of the result should know; each is preceded by a number.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "offset_repaired": "answers did not stand at their offset and were found at another",
        "offset_lost": (
            "answers did not stand at their offset and stand nowhere else or in several places: "
            "they count for scoring and not for training"
        ),
        "blank_answer": "answers are blank: they count for scoring and not for training",
        "unanswered": "questions have no answer and are not marked impossible: they are not scored",
        "answered_impossible": (
            "questions are marked impossible and have answers: the mark was taken"
        ),
        "blank_context": "paragraphs have no text: they were left out with their questions",
        "repeated_id": "questions have the id of an earlier one: they were left out",
    }
)
_EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """One kind of oddity.

    Attributes:
        kind: A name of `KINDS`.
        count: How often.
        examples: The first places, and what stands there.
    """

    kind: str
    count: int
    examples: tuple[str, ...]

    def note(self) -> str:
        """Return it in one line."""
        return f"{self.count} {KINDS[self.kind]} (first: {self.examples[0]})"


@dataclass(frozen=True)
class Findings:
    """All kinds that occurred, in the order of `KINDS`."""

    found: tuple[Finding, ...] = ()

    def count(self, kind: str) -> int:
        """Return how often a kind occurred; 0 where it did not."""
        return next((one.count for one in self.found if one.kind == kind), 0)

    def notes(self) -> tuple[str, ...]:
        """Return a line for each kind."""
        return tuple(one.note() for one in self.found)


NOTHING = Findings()


@dataclass(frozen=True)
class Tally:
    """Counts while a file is read."""

    places: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, where: str) -> None:
        """Count one more of a kind, and keep its place if it is among the first."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        kept = self.places.setdefault(kind, [])
        if len(kept) < _EXAMPLES:
            kept.append(where)

    def findings(self) -> Findings:
        """Return what was counted."""
        return Findings(
            tuple(
                Finding(kind, self.counts[kind], tuple(self.places[kind]))
                for kind in KINDS
                if kind in self.counts
            )
        )
