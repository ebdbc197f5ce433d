"""Word links over layers: F1 of both methods beside the controls."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.senses_data import SIMILARITIES, check_choice
from firth.report.senses_layers import RULES, curves, layer_axis, layer_tooltip
from firth.report.vega import PALETTE, document, layout
from firth.report.words import words
from firth.results.schema import Result

METHODS = ("itermax", "argmax")
# How the control is drawn, and of which method it is.
CONTROLS = {"static": ("static", "itermax"), "diagonal": ("chance", None)}


def links_layers(
    result: Result, *, similarity: str = "centred", language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the F1 of word links over layers with their 95 % bands.

    Args:
        result: A result of ``links``.
        similarity: ``centred`` or ``raw``.
        language: Of titles and axes.

    Raises:
        ResultError: The result has no scores.
    """
    say = words(language)
    text = say["links_layers"]
    check_choice("similarity", similarity, SIMILARITIES)
    metric = "alignment_f1"
    scores = [
        one
        for method in METHODS
        for one in result.rows(metric, arm=method, similarity=similarity, control=None, split=None)
    ]
    if not scores:
        raise ResultError(text["missing"])
    fields = {"layer", "value", "low", "high", "n"}
    rows: list[dict[str, Any]] = [
        one.model_dump(include=fields, exclude_none=True) | {"series": one.arm} for one in scores
    ]
    looks = {method: (color, [1, 0]) for method, color in zip(METHODS, PALETTE, strict=False)}
    for control, (look, method) in CONTROLS.items():
        kind = similarity if method else None
        for one in result.rows(metric, control=control, arm=method, similarity=kind):
            name = text[control]
            own = one.model_dump(include=fields, exclude_none=True)
            rows.append(own | {"control": control, "series": name})
            looks[name] = RULES[look]
    shown = text["subtitle"].format(similarity=say["similarity"][similarity], n=scores[0].n)
    return text["title"], document(
        text["title"],
        [shown],
        rows,
        width=520,
        height=300,
        layer=curves(looks, 0, text["value"], layer_axis(scores, text), layer_tooltip(text)),
        usermeta=layout(),
    )
