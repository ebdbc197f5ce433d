"""How fast each arm learns: the score on the development data over the steps, with its band."""

from __future__ import annotations

from typing import Any

from firth.errors import OptionError, ResultError, did_you_mean
from firth.report.transfer_data import COLOURS, TUNED, Row, arm_name, metric_name
from firth.report.vega import document, layout
from firth.report.words import Words, words
from firth.results.schema import Result

WIDTH, HEIGHT = 460, 280
# Seven bands over each other would hide all curves: those of the tested contrasts have one.
BANDED = ("pretrained", "re-embedded", "shuffled", "random")
LEAST_RUNS = 3  # of two the t interval is as wide as the figure


def transfer_curves(
    result: Result, *, arms: str | list[str] | None = None, language: str = "en"
) -> tuple[str, dict[str, Any]]:
    """Draw the mean over each arm's runs, the t interval over the runs as a band, and each run.

    Args:
        result: A result of ``transfer``.
        arms: Which arms; all that are fine-tuned by default.
        language: Of titles and axes.

    Raises:
        OptionError: There is no such arm.
        ResultError: There is nothing to draw.
    """
    say = words(language)
    text = say["transfer_curves"]
    there = [
        one for one in TUNED if any(row["arm"] == one for row in result.tables.get("bands", []))
    ]
    wanted = there if arms is None else [arms] if isinstance(arms, str) else list(arms)
    for one in wanted:
        if one not in there:
            raise OptionError(
                f"no arm {one!r} here; there are {', '.join(there) or 'none'}"
                f".{did_you_mean(one, there)}"
            )
    rows = _rows(result, wanted, say)
    if not rows:
        raise ResultError(text["missing"])
    low, high = min(row["value"] for row in rows), max(row["value"] for row in rows)
    y = {
        "field": "value", "type": "quantitative",
        "title": text["value"].format(metric=metric_name(result, say)),
        "scale": {"domain": [low, high], "nice": True, "zero": False, "clamp": True},
        "axis": {"tickCount": 6},
    }  # fmt: skip
    names = [arm_name(one, None, say) for one in wanted]
    colour = {
        "field": "name", "type": "nominal",
        "scale": {"domain": names, "range": [COLOURS[one] for one in wanted]},
        "legend": {"title": text["arm"], "symbolType": "stroke", "symbolStrokeWidth": 3,
                   "symbolOpacity": 1},
    }  # fmt: skip
    seen = {key for row in rows for key in row}
    kind = "subtitle_runs" if "low" in seen else "subtitle_means" if "run" in seen else "subtitle"
    subtitle = [text[kind]]
    return text["title"], document(
        text["title"], subtitle, rows, width=WIDTH, height=HEIGHT,
        layer=_layers(y, colour, text), usermeta=layout(),
    )  # fmt: skip


def _rows(result: Result, arms: list[str], say: Words) -> list[Row]:
    rows: list[Row] = []
    for arm in arms:
        own: Row = {"arm": arm, "name": arm_name(arm, None, say)}
        bands = [
            row for row in result.tables["bands"]
            if row["arm"] == arm and row.get("control") is None
        ]  # fmt: skip
        keys = ["step", "value", "runs"]
        if arm in BANDED and bands and int(str(bands[0]["runs"])) >= LEAST_RUNS:
            keys += ["low", "high"]
        rows += [own | {key: row[key] for key in keys if row.get(key) is not None} for row in bands]
        if bands and int(str(bands[0]["runs"])) > 1:
            rows += [
                own
                | {"step": row["step"], "value": row["dev_score"],
                   "run": f"{row.get('map')}/{row['seed']}"}
                for row in result.tables["curves"]
                if row["arm"] == arm and row.get("control") is None
            ]  # fmt: skip
    return rows


def _layers(y: dict[str, Any], colour: dict[str, Any], text: Words) -> list[dict[str, Any]]:
    x = {
        "field": "step",
        "type": "quantitative",
        "title": text["step"],
        "axis": {"format": ",d", "tickMinStep": 1, "labelOverlap": True},
    }
    mean, run = [{"filter": "!isValid(datum.run)"}], [{"filter": "isValid(datum.run)"}]
    base = {"x": x, "y": y, "color": colour}
    tooltip = [
        {"field": "name", "title": text["arm"]},
        {"field": "step", "title": text["step"], "format": ",d"},
        {"field": "value", "title": text["score"], "format": ".3f"},
        {"field": "runs", "title": text["runs"]},
    ]
    return [
        {
            "transform": [*mean, {"filter": "isValid(datum.low)"}],
            "mark": {"type": "area", "opacity": 0.13, "clip": True},
            "encoding": base | {"y": y | {"field": "low"}, "y2": {"field": "high"}},
        },
        {
            "transform": run,
            "mark": {"type": "line", "strokeWidth": 0.8, "strokeOpacity": 0.45},
            "encoding": base | {"detail": {"field": "run"}},
        },
        {
            "transform": mean,
            "mark": {"type": "line", "strokeWidth": 2.3},
            "encoding": base,
        },
        {
            "transform": mean,
            "mark": {"type": "point", "filled": True, "size": 40, "opacity": 0.001},
            "encoding": base | {"tooltip": tooltip},
        },
    ]
