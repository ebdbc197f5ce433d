"""The heat map of words: which words' senses come apart, and in which layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from firth.errors import ResultError
from firth.report.senses_data import SIMILARITIES, check_choice, words_of
from firth.report.senses_grid import grid
from firth.report.vega import document, layout
from firth.report.words import words
from firth.results.metrics import METRICS
from firth.results.schema import Result, Score

SCORES = ("auc", "nn_accuracy", "centroid_accuracy")
ROW_ORDERS = ("difficulty", "given")
# Choices of layers beyond a single one, in the order of their columns. ``best_on_dev`` is no
# column: it is another layer for every word.
ARMS = ("last_four", "mean_of_layers")
Column = int | str


def heat_map(
    result: Result,
    *,
    metric: str | None = None,
    similarity: str = "centred",
    order: str = "difficulty",
    language: str = "en",
) -> tuple[str, dict[str, Any]]:
    """Draw one score of every word at every layer; a lighter cell is a better score.

    Args:
        result: A result of ``senses`` about several words.
        metric: ``auc``, ``nn_accuracy`` or ``centroid_accuracy``; without it ``auc`` where there
            is one, else ``centroid_accuracy``.
        similarity: ``centred`` or ``raw``.
        order: Words by ``difficulty`` (their mean over layers, the hardest last) or as ``given``.
        language: Of titles and axes.

    Raises:
        ResultError: Fewer than two words have this score.
    """
    say = words(language)
    text = say["words"]
    if metric is None:
        metric = "auc" if _scores(result, "auc", similarity) else "centroid_accuracy"
    check_choice("metric", metric, SCORES)
    check_choice("similarity", similarity, SIMILARITIES)
    check_choice("order", order, ROW_ORDERS)
    cells = _scores(result, metric, similarity)
    names = [word for word in words_of(result) if any(word == one for one, _ in cells)]
    if len(names) < 2:
        raise ResultError(text["missing"].format(metric=metric, n=len(names)))
    layers = sorted({column for _, column in cells if isinstance(column, int)})
    arms = [arm for arm in ARMS if any(column == arm for _, column in cells)]
    if order == "difficulty":
        names.sort(key=lambda word: -_mean_over_layers(cells, word, layers))
    columns: list[Column] = [*layers, *arms]
    rows = [_word_row(cells[word, column], layers, cells) for word, column in _grid(cells, names)]
    rows += _mean_rows(cells, columns, layers, text["all"])
    chance = METRICS[metric].chance
    subtitle = [
        text["subtitle"].format(
            metric=text["metric"][metric], similarity=say["similarity"][similarity]
        ),
        text["outlined"],
    ]
    lowest = min(row["value"] for row in rows) if chance is None else chance
    return text["title"], document(
        text["title"],
        subtitle,
        rows,
        # A scale from 1 to 1 would have no colours.
        **grid(names, layers, arms, min(lowest, 0.95), text["value"][metric], text),
        usermeta=layout(),
    )


def _scores(result: Result, metric: str, similarity: str) -> dict[tuple[str, Column], Score]:
    """Return the scores of words by word and column: a layer, or an arm."""
    found: dict[tuple[str, Column], Score] = {}
    for one in result.rows(metric, similarity=similarity, control=None):
        # What was measured on development data chose a setting; it is no finding.
        if one.word is None or one.split not in (None, "test"):
            continue
        if one.arm is None and one.layer is not None:
            found[one.word, one.layer] = one
        elif one.arm in ARMS and metric == "centroid_accuracy":
            found[one.word, one.arm] = one
    return found


def _grid(cells: dict[tuple[str, Column], Score], names: Sequence[str]) -> list[tuple[str, Column]]:
    return sorted(cells, key=lambda at: (names.index(at[0]), isinstance(at[1], str), at[1]))


def _mean_over_layers(
    cells: dict[tuple[str, Column], Score], word: str, layers: Sequence[int]
) -> float:
    values = [cells[word, layer].value for layer in layers if (word, layer) in cells]
    return float(np.mean(values)) if values else 0.0


def _word_row(
    score: Score, layers: Sequence[int], cells: dict[tuple[str, Column], Score]
) -> dict[str, Any]:
    fields = {"word", "layer", "arm", "value", "low", "high", "n", "unit"}
    row = score.model_dump(include=fields, exclude_none=True)
    if score.arm is not None:
        row.pop("layer", None)
        return row
    of_word = [
        cells[key] for key in ((score.word or "", layer) for layer in layers) if key in cells
    ]
    # The first of equals: the shallowest layer that does it.
    best = max(of_word, key=lambda one: one.value)
    return row | ({"best": True} if score.layer == best.layer else {})


def _mean_rows(
    cells: dict[tuple[str, Column], Score],
    columns: Sequence[Column],
    layers: Sequence[int],
    name: str,
) -> list[dict[str, Any]]:
    """Return the row of means: every word counts the same, however often it occurs."""
    rows: list[dict[str, Any]] = []
    for column in columns:
        values = [one.value for (_, own), one in cells.items() if own == column]
        row: dict[str, Any] = {"word": name, "mean": True}
        row |= {"layer" if isinstance(column, int) else "arm": column}
        rows.append(row | {"value": float(np.mean(values)), "n": len(values), "unit": "word"})
    at_layers = rows[: len(layers)]
    if at_layers:
        max(at_layers, key=lambda row: row["value"])["best"] = True
    return rows
