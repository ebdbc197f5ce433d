"""The figures of a result, by name.

    figure(result, "matrix", layer=8).save("apples.svg")
    figure(result, "beside", other=result_of_another_model).save("models.svg")

Which figures an experiment has is said in ``FIGURES``; each is a function that returns a Vega-Lite
document. ``Figure.chart`` is the same as an Altair chart.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal

from firth.errors import OptionError, did_you_mean
from firth.report.align_best import align_best
from firth.report.align_grid import align_grid
from firth.report.align_layers import align_layers
from firth.report.align_map import align_map
from firth.report.cloze_bars import candidates
from firth.report.consistency_confusion import confusion
from firth.report.figure import Figure
from firth.report.links_layers import links_layers
from firth.report.links_matrix import links_matrix
from firth.report.pretrain_curves import pretrain_curves
from firth.report.pretrain_layers import pretrain_layers
from firth.report.pretrain_sizes import pretrain_sizes
from firth.report.reading_bars import reading_bars
from firth.report.reading_kinds import reading_lengths, reading_overlaps, reading_types
from firth.report.reading_languages import reading_languages
from firth.report.retrieval_layers import retrieval_layers
from firth.report.search_bars import search_bars
from firth.report.senses_beside import beside
from firth.report.senses_layers import layers
from firth.report.senses_map import map_of_occurrences
from firth.report.senses_matrix import matrix
from firth.report.senses_models import models
from firth.report.senses_words import heat_map
from firth.report.stability_curves import stability
from firth.report.sweep_controls import sweep_controls
from firth.report.sweep_grid import sweep_grid
from firth.report.sweep_tradeoff import sweep_tradeoff
from firth.report.transfer_arms import transfer_arms, transfer_contrasts
from firth.report.transfer_curves import transfer_curves
from firth.report.translate_tokens import tokens
from firth.report.where_layers import where_alignment, where_layers
from firth.report.wic_layers import wic_layers
from firth.results.schema import Result

__all__ = ["FIGURES", "Figure", "figure", "figures_of"]

About = Literal["word", "sentence", "pair", "result", "results"]

# experiment -> name -> function (result, **options) -> (title, Vega-Lite document)
FIGURES: dict[str, dict[str, Callable[..., tuple[str, dict[str, Any]]]]] = {
    "senses": {
        "matrix": matrix,
        "layers": layers,
        "map": map_of_occurrences,
        "words": heat_map,
        "beside": beside,
        "models": models,
    },
    "wic": {"layers": wic_layers},
    "cloze": {"candidates": candidates},
    "consistency": {"confusion": confusion},
    "retrieval": {"layers": retrieval_layers},
    "links": {"matrix": links_matrix, "layers": links_layers},
    "align": {"grid": align_grid, "best": align_best, "layers": align_layers, "map": align_map},
    "translate": {"tokens": tokens},
    "sweep": {"tradeoff": sweep_tradeoff, "controls": sweep_controls, "grid": sweep_grid},
    "language_vectors": {"stability": stability},
    "where": {"layers": where_layers, "alignment": where_alignment},
    "search": {"bars": search_bars},
    "reading": {
        "languages": reading_languages,
        "lengths": reading_lengths,
        "types": reading_types,
        "overlaps": reading_overlaps,
    },
    "reading_arms": {
        "arms": reading_bars,
        "languages": reading_languages,
        "lengths": reading_lengths,
        "types": reading_types,
        "overlaps": reading_overlaps,
    },
    "pretrain": {"curves": pretrain_curves, "sizes": pretrain_sizes, "layers": pretrain_layers},
    "transfer": {
        "arms": transfer_arms,
        "contrasts": transfer_contrasts,
        "curves": transfer_curves,
    },
}
# Options through which a figure gets further results.
COMPARED = ("other", "others")


def figures_of(result: Result, about: About | None = None) -> list[str]:
    """Return the names of the figures that this result's experiment has.

    Args:
        result: The result.
        about: Only figures of one ``word``, ``sentence`` or ``pair`` of languages, of a whole
            ``result``, or of several ``results``.
    """
    found = FIGURES.get(result.experiment, {})
    return [name for name, draw in found.items() if about in (None, _about(draw))]


def _about(draw: Callable[..., Any]) -> About:
    options = inspect.signature(draw).parameters
    if any(option in options for option in COMPARED):
        return "results"
    for one in ("word", "sentence", "pair"):
        if one in options:
            return one
    return "result"


def figure(result: Result, name: str, **options: Any) -> Figure:
    """Draw a figure of a result.

    Args:
        result: The result.
        name: Which figure; for ``senses``: ``matrix``, ``layers`` and ``map`` of a word; ``words``,
            all words over layers; ``beside`` and ``models``, two or more models on the same
            sentences; for ``wic``: ``layers``; for ``cloze``: ``candidates``; for ``consistency``:
            ``confusion``; for ``align``: ``grid`` and ``best`` of all pairs of languages,
            ``layers`` and ``map`` of one; for ``retrieval``: ``layers`` of one;
            for ``links``: ``layers``, and ``matrix`` of a sentence pair; for ``translate``:
            ``tokens`` of a text; for ``sweep``: ``tradeoff``, ``controls`` and ``grid`` of a
            direction; for ``language_vectors``: ``stability``; for ``where``: ``layers``, and
            ``alignment`` of a pair; for ``search``: ``bars``;
            for ``reading``: ``languages``, ``lengths``, ``types`` and ``overlaps``, and for
            ``reading_arms`` also ``arms``;
            for ``pretrain``: ``curves``, ``sizes`` and ``layers``;
            for ``transfer``: ``arms``, ``contrasts`` and ``curves``.
        options: What the figure can vary, e.g. ``layer=8``, ``similarity="raw"``, ``word="苹果"``,
            ``language="zh"``. ``beside`` needs ``other=``, a second result; ``models`` needs
            ``others=``, one or several.

    Raises:
        OptionError: No such figure or option, or an option that is needed is missing.
        ResultError: The result does not hold what the figure draws.
    """
    legal = figures_of(result)
    if name not in legal:
        have = f"it has {', '.join(legal)}." if legal else "it has none yet."
        raise OptionError(
            f"{result.experiment} has no figure {name!r}; {have}{did_you_mean(name, legal)}"
        )
    draw = FIGURES[result.experiment][name]
    parameters = inspect.signature(draw).parameters
    known = [key for key in parameters if key != "result"]
    for option in options:
        if option not in known:
            raise OptionError(
                f"the figure {name} has no option {option!r}; it has {', '.join(known)}."
                + did_you_mean(option, known)
            )
    for option in known:
        if option not in options and parameters[option].default is inspect.Parameter.empty:
            raise OptionError(
                f"the figure {name} compares results of several models; give {option}= as well"
            )
        if option in COMPARED and option in options:
            _check_results(option, options[option])
    title, spec = draw(result, **options)
    return Figure(name=name, title=title, spec=spec)


def _check_results(option: str, given: Any) -> None:
    several = option == "others" and isinstance(given, Sequence) and not isinstance(given, str)
    for one in given if several else [given]:
        if not isinstance(one, Result):
            kind = type(one).__name__
            raise OptionError(
                f"{option}= is a {kind}, not a result; firth.load_result(folder) reads one"
            )
