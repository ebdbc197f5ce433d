"""A comparison of runs for a reader: the same rows on the terminal, in Markdown and on the page."""

from __future__ import annotations

from typing import Any

from firth.report.numbers import decimals, probability
from firth.report.words import Words
from firth.results.comparison import Compared, Contrast, Line, Value
from firth.results.metrics import METRICS

# Words that a title names, at most.
MOST_WORDS = 6
SIGNS = {"better": "▲", "worse": "▼", "higher": "△", "lower": "▽", "": ""}
# Lines of the findings; the rows have all.
MOST_TOLD = 12


def comparison_section(compared: Compared, say: Words, at: int = 1) -> dict[str, Any]:
    """Return the section of a comparison: what the templates and tables are filled with."""
    return {
        "id": f"comparison-{at}",
        "title": title_of(compared, say),
        "lead": lead(compared, say),
        "head": head(compared, say),
        "numeric": [at > 0 for at in range(len(head(compared, say)))],
        "rows": [cells(line, compared, say) for line in compared.lines],
        "meanings": [METRICS[line.fields["metric"]].meaning for line in compared.lines],
        "findings": marked(compared, say)[:MOST_TOLD] or notes(compared, say)[:1],
        "notes": notes(compared, say),
    }


def title_of(compared: Compared, say: Words) -> str:
    """Return what was asked of which runs."""
    text = say["comparison"]
    runs = text["comma"].join(side.name for side in compared.sides)
    return text["title"].format(experiment=experiment_name(compared, say), runs=runs)


def experiment_name(compared: Compared, say: Words) -> str:
    """Return what an experiment asks, or its name where there are no words for that."""
    title = str(say["title"].get(compared.experiment, compared.experiment))
    studied = dict.fromkeys(line.fields["word"] for line in compared.lines if "word" in line.fields)
    return title.format(word=say["comparison"]["comma"].join(list(studied)[:MOST_WORDS]))


def lead(compared: Compared, say: Words) -> str:
    """Return what is compared with what, and how."""
    text = say["comparison"]
    told = text["lead"].format(first=compared.sides[0].name)
    if compared.tests:
        return told + text["tested"].format(tests=compared.tests)
    return told + text["untested"]


def head(compared: Compared, say: Words) -> list[str]:
    """Return the names of the columns."""
    text = say["comparison"]
    names = [text["score"], compared.sides[0].name]
    for side in compared.sides[1:]:
        names += [side.name, text["difference"], text["p"]]
    return names


def cells(line: Line, compared: Compared, say: Words) -> list[str]:
    """Return the cells of a row."""
    own = [name_of(line, compared, say), value_of(line.values[0], say)]
    for at, (value, one) in enumerate(zip(line.values[1:], line.contrasts, strict=True), 1):
        mark = SIGNS[line.mark(at)]
        own += [f"{value_of(value, say)} {mark}".strip(), difference_of(one), p_of(one, say)]
    return own


def name_of(line: Line, compared: Compared, say: Words) -> str:
    """Return what tells a line apart from the others, in a few words."""
    names: list[str] = []
    for key in _told(compared):
        value = line.fields.get(key)
        if value is not None and key == "layer":
            names.append(say["finding"]["layer"].format(layer=value))
        elif value is not None:
            names.append(_field(value, key, say))
    return say["comparison"]["blank"].join(names)


def _told(compared: Compared) -> list[str]:
    """Return the fields that lines are named by: what others say as well is left out."""
    told = compared.columns()
    for key in ("pair", "arm"):
        fewer = [one for one in told if one != key]
        names = {tuple(str(line.fields.get(one)) for one in fewer) for line in compared.lines}
        if len(names) == len(compared.lines):
            told = fewer
    return told


def _field(value: Any, key: str, say: Words) -> str:
    return str(say[key].get(value, value)) if key == "similarity" else str(value)


def value_of(value: Value, say: Words, interval: bool = True) -> str:
    """Return a value with its interval and layer."""
    told = decimals(value.value)
    if interval and value.low is not None and value.high is not None:
        told += f" [{decimals(value.low)}, {decimals(value.high)}]"
    if value.layer is not None:
        told += say["comparison"]["at"].format(layer=value.layer)
    return told


def difference_of(one: Contrast) -> str:
    """Return a difference with its interval."""
    told = f"{one.difference:+.3f}"
    if one.low is not None and one.high is not None:
        told += f" [{one.low:+.3f}, {one.high:+.3f}]"
    return told


def p_of(one: Contrast, say: Words) -> str:
    """Return the corrected p-value, or that there is none."""
    if one.p_adjusted is not None:
        return probability(one.p_adjusted)
    return str(say["comparison"]["why"][one.untested]) if one.untested else ""


def notes(compared: Compared, say: Words) -> list[str]:
    """Return what a reader must know of the rows."""
    text = say["comparison"]
    found: list[str] = []
    marks = {line.mark(at) for line in compared.lines for at in range(1, len(compared.sides))}
    signs = [f"{SIGNS[mark]} {text['marks'][mark]}" for mark in SIGNS if mark and mark in marks]
    if signs:
        found.append(text["comma"].join(signs) + text["level"])
    elif compared.tests:
        found.append(text["nothing"])
    why = {one.untested for line in compared.lines for one in line.contrasts if one.untested}
    found += [str(text["because"][reason]) for reason in sorted(why)]
    if not compared.every:
        found.append(text["few"])
    if compared.settings:
        apart = [
            f"{key} ({', '.join(str(one) for one in own)})"
            for key, own in compared.settings.items()
        ]
        found.append(text["settings"].format(settings=text["comma"].join(apart)))
    if compared.single:
        found.append(text["single"].format(n=compared.single))
    return found


def marked(compared: Compared, say: Words) -> list[str]:
    """Return what the tests found, a line each: only what is marked."""
    text = say["comparison"]
    return [
        text["finding"].format(
            what=name_of(line, compared, say), run=side.name, mark=text["marks"][mark],
            first=compared.sides[0].name,
            difference=decimals(abs(line.contrasts[at - 1].difference)),
        )
        for line in compared.lines
        for at, side in enumerate(compared.sides[1:], 1)
        if (mark := line.mark(at))
    ]  # fmt: skip
