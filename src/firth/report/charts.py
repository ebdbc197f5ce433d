"""The figures of a result, by name.

    figure(result, "matrix", layer=8).save("apples.svg")

Which figures an experiment has is said in ``FIGURES``; each is a function that returns a Vega-Lite
document. ``Figure.chart`` is the same as an Altair chart.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from firth.errors import OptionError, did_you_mean
from firth.report.figure import Figure
from firth.report.senses_layers import layers
from firth.report.senses_map import map_of_occurrences
from firth.report.senses_matrix import matrix
from firth.results.schema import Result

__all__ = ["FIGURES", "Figure", "figure", "figures_of"]

# experiment -> name -> function (result, **options) -> (title, Vega-Lite document)
FIGURES: dict[str, dict[str, Callable[..., tuple[str, dict[str, Any]]]]] = {
    "senses": {
        "matrix": matrix,
        "layers": layers,
        "map": map_of_occurrences,
    },
}


def figures_of(result: Result) -> list[str]:
    """Return the names of the figures that this result's experiment has."""
    return list(FIGURES.get(result.experiment, {}))


def figure(result: Result, name: str, **options: Any) -> Figure:
    """Draw a figure of a result.

    Args:
        result: The result.
        name: Which figure; for ``senses``: ``matrix``, ``layers`` or ``map``.
        options: What the figure can vary, e.g. ``layer=8``, ``similarity="raw"``, ``word="苹果"``,
            ``language="zh"``.

    Raises:
        OptionError: No such figure or option.
        ResultError: The result does not hold what the figure draws.
    """
    legal = figures_of(result)
    if name not in legal:
        have = f"it has {', '.join(legal)}." if legal else "it has none yet."
        raise OptionError(
            f"{result.experiment} has no figure {name!r}; {have}{did_you_mean(name, legal)}"
        )
    draw = FIGURES[result.experiment][name]
    known = [key for key in inspect.signature(draw).parameters if key != "result"]
    for option in options:
        if option not in known:
            raise OptionError(
                f"the figure {name} has no option {option!r}; it has {', '.join(known)}."
                + did_you_mean(option, known)
            )
    title, spec = draw(result, **options)
    return Figure(name=name, title=title, spec=spec)
