"""Cards of models: their names apart from each other, and one card for several."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from firth.results.schema import ModelCard


def distinct_names(cards: Sequence[ModelCard]) -> list[str]:
    """Return one name a model, with as much behind it as tells them apart."""
    names = [card.name for card in cards]
    for more in ([card.revision for card in cards], [card.fingerprint[:8] for card in cards]):
        if len(set(names)) == len(names):
            return names
        names = [f"{card.name} ({one})" for card, one in zip(cards, more, strict=True)]
    if len(set(names)) == len(names):
        return names
    return [f"{card.name} ({number})" for number, card in enumerate(cards, 1)]


def joint_card(cards: Sequence[ModelCard]) -> ModelCard:
    """Return the card of a result about several models; of one model, its own.

    Layers and width are the largest, parameters the sum.
    """
    if len(cards) == 1:
        return cards[0]
    prints = "".join(card.fingerprint for card in cards)
    return ModelCard(
        name=" + ".join(distinct_names(cards)),
        revision=f"{len(cards)} models",
        fingerprint=hashlib.sha256(prints.encode()).hexdigest(),
        parameters=sum(card.parameters for card in cards),
        family=" + ".join(dict.fromkeys(card.family for card in cards)),
        layers=max(card.layers for card in cards),
        width=max(card.width for card in cards),
        source=", ".join(card.source for card in cards),
    )
