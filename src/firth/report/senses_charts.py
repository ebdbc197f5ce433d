"""The figures of ``senses``: the matrix of the lecture, the curve over layers, the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from firth.errors import OptionError, ResultError, did_you_mean
from firth.report.vega import PALETTE, document, layer_slider, layout, shorten
from firth.report.words import Words, words
from firth.results.schema import Cell, Result, Score

SIMILARITIES = ("centred", "raw")
ORDERS = ("given", "label", "cluster")
# Above these a matrix is sampled, and the numbers of all layers would weigh megabytes.
MOST_ITEMS = 150
MOST_NUMBERS = 300_000
MOST_AXIS_TEXTS = 60
MOST_CELL_TEXTS = 12

Item = dict[str, Cell]


def words_of(result: Result) -> list[str]:
    """Return the words that a result is about."""
    names = [str(row["word"]) for row in result.tables.get("items", []) if "word" in row]
    if not names:
        configured = result.config.get("word", [])
        names = [configured] if isinstance(configured, str) else [str(one) for one in configured]
    return list(dict.fromkeys(names))


def scores_of(result: Result, word: str, metric: str = "auc", **fields: object) -> list[Score]:
    """Return the scores of one word; a score without a word belongs to every word."""
    return [one for one in result.rows(metric, **fields) if one.word in (None, word)]


def best_score(result: Result, word: str) -> Score | None:
    """Return the score of the layer where centred vectors tell the senses apart best."""
    found = scores_of(result, word, control=None, similarity="centred")
    return max(found, key=lambda one: one.value, default=None)


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
    word = _word(result, word)
    _legal("similarity", similarity, SIMILARITIES)
    _legal("order", order, ORDERS)
    stacks = {
        kind: stack
        for kind in SIMILARITIES
        if (stack := _array(result, f"similarity.{kind}", word)) is not None
    }
    if similarity not in stacks:
        raise ResultError(say["matrix"]["missing"])
    layers = _layers(result)
    items = _items(result, word)
    chosen = range(len(items))
    subtitle = [say["matrix"]["subtitle"]]
    if len(items) > MOST_ITEMS:
        chosen = np.linspace(0, len(items) - 1, MOST_ITEMS).round().astype(int).tolist()
        subtitle.append(say["matrix"]["sampled"].format(shown=MOST_ITEMS, n=len(items)))
    start = _start(result, word, layers, layer)
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
        "scale": {"domain": senses, "range": _colors(senses)},
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


def layers(
    result: Result, *, word: str | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the AUC over layers with its 95 % band, raw and centred, beside the controls.

    Args:
        result: A result of ``senses``.
        word: Which word, where the result is about several.
        language: Of titles and axes.
    """
    say = words(language)
    text = say["layers"]
    word = _word(result, word)
    scores = [one for one in scores_of(result, word, control=None) if one.layer is not None]
    scores = [one for one in scores if one.similarity in SIMILARITIES]
    if not scores:
        raise ResultError(text["missing"])
    fields = {"layer", "similarity", "value", "low", "high", "n"}
    rows: list[dict[str, Any]] = [
        one.model_dump(include=fields, exclude_none=True)
        | {"series": say["similarity"][one.similarity]}
        for one in scores
    ]
    rules: list[dict[str, Any]] = []
    for control in ("layer_0", "static", "random_words"):
        found = scores_of(result, word, control=control)
        # The curve of interest is the centred one, so its own layer 0 is the line to beat.
        found.sort(key=lambda one: one.similarity != "centred")
        if found:
            own = found[0].model_dump(include=fields - {"layer"}, exclude_none=True)
            rules.append(own | {"control": control, "series": say["control"][control]})
    rules.append({"control": "chance", "value": 0.5, "series": say["control"]["chance"]})
    names = [say["similarity"][one] for one in SIMILARITIES]
    names = [one for one in names if any(row["series"] == one for row in rows)]
    lines = [rule["series"] for rule in rules]
    floor = min([0.4, *(row.get("low", row["value"]) for row in rows + rules)])
    title = text["title"].format(word=word)
    return title, document(
        title,
        [text["subtitle"]],
        rows + rules,
        width=520,
        height=300,
        layer=_curves(names, lines, floor, max(one.layer or 0 for one in scores), text),
        usermeta=layout(),
    )


def _curves(
    names: list[str], lines: list[str], floor: float, last: int, text: Words
) -> list[dict[str, Any]]:
    x: dict[str, Any] = {
        "field": "layer",
        "type": "quantitative",
        "title": text["layer"],
        "scale": {"domain": [0, last], "nice": False, "padding": 8},
        "axis": {"tickMinStep": 1, "format": "d", "grid": False},
    }
    y: dict[str, Any] = {
        "field": "value",
        "type": "quantitative",
        "title": text["value"],
        "scale": {"domain": [floor, 1], "nice": False, "zero": False},
        "axis": {"format": ".2f"},
    }
    dashes = {"layer_0": [6, 3], "static": [2, 3], "chance": [1, 0]}
    strokes = list(dashes.values()) + [[8, 2, 2, 2]]
    color = {
        "field": "series",
        "type": "nominal",
        "scale": {
            "domain": names + lines,
            "range": PALETTE[: len(names)]
            + ["#2b2f36", "#7a4fa3", "#8a9099", "#555"][: len(lines)],
        },
        "legend": {"title": None, "symbolType": "stroke", "symbolStrokeWidth": 3},
    }
    dash = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": names + lines, "range": [[1, 0]] * len(names) + strokes[: len(lines)]},
        "legend": {"title": None},
    }
    tooltip = [
        {"field": "series", "title": text["series"]},
        {"field": "layer", "title": text["layer"]},
        {"field": "value", "title": text["value"], "format": ".3f"},
        {"field": "low", "title": "2.5 %", "format": ".3f"},
        {"field": "high", "title": "97.5 %", "format": ".3f"},
        {"field": "n", "title": "n"},
    ]
    curve = [{"filter": "isValid(datum.layer)"}]
    rule = [{"filter": "isValid(datum.control)"}]
    return [
        {
            "transform": [*curve, {"filter": "isValid(datum.low)"}],
            "mark": {"type": "area", "opacity": 0.16, "tooltip": None},
            "encoding": {
                "x": x,
                "y": y | {"field": "low"},
                "y2": {"field": "high"},
                "color": color,
            },
        },
        {
            "transform": rule,
            "mark": {"type": "rule", "strokeWidth": 1.6},
            "encoding": {"y": y, "color": color, "strokeDash": dash, "tooltip": tooltip},
        },
        {
            "transform": curve,
            "mark": {"type": "line", "strokeWidth": 2.4},
            "encoding": {"x": x, "y": y, "color": color, "strokeDash": dash},
        },
        {
            "transform": curve,
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip},
        },
    ]


