"""A section for the card of a model on a hub: its scores beside others, and what they rest on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from firth.report.comparison import comparison_section, experiment_name, notes
from firth.report.comparison_text import escape, table
from firth.report.words import words
from firth.results.comparison import Compared, Line

# Data and models are named by so many digits of their sha256.
DIGITS = 12


def card(compared: Sequence[Compared], *, language: str = "en") -> str:
    """Return a section for the card of the first side's model, and its ``model-index``.

    The block of YAML belongs into the card's head (between its ``---``), where the hub reads it;
    JSON is YAML as well, so nothing in a name can break it.

    Args:
        compared: Comparisons with the same first side.
        language: Of the section.
    """
    say = words(language)
    text = say["comparison"]["card"]
    first = compared[0].sides[0].model
    lines = [f"## {text['title']}", "", text["lead"].format(model=escape(first.name)), ""]
    for one in compared:
        section = comparison_section(one, say)
        data = [f"{card.name} (n = {card.n}, {card.sha256[:DIGITS]})" for card in one.data]
        told = [*notes(one, say), text["data"].format(data=", ".join(data))]
        lines += [f"### {escape(experiment_name(one, say))}", "", escape(section["lead"]), ""]
        lines += table(section["head"], section["rows"], section["numeric"])
        lines += ["", *(f"- {escape(note)}" for note in told), ""]
    prints = text["model"].format(
        model=escape(first.name), revision=escape(first.revision),
        fingerprint=first.fingerprint[:DIGITS],
    )  # fmt: skip
    index = json.dumps(_model_index(compared), ensure_ascii=False)
    lines += [prints, "", text["index"], "", "```yaml", "model-index:", f"- {index}", "```"]
    return "\n".join(lines) + "\n"


def _model_index(compared: Sequence[Compared]) -> dict[str, Any]:
    """Return the entry of ``model-index``: results of the first side (the hub's card metadata)."""
    results: list[dict[str, Any]] = [
        {
            "task": {"type": "other", "name": f"firth {one.experiment}"},
            "dataset": {"type": one.data[0].sha256[:DIGITS], "name": one.data[0].name},
            "metrics": [
                {
                    "type": line.fields["metric"],
                    "value": line.values[0].value,
                    "name": _metric_name(line),
                }
                for line in one.lines
            ],
        }
        for one in compared
    ]
    return {"name": compared[0].sides[0].model.name, "results": results}


def _metric_name(line: Line) -> str:
    names = [f"{key} {value}" for key, value in line.fields.items() if key != "metric"]
    layer = line.values[0].layer
    chosen = [] if layer is None else [f"layer {layer}"]
    return ", ".join([line.fields["metric"], *names, *chosen])
