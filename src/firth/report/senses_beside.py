"""Two models side by side: their matrices of the same sentences in the same order."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from firth.errors import ResultError
from firth.report.senses_cells import (
    MOST_CELL_TEXTS,
    ORDERS,
    axis_text,
    cell_texts,
    diagonal,
    pairs,
    sampled,
    sequence_of,
    strips,
)
from firth.report.senses_data import (
    SIMILARITIES,
    Item,
    array_of,
    check_choice,
    chosen_word,
    first_layer,
    items_of,
    layers_of,
)
from firth.report.senses_models import check_same, names_of
from firth.report.vega import QUIET, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

# The matrices are smaller than one alone: above this the sentences are in the tooltips only.
MOST_AXIS_TEXTS = 30


def beside(
    result: Result,
    *,
    other: Result,
    word: str | None = None,
    layer: int | None = None,
    other_layer: int | None = None,
    similarity: str = "centred",
    order: str = "given",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw the matrices of two models next to each other, with the same order of the sentences.

    Args:
        result: A result of ``senses``; its matrix is on the left.
        other: A result about the same sentences, of another model; its matrix is on the right.
        word: Which word, where the results are about several.
        layer: The layer on the left; the best one without it.
        other_layer: The layer on the right; the best one of that model without it.
        similarity: ``centred`` or ``raw``.
        order: Rows as ``given``, by ``label``, or by ``cluster`` of the matrix on the left.
        language: Of titles and axes.

    Raises:
        ResultError: The results are about different sentences, or were stored without arrays.
    """
    say = words(language)
    word = chosen_word(result, word)
    check_choice("similarity", similarity, SIMILARITIES)
    check_choice("order", order, ORDERS)
    check_same(result, [other], word, say)
    every = items_of(result, word)
    chosen = sampled(len(every))
    items = [every[index] for index in chosen]
    shown: list[tuple[str, np.ndarray]] = []
    heads: list[tuple[str, str]] = []
    for name, one, asked in zip(
        names_of([result, other]), (result, other), (layer, other_layer), strict=True
    ):
        stack = array_of(one, f"similarity.{similarity}", word)
        if stack is None:
            raise ResultError(say["beside"]["missing"].format(model=name))
        own = layers_of(one)
        at = first_layer(one, word, own, asked)
        square = stack[own.index(at)][np.ix_(chosen, chosen)].astype(np.float64)
        heads.append((name, say["beside"]["layer"].format(layer=at)))
        shown.append((say["beside"]["at"].format(model=name, layer=at), np.round(square, 6)))
    subtitle = [say["beside"]["subtitle"].format(similarity=say["similarity"][similarity])]
    if len(items) < len(every):
        subtitle.append(say["matrix"]["sampled"].format(shown=len(items), n=len(every)))
    title = say["beside"]["title"].format(word=word)
    sequence = sequence_of(items, shown[0][1], order)
    return title, _two_matrices(title, subtitle, shown, heads, items, sequence, say["matrix"])


def _two_matrices(
    title: str,
    subtitle: list[str],
    shown: list[tuple[str, np.ndarray]],
    heads: list[tuple[str, str]],
    items: list[Item],
    sequence: list[int],
    text: Words,
) -> dict[str, Any]:
    n = len(items)
    # One row a pair, one column a matrix, named by model and layer.
    rows = [
        {"first": i + 1, "second": j + 1, **{name: float(m[i, j]) for name, m in shown}}
        for i in range(n)
        for j in range(n)
    ]
    labels = [str(item.get("label", "")) for item in items]
    sentences = [str(item["sentence"]) for item in items]
    joined = [
        {"sentence": sentence, **({"label": label} if any(labels) else {})}
        for sentence, label in zip(sentences, labels, strict=True)
    ]
    looked_up = {
        f"{side}_{name}": f"{listed}[datum.{side} - 1]"
        for side in ("first", "second")
        for name, listed in (("sentence", "sentences"), ("label", "senses"))
    }
    parameters = {
        "sentences": sentences,
        "senses": labels,
        "rows": [axis_text(k, item, 30) for k, item in enumerate(items)],
    }
    return document(
        title,
        subtitle,
        rows,
        params=[{"name": name, "value": listed} for name, listed in parameters.items()],
        transform=[{"calculate": rule, "as": name} for name, rule in looked_up.items()],
        hconcat=[
            _one_matrix(name, head, labels, sequence, text, last=name == shown[-1][0])
            for (name, _), head in zip(shown, heads, strict=True)
        ],
        spacing=20,
        resolve={"scale": {"color": "independent"}},
        usermeta=layout([], [], ["first", "second"], joined),
    )


def _one_matrix(
    name: str,
    head: tuple[str, str],
    labels: list[str],
    sequence: list[int],
    text: Words,
    *,
    last: bool,
) -> dict[str, Any]:
    n, labelled = len(labels), any(labels)
    side = int(np.clip(n * 28, 220, 300))
    axis: dict[str, Any] = {
        "title": None, "domain": False, "ticks": False, "offset": 16 if labelled else 4,
        "labelLimit": 280, "labelOverlap": False, "labels": n <= MOST_AXIS_TEXTS,
        "labelFontSize": min(12, side // n - 2),
    }  # fmt: skip
    # The sentences stand once, on the left; the numbers say the rest.
    down = axis | ({} if last else {"labelExpr": "rows[datum.value - 1]"})
    tooltip = [
        {"field": "first_sentence", "title": text["first"]},
        {"field": "second_sentence", "title": text["second"]},
        {"field": "value", "title": text["value"], "format": ".3f"},
    ]
    if labelled:
        tooltip[1:1] = [{"field": "first_label", "title": text["label"]}]
        tooltip[3:3] = [{"field": "second_label", "title": text["label"]}]
    band = {"type": "ordinal", "sort": sequence, "scale": {"paddingInner": 0.04 if n < 40 else 0}}
    legend: dict[str, Any] = {
        "orient": "bottom", "direction": "horizontal", "gradientLength": 160, "offset": 8,
        "tickCount": 3,
    }  # fmt: skip
    drawn = [pairs(text, tooltip, **legend), diagonal(tooltip)]
    if n <= MOST_CELL_TEXTS:
        drawn.append(cell_texts(tooltip, 10))
    if labelled:
        drawn += strips(list(dict.fromkeys(labels)), text, side, legend=last)
    return {
        "title": {
            "text": head[0],
            "subtitle": head[1],
            "anchor": "middle",
            "fontSize": 13,
            "offset": 8,
            "subtitleColor": QUIET,
            # A long name ends in dots before it reaches the other matrix.
            "limit": side + 20,
        },
        "width": side,
        "height": side,
        "transform": [{"calculate": f"datum[{json.dumps(name)}]", "as": "value"}],
        "encoding": {
            "y": {"field": "first", "axis": down, **band},
            "x": {"field": "second", "axis": axis | {"labelAngle": 0 if n <= 14 else -90}, **band},
        },
        "layer": drawn,
        "resolve": {"scale": {"color": "independent"}},
    }
