"""Translations of sentences found over layers: a curve a similarity, beside the controls."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.align_data import NUMBERS, directions_of, layer_scores, name_of, pairs_of
from firth.report.senses_data import check_choice
from firth.report.senses_layers import RULES, curves, layer_axis, layer_tooltip
from firth.report.vega import PALETTE, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result, Score

METRICS = ("retrieval_accuracy", "mrr")
# Each similarity keeps its colour, whichever others are drawn.
LOOKS = {
    "centred": (PALETTE[0], [1, 0]),
    "raw": (PALETTE[1], [1, 0]),
    "csls": (PALETTE[2], [1, 0]),
    "margin": (PALETTE[3], [6, 3]),
}


def retrieval_layers(
    result: Result,
    *,
    pair: str | None = None,
    direction: str | None = None,
    metric: str = "retrieval_accuracy",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw how many sentences find their translation at each layer, with 95 % bands.

    Args:
        result: A result of ``retrieval``.
        pair: Which pair of languages; the first by default.
        direction: ``zh-en`` asks Chinese sentences; the pair's own way by default.
        metric: ``retrieval_accuracy`` or ``mrr``.
        language: Of titles and axes.

    Raises:
        OptionError: No such pair, direction or metric.
        ResultError: The result has no scores over layers.
    """
    say = words(language)
    text = say["retrieval_layers"]
    check_choice("metric", metric, METRICS)
    pairs = pairs_of(result)
    if not pairs:
        raise ResultError(text["missing"])
    pair = pairs[0] if pair is None else pair
    check_choice("pair", pair, tuple(pairs))
    ways = directions_of(result, pair)
    direction = ways[0] if direction is None else direction
    check_choice("direction", direction, tuple(ways))
    about = {"pair": pair, "direction": direction}
    scores = [
        one for kind in LOOKS for one in layer_scores(result, metric, similarity=kind, **about)
    ]
    if not scores:
        raise ResultError(text["missing"])
    static = result.rows(metric, control="static", **about)
    static.sort(key=lambda one: one.similarity != "centred")
    rules = static[:1] + result.rows(metric, control="chance", **about)
    title = text["title"].format(way=name_of(result, direction, say))
    subtitle = [text[f"subtitle_{metric}"]]
    if static:
        kind = say["similarity"][static[0].similarity]
        subtitle.append(text["controls"].format(similarity=kind))
    rows, looks = _drawn(scores, rules, say)
    tooltip = layer_tooltip(text | {"value": text[metric]})
    return title, document(
        title,
        subtitle,
        rows,
        width=520,
        height=300,
        layer=curves(looks, 0, text[metric], layer_axis(scores, text), tooltip),
        usermeta=layout(),
    )


def _drawn(
    scores: list[Score], rules: list[Score], say: Words
) -> tuple[list[dict[str, Any]], dict[str, tuple[str, list[int]]]]:
    """Return the rows of curves and level lines, and how each of them looks."""
    rows: list[dict[str, Any]] = []
    looks: dict[str, tuple[str, list[int]]] = {}
    for one in scores + rules:
        if one.control is None:
            name, look = say["similarity"][one.similarity], LOOKS[str(one.similarity)]
        else:
            name, look = say["control"][one.control], RULES[one.control]
        looks[name] = look
        own = one.model_dump(include={"layer", "control"} | NUMBERS, exclude_none=True)
        rows.append(own | {"series": name})
    return rows, looks
