"""Do the languages of the questions matter? The arms of a study side by side, test by test."""

from __future__ import annotations

from typing import Any

from firth.errors import ResultError
from firth.report.reading_data import (
    Row,
    arm_name,
    arms_of,
    check_metric,
    numbers,
    own_scorer,
    score_of,
    tests_of,
)
from firth.report.senses_layers import value_tooltip
from firth.report.vega import INK, PALETTE, document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

STEP = 24  # pixels of an arm


def reading_bars(
    result: Result, *, metric: str = "f1", language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw each arm on each test: mean over seeds with its interval, and each seed.

    Args:
        result: A result of ``reading_arms``.
        metric: ``f1`` or ``exact_match``.
        language: Of titles and axes.

    Raises:
        OptionError: No such metric.
        ResultError: The result has no arms.
    """
    say = words(language)
    text = say["reading_bars"]
    check_metric(metric)
    tests = tests_of(result, say)
    rows = _rows(result, metric, tests, say)
    if not rows:
        raise ResultError(text["missing"])
    order = [arm_name(arm, say) for arm in arms_of(result)]
    y = {"field": "arm", "type": "nominal", "sort": order, "title": None,
         "axis": {"labelLimit": 240, "ticks": False, "domain": False}}  # fmt: skip
    x = {"field": "value", "type": "quantitative", "title": text[metric],
         "scale": {"domain": [0, 1], "nice": False}, "axis": {"format": ".1f"}}  # fmt: skip
    color = {"field": "arm", "type": "nominal", "sort": order, "legend": None,
             "scale": {"domain": order, "range": PALETTE[: len(order)]}}  # fmt: skip
    tooltip = [{"field": "arm", "title": text["arm"]}, {"field": "scorer", "title": "scorer"},
               *value_tooltip(text[metric])]  # fmt: skip
    is_mean = {"filter": "!isValid(datum.seed)"}
    seeds = {"filter": "isValid(datum.seed)"}
    panels = [
        {
            "title": {"text": name, "anchor": "start", "fontSize": 13, "fontWeight": "normal"},
            "transform": [{"filter": f"datum.test === '{_quoted(test)}'"}],
            "width": 420,
            "height": {"step": STEP},
            "layer": [
                {"transform": [is_mean], "mark": {"type": "bar", "opacity": 0.75},
                 "encoding": {"y": y, "x": x, "color": color, "tooltip": tooltip}},
                {"transform": [is_mean, {"filter": "isValid(datum.low)"}],
                 "mark": {"type": "rule", "strokeWidth": 1.4, "color": INK},
                 "encoding": {"y": y, "x": x | {"field": "low"}, "x2": {"field": "high"}}},
                {"transform": [seeds],
                 "mark": {"type": "point", "filled": True, "color": INK, "size": 26},
                 "encoding": {"y": y, "x": x}},
            ],
        }
        for test, name in tests.items()
        if any(row["test"] == test for row in rows)
    ]  # fmt: skip
    settings = result.config["settings"]
    questions = max(int(str(row["questions"])) for row in result.tables["arms"])
    subtitle = text["subtitle"].format(n=f"{questions:,}", seeds=settings["seeds"])
    return text["title"], document(
        text["title"], [subtitle, text["marks"]], rows, vconcat=panels, spacing=18,
        usermeta=layout(),
    )  # fmt: skip


def _rows(result: Result, metric: str, tests: dict[str, str], say: Words) -> list[Row]:
    rows: list[Row] = []
    for test in tests:
        scorer = own_scorer(result, test)
        for arm in arms_of(result):
            score = score_of(result, metric, test, scorer, arm)
            if score is None or arm is None:
                continue
            about = {"test": test, "arm": arm_name(arm, say), "scorer": scorer}
            rows.append(about | numbers(score))
            own = [
                one
                for one in result.rows(metric, split=test, scorer=scorer, arm=arm)
                if one.seed is not None
            ]
            if len(own) > 1:
                rows += [about | {"seed": one.seed, "value": one.value} for one in own]
    return rows


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
