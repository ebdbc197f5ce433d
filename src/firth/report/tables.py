"""The tables of a page: scores, the tables of a result, and where it comes from."""

from __future__ import annotations

import json
from typing import Any

from firth.report.meanings import meaning
from firth.report.numbers import decimals, probability
from firth.report.words import Words
from firth.results.schema import Result, Score

# Longer tables are cut on the page; the result's JSON has every row.
MOST_ROWS = 200
# Tables up to this length are shown open.
FEW_ROWS = 24
_ALWAYS = ("metric", "layer", "similarity")
_SHOWN = ("value", "interval", "n", "unit")
_TESTS = ("p", "p_adjusted")
_NAMED = (
    "language", "pair", "direction", "word", "arm", "control", "alpha", "scorer", "split",
    "checkpoint", "model", "seed",
)  # fmt: skip


def score_table(scores: list[Score], say: Words) -> dict[str, Any]:
    """Return the head and the first rows of the table of scores; empty columns are left out."""

    def used(key: str) -> bool:
        return any(getattr(one, key) is not None for one in scores)

    keys = [key for key in (*_ALWAYS, *_NAMED) if used(key)] + list(_SHOWN)
    keys += [key for key in _TESTS if used(key)]
    if not any(one.low is not None for one in scores):
        keys.remove("interval")
    return {
        "head": [say["column"][key] for key in keys],
        "numeric": [key in {"layer", "value", "n", "p", "p_adjusted", "alpha"} for key in keys],
        "rows": [[_cell(one, key, say) for key in keys] for one in scores[:MOST_ROWS]],
        "meanings": [meaning(one.metric, say["page"]["lang"]) for one in scores[:MOST_ROWS]],
        "n": len(scores),
    }


def _cell(score: Score, key: str, say: Words) -> str:
    if key == "interval":
        if score.low is None or score.high is None:
            return ""
        return f"{decimals(score.low)} … {decimals(score.high)}"
    value = getattr(score, key)
    if value is None:
        return ""
    if key == "value":
        return decimals(value)
    if key in _TESTS:
        return probability(value)
    if key in ("similarity", "control", "unit"):
        return str(say[key].get(value, value))
    return str(value)


def table(name: str, rows: list[dict[str, Any]], say: Words) -> dict[str, Any]:
    """Return the caption, the head and the first rows of a table of a result."""
    head = list(dict.fromkeys(key for row in rows for key in row))
    shown = rows[:MOST_ROWS]
    caption = say["page"]["table_caption" if len(shown) == len(rows) else "table_cut"]

    def text(value: Any) -> str:
        if isinstance(value, float):
            return decimals(value)
        if isinstance(value, list):
            return ", ".join(text(one) for one in value)
        return "" if value is None else str(value)

    return {
        "caption": caption.format(name=name, n=len(rows), shown=len(shown)),
        "head": head,
        "rows": [[text(row.get(key)) for key in head] for row in shown],
    }


def origin(result: Result, say: Words) -> list[tuple[str, list[str]]]:
    """Return where a result comes from, as pairs of a name and its lines."""
    model, environment = result.model, result.environment
    versions = environment.get("versions", {})
    data = [
        say["origin"]["data_row"].format(name=card.name, n=card.n, sha256=card.sha256)
        for card in result.data
    ]
    config = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in result.config.items()
        if value is not None
    ]
    lines: dict[str, list[str]] = {
        "experiment": [result.experiment],
        "version": [result.version],
        "model": [model.name if model.name == model.source else f"{model.name} ({model.source})"],
        "revision": [model.revision],
        "fingerprint": [model.fingerprint],
        "parameters": [f"{model.parameters:,}"],
        "data": data,
        "seed": [str(result.seed)],
        "config": config,
        "versions": [", ".join(f"{name} {number}" for name, number in versions.items())],
        **{key: [str(environment.get(key, ""))] for key in ("cpu", "threads", "dtype")},
        "started": [result.started],
        "seconds": [f"{result.seconds:.1f}"],
    }
    return [(say["origin"][key], some) for key, some in lines.items() if any(some)]
