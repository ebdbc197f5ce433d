"""What stands in the blanks of one sentence: the candidates as bars."""

from __future__ import annotations

from typing import Any

from firth.errors import OptionError, ResultError
from firth.report.vega import INK, PALETTE, document, layout, shorten
from firth.report.words import words
from firth.results.schema import Cell, Result

# Candidates and blanks that a figure shows, at most.
MOST_BARS = 10
MOST_BLANKS = 6
IN_A_ROW = 3


def sentences_of(result: Result) -> list[int]:
    """Return the numbers of the sentences that have blanks."""
    return [_number(row["sentence"]) for row in result.tables.get("sentences", []) if row["blanks"]]


def candidates(
    result: Result, *, sentence: int | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the candidates of each blank of a sentence, a bar as long as its probability.

    Args:
        result: A result of ``cloze``.
        sentence: Its number among those given, from 1; the first one with a blank by default.
        language: Of titles and axes.

    Raises:
        OptionError: The result has no such sentence.
        ResultError: No sentence has a blank.
    """
    text = words(language)["candidates"]
    numbers = sentences_of(result)
    if not numbers:
        raise ResultError(text["missing"])
    chosen = numbers[0] if sentence is None else sentence
    if chosen not in numbers:
        shown = ", ".join(str(one) for one in numbers[:10])
        raise OptionError(f"sentence {chosen}: the result has fills of {shown}")
    (about,) = (row for row in result.tables["sentences"] if row["sentence"] == chosen)
    blanks = min(_number(about["blanks"]), MOST_BLANKS)
    rows = [
        {
            "blank": _number(row["mask"]), "rank": _number(row["rank"]), "token": row["token"],
            "probability": row["probability"], "filled": row["filled"],
        }
        for row in result.tables["fills"]
        if row["sentence"] == chosen
        and _number(row["rank"]) <= MOST_BARS
        and _number(row["mask"]) <= MOST_BLANKS
    ]  # fmt: skip
    title = shorten(str(about["text"]), 0, 1, 90)
    subtitle = [text["subtitle"]]
    if blanks > 1:
        subtitle.append(text["filled"].format(filled=shorten(str(about["filled"]), 0, 1, 100)))
    if _number(about["blanks"]) > blanks:
        subtitle.append(text["more"].format(shown=blanks, n=about["blanks"]))
    bars = _bars(text, 320 if blanks == 1 else 190)
    if blanks == 1:
        return title, document(title, subtitle, rows, usermeta=layout(), **bars)
    said = f"'{text['blank']} ' + datum.value"
    header = {"title": None, "labelExpr": said, "labelFontSize": 12, "labelAnchor": "start"}
    return title, document(
        title,
        subtitle,
        rows,
        facet={"field": "blank", "header": header},
        columns=IN_A_ROW,
        spacing=24,
        spec=bars,
        resolve={"scale": {"y": "independent", "x": "shared"}},
        usermeta=layout(),
    )


def _bars(text: dict[str, Any], width: int) -> dict[str, Any]:
    # Ranks order the bars: two tokens of one spelling stay two bars.
    own = {"field": "rank", "type": "ordinal"}
    tooltip = [
        {"field": "token", "title": text["token"]},
        {"field": "probability", "title": text["probability"], "format": ".4f"},
        {"field": "filled", "title": text["sentence"]},
    ]
    labels = {"labels": False, "ticks": False, "domain": False, "title": None}
    return {
        "width": width,
        "height": {"step": 22},
        "encoding": {"y": own | {"axis": labels}, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "bar", "color": PALETTE[0], "height": 14},
                "encoding": {
                    "x": {
                        "field": "probability",
                        "type": "quantitative",
                        "scale": {"domainMin": 0},
                        "axis": {
                            "title": text["probability"],
                            "format": "~g",
                            "tickCount": 4,
                            "grid": False,
                        },
                    }
                },
            },
            {
                "mark": {
                    "type": "text",
                    "align": "right",
                    "dx": -8,
                    "color": INK,
                    "fontSize": 13,
                    "limit": 110,
                },
                "encoding": {"x": {"datum": 0}, "text": {"field": "token"}},
            },
        ],
    }


def _number(cell: Cell) -> int:
    return int(str(cell))
