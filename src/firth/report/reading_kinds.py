"""Which questions are hard? F1 by length of the answer, type of the question, and overlap."""

from __future__ import annotations

import re
from typing import Any

from firth.errors import ResultError
from firth.report.reading_data import Row, arm_name, arms_of, tests_of
from firth.report.senses_layers import value_tooltip
from firth.report.vega import INK, PALETTE, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

STEP = 22
MOST_TESTS = 8


def reading_lengths(result: Result, *, language: str = "en") -> tuple[str, dict[str, Any]]:
    """Draw F1 by the length of the gold answer, in words or in characters."""
    return _kinds(result, "answer length", words(language))


def reading_types(result: Result, *, language: str = "en") -> tuple[str, dict[str, Any]]:
    """Draw F1 by what a question asks for."""
    return _kinds(result, "question type", words(language))


def reading_overlaps(result: Result, *, language: str = "en") -> tuple[str, dict[str, Any]]:
    """Draw F1 by the share of the question that stands in the answer's sentence."""
    return _kinds(result, "overlap", words(language))


def _kinds(result: Result, by: str, say: Words) -> tuple[str, dict[str, Any]]:
    text = say["reading_kinds"]
    tests = tests_of(result, say)
    rows = _rows(result, by, tests, say)
    if not rows:
        raise ResultError(text["missing"])
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    groups = list(dict.fromkeys(row["group"] for row in rows))
    y = {"field": "group", "type": "nominal", "sort": groups, "title": None,
         "axis": {"ticks": False, "domain": False, "labelLimit": 160}}  # fmt: skip
    offset = {"field": "arm", "type": "nominal", "sort": arms, "scale": {"domain": arms}}
    x = {"field": "value", "type": "quantitative", "title": text["f1"],
         "scale": {"domain": [0, 1], "nice": False},
         "axis": {"format": ".1f", "tickCount": 5}}  # fmt: skip
    legend = {"title": None} if len(arms) > 1 else None
    color = {"field": "arm", "type": "nominal", "sort": arms, "legend": legend,
             "scale": {"domain": arms, "range": PALETTE[: len(arms)]}}  # fmt: skip
    tooltip = [{"field": "test", "title": text["test"]}, {"field": "group", "title": text[by]},
               *([{"field": "arm", "title": text["arm"]}] if len(arms) > 1 else []),
               *value_tooltip(text["f1"])]  # fmt: skip
    spread = {"y": y, "yOffset": offset, "x": x | {"field": "low"}, "x2": {"field": "high"}}
    title = text["title"].format(by=text[by])
    return title, document(
        title,
        [text["subtitle"], text[f"{by} unit"]],
        rows,
        facet={"field": "test", "type": "nominal", "title": None,
               "sort": list(tests.values())[:MOST_TESTS],
               "header": {"labelFontSize": 12, "labelAnchor": "start"}},
        columns=2,
        spec={
            "width": 250,
            "height": {"step": STEP},
            "layer": [
                {"transform": [{"filter": "isValid(datum.low)"}], "encoding": spread,
                 "mark": {"type": "rule", "strokeWidth": 1.2, "color": INK}},
                {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                 "encoding": {"y": y, "yOffset": offset, "x": x, "color": color,
                              "tooltip": tooltip}},
            ],
        },
        resolve={"scale": {"y": "independent"}},
        usermeta=layout(),
    )  # fmt: skip


def _rows(result: Result, by: str, tests: dict[str, str], say: Words) -> list[Row]:
    shown = list(tests)[:MOST_TESTS]
    order = {arm: place for place, arm in enumerate(arms_of(result))}
    found = [
        row
        for row in result.tables.get("groups", [])
        if row["by"] == by and row["test"] in shown and row.get("arm") in order
    ]
    found.sort(key=lambda row: _least(str(row["group"])))  # kinds of questions keep their order
    return [
        {
            "test": tests[str(row["test"])], "arm": arm_name(_text(row.get("arm")), say),
            "group": say["reading"]["groups"].get(row["group"], row["group"]),
            "value": row["f1"], "n": row["n"],
            **{end: row[end] for end in ("low", "high") if end in row},
        }
        for row in found
    ]  # fmt: skip


def _least(group: str) -> int:
    """Return where a group of numbers begins, as 3 of ``3-4``; 0 for a name."""
    number = re.match(r"\d+", group)
    return int(number.group()) if number else 0


def _text(value: object) -> str | None:
    return None if value is None else str(value)
