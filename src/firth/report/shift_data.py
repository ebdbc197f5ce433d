"""What the figures and findings of the translation trick read: its directions and its languages."""

from __future__ import annotations

from typing import Any

from firth.errors import OptionError, did_you_mean
from firth.report.align_data import ARROW
from firth.report.words import Words
from firth.results.schema import Result, Score

# Those of a sweep; the last one is there where a dictionary was given.
METRICS = ("conversion_rate", "bleu_1", "dictionary_hit_rate")
CHOSEN = "chosen"
# What is scored on test text: the chosen setting, the same with fewer tokens allowed, the controls.
SERIES = (CHOSEN, "target_tokens", "alpha_0", "random", "third_language", "dictionary")
# What a sweep may have chosen by, the one that it prefers first.
CHOOSERS = ("dictionary_hit_rate", "bleu_1")


def named(code: str, say: Words) -> str:
    """Return the name of a language, or its code where nobody named it."""
    return str(say["languages"].get(code, code))


def ways_of(result: Result) -> list[str]:
    """Return the directions of a sweep, both of a file one after the other."""
    return [str(row["direction"]) for row in result.tables["chosen"]]


def chosen_way(result: Result, pair: str | None) -> dict[str, Any]:
    """Return what a sweep chose for a direction: ``layer``, ``alpha``, ``by`` and numbers of texts.

    Raises:
        OptionError: There is no such direction.
    """
    legal = ways_of(result)
    wanted = legal[0] if pair is None else pair
    for row in result.tables["chosen"]:
        if row["direction"] == wanted:
            return row
    raise OptionError(
        f"no pair {wanted!r} here; give pair= as one of {', '.join(legal)}."
        + did_you_mean(wanted, legal)
    )


def way_name(result: Result, direction: str, say: Words) -> str:
    """Return a direction of a sweep as a reader writes it: ``English → Chinese``."""
    # A sweep has each direction and its way back: zh-Hant-en is the way back of en-zh-Hant.
    known = set(ways_of(result))
    every = splits(direction)
    both = [(a, b) for a, b in every if f"{b}-{a}" in known]
    return arrow(*(both or every)[0], say)


def splits(name: str) -> list[tuple[str, str]]:
    """Return how a name like ``zh-Hant-en`` may be two languages; itself twice where it is one."""
    parts = name.split("-")
    found = [("-".join(parts[:at]), "-".join(parts[at:])) for at in range(1, len(parts))]
    return found or [(name, name)]


def arrow(source: str, target: str, say: Words) -> str:
    """Return two languages with an arrow between them."""
    return f"{named(source, say)} {ARROW} {named(target, say)}"


def dev_rows(result: Result, direction: str) -> list[dict[str, Any]]:
    """Return one row a setting tried on development text: layer, alpha, and scores by metric."""
    found: dict[tuple[int, float], dict[str, Any]] = {}
    for one in result.rows(direction=direction, split="dev"):
        if one.layer is None or one.alpha is None:
            continue
        row = found.setdefault(
            (one.layer, one.alpha), {"split": "dev", "layer": one.layer, "alpha": one.alpha}
        )
        row[one.metric] = one.value
    return [found[key] for key in sorted(found)]


def test_scores(result: Result, direction: str) -> dict[str, list[Score]]:
    """Return the scores of test text of the chosen setting, the arm and the controls, by name."""
    found: dict[str, list[Score]] = {}
    for one in result.rows(direction=direction, split="test"):
        found.setdefault(one.control or one.arm or CHOSEN, []).append(one)
    return {name: found[name] for name in SERIES if name in found}


def metric_tooltip(result: Result, direction: str, say: Words) -> list[dict[str, str]]:
    """Return the lines of a tooltip that say every score of a setting."""
    have = {one.metric for one in result.rows(direction=direction)}
    return [
        {"field": metric, "title": say["shift_metric"][metric], "format": ".3f"}
        for metric in METRICS
        if metric in have
    ]
