"""Where the language is: a probe's accuracy over layers, and the alignment without it."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.align_data import NUMBERS, caption, directions_of, name_of, pairs_of
from firth.report.corrections import colours, correction_name, corrections_of
from firth.report.senses_data import check_choice
from firth.report.senses_layers import RULES, curves, layer_axis, layer_tooltip
from firth.report.vega import QUIET, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result, Score

METRIC = "language_id_accuracy"
METRICS = ("retrieval_accuracy", "mrr")
UNITS = ("sentence", "token")
SHUFFLED = "shuffled_labels"

Looks = dict[str, tuple[str, list[int]]]


def where_layers(
    result: Result, *, unit: str = "sentence", language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw how well a linear probe tells the language at each layer, a curve a correction.

    Args:
        result: A result of ``where``.
        unit: ``sentence`` or ``token`` vectors: what is shown first.
        language: Of titles and axes.

    Raises:
        OptionError: No such unit.
        ResultError: The result has no scores over layers.
    """
    say = words(language)
    text = say["where_layers"]
    check_choice("unit", unit, UNITS)
    arms = corrections_of(result, METRIC)
    scores = [one for arm in arms for one in result.rows(METRIC, arm=arm, control=None)]
    if not scores:
        raise ResultError(text["missing"])
    looks = _looks(arms, say)
    rows = _rows(scores, say)
    for control, look in ((SHUFFLED, (QUIET, [2, 3])), ("chance", RULES["chance"])):
        name = say["control"][control]
        looks[name] = look
        for one in result.rows(METRIC, control=control):
            own = one.model_dump(include=NUMBERS | {"layer"}, exclude_none=True)
            drawn = own | {"series": name, "unit": one.scorer}
            rows.append(drawn if one.layer is not None else drawn | {"control": control})
    names = {one: str(text[one]) for one in UNITS}
    return text["title"], document(
        text["title"],
        [text["subtitle"].format(n=scores[0].n)],
        rows,
        width=520,
        height=300,
        params=[
            {
                "name": "unit",
                "value": unit,
                "bind": {
                    "input": "radio", "options": list(UNITS), "labels": list(names.values()),
                    "name": text["unit"],
                },
            },
            {"name": "unit_names", "value": names},
        ],
        transform=[{"filter": "datum.unit == unit"}],
        layer=[
            *curves(looks, 0, text["value"], layer_axis(scores, text), layer_tooltip(text)),
            caption("unit_names[unit]"),
        ],
        usermeta=layout(),
    )  # fmt: skip


def where_alignment(
    result: Result,
    *,
    pair: str | None = None,
    direction: str | None = None,
    metric: str = "retrieval_accuracy",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw how many sentences find their translation at each layer, a curve a correction.

    Args:
        result: A result of ``where`` with parallel text.
        pair: Which pair of languages; the first by default.
        direction: ``zh-en`` asks Chinese sentences; the pair's own way by default.
        metric: ``retrieval_accuracy`` or ``mrr``.
        language: Of titles and axes.

    Raises:
        OptionError: No such pair, direction or metric.
        ResultError: The result has no parallel text.
    """
    say = words(language)
    text = say["where_alignment"]
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
    arms = corrections_of(result, metric)
    scores = [one for arm in arms for one in result.rows(metric, arm=arm, **about)]
    looks = _looks(arms, say)
    rows = _rows(scores, say)
    name = say["control"]["chance"]
    looks[name] = RULES["chance"]
    for one in result.rows(metric, control="chance", **about):
        own = one.model_dump(include=NUMBERS | {"control"}, exclude_none=True)
        rows.append(own | {"series": name})
    title = text["title"].format(way=name_of(result, direction, say))
    tooltip = layer_tooltip(text | {"value": text[metric]})
    return title, document(
        title,
        [text["subtitle"].format(n=scores[0].n)],
        rows,
        width=520,
        height=300,
        layer=curves(looks, 0, text[metric], layer_axis(scores, text), tooltip),
        usermeta=layout(),
    )


def _looks(arms: list[str], say: Words) -> Looks:
    return {correction_name(arm, say): (colour, [1, 0]) for arm, colour in colours(arms).items()}


def _rows(scores: list[Score], say: Words) -> list[dict[str, Any]]:
    return [
        one.model_dump(include={"layer"} | NUMBERS, exclude_none=True)
        | {"series": correction_name(str(one.arm), say), "unit": one.scorer}
        for one in scores
    ]
