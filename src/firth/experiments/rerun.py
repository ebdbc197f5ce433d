"""Run a stored result again, and say what differs."""

from __future__ import annotations

from firth.encoder.model import Encoder
from firth.errors import ResultError, did_you_mean
from firth.experiments.senses import senses
from firth.results.schema import Result
from firth.text.sentences import Occurrence

EXPERIMENTS = ("senses",)


def rerun(old: Result, encoder: Encoder) -> Result:
    """Run the experiment of a result with its own settings.

    The occurrences come from the result itself when no file was named, else from the file, which
    must still hold what it held.

    Raises:
        ResultError: The experiment is unknown, or the data is not what it was.
    """
    if old.experiment not in EXPERIMENTS:
        raise ResultError(
            f"experiment {old.experiment!r} cannot be run again; known are "
            f"{', '.join(EXPERIMENTS)}.{did_you_mean(old.experiment, EXPERIMENTS)}"
        )
    config = old.config
    occurrences = [
        Occurrence(
            str(row["word"]), str(row["sentence"]), int(str(row["start"])), int(str(row["end"])),
            None if row.get("label") is None else str(row["label"]),
        )
        for row in old.tables["items"]
    ]  # fmt: skip
    new = senses(
        encoder,
        sentences=occurrences,
        layers=config["layers"],
        anchors=config["anchors"],
        centre_corpus=config["centre_corpus"],
        language=config["language"],
        most=config["most"],
        seed=config["seed"],
        source=config["sentences"],
    )
    return new


def compare(old: Result, new: Result) -> list[str]:
    """Return sentences on what differs between two results of the same question."""
    lines: list[str] = []
    if old.model.fingerprint != new.model.fingerprint:
        lines.append(f"the model differs: {old.model.revision} then, {new.model.revision} now")
    if old.version != new.version:
        lines.append(f"firth {old.version} then, {new.version} now")
    then = {card.name: card.sha256 for card in old.data}
    changed = [card.name for card in new.data if then.get(card.name) != card.sha256]
    if changed:
        lines.append(f"the data differs: {', '.join(changed)}")
    if len(old.scores) != len(new.scores):
        lines.append(f"{len(old.scores)} scores then, {len(new.scores)} now")
        return lines
    gaps = [abs(a.value - b.value) for a, b in zip(old.scores, new.scores, strict=True)]
    equal = sum(gap == 0 for gap in gaps)
    lines.append(
        f"{equal} of {len(gaps)} scores are equal; "
        f"the largest difference is {max(gaps, default=0):.3g}"
    )
    return lines
