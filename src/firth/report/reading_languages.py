"""One training, many languages: F1 of each test beside the published rows of XQuAD.

The scorer of a language and the one that is the same everywhere stand side by side, so that a
reader sees how much of a score is the scorer; published figures are by the second one.
"""

from __future__ import annotations

from typing import Any

from firth.report.reading_data import (
    EVERYWHERE,
    Row,
    arms_of,
    check_metric,
    numbers,
    own_scorer,
    score_of,
    tests_of,
)
from firth.report.senses_layers import value_tooltip
from firth.report.vega import INK, PALETTE, document, layout
from firth.report.words import words
from firth.results.schema import Result

STEP = 18  # pixels of a series
OWN = "own"
MODELS = ("mBERT", "XLM-R Large")


def reading_languages(
    result: Result, *, metric: str = "f1", arm: str | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw a metric of each test, by its own scorer and by the common one.

    Args:
        result: A result of ``reading`` or ``reading_arms``.
        metric: ``f1`` or ``exact_match``.
        arm: Which arm; the first one by default.
        language: Of titles and axes.

    Raises:
        OptionError: No such metric.
        ResultError: The result has no tests.
    """
    say = words(language)
    text = say["reading_languages"]
    check_metric(metric)
    tests = tests_of(result, say)
    arm = arms_of(result)[0] if arm is None else arm
    rows = _own(result, metric, arm, tests, text) + _published(result, metric, tests)
    names = list(dict.fromkeys(row["series"] for row in rows))
    looks = dict(zip([text[OWN], text[EVERYWHERE], *MODELS], PALETTE, strict=False))
    y = {"field": "test", "type": "nominal", "sort": list(tests.values()), "title": None,
         "axis": {"labelLimit": 260, "ticks": False, "domain": False},
         "scale": {"paddingInner": 0.25}}  # fmt: skip
    offset = {"field": "series", "type": "nominal", "sort": names, "scale": {"domain": names}}
    x = {"field": "value", "type": "quantitative", "title": text[metric],
         "scale": {"domain": [0, 1], "nice": False}, "axis": {"format": ".1f"}}  # fmt: skip
    color = {"field": "series", "type": "nominal", "sort": names, "legend": {"title": None},
             "scale": {"domain": names, "range": [looks[name] for name in names]}}  # fmt: skip
    tooltip = [{"field": "test", "title": text["test"]}, {"field": "scorer", "title": "scorer"},
               {"field": "series", "title": text["series"]},
               *value_tooltip(text[metric])]  # fmt: skip
    spread = {"y": y, "yOffset": offset, "x": x | {"field": "low"}, "x2": {"field": "high"}}
    return text["title"], document(
        text["title"],
        [text["subtitle"], *([text["published"]] if result.tables.get("published") else [])],
        rows,
        width=440,
        height=len(tests) * (STEP * len(names) + 10),
        layer=[
            {"transform": [{"filter": "isValid(datum.low)"}], "encoding": spread,
             "mark": {"type": "rule", "strokeWidth": 1.4, "color": INK}},
            {"mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
             "encoding": {"y": y, "yOffset": offset, "x": x, "color": color, "tooltip": tooltip,
                          "shape": {"condition": {"test": "datum.is_published", "value": "diamond"},
                                    "value": "circle"}}},
        ],
        usermeta=layout(),
    )  # fmt: skip


def _own(
    result: Result, metric: str, arm: str | None, tests: dict[str, str], text: dict[str, str]
) -> list[Row]:
    rows: list[Row] = []
    for test, name in tests.items():
        scorer = own_scorer(result, test)
        for kind, own in ((OWN, scorer), (EVERYWHERE, EVERYWHERE)):
            score = score_of(result, metric, test, own, arm)
            if score is not None:
                about = {"test": name, "series": text[kind], "scorer": own, "is_published": False}
                rows.append(about | numbers(score))
    return rows


def _published(result: Result, metric: str, tests: dict[str, str]) -> list[Row]:
    return [
        {
            "test": tests[str(row["test"])], "series": str(row["model"]), "scorer": row["scorer"],
            "is_published": True, "value": row[metric],
        }
        for row in result.tables.get("published", [])
    ]  # fmt: skip
