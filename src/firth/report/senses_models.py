"""Models on the same sentences: their curves over relative depth in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firth.errors import OptionError, ResultError
from firth.report.senses_data import (
    SIMILARITIES,
    check_choice,
    chosen_word,
    items_of,
    scores_of,
    words_of,
)
from firth.report.senses_layers import RULES, curves, value_tooltip
from firth.report.vega import PALETTE, document, layout
from firth.report.words import Words, words
from firth.results.cards import distinct_names
from firth.results.schema import Result

# What has to agree before two results are about the same occurrence.
OCCURRENCE = ("sentence", "start", "end", "label")


def occurrences_of(result: Result, word: str) -> list[tuple[str, ...]]:
    """Return the occurrences of a word as what can be compared between results."""
    return [tuple(str(item.get(key, "")) for key in OCCURRENCE) for item in items_of(result, word)]


def names_of(results: Sequence[Result]) -> list[str]:
    """Return one name a result: its model's, with as much behind it as tells them apart."""
    return distinct_names([one.model for one in results])


def check_same(result: Result, others: Sequence[Result], word: str, say: Words) -> None:
    """Refuse results that are about other occurrences of the word than the first."""
    own = occurrences_of(result, word)
    for name, other in zip(names_of([result, *others])[1:], others, strict=True):
        if word not in words_of(other):
            raise ResultError(say["models"]["no_word"].format(model=name, word=word))
        theirs = occurrences_of(other, word)
        if own != theirs:
            differ = abs(len(own) - len(theirs))
            differ += sum(a != b for a, b in zip(own, theirs, strict=False))
            raise ResultError(say["models"]["different"].format(model=name, word=word, n=differ))


def models(
    result: Result,
    *,
    others: Result | Sequence[Result],
    word: str | None = None,
    similarity: str = "centred",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw the AUC over relative depth, one curve a model with its 95 % band.

    Args:
        result: A result of ``senses``.
        others: One result, or several, about the same sentences.
        word: Which word, where the results are about several.
        similarity: ``centred`` or ``raw``.
        language: Of titles and axes.

    Raises:
        ResultError: The results are about different sentences, or one of them has no scores.
    """
    say = words(language)
    text = say["models"]
    others = [others] if isinstance(others, Result) else list(others)
    if not others:
        raise OptionError("others= is empty; give at least one result of another model")
    word = chosen_word(result, word)
    check_choice("similarity", similarity, SIMILARITIES)
    check_same(result, others, word, say)
    every = [result, *others]
    rows: list[dict[str, Any]] = []
    looks: dict[str, tuple[str, list[int]]] = {}
    for index, (name, one) in enumerate(zip(names_of(every), every, strict=True)):
        own = _curve(one, word, similarity, name)
        if not own:
            raise ResultError(text["missing"].format(model=name))
        rows += own
        # Colours run out after eight models; then the dashes tell.
        dashes = [1, 0] if index < len(PALETTE) else [5, 3]
        looks[name] = (PALETTE[index % len(PALETTE)], dashes)
    chance = say["control"]["chance"]
    looks[chance] = RULES["chance"]
    floor = min([0.4, *(row.get("low", row["value"]) for row in rows)])
    rows.append({"control": "chance", "value": 0.5, "series": chance})
    x = {
        "field": "depth",
        "type": "quantitative",
        "title": text["depth"],
        "scale": {"domain": [0, 1], "nice": False, "padding": 8},
        "axis": {"format": ".2~f", "grid": False, "tickCount": 5},
    }
    tooltip = [
        {"field": "series", "title": text["series"]},
        {"field": "layer", "title": text["layer"]},
        {"field": "blocks", "title": text["blocks"]},
        *value_tooltip(text["value"]),
    ]
    title = text["title"].format(word=word)
    return title, document(
        title,
        [text["subtitle"].format(similarity=say["similarity"][similarity])],
        rows,
        width=520,
        height=300,
        layer=curves(looks, floor, text["value"], x, tooltip),
        usermeta=layout(),
    )


def _curve(result: Result, word: str, similarity: str, name: str) -> list[dict[str, Any]]:
    fields = {"layer", "value", "low", "high", "n"}
    blocks = result.model.layers
    found = scores_of(result, word, control=None, similarity=similarity, arm=None)
    # Static vectors have no depth: they are a level line over all of it.
    return [
        {"series": name, "depth": depth, "blocks": blocks}
        | one.model_dump(include=fields, exclude_none=True)
        for one in found
        if one.layer is not None
        for depth in ([one.layer / blocks] if blocks else [0.0, 1.0])
    ]
