"""Published figures that stand beside firth's own: never computed here, each with its source.

Scores are fractions. Where two sources publish a figure of the same model, both are kept: they
differ, as runs with other versions and prefixes do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firth.results.schema import Cell
from firth.text.parallel import language_code

E5_SMALL = "multilingual-e5-small"
_CARD = "model card of intfloat/multilingual-e5-small, MTEB Tatoeba, test split"
_MTEB = "MTEB's results, model revision fd1525a9, mteb 1.36.32 (embeddings-benchmark/results)"
_NOTE = (
    "MTEB's Tatoeba ({config}, first column asked among the second), at most 1000 pairs of the "
    "Tatoeba corpus of November 2018: another test set, unless that file was given; among more "
    "sentences a translation is harder to find"
)

# Pair -> MTEB's name of it, then accuracy and F1 in the model's card and in MTEB's own results. F1
# is weighted over the sentences that should have been found (scikit-learn), below the accuracy
# wherever one sentence is retrieved for several.
_TATOEBA = {
    "zh-en": ("cmn-eng", (0.914, 0.8889), (0.924, 0.901667)),
    "de-en": ("deu-eng", (0.974, 0.965833), (0.98, 0.9735)),
    "ja-en": ("jpn-eng", (0.869, 0.83705), (0.875, 0.843889)),
    "es-en": ("spa-eng", (0.931, 0.911), (0.954, 0.940333)),
    "ru-en": ("rus-eng", (0.906, 0.879633), (0.923, 0.899167)),
}

# What an encoder aboard has to do with a published one.
_LINEAGE = {
    "mini": (
        "derived from multilingual-e5-small, which was tuned on translation pairs: vocabulary "
        "trimmed, weights in 8 bits, then trained on with masked-LM on texts that hold Tatoeba's "
        "sentences, each language alone"
    )
}


@dataclass(frozen=True)
class Published:
    """One figure.

    Attributes:
        experiment: The experiment it belongs to.
        model: The model, as published.
        metric: ``retrieval_accuracy`` or ``f1``.
        pair: The direction: ``zh-en`` asks Chinese sentences.
        value: A fraction.
        source: Where it is published.
        note: What a reader must know before comparing.
    """

    experiment: str
    model: str
    metric: str
    pair: str
    value: float
    source: str
    note: str

    def row(self) -> dict[str, Cell]:
        """Return the row of a result's table."""
        return {
            "model": self.model, "metric": self.metric, "pair": self.pair, "value": self.value,
            "source": self.source, "note": self.note,
        }  # fmt: skip


def _figures() -> Iterator[Published]:
    for pair, (config, *both) in _TATOEBA.items():
        for source, values in zip((_CARD, _MTEB), both, strict=True):
            for metric, value in zip(("retrieval_accuracy", "f1"), values, strict=True):
                note = _NOTE.format(config=config)
                yield Published("retrieval", E5_SMALL, metric, pair, value, source, note)


PUBLISHED = tuple(_figures())


def published(experiment: str, source: str, target: str) -> list[Published]:
    """Return the published figures of a direction.

    Args:
        experiment: Which experiment.
        source: The language that asks.
        target: The language that is searched.
    """
    pair = f"{language_code(source)}-{language_code(target)}"
    return [one for one in PUBLISHED if (one.experiment, one.pair) == (experiment, pair)]


def lineage(model: str) -> str:
    """Return what a model has to do with those of the published figures; empty if nothing."""
    return _LINEAGE.get(model, "")
