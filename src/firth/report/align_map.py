"""The map of two languages: words and their translations in one plane, at the best layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from firth.errors import OptionError, ResultError, did_you_mean
from firth.report.align_data import KIND, caption, choice, chosen_pair, models_of, sides_of
from firth.report.label_places import label_places
from firth.report.senses_data import check_choice
from firth.report.vega import INK, PALETTE, columns, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

KINDS = ("raw", "centred")
WIDTH, HEIGHT = 680, 520
FONT = 12
LETTER = 6.3  # pixels of a column of text
# Of the frame, so that points at the edge have room for their words.
MARGIN = 26
# Darker than the points: words are read.
INKS = ("#00558a", "#a34600")
SOURCE = "datum.side === 'source'"
Rows = list[dict[str, Any]]


def align_map(
    result: Result,
    *,
    pair: str | None = None,
    model: str | None = None,
    similarity: str = "raw",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw the most frequent words with a line to their translations.

    Raw, the gap between the languages shows; centred, what is left of it and how words align.

    Args:
        result: A result of ``align``.
        pair: Which dictionary, where the result is about several.
        model: One model, where the result is about several; by default there is a choice.
        similarity: ``raw`` or ``centred``: what is shown first.
        language: Of titles and axes.

    Raises:
        OptionError: No such pair, model or similarity.
        ResultError: The result has no map of the pair.
    """
    say = words(language)
    text = say["align_map"]
    pair = chosen_pair(result, pair)
    check_choice("similarity", similarity, KINDS)
    names = _models(result, model)
    rows = _rows(result, pair, names)
    if not rows:
        raise ResultError(text["missing"].format(pair=pair))
    source, target = sides_of(result, pair)
    shown = {"source": say["languages"].get(source, source)}
    shown["target"] = say["languages"].get(target, target)
    several = len(names) > 1
    found = _places(rows)
    parameters: list[dict[str, Any]] = [
        *choice(KINDS, similarity, text["similarity"], say),
        {"name": "sides", "value": shown},
        {"name": "places", "value": found},
    ]
    if several:
        bind = {"input": "select", "options": names, "name": text["model_choice"]}
        parameters.append({"name": "model", "value": names[0], "bind": bind})
    title = text["title"].format(source=shown["source"], target=shown["target"])
    layers = {str(row.get("model")): row["layer"] for row in rows}
    said = [
        text["of_model"].format(model=name, layer=at) if name in names else str(at)
        for name, at in layers.items()
    ]
    subtitle = [text["subtitle"], text["at"].format(layer=text["comma"].join(said))]
    if any(len(place) == 2 for own in found.values() for place in own):
        subtitle.append(text["hidden"])
    return title, document(
        title,
        subtitle,
        rows,
        width=WIDTH,
        height=HEIGHT,
        params=parameters,
        transform=_transform(several),
        layer=[
            *_marks(list(shown.values()), several, text),
            caption(f"model + ', ' + {KIND}" if several else KIND),
        ],
        usermeta=layout(),
    )


def _models(result: Result, model: str | None) -> list[str]:
    """Return the models of the figure; none where the result is about one."""
    legal = [one for one in models_of(result) if one is not None]
    if model is None:
        return legal
    if model not in legal:
        have = f"there are {', '.join(legal)}." if legal else "the result is about one model."
        raise OptionError(f"no model {model!r} here; {have}" + did_you_mean(model, legal))
    return [model]


def _rows(result: Result, pair: str, models: list[str]) -> Rows:
    """Return the words of a pair, model after model, each with its translation."""
    table = [row for row in result.tables.get("map", []) if row["pair"] == pair]
    words_at = {(row.get("model"), row["side"], row["concept"]): row["word"] for row in table}
    other = {"source": "target", "target": "source"}
    rows: Rows = []
    for row in [one for name in models or [None] for one in table if one.get("model") == name]:
        plain = {
            key: ", ".join(map(str, cell)) if isinstance(cell, list) else cell
            for key, cell in row.items()
            if cell is not None
        }
        partner = (row.get("model"), other[str(row["side"])], row["concept"])
        rows.append(plain | {"translation": words_at[partner]})
    return rows


