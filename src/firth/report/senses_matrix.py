"""The matrix of the lecture: how similar is each occurrence to each other one."""

from __future__ import annotations

from typing import Any

import numpy as np

from firth.errors import ResultError
from firth.report.senses_anchors import with_anchors
from firth.report.senses_cells import (
    MOST_AXIS_TEXTS,
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
from firth.report.vega import document, layer_slider, layout
from firth.report.words import Words, words
from firth.results.schema import Result

# Above this the numbers of all layers would weigh megabytes.
MOST_NUMBERS = 300_000


def matrix(
    result: Result,
    *,
    word: str | None = None,
    layer: int | None = None,
    similarity: str = "centred",
    order: str = "given",
    anchors: bool = False,
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw the n x n matrix of cosines, as in the lecture: a lighter cell is a more similar pair.

    Args:
        result: A result of ``senses``.
        word: Which word, where the result is about several.
        layer: One layer; without it there is a slider over layers and a switch raw/centred.
        similarity: ``centred`` or ``raw``; what is shown first where there is a switch.
        order: Rows as ``given``, by ``label``, or by ``cluster`` (average linkage).
        anchors: Add the anchor words as further rows; they lie far off, so the senses' own
            differences fade.
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
    chosen = sampled(len(items))
    subtitle = [say["matrix"]["subtitle"]]
    if len(chosen) < len(items):
        subtitle.append(say["matrix"]["sampled"].format(shown=len(chosen), n=len(items)))
    start = first_layer(result, word, layers, layer)
    whole = layer is None
    if whole and len(chosen) ** 2 * len(layers) * len(stacks) > MOST_NUMBERS:
        whole = False
        subtitle.append(say["matrix"]["one_layer"].format(layer=start))
    drawn_layers = list(range(len(layers)))
    if not whole:
        shown = say["similarity"][similarity]
        subtitle.append(say["matrix"]["at"].format(layer=start, similarity=shown))
        at = layers.index(start)
        stacks = {similarity: stacks[similarity][at : at + 1]}
        layers, drawn_layers = [start], [at]
    stacks = {kind: stack[:, chosen][:, :, chosen] for kind, stack in stacks.items()}
    items = [items[index] for index in chosen]
    if anchors:
        items, stacks = with_anchors(
            result, word, chosen, drawn_layers, items, stacks, say["matrix"]["anchor"]
        )
    sequence = sequence_of(items, stacks[similarity][layers.index(start)], order)
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
        {"name": "rows", "value": [axis_text(k, item, 34) for k, item in enumerate(items)]},
        {"name": "columns", "value": [axis_text(k, item, 20) for k, item in enumerate(items)]},
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
    drawn = [pairs(text, tooltip), diagonal(tooltip)]
    if n <= MOST_CELL_TEXTS:
        drawn.append(cell_texts(tooltip))
    side = int(np.clip(n * 38, 240, 560))
    if labelled:
        drawn += strips(list(dict.fromkeys(labels)), text, side)
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
