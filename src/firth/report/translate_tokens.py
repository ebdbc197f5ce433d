"""A text whose hidden states were moved, token by token: what stood there, what came out."""

from __future__ import annotations

from typing import Any

from firth.errors import OptionError, ResultError
from firth.report.shift_data import arrow, named
from firth.report.vega import INK, QUIET, columns, document, layout, shorten
from firth.report.words import Words, words
from firth.results.schema import Cell, Result

MOST_TOKENS = 120
# Pixels: where lines wrap, the gap between tokens, the letters.
WIDTH, GAP = 720, 5
FONT, LETTER = 13, 7.4
PADDING, LEAST = 14, 34
# Heights from the top of a line: token, what came out, the bar of its probability; then the next.
UPPER, LOWER, BAR, LINE = (0, 21), (22, 45), (48, 52), 70
# The palette's blue, vermilion and green, thinned so that black letters are read on them.
TINTS = {
    "source": "#bcdcf3", "target": "#fbcfae", "other": "#bfe6d6", "shared": "#e7e9ed",
    "unknown": "#f6f7f9",
}  # fmt: skip
SHARED = "shared"


def texts_of(result: Result) -> list[int]:
    """Return the numbers of the texts that have a token."""
    return list(dict.fromkeys(_number(row["text_number"]) for row in result.tables["tokens"]))


