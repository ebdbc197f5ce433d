"""In which language are the blanks of each language filled? A confusion matrix."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.vega import document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

SCORERS = ("mass", "top_1")
GAP = 0.35  # of a cell, between the sentences' rows and those of the controls
STEP = 46
DARK = 0.45  # above it the cell is dark and its number white


def confusion(result: Result, *, language: str = "en") -> tuple[str, dict[str, Any]]:
    """Draw for sentences of each language how the model's answers spread over languages.

    Below stand the controls: what tokens alike would be without any sentence.

    Args:
        result: A result of ``consistency``.
        language: Of titles and axes.

    Raises:
        ResultError: The result has no confusion.
    """
    say = words(language)
    text = say["confusion"]
    found = result.tables.get("confusion", [])
    if not found:
        raise ResultError(text["missing"])
    languages = list(dict.fromkeys(str(row["language"]) for row in found))
    columns = list(dict.fromkeys(str(row["filled"]) for row in found))
    mixes = result.tables["mixes"]
    controls = list(dict.fromkeys(str(row["control"]) for row in mixes))
    tops = {one: float(at) for at, one in enumerate(languages)}
    tops |= {one: len(languages) + GAP + at for at, one in enumerate(controls)}
    rows = [
        {
            "sentences": row["language"], "filled": row["filled"], "scorer": row["scorer"],
            "share": row["share"], "n": row["n"],
        }
        for row in found
    ] + [
        {"control": row["control"], "filled": row["filled"], "share": row["share"], "n": row["n"]}
        for row in mixes
    ]  # fmt: skip
    names = [_name(one, say) for one in columns]
    parameters: list[dict[str, Any]] = [
        {
            "name": "scorer",
            "value": "mass",
            "bind": {
                "input": "radio", "options": list(SCORERS), "name": text["scorer"],
                "labels": [text[one] for one in SCORERS],
            },
        },
        {"name": "columns", "value": columns},
        {"name": "column_names", "value": names},
        {"name": "row_keys", "value": list(tops)},
        {"name": "tops", "value": list(tops.values())},
        {
            "name": "row_names",
            "value": [_name(one, say) for one in languages] + [text[one] for one in controls],
        },
    ]  # fmt: skip
    return text["title"], document(
        text["title"],
        [text["subtitle"], text["controls"]],
        rows,
        width=STEP * len(columns),
        height=32 * (len(tops) + GAP),
        params=parameters,
        transform=_transform(),
        encoding=_encoding(len(columns), list(tops.values()), text),
        layer=[
            {
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1.5},
                "encoding": {
                    "color": {
                        "field": "share",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1], "range": ["#f3f6f9", "#0072B2"]},
                        "legend": {"title": text["share"], "format": ".0%", "gradientLength": 120},
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": 11},
                "encoding": {
                    "x": {"field": "middle", "type": "quantitative"},
                    "y": {"field": "centre", "type": "quantitative"},
                    "x2": {"value": None},
                    "text": {"field": "shown"},
                    "color": {
                        "condition": {"test": f"datum.share > {DARK}", "value": "white"},
                        "value": "#2b2f36",
                    },
                },
            },
        ],
        usermeta=layout(),
    )


def _name(code: str, say: Words) -> str:
    return str(say["languages"].get(code, code))


def _transform() -> list[dict[str, Any]]:
    places = {
        "left": "indexof(columns, datum.filled)",
        "top": "tops[indexof(row_keys, isValid(datum.control) ? datum.control : datum.sentences)]",
        "right": "datum.left + 1",
        "bottom": "datum.top + 1",
        "middle": "datum.left + 0.5",
        "centre": "datum.top + 0.5",
        "row": "row_names[indexof(tops, datum.top)]",
        "column": "column_names[datum.left]",
        "form": "datum.share < 0.0995 ? '.1%' : '.0%'",
        "shown": "datum.share < 0.0005 ? '' : format(datum.share, datum.form)",
    }
    return [
        {"filter": "isValid(datum.control) || datum.scorer == scorer"},
        *({"calculate": expression, "as": name} for name, expression in places.items()),
    ]


def _encoding(n_columns: int, tops: list[float], text: dict[str, Any]) -> dict[str, Any]:
    bare: dict[str, Any] = {"grid": False, "domain": False, "ticks": False, "labelOverlap": False}
    return {
        "x": {
            "field": "left",
            "type": "quantitative",
            "scale": {"domain": [0, n_columns], "nice": False},
            "axis": bare
            | {
                "orient": "top",
                "values": [at + 0.5 for at in range(n_columns)],
                "labelExpr": "column_names[floor(datum.value)]",
                "labelAngle": -35,
                "labelAlign": "left",
                "title": text["filled"],
            },
        },
        "x2": {"field": "right"},
        "y": {
            "field": "top",
            "type": "quantitative",
            "scale": {"domain": [0, tops[-1] + 1], "reverse": True, "nice": False},
            "axis": bare
            | {
                "values": [top + 0.5 for top in tops],
                "labelExpr": "row_names[indexof(tops, datum.value - 0.5)]",
                "title": None,
            },
        },
        "y2": {"field": "bottom"},
        "tooltip": [
            {"field": "row", "title": text["sentences"]},
            {"field": "column", "title": text["filled"]},
            {"field": "share", "title": text["share"], "format": ".2%"},
            {"field": "n", "title": "n"},
        ],
    }
