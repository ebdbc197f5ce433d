"""Results by hand, whose items are known."""

from __future__ import annotations

import numpy as np

from firth.results.items import Items, item_arrays, keys_of
from firth.results.schema import DataCard, ModelCard, Result, Score

ITEMS = tuple(f"word {number}" for number in range(40))


def card(name):
    return ModelCard(name=name, revision="1", fingerprint=(name * 64)[:64], parameters=10,
                     family="bert", layers=2, width=8, source=name)  # fmt: skip


def made(
    name="a", values=None, *, chosen=None, items=ITEMS, stored=True, clusters=None, config=None,
    data="d", experiment="made", started="2026-01-01T00:00:00+00:00", more=(),
):  # fmt: skip
    """A result with the MRR of layers 0 to 2 and, where asked for, the chosen layer's.

    Args:
        values: The items' values, [n, 3], a column a layer.
        chosen: (layer, values [n]) of the layer that was chosen on other data.
    """
    columns, rows, scores = [], [], []
    common = {"metric": "mrr", "similarity": "raw", "pair": "en-zh"}
    for layer in range(0 if values is None else values.shape[1]):
        rows.append({**common, "layer": layer})
        columns.append(values[:, layer])
    if chosen is not None:
        rows.append({**common, "layer": chosen[0], "arm": "best_on_half"})
        columns.append(chosen[1])
    for row, column in zip(rows, columns, strict=True):
        scores.append(Score(value=float(column.mean()), n=len(column), unit="word", **row))
    arrays = {}
    if stored and columns:
        arrays = item_arrays(
            [Items("g", keys_of(items), tuple(rows), np.stack(columns, axis=1), clusters)]
        )
    return Result(
        experiment=experiment, version="0.1.0", config={"most": 5, "seed": 0} | (config or {}),
        model=card(name), data=[DataCard(name="pairs", sha256=data * 64, n=len(items))], seed=0,
        scores=[*scores, *more], environment={}, started=started, seconds=1.0,
    ).with_arrays(arrays)  # fmt: skip