def map_of_occurrences(
    result: Result, *, word: str | None = None, layer: int | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the occurrences in two dimensions, coloured by sense, with a slider over layers.

    Args:
        result: A result of ``senses``.
        word: Which word, where the result is about several.
        layer: One layer; without it there is a slider.
        language: Of titles and axes.
    """
    say = words(language)
    text = say["map"]
    word = _word(result, word)
    points = _array(result, "map.centred", word)
    if points is None:
        raise ResultError(text["missing"])
    found = _layers(result)
    start = _start(result, word, found, layer)
    if layer is not None:
        points, found = points[found.index(layer)][None], [layer]
    items = _items(result, word)
    labelled = any("label" in item for item in items)
    coordinates = np.round(points.astype(np.float64), 6)
    rows: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        row: dict[str, Any] = {"item": index + 1, "sentence": str(item["sentence"])}
        row |= {"label": str(item["label"])} if "label" in item else {}
        axes = {"x": coordinates[:, index, 0], "y": coordinates[:, index, 1]}
        rows.append(row | {name: values.tolist() for name, values in axes.items()})
    title = text["title"].format(word=word)
    return title, document(
        title,
        [text["subtitle"]],
        rows,
        width=460,
        height=360,
        params=[layer_slider(found, start, text["layer"])],
        transform=[
            {"calculate": f"datum.{axis}[indexof({found}, at_layer)]", "as": f"at_{axis}"}
            for axis in "xy"
        ],
        encoding=_map_encoding(items, labelled, text),
        layer=[
            {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 0.9}},
            {
                "mark": {"type": "text", "dx": 9, "dy": -8, "fontSize": 11, "tooltip": None},
                "encoding": {"text": {"field": "item"}, "shape": {"value": "circle"}},
            },
        ]
        if len(items) <= MOST_AXIS_TEXTS
        else [{"mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.75}}],
        usermeta=layout(found, ["x", "y"]),
    )


def _map_encoding(items: list[Item], labelled: bool, text: Words) -> dict[str, Any]:
    plain = {"ticks": False, "labels": False, "domain": False}
    encoding: dict[str, Any] = {
        axis: {
            "field": f"at_{axis}",
            "type": "quantitative",
            "title": text[axis],
            "axis": plain,
            "scale": {"zero": False, "nice": False, "padding": 24},
        }
        for axis in "xy"
    }
    tooltip = [{"field": "item", "title": "#"}, {"field": "sentence", "title": text["item"]}]
    if labelled:
        tooltip.append({"field": "label", "title": text["label"]})
        senses = list(dict.fromkeys(str(item.get("label", "")) for item in items))
        legend = {"title": text["label"]}
        sense = {"field": "label", "type": "nominal", "legend": legend}
        scale = {"domain": senses, "range": _colors(senses)}
        encoding["color"] = sense | {"scale": scale}
        # Shapes run out after eight senses; the colours then stand alone.
        if len(senses) <= 8:
            encoding["shape"] = sense | {"scale": {"domain": senses}}
    return encoding | {"tooltip": tooltip}


def _word(result: Result, word: str | None) -> str:
    legal = words_of(result)
    if word is None and len(legal) == 1:
        return legal[0]
    if word is None or word not in legal:
        given = "this result is about several words" if word is None else f"no word {word!r} here"
        raise OptionError(
            f"{given}; give word= as one of {', '.join(legal)}."
            + (did_you_mean(word, legal) if word else "")
        )
    return word


def _array(result: Result, name: str, word: str) -> np.ndarray | None:
    return result.arrays.get(f"{name}/{word}", result.arrays.get(name))


def _layers(result: Result) -> list[int]:
    return [int(layer) for layer in result.config["layers"]]


def _start(result: Result, word: str, layers: list[int], layer: int | None) -> int:
    """Return the layer shown (first): the one asked for, or the best one."""
    if layer is None:
        best = best_score(result, word)
        wanted = best.layer if best is not None else None
        return wanted if wanted in layers and wanted is not None else layers[-1]
    if layer not in layers:
        raise OptionError(f"no layer {layer} here; there are {', '.join(map(str, layers))}")
    return layer


def _legal(option: str, given: str, legal: Sequence[str]) -> None:
    if given not in legal:
        raise OptionError(
            f"{option}={given!r} is not one of {', '.join(legal)}." + did_you_mean(given, legal)
        )


def _items(result: Result, word: str) -> list[Item]:
    rows = [row for row in result.tables.get("items", []) if row.get("word", word) == word]
    return sorted(rows, key=lambda row: int(str(row["index"])))


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


def _colors(senses: list[str]) -> list[str]:
    return [PALETTE[index % len(PALETTE)] for index in range(len(senses))]