def tokens(
    result: Result, *, sentence: int | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw a text in reading order, under each token the one that came out.

    Args:
        result: A result of ``translate``.
        sentence: The text's number, from 1; the first by default.
        language: Of titles and legends.

    Raises:
        OptionError: The result has no such text.
        ResultError: No text has a token.
    """
    say = words(language)
    text = say["tokens"]
    numbers = texts_of(result)
    if not numbers:
        raise ResultError(text["missing"])
    chosen = numbers[0] if sentence is None else sentence
    if chosen not in numbers:
        shown = ", ".join(map(str, numbers[:10]))
        raise OptionError(f"sentence {chosen}: the result has tokens of {shown}")
    (about,) = (row for row in result.tables["texts"] if row["text_number"] == chosen)
    every = [row for row in result.tables["tokens"] if row["text_number"] == chosen]
    rows = [_row(row) for row in every[:MOST_TOKENS]]
    source, target = str(result.config["source"]), str(result.config["target"])
    kinds = {source: "source", target: "target", SHARED: SHARED}
    places = _places(rows)
    title = shorten(str(about["text"]), 0, 1, 84)
    return title, document(
        title,
        _subtitle(result, len(every), say),
        rows,
        width=max(place["right"] for place in places),
        height=(places[-1]["line"] + 1) * LINE - (LINE - BAR[1]),
        params=[
            {"name": "places", "value": places},
            {"name": "kinds", "value": kinds},
            {"name": "kind_names", "value": _names(source, target, say)},
            {"name": "language_names", "value": say["languages"]},
        ],
        transform=_transform(),
        layer=_marks(rows, kinds, _names(source, target, say), text),
        usermeta=layout(),
    )


def _subtitle(result: Result, n: int, say: Words) -> list[str]:
    text, config = say["tokens"], result.config
    way = arrow(str(config["source"]), str(config["target"]), say)
    setting = text["setting"].format(way=way, layer=config["layer"], alpha=f"{config['alpha']:g}")
    bound = [text["bound"]] if config["tokens"] == "target" else []
    cut = [text["cut"].format(shown=MOST_TOKENS, n=n)] if n > MOST_TOKENS else []
    return [text["subtitle"], " ".join([setting, *bound, *cut])]


def _row(row: dict[str, Cell]) -> dict[str, Any]:
    keys = (
        "position", "token", "output", "probability", "token_language", "output_language",
    )  # fmt: skip
    return {key: row[key] for key in keys if row.get(key) is not None}


def _names(source: str, target: str, say: Words) -> dict[str, str]:
    text = say["tokens"]
    own = {"source": named(source, say), "target": named(target, say)}
    return own | {kind: text[kind] for kind in ("other", "shared", "unknown")}


def _places(rows: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Return for each token its left and right end and its line; lines wrap at the width."""
    found: list[dict[str, float]] = []
    left, line = 0.0, 0
    for row in rows:
        wide = max(columns(str(row["token"])), columns(str(row["output"])))
        width = min(WIDTH, max(LEAST, round(wide * LETTER) + PADDING))
        if found and left + width > WIDTH:
            left, line = 0.0, line + 1
        found.append({"left": left, "right": left + width, "line": line})
        left += width + GAP
    return found


def _transform() -> list[dict[str, Any]]:
    """Return what a row's place and colours are read from."""
    read = {"place": "places[datum.position - 1]", "top": f"datum.place.line * {LINE}"}
    for name, (top, bottom) in {"upper": UPPER, "lower": LOWER, "bar": BAR}.items():
        read |= {f"{name}_top": f"datum.top + {top}", f"{name}_end": f"datum.top + {bottom}"}
    read |= {
        "left": "datum.place.left", "right": "datum.place.right",
        "middle": "(datum.left + datum.right) / 2",
        "likely": "datum.left + (datum.right - datum.left) * datum.probability",
    }  # fmt: skip
    for side in ("token", "output"):
        language = f"datum.{side}_language"
        read |= {
            f"{side}_kind": f"kind_names[!isValid({language}) ? 'unknown' : "
            f"kinds[{language}] || 'other']",
            f"{side}_named": f"isValid({language}) ? language_names[{language}] || {language} : ''",
        }
    return [{"calculate": rule, "as": name} for name, rule in read.items()]


def _marks(
    rows: list[dict[str, Any]], kinds: dict[str, str], names: dict[str, str], text: Words
) -> list[dict[str, Any]]:
    languages = [row.get(f"{side}_language") for row in rows for side in ("token", "output")]
    seen = {kinds.get(str(one), "other") if one else "unknown" for one in languages}
    shown = [kind for kind in TINTS if kind in seen | {"source", "target"}]
    color = {
        "type": "nominal",
        "scale": {
            "domain": [names[kind] for kind in shown], "range": [TINTS[kind] for kind in shown],
        },
        "legend": {
            "title": None, "orient": "top", "direction": "horizontal", "symbolType": "square",
            "symbolSize": 190, "symbolStrokeWidth": 0, "columnPadding": 18, "offset": 12,
        },
    }  # fmt: skip
    tooltip = [
        {"field": "position", "title": text["position"]},
        {"field": "token", "title": text["token"]},
        {"field": "token_named", "title": text["language"]},
        {"field": "output", "title": text["output"]},
        {"field": "output_named", "title": text["output_language"]},
        {"field": "probability", "title": text["probability"], "format": ".3f"},
    ]
    upper, lower = _box("upper"), _box("lower")
    bar = _box("bar")
    return [
        _rect(upper | {"color": {"field": "token_kind"} | color, "tooltip": tooltip}, 3),
        _rect(lower | {"color": {"field": "output_kind"} | color, "tooltip": tooltip}, 3),
        _letters("token", "upper", INK, FONT - 1),
        _letters("output", "lower", INK, FONT),
        _rect(bar | {"color": {"value": "#e7e9ed"}, "tooltip": tooltip}, 2),
        _rect(bar | {"x2": {"field": "likely"}, "color": {"value": QUIET}, "tooltip": tooltip}, 2),
    ]


def _box(part: str) -> dict[str, Any]:
    x, y = _axes()
    return {
        "x": x | {"field": "left"},
        "x2": {"field": "right"},
        "y": y | {"field": f"{part}_top"},
        "y2": {"field": f"{part}_end"},
    }


def _axes() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both axes: pixels from the left, and pixels from above."""
    bare: dict[str, Any] = {"type": "quantitative", "axis": None}
    flat = {"nice": False, "zero": False}
    return (
        bare | {"scale": {"domain": {"expr": "[0, width]"}} | flat},
        bare | {"scale": {"domain": {"expr": "[0, height]"}, "reverse": True} | flat},
    )


def _rect(encoding: dict[str, Any], radius: int) -> dict[str, Any]:
    return {"mark": {"type": "rect", "cornerRadius": radius}, "encoding": encoding}


def _letters(field: str, part: str, color: str, size: int) -> dict[str, Any]:
    x, y = _axes()
    return {
        "transform": [
            {"calculate": f"(datum.{part}_top + datum.{part}_end) / 2", "as": "centre"},
            {"calculate": "datum.right - datum.left - 4", "as": "room"},
        ],
        "mark": {
            "type": "text", "fontSize": size, "color": color, "tooltip": None,
            "limit": {"expr": "datum.room"},
        },
        "encoding": {
            "x": x | {"field": "middle"},
            "y": y | {"field": "centre"},
            "text": {"field": field},
        },
    }  # fmt: skip


def _number(cell: Cell) -> int:
    return int(str(cell))
