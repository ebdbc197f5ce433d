"""What the figures of ``align`` read from a result: its pairs, directions, models and best rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from firth.errors import OptionError, did_you_mean
from firth.report.vega import INK
from firth.report.words import Words
from firth.results.schema import Result, Score

SIMILARITIES = ("centred", "raw", "csls")
METRICS = ("mrr", "precision_at_1", "precision_at_5", "precision_at_10")
ARROW = "→"
KIND = "similarity_names[similarity]"  # what is chosen, in an expression
BEST = "best_on_half"
DIFFERENT = "different"
# What of a score the data of a figure holds, besides what says whose it is.
NUMBERS = {"value", "low", "high", "n"}


def pairs_of(result: Result) -> list[str]:
    """Return the pairs of languages, by the names of their dictionaries."""
    return list(dict.fromkeys(one.pair for one in result.scores if one.pair is not None))


def directions_of(result: Result, pair: str) -> list[str]:
    """Return which way words were asked, the dictionary's own way first."""
    found = dict.fromkeys(
        one.direction for one in result.rows("mrr", pair=pair) if one.direction is not None
    )
    return sorted(found, key=lambda direction: direction != pair)


def models_of(result: Result) -> list[str | None]:
    """Return the models that scores name; ``[None]`` where a result is about one."""
    return list(dict.fromkeys(one.model for one in result.scores)) or [None]


def chosen_pair(result: Result, pair: str | None) -> str:
    """Return the pair a figure is about; it must be said where there are several.

    Raises:
        OptionError: It was not said, or there is no such pair.
    """
    legal = pairs_of(result)
    if pair is None and len(legal) == 1:
        return legal[0]
    if pair is None or pair not in legal:
        given = "this result is about several pairs" if pair is None else f"no pair {pair!r} here"
        raise OptionError(
            f"{given}; give pair= as one of {', '.join(legal)}."
            + (did_you_mean(pair, legal) if pair else "")
        )
    return pair


def layer_scores(result: Result, metric: str, **fields: Any) -> list[Score]:
    """Return the scores of all words over layers, of the shallowest layer first."""
    found = result.rows(metric, arm=None, control=None, **fields)
    return sorted((one for one in found if one.layer is not None), key=lambda one: one.layer or 0)


def depth_of(result: Result, model: str | None) -> int:
    """Return how many blocks a model has."""
    for row in result.tables.get("models", []):
        if row["model"] == model:
            return int(str(row["layers"]))
    return result.model.layers


def name_of(result: Result, direction: str, say: Words) -> str:
    """Return which way words were asked, as a reader writes it: ``English → Chinese``."""
    names: list[str] = [str(say["languages"].get(one, one)) for one in sides_of(result, direction)]
    return f" {ARROW} ".join(names)


def sides_of(result: Result, direction: str) -> tuple[str, str]:
    """Return both languages of a direction; ``zh-Hant-en`` is two languages as well."""
    known = {str(row.get("language")) for row in result.tables.get("languages", [])}
    parts = direction.split("-")
    splits = [("-".join(parts[:at]), "-".join(parts[at:])) for at in range(1, len(parts))]
    every = [both for both in splits if known.issuperset(both)]
    return (every or splits or [(direction, direction)])[0]


def row_names(result: Result, say: Words) -> dict[tuple[str, str], str]:
    """Return a name for every pair and direction; those of two dictionaries stay apart."""
    named = {
        (pair, direction): name_of(result, direction, say)
        for pair in pairs_of(result)
        for direction in directions_of(result, pair)
    }
    every = list(named.values())
    return {
        key: name if every.count(name) == 1 else f"{name} ({key[0]})" for key, name in named.items()
    }


def choice(kinds: Sequence[str], first: str, title: str, say: Words) -> list[dict[str, Any]]:
    """Return the parameter ``similarity``, a choice on the figure, and the names of its values."""
    names = {one: str(say["similarity"][one]) for one in kinds}
    bind = {
        "input": "radio", "options": list(kinds), "labels": list(names.values()), "name": title,
    }  # fmt: skip
    return [
        {"name": "similarity", "value": first, "bind": bind},
        {"name": "similarity_names", "value": names},
    ]


def caption(expression: str) -> dict[str, Any]:
    """Return a mark above the plot that says what is chosen; a picture has no switches."""
    text = {"type": "text", "align": "left", "baseline": "bottom", "fontSize": 13, "color": INK}
    return {
        "data": {"values": [{}]},
        "mark": text | {"text": {"expr": expression}, "tooltip": None},
        "encoding": {"x": {"value": 0}, "y": {"value": -5}, "tooltip": {"value": None}},
    }


def of_control(tooltip: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return what of a tooltip a control has: it belongs to no layer, and chance has no bounds."""
    return [line for line in tooltip if line["field"] not in ("layer", "low", "high")]
