"""Translations found over layers, for one pair of languages: both ways, beside the controls.

Of one model a curve a similarity; of several models a curve a model over relative depth.
"""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.align_data import (
    METRICS,
    NUMBERS,
    SIMILARITIES,
    chosen_pair,
    depth_of,
    directions_of,
    layer_scores,
    models_of,
    name_of,
    of_control,
)
from firth.report.senses_data import check_choice
from firth.report.senses_layers import RULES, curves, layer_axis, value_tooltip
from firth.report.vega import INK, PALETTE, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result, Score

Rows = list[dict[str, Any]]
Looks = dict[str, tuple[str, list[int]]]
STATIC = "datum.control === 'static'"


def align_layers(
    result: Result,
    *,
    pair: str | None = None,
    metric: str = "mrr",
    similarity: str | None = None,
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw how well translations are found at each layer, with 95 % bands.

    Args:
        result: A result of ``align``.
        pair: Which dictionary, where the result is about several.
        metric: ``mrr``, ``precision_at_1``, ``precision_at_5`` or ``precision_at_10``.
        similarity: ``centred``, ``raw`` or ``csls``; all three by default, and ``centred`` where
            the result is about several models.
        language: Of titles and axes.

    Raises:
        OptionError: No such pair, metric or similarity.
        ResultError: The result has no scores over layers.
    """
    say = words(language)
    text = say["align_layers"]
    pair = chosen_pair(result, pair)
    check_choice("metric", metric, METRICS)
    if similarity is not None:
        check_choice("similarity", similarity, SIMILARITIES)
    several = len(models_of(result)) > 1
    about = {"pair": pair, "metric": metric}
    if several:
        rows, looks = _of_models(result, similarity or "centred", say, **about)
    else:
        kinds = SIMILARITIES if similarity is None else (similarity,)
        rows, looks = _of_similarities(result, kinds, say, **about)
    if not any("layer" in row for row in rows):
        raise ResultError(text["missing"])
    ways = {one: name_of(result, one, say) for one in directions_of(result, pair)}
    value = say["align_metric"][metric]
    title = text["title"].format(way=next(iter(ways.values())))
    subtitle = [text["subtitle"].format(metric=value)]
    if several:
        shown = say["similarity"][similarity or "centred"]
        subtitle.append(text["models"].format(similarity=shown))
    head = {"title": None, "labelExpr": "ways[datum.value]", "labelFontSize": 13, "labelColor": INK}
    return title, document(
        title,
        subtitle,
        rows,
        params=[{"name": "ways", "value": ways}],
        facet={
            "column": {
                "field": "direction",
                "type": "nominal",
                "sort": list(ways),
                "header": head | {"labelAnchor": "start", "labelPadding": 6},
            }
        },
        spacing=28,
        spec={
            "width": 300,
            "height": 290,
            "transform": [{"calculate": "ways[datum.direction]", "as": "way"}],
            "layer": _marks(result, rows, looks, value, several, say),
        },
        usermeta=layout(),
    )


def _marks(
    result: Result, rows: Rows, looks: Looks, value: str, several: bool, say: Words
) -> list[dict[str, Any]]:
    text = say["align_layers"]
    x: dict[str, Any] = layer_axis([one for one in result.scores if one.layer is not None], text)
    if several:
        x = {
            "field": "depth",
            "type": "quantitative",
            "title": text["depth"],
            "scale": {"domain": [0, 1], "nice": False, "padding": 8},
            "axis": {"format": ".2~f", "grid": False, "tickCount": 5},
        }
    tooltip = [
        {"field": "series", "title": text["series" if not several else "model"]},
        {"field": "way", "title": text["direction"]},
        {"field": "layer", "title": text["layer"]},
        *value_tooltip(value),
    ]
    drawn = curves(looks, 0, value, x, tooltip)
    (rule,) = (one for one in drawn if one["mark"]["type"] == "rule")
    rule["encoding"]["tooltip"] = of_control(tooltip)
    if several:
        # A model's static vectors bear the colour of its curve; the dashes tell them apart.
        dashes = {"test": STATIC, "value": RULES["static"][1]}
        rule["encoding"]["strokeDash"] = rule["encoding"]["strokeDash"] | {"condition": dashes}
    return drawn


def _row(score: Score, series: str, **more: Any) -> dict[str, Any]:
    fields = {"direction", "layer", "similarity", "model", "control"} | NUMBERS
    return {"series": series} | score.model_dump(include=fields, exclude_none=True) | more


def _of_similarities(
    result: Result, kinds: tuple[str, ...], say: Words, *, pair: str, metric: str
) -> tuple[Rows, Looks]:
    """Return a curve a similarity, and the controls as level lines."""
    rows: Rows = []
    looks: Looks = {}
    for kind, color in zip(kinds, PALETTE, strict=False):
        own = layer_scores(result, metric, pair=pair, similarity=kind)
        if own:
            rows += [_row(one, say["similarity"][kind]) for one in own]
            looks[say["similarity"][kind]] = (color, [1, 0])
    rules = result.rows(metric, pair=pair, control="static", similarity="centred")
    rules += result.rows(metric, pair=pair, control="chance")
    for one in rules:
        name = say["control"][one.control]
        rows.append(_row(one, name))
        looks[name] = RULES[str(one.control)]
    return rows, looks


def _of_models(
    result: Result, similarity: str, say: Words, *, pair: str, metric: str
) -> tuple[Rows, Looks]:
    """Return a curve a model over relative depth, and the controls as level lines."""
    rows: Rows = []
    looks: Looks = {}
    models = [str(one) for one in models_of(result)]
    for index, model in enumerate(models):
        # Colours run out after eight models; then the dashes tell.
        dashes = [1, 0] if index < len(PALETTE) else [5, 3]
        looks[model] = (PALETTE[index % len(PALETTE)], dashes)
        about: dict[str, Any] = {"pair": pair, "model": model}
        blocks = depth_of(result, model)
        for one in layer_scores(result, metric, similarity=similarity, **about):
            # Static vectors have no depth: they are a level line over all of it.
            depths = [(one.layer or 0) / blocks] if blocks else [0.0, 1.0]
            rows += [_row(one, model, depth=depth) for depth in depths]
        static = result.rows(metric, control="static", similarity="centred", **about)
        rows += [_row(one, model) for one in static]
    chance = say["control"]["chance"]
    looks[chance] = RULES["chance"]
    # A guess is the same for all models that found the same words: the first one's stands for all.
    guesses = result.rows(metric, pair=pair, control="chance", model=models[0])
    rows += [_row(one, chance) for one in guesses]
    return rows, looks
