"""Word in context over layers: accuracy and AUC beside the controls."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.senses_data import SIMILARITIES, check_choice
from firth.report.senses_layers import RULES, curves, layer_axis, layer_tooltip
from firth.report.vega import PALETTE, document, layout
from firth.report.words import words
from firth.results.schema import Result

METRICS = ("accuracy", "auc")
CONTROLS = {"static": "static", "most_frequent_answer": "chance"}


def wic_layers(
    result: Result, *, similarity: str = "centred", language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw accuracy and AUC over layers with their 95 % bands.

    Args:
        result: A result of ``wic``.
        similarity: ``centred`` or ``raw``.
        language: Of titles and axes.
    """
    say = words(language)
    text = say["wic"]
    check_choice("similarity", similarity, SIMILARITIES)
    fields = {"layer", "value", "low", "high", "n"}
    scores = [
        one
        for metric in METRICS
        for one in result.rows(metric, similarity=similarity, control=None, arm=None)
        if one.layer is not None
    ]
    rows: list[dict[str, Any]] = [
        one.model_dump(include=fields, exclude_none=True) | {"series": text[one.metric]}
        for one in scores
    ]
    if not rows:
        raise ResultError(text["missing"])
    looks = {text[metric]: (color, [1, 0]) for metric, color in zip(METRICS, PALETTE, strict=False)}
    rules: list[dict[str, Any]] = []
    for control, look in CONTROLS.items():
        for one in result.rows("accuracy", control=control)[:1]:
            name = say["control"][control]
            own = one.model_dump(include=fields - {"layer"}, exclude_none=True)
            rules.append(own | {"control": control, "series": name})
            looks[name] = RULES[look]
    floor = min([0.4, *(row.get("low", row["value"]) for row in rows + rules)])
    return text["title"], document(
        text["title"],
        [text["subtitle"]],
        rows + rules,
        width=520,
        height=300,
        layer=curves(looks, floor, text["value"], layer_axis(scores, text), layer_tooltip(text)),
        usermeta=layout(),
    )
