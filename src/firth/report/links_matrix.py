"""The words of a sentence pair against each other: similarities, our links, the gold links."""

from __future__ import annotations

import json
from typing import Any

from firth.errors import OptionError, ResultError
from firth.report.vega import INK, document, layout, shorten
from firth.report.words import Words, words
from firth.results.schema import Cell, Result

# A cell's side: short sentences get large cells, long ones as large as labels need.
LARGEST, SMALLEST, SIDE = 34, 13, 560
# Columns of letters that an axis gives a word.
WIDEST = 18
LIGHT, DARK = "#f6f8fa", "#0072B2"
LINK, GOLD = "#D55E00", INK
KINDS = ("links", "sure", "possible")


def matrices_of(result: Result) -> list[int]:
    """Return the numbers of the sentence pairs whose similarities the result holds."""
    return list(dict.fromkeys(_number(row["sentence"]) for row in result.tables["matrices"]))


def links_matrix(
    result: Result, *, sentence: int | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the similarities of the words of a sentence pair, with links and gold links.

    Args:
        result: A result of ``links``.
        sentence: The pair's number, from 1; the first by default.
        language: Of titles and axes.

    Raises:
        OptionError: The result has no similarities of that pair.
        ResultError: It has none at all.
    """
    text = words(language)["links_matrix"]
    numbers = matrices_of(result)
    if not numbers:
        raise ResultError(text["missing"])
    chosen = numbers[0] if sentence is None else sentence
    if chosen not in numbers:
        shown = ", ".join(map(str, numbers))
        raise OptionError(f"sentence {chosen}: the result has similarities of {shown}")
    (pair,) = (row for row in result.tables["sentences"] if row["sentence"] == chosen)
    source, target = _words(pair["source"]), _words(pair["target"])
    (how,) = result.tables["chosen"]
    similarity = words(language)["similarity"][how["similarity"]]
    shown = [shorten(one, 0, 1, WIDEST) for one in source + target]
    title = shorten(" ".join(source), 0, 1, 90)
    subtitle = [
        text["subtitle"],
        text["at"].format(layer=how["layer"], similarity=similarity, method=how["method"]),
    ]
    kinds = [kind for kind in KINDS if kind == "links" or pair.get(kind)]
    step = min(LARGEST, max(SMALLEST, SIDE // max(len(source), len(target))))
    return title, document(
        title,
        subtitle,
        _cells(result, pair, chosen),
        width={"step": step},
        height={"step": step},
        params=[{"name": "words", "value": shown}],
        encoding=_axes(len(source), len(target), step),
        layer=[_heat(text), *_marks(kinds, step, text)],
        resolve={"scale": {"color": "independent"}, "legend": {"color": "independent"}},
        usermeta=layout(
            joins=["source", "target"], items=[{"word": word} for word in source + target]
        ),
    )  # fmt: skip


def _cells(result: Result, pair: dict[str, Cell], sentence: int) -> list[dict[str, Any]]:
    """Return one row a cell; target words are numbered on from the last source word."""
    s = len(_words(pair["source"]))
    kept = [row for row in result.tables["matrices"] if row["sentence"] == sentence]
    marks = {kind: set(_words(pair.get(kind))) for kind in KINDS}
    rows: list[dict[str, Any]] = []
    for row in kept:
        i, values = _number(row["word"]), row["similarities"]
        assert isinstance(values, list)
        for j, value in enumerate(values):
            # A cosine in single precision has no more than six decimals.
            cell = {"source": i + 1, "target": s + j + 1, "similarity": round(float(value), 6)}
            rows.append(cell | {kind: True for kind in KINDS if f"{i}-{j}" in marks[kind]})
    return rows


def _axes(s: int, t: int, step: int) -> dict[str, Any]:
    axis: dict[str, Any] = {
        "title": None, "domain": False, "ticks": False, "labelOverlap": False, "labelLimit": 200,
        "labelExpr": "words[datum.value - 1]", "labelFontSize": min(13, step - 2), "grid": False,
    }  # fmt: skip
    scale = {"paddingInner": 0, "paddingOuter": 0}
    above = {"orient": "top", "labelAngle": -60, "labelAlign": "left", "labelPadding": 6}
    return {
        "y": {
            "field": "source", "type": "ordinal", "axis": axis,
            "scale": scale | {"domain": list(range(1, s + 1))},
        },
        "x": {
            "field": "target", "type": "ordinal",
            "axis": axis | above,
            "scale": scale | {"domain": list(range(s + 1, s + t + 1))},
        },
    }  # fmt: skip


def _heat(text: Words) -> dict[str, Any]:
    return {
        "transform": [
            {"calculate": "words[datum.source - 1]", "as": "source_word"},
            {"calculate": "words[datum.target - 1]", "as": "target_word"},
        ],
        "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
        "encoding": {
            "color": {
                "field": "similarity",
                "type": "quantitative",
                "scale": {"range": [LIGHT, DARK], "zero": False, "nice": False},
                "legend": {
                    "title": text["value"], "format": ".1f", "gradientLength": 110, "tickCount": 4,
                },
            },
            "tooltip": [
                {"field": "source_word", "title": text["source"]},
                {"field": "target_word", "title": text["target"]},
                {"field": "similarity", "title": text["value"], "format": ".3f"},
            ],
        },
    }  # fmt: skip


def _marks(kinds: list[str], step: int, text: Words) -> list[dict[str, Any]]:
    """Return a layer a kind of link; one legend tells them apart."""
    looks = {
        "links": ("circle", LINK, "white", [1, 0], (0.42 * step) ** 2),
        "sure": ("square", "transparent", GOLD, [1, 0], (step - 4) ** 2),
        "possible": ("square", "transparent", GOLD, [3, 2], (step - 4) ** 2),
    }
    names = [text[kind] for kind in kinds]
    channels = ("shape", "fill", "stroke", "strokeDash")
    encoding = {
        channel: {
            "field": "kind",
            "type": "nominal",
            "scale": {"domain": names, "range": [looks[kind][at] for kind in kinds]},
            "legend": {"title": None, "symbolSize": 130},
        }
        for at, channel in enumerate(channels)
    }
    return [
        {
            "transform": [
                {"filter": f"isValid(datum.{kind})"},
                {"calculate": json.dumps(text[kind], ensure_ascii=False), "as": "kind"},
            ],
            "mark": {
                "type": "point",
                "opacity": 1,
                "strokeWidth": 1.5,
                "tooltip": None,
                "size": looks[kind][-1],
            },
            "encoding": encoding,
        }
        for kind in kinds
    ]


def _words(cell: Cell) -> list[str]:
    return [str(one) for one in cell] if isinstance(cell, list) else []


def _number(cell: Cell) -> int:
    return int(str(cell))
