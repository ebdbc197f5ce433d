"""Fit the correction that needs no language of a text, and say on a card what it brought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from firth.encoder.model import Encoder
from firth.errors import ResultError
from firth.experiments.corrected import AGNOSTIC, CENTRED, NONE
from firth.experiments.retrieval_vectors import Pooling, Reading
from firth.experiments.search import NAME as SEARCH
from firth.probe.corrections import Agnostic
from firth.results.schema import Result, Score

METRICS = ("recall_at_1", "recall_at_10", "mrr", "same_language_share")

Row = tuple[str, ...]


def fit_agnostic(
    encoder: Encoder,
    texts: Mapping[str, Sequence[str]],
    *,
    layer: int,
    pooling: Pooling = "mean",
    prefix: str = "",
    centred: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Agnostic:
    """Fit the map on the sentence vectors of a layer.

    Args:
        encoder: The encoder.
        texts: Language -> sentences.
        layer: Which layer.
        pooling: ``mean`` or ``cls``.
        prefix: Stands before each sentence.
        centred: Whether the common mean is subtracted as well.
        progress: Called with the number of sentences done since the last call.

    Raises:
        InputError: There are not two languages, or one has fewer than two sentences.
    """
    reading = Reading((layer,), pooling, prefix, False)
    vectors = {
        language: reading.vectors(encoder, own, reading.layers, progress)[0]
        for language, own in texts.items()
    }
    return Agnostic.fit(vectors, centred=centred)


@dataclass(frozen=True)
class Measurement:
    """What a result of ``search`` says of a correction at a layer.

    Attributes:
        rows: Head and one row a direction, before and after.
        about: How it was measured, one sentence.
    """

    rows: list[Row]
    about: str


def measured(
    result: Result, encoder: Encoder, layer: int, pooling: str, prefix: str, *, centred: bool
) -> Measurement:
    """Return the table of a card.

    Args:
        result: A result of ``search``.
        encoder: The encoder that is exported.
        layer: Its layer.
        pooling: Its pooling.
        prefix: What stands before its texts.
        centred: Whether the common mean is subtracted.

    Raises:
        ResultError: It is of another experiment, encoder or reading.
    """
    if result.experiment != SEARCH:
        raise ResultError(f"the result is of {result.experiment}, not of {SEARCH}")
    if result.model.fingerprint != encoder.card.fingerprint:
        raise ResultError(
            f"the result is of another model, {result.model.name} "
            f"({result.model.fingerprint[:8]}), not of {encoder.name} "
            f"({encoder.card.fingerprint[:8]})"
        )
    for name, given in (("pooling", pooling), ("prefix", prefix)):
        if result.config[name] != given:
            raise ResultError(
                f"the result was measured with {name} {result.config[name]!r}, the export has "
                f"{given!r}: they must agree"
            )
    arm = CENTRED if centred else AGNOSTIC
    rows: list[Row] = [("asked", *(f"{one}, before → after" for one in METRICS), "queries")]
    for before in result.rows("recall_at_1", arm=NONE, layer=layer, control=None, split=None):
        cells = [
            " → ".join(
                _number(one)
                for name in (NONE, arm)
                for one in result.rows(
                    metric, arm=name, layer=layer, control=None, split=None, pair=before.pair,
                    direction=before.direction,
                )
            )
            for metric in METRICS
        ]  # fmt: skip
        rows.append((str(before.direction), *cells, str(before.n)))
    if len(rows) == 1:
        raise ResultError(f"the result says nothing of layer {layer}; measure it: --layer {layer}")
    fitted = ", ".join(
        f"{row['sentences']} {row['language']}" for row in result.tables.get("fit", [])
    )
    every = " and of all other languages" if result.config["pool"] == "all" else ""
    about = (
        f"`firth shift search`, layer {layer}: sentences ask for their translation in a pool that "
        f"also holds all other sentences of their own language{every}. Measured with a correction "
        f"of the same kind, fitted on other sentences ({fitted}). In brackets the 95 % interval."
    )
    return Measurement(rows, about)


def _number(one: Score) -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
