"""What the figures of ``senses`` read from a result: its words, items, layers and arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from firth.errors import OptionError, did_you_mean
from firth.report.vega import PALETTE
from firth.results.schema import Cell, Result, Score

SIMILARITIES = ("centred", "raw")

Item = dict[str, Cell]


def words_of(result: Result) -> list[str]:
    """Return the words that a result is about."""
    names = [str(row["word"]) for row in result.tables.get("items", []) if "word" in row]
    if not names:
        configured = result.config.get("word", [])
        names = [configured] if isinstance(configured, str) else [str(one) for one in configured]
    return list(dict.fromkeys(names))


def scores_of(result: Result, word: str, metric: str = "auc", **fields: object) -> list[Score]:
    """Return the scores of one word.

    A score without a word belongs to every word, and one with a language alone, such as a control
    drawn from text of that language, to every word of that language.
    """
    language = language_of(result, word)
    return [
        one
        for one in result.rows(metric, **fields)
        if one.word == word or (one.word is None and one.language in (None, language))
    ]


def language_of(result: Result, word: str) -> str | None:
    """Return the language of a word: of its occurrences, else of its scores, else None."""
    languages = [row.get("language") for row in items_of(result, word)]
    languages += [one.language for one in result.scores if one.word == word]
    return next((str(one) for one in languages if one is not None), None)


def best_score(result: Result, word: str) -> Score | None:
    """Return the score of the layer where centred vectors tell the senses apart best."""
    found = scores_of(result, word, control=None, similarity="centred")
    return max(found, key=lambda one: one.value, default=None)


def chosen_word(result: Result, word: str | None) -> str:
    """Return the word a figure is about; it must be said where there are several."""
    legal = words_of(result)
    if word is None and len(legal) == 1:
        return legal[0]
    if word is None or word not in legal:
        given = "this result is about several words" if word is None else f"no word {word!r} here"
        raise OptionError(
            f"{given}; give word= as one of {', '.join(legal)}."
            + (did_you_mean(word, legal) if word else "")
        )
    return word


def array_of(result: Result, name: str, word: str) -> np.ndarray | None:
    """Return an array of one word, or None where the result was stored without it."""
    return result.arrays.get(f"{name}/{word}", result.arrays.get(name))


def layers_of(result: Result) -> list[int]:
    """Return the layers of the result: the first axis of its arrays."""
    return [int(layer) for layer in result.config["layers"]]


def first_layer(result: Result, word: str, layers: list[int], layer: int | None) -> int:
    """Return the layer shown (first): the one asked for, or the best one."""
    if layer is None:
        best = best_score(result, word)
        if best is None or best.layer is None or best.layer not in layers:
            return layers[-1]
        return best.layer
    if layer not in layers:
        raise OptionError(f"no layer {layer} here; there are {', '.join(map(str, layers))}")
    return layer


def check_choice(option: str, given: str, legal: Sequence[str]) -> None:
    """Refuse a value that is not one of ``legal``."""
    if given not in legal:
        raise OptionError(
            f"{option}={given!r} is not one of {', '.join(legal)}." + did_you_mean(given, legal)
        )


def items_of(result: Result, word: str) -> list[Item]:
    """Return the occurrences of a word, in the order of the rows of its arrays."""
    rows = [row for row in result.tables.get("items", []) if row.get("word", word) == word]
    return sorted(rows, key=lambda row: int(str(row["index"])))


def colors_of(senses: list[str]) -> list[str]:
    """Return one colour a sense."""
    return [PALETTE[index % len(PALETTE)] for index in range(len(senses))]
