"""The matrix of the lecture: how similar is each occurrence to each other one."""

from __future__ import annotations

from typing import Any

import numpy as np

from firth.errors import ResultError
from firth.report.senses_data import (
    SIMILARITIES,
    Item,
    array_of,
    check_choice,
    chosen_word,
    colors_of,
    first_layer,
    items_of,
    layers_of,
)
from firth.report.vega import document, layer_slider, layout, shorten
from firth.report.words import Words, words
from firth.results.schema import Result

ORDERS = ("given", "label", "cluster")
# Above these a matrix is sampled, and the numbers of all layers would weigh megabytes.
MOST_ITEMS = 150
MOST_NUMBERS = 300_000
MOST_AXIS_TEXTS = 60
MOST_CELL_TEXTS = 12


def matrix(
    result: Result,
    *,
    word: str | None = None,
    layer: int | None = None,
    similarity: str = "centred",
    order: str = "given",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw the n x n matrix of cosines, as in the lecture: a lighter cell is a more similar pair.

    Args:
        result: A result of ``senses``.
        word: Which word, where the result is about several.
        layer: One layer; without it there is a slider over layers and a switch raw/centred.
        similarity: ``centred`` or ``raw``; what is shown first where there is a switch.
        order: Rows as ``given``, by ``label``, or by ``cluster`` (average linkage).
        language: Of titles and axes.
    """
    say = words(language)
    word = chosen_word(result, word)
    check_choice("similarity", similarity, SIMILARITIES)
    check_choice("order", order, ORDERS)
    stacks = {
        kind: stack
        for kind in SIMILARITIES
        if (stack := array_of(result, f"similarity.{kind}", word)) is not None
    }
    if similarity not in stacks:
        raise ResultError(say["matrix"]["missing"])
    layers = layers_of(result)
    items = items_of(result, word)
    chosen = range(len(items))
    subtitle = [say["matrix"]["subtitle"]]
    if len(items) > MOST_ITEMS:
        chosen = np.linspace(0, len(items) - 1, MOST_ITEMS).round().astype(int).tolist()
        subtitle.append(say["matrix"]["sampled"].format(shown=MOST_ITEMS, n=len(items)))
    start = first_layer(result, word, layers, layer)
    whole = layer is None
    if whole and len(chosen) ** 2 * len(layers) * len(stacks) > MOST_NUMBERS:
        whole = False
        subtitle.append(say["matrix"]["one_layer"].format(layer=start))
    if not whole:
        shown = say["similarity"][similarity]
        subtitle.append(say["matrix"]["at"].format(layer=start, similarity=shown))
        at = layers.index(start)
        stacks = {similarity: stacks[similarity][at : at + 1]}
        layers = [start]
    stacks = {kind: stack[:, chosen][:, :, chosen] for kind, stack in stacks.items()}
    items = [items[index] for index in chosen]
    sequence = _sequence(items, stacks[similarity][layers.index(start)], order)
    title = say["matrix"]["title"].format(word=word)
    rows = _cells(stacks)
    return title, _matrix_document(
        title, subtitle, rows, items, sequence, layers, start, list(stacks), similarity, say
    )


def _cells(stacks: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return one row a pair; its numbers are lists over layers."""
    # A cosine in single precision has no more than six decimals.
    rounded = {kind: np.round(stack.astype(np.float64), 6) for kind, stack in stacks.items()}
    n = next(iter(stacks.values())).shape[1]
    return [
        {
            "first": i + 1,
            "second": j + 1,
            **{kind: stack[:, i, j].tolist() for kind, stack in rounded.items()},
        }
        for i in range(n)
        for j in range(n)
    ]


def _matrix_document(
    title: str,
    subtitle: list[str],
    rows: list[dict[str, Any]],
    items: list[Item],
    sequence: list[int],
    layers: list[int],
    start: int,
    kinds: list[str],
    similarity: str,
    say: Words,
) -> dict[str, Any]:
    n = len(items)
    text = say["matrix"]
    labels = [str(item.get("label", "")) for item in items]
    labelled = any(labels)
    sentences = [str(item["sentence"]) for item in items]
    kind: dict[str, Any] = {"name": "kind", "value": similarity}
    if len(kinds) > 1:
        names = [say["similarity"][one] for one in kinds]
        kind["bind"] = {
            "input": "radio", "options": kinds, "labels": names, "name": text["similarity"],
        }  # fmt: skip
    parameters = [
        layer_slider(layers, start, text["layer"]),
        kind,
        {"name": "sentences", "value": sentences},
        {"name": "senses", "value": labels},
        {"name": "rows", "value": [_axis_text(k, item, 34) for k, item in enumerate(items)]},
        {"name": "columns", "value": [_axis_text(k, item, 20) for k, item in enumerate(items)]},
    ]
    offset = 16 if labelled else 4
    axis: dict[str, Any] = {
        "title": None, "domain": False, "ticks": False, "offset": offset, "labelLimit": 320,
        "labelOverlap": False, "labels": n <= MOST_AXIS_TEXTS,
    }  # fmt: skip
    dense = {"labelFontSize": 12 if n <= 24 else 9}
    down = axis | dense | {"labelExpr": "rows[datum.value - 1]"}
    along = axis | dense | {"labelExpr": "columns[datum.value - 1]", "labelAngle": -45}
    tooltip = [
        {"field": "first_sentence", "title": text["first"]},
        {"field": "second_sentence", "title": text["second"]},
        {"field": "value", "title": text["value"], "format": ".3f"},
    ]
    if labelled:
        tooltip[1:1] = [{"field": "first_label", "title": text["label"]}]
        tooltip[3:3] = [{"field": "second_label", "title": text["label"]}]
    band = {"type": "ordinal", "sort": sequence, "scale": {"paddingInner": 0.04 if n < 40 else 0}}
    drawn = [_pairs(text, tooltip), _diagonal(tooltip)]
    if n <= MOST_CELL_TEXTS:
        drawn.append(_cell_texts())
    side = int(np.clip(n * 38, 240, 560))
    if labelled:
        drawn += _strips(list(dict.fromkeys(labels)), text, side)
    joined = [
        {"sentence": sentence, **({"label": label} if labelled else {})}
        for sentence, label in zip(sentences, labels, strict=True)
    ]
    return document(
        title,
        subtitle,
        rows,
        width=side,
        height=side,
        params=parameters,
        transform=[
            {"calculate": f"datum[kind][indexof({layers}, at_layer)]", "as": "value"},
            {"calculate": "sentences[datum.first - 1]", "as": "first_sentence"},
            {"calculate": "sentences[datum.second - 1]", "as": "second_sentence"},
            {"calculate": "senses[datum.first - 1]", "as": "first_label"},
            {"calculate": "senses[datum.second - 1]", "as": "second_label"},
        ],
        encoding={
            "y": {"field": "first", "axis": down, **band},
            "x": {"field": "second", "axis": along, **band},
        },
        layer=drawn,
        resolve={"scale": {"color": "independent"}},
        usermeta=layout(layers, kinds, ["first", "second"], joined),
    )


def _pairs(text: Words, tooltip: list[dict[str, str]]) -> dict[str, Any]:
    # The domain is taken from the pairs shown, so every layer uses all of the colours; a sentence
    # with itself is left out, or its 1 would flatten the rest.
    legend = {"title": text["value"], "format": ".2f", "gradientLength": 140, "tickCount": 5}
    color = {
        "field": "value",
        "type": "quantitative",
        "scale": {"scheme": "viridis", "zero": False, "nice": False},
        "legend": legend,
    }
    return {
        "transform": [{"filter": "datum.first !== datum.second"}],
        "mark": {"type": "rect"},
        "encoding": {"color": color, "tooltip": tooltip},
    }


def _diagonal(tooltip: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "transform": [{"filter": "datum.first === datum.second"}],
        "mark": {"type": "rect", "color": "#cfd2d6"},
        "encoding": {"tooltip": tooltip},
    }


def _cell_texts() -> dict[str, Any]:
    return {
        "transform": [
            {"filter": "datum.first !== datum.second"},
            {
                "joinaggregate": [
                    {"op": "min", "field": "value", "as": "low"},
                    {"op": "max", "field": "value", "as": "high"},
                ]
            },
        ],
        "mark": {"type": "text", "fontSize": 11, "tooltip": None},
        "encoding": {
            "text": {"field": "value", "type": "quantitative", "format": ".2f"},
            "color": {
                "condition": {
                    "test": "datum.value > datum.low + 0.55 * (datum.high - datum.low)",
                    "value": "#111",
                },
                "value": "#fff",
            },
        },
    }


def _strips(senses: list[str], text: Words, side: int) -> list[dict[str, Any]]:
    """Return the coloured strips left of the rows and under the columns that show the senses."""
    color = {
        "field": "first_label",
        "type": "nominal",
        "scale": {"domain": senses, "range": colors_of(senses)},
        "legend": {"title": text["label"], "symbolType": "square"},
    }
    plain = color | {"legend": None}
    diagonal = [{"filter": "datum.first === datum.second"}]
    tooltip = [{"field": "first_label", "title": text["label"]}]
    left = {"x": {"value": -13}, "x2": {"value": -4}, "color": color, "tooltip": tooltip}
    below = {
        "y": {"value": side + 4}, "y2": {"value": side + 13}, "color": plain, "tooltip": tooltip,
    }  # fmt: skip
    return [
        {"transform": diagonal, "mark": {"type": "rect"}, "encoding": encoding}
        for encoding in (left, below)
    ]


def _axis_text(position: int, item: Item, width: int) -> str:
    """Return the number and the sentence, cut so that the word is still in it."""
    sentence = str(item["sentence"])
    start, end = (int(str(item.get(key) or 0)) for key in ("start", "end"))
    return f"{position + 1}  {shorten(sentence, start, end, width)}"


def _sequence(items: list[Item], similarity: np.ndarray, order: str) -> list[int]:
    """Return the numbers (from 1) of the items in the order of the rows."""
    given = list(range(len(items)))
    if order == "label":
        labels = [str(item.get("label", "")) for item in items]
        first_seen = list(dict.fromkeys(labels))
        given.sort(key=lambda index: first_seen.index(labels[index]))
    elif order == "cluster" and len(items) > 2:
        from scipy.cluster.hierarchy import leaves_list, linkage
        from scipy.spatial.distance import squareform

        distance = 1 - (similarity + similarity.T).astype(np.float64) / 2
        np.fill_diagonal(distance, 0)
        tree = linkage(squareform(np.clip(distance, 0, None), checks=False), method="average")
        given = [int(index) for index in leaves_list(tree)]
    return [index + 1 for index in given]