def _places(rows: Rows) -> dict[str, list[list[float]]]:
    """Return for raw and centred where, in pixels, each row's point and the middle of its word lie.

    A word for which no free place was found has none; the tooltip has it. So has a word that is
    there a second time, as the translation of another one.
    """
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    for model in dict.fromkeys(row.get("model") for row in rows):
        own = [row for row in rows if row.get("model") == model]
        first = {(row["side"], row["word"]): at for at, row in reversed(list(enumerate(own)))}
        labelled = sorted(first.values())
        sizes = [(columns(str(own[at]["word"])) * LETTER + 3, FONT + 2) for at in labelled]
        concepts: dict[Any, list[int]] = {}
        for at, row in enumerate(own):
            concepts.setdefault(row["concept"], []).append(at)
        for kind in KINDS:
            points = _pixels(own, kind)
            lines = points[np.array(list(concepts.values()))]
            middles = label_places(
                points[labelled], np.array(sizes, dtype=float), lines, (WIDTH, HEIGHT)
            )
            labels = dict(zip(labelled, middles, strict=True))
            found[kind] += [
                [*point, *(labels.get(at) or ())] for at, point in enumerate(points.tolist())
            ]
    return found


def _pixels(rows: Rows, kind: str) -> Float[np.ndarray, "n 2"]:
    """Return where the points lie; both directions fill the frame, the second one upwards."""
    points = np.array([[row[f"x_{kind}"], -row[f"y_{kind}"]] for row in rows], dtype=float)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    room = np.array([WIDTH, HEIGHT]) - 2 * MARGIN
    shares = np.where(extent > 0, (points - low) / np.where(extent > 0, extent, 1), 0.5)
    return np.round(MARGIN + shares * room, 2)


def _transform(several: bool) -> list[dict[str, Any]]:
    read = {
        "place": "places[similarity][datum.at - 1]",
        "x": "datum.place[0]",
        "y": "datum.place[1]",
        "word_x": "datum.place[2]",
        "word_y": "datum.place[3]",
        "name": "sides[datum.side]",
        "nearest": "datum['nearest_' + similarity]",
        "own_rank": "datum['rank_' + similarity]",
        "rank": "isValid(datum.own_rank) ? format(datum.own_rank, '.1~f') : '–'",
    }
    # The number of a row comes first: places are those of all rows.
    return [
        {"window": [{"op": "row_number", "as": "at"}]},
        *([{"filter": "datum.model == model"}] if several else []),
        *({"calculate": rule, "as": name} for name, rule in read.items()),
    ]


def _marks(names: list[str], several: bool, text: Words) -> list[dict[str, Any]]:
    plain = {"ticks": False, "labels": False, "domain": False, "grid": False}
    x: dict[str, Any] = {
        "field": "x",
        "type": "quantitative",
        "title": text["x"],
        "scale": {"domain": [0, WIDTH], "nice": False, "zero": False},
        "axis": plain,
    }
    y = x | {"field": "y", "title": text["y"]}
    y["scale"] = x["scale"] | {"domain": [0, HEIGHT], "reverse": True}
    side = {"field": "name", "type": "nominal", "title": text["language"], "sort": names}
    color = side | {"scale": {"domain": names, "range": PALETTE[:2]}}
    shape = side | {"scale": {"domain": names, "range": ["circle", "diamond"]}}
    model = [{"field": "model", "title": text["model"]}] if several else []
    tooltip = [
        {"field": "word", "title": text["word"]},
        {"field": "translation", "title": text["translation"]},
        {"field": "nearest", "title": text["nearest"]},
        {"field": "rank", "title": text["rank"]},
        *model,
        {"field": "layer", "title": text["layer"]},
    ]
    near = {"param": "near", "empty": False}
    return [
        {
            "mark": {"type": "line", "strokeCap": "round"},
            "encoding": {
                "x": x,
                "y": y,
                "detail": {"field": "concept"},
                "order": {"field": "side", "type": "nominal"},
                "color": {"condition": near | {"value": INK}, "value": "#b4bac3"},
                "strokeWidth": {"condition": near | {"value": 2.4}, "value": 1},
            },
        },
        # A rim of paper keeps the lines off the letters; the points lie on it.
        _words({"value": "white"}, x, y, {"stroke": "white", "strokeWidth": 3}),
        {
            # One is under the pointer: its line and both its words stand out.
            "params": [
                {
                    "name": "near",
                    "select": {
                        "type": "point", "fields": ["concept"], "on": "pointerover",
                        "clear": "pointerout",
                    },
                }
            ],
            "mark": {"type": "point", "filled": True, "size": 58, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": color, "shape": shape, "tooltip": tooltip},
        },
        _words({"value": INKS[1]} | {"condition": {"test": SOURCE, "value": INKS[0]}}, x, y, {}),
    ]  # fmt: skip


def _words(
    color: dict[str, Any], x: dict[str, Any], y: dict[str, Any], look: dict[str, Any]
) -> dict[str, Any]:
    return {
        "transform": [{"filter": "isValid(datum.word_x)"}],
        "mark": {"type": "text", "fontSize": FONT, "tooltip": None} | look,
        "encoding": {
            "x": x | {"field": "word_x"},
            "y": y | {"field": "word_y"},
            "text": {"field": "word"},
            "color": color,
        },
    }
