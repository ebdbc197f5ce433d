"""The items behind a run's scores: as the experiment stored them, or from its tables and arrays.

stored        `firth.results.items`: words of align, sentences of retrieval ...
cloze         table ``sentences``: right or not, pseudo-log-likelihood
reading       table ``answers``: exact match and F1 of each question, by article
senses        ``similarity`` and the labels of ``items``: is the nearest neighbour of the sense?
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from firth.compare.sides import Key, Run, key_of
from firth.probe.scores import nearest_correct
from firth.results.items import Items, keys_of, stored_items
from firth.results.schema import Result

# A column whose mean is further from the score than this is not what the score is the mean of.
NEAR = 1e-5
# With so many words, pairs of a word belong together.
MANY = 10


def items_of(run: Run, last: bool) -> dict[Key, tuple[Items, int]]:
    """Return for each of `Run.scores` its items, and the column of them."""
    scores, depth = run.scores(last), run.depth() if last else None
    found: dict[Key, tuple[Items, int]] = {}
    for group in (*stored_items(run.result.arrays), *_derived(run.result)):
        means = group.values.mean(axis=0)
        for column, row in enumerate(group.rows):
            if row.get("model") != run.model:
                continue
            if last and row.get("layer") not in (None, depth):
                continue
            key = key_of(row, depth)
            score = scores.get(key)
            if score is not None and abs(score.value - means[column]) <= NEAR:
                found[key] = (group, column)
    return found


def _derived(result: Result) -> Iterator[Items]:
    of = {"cloze": _of_cloze, "reading": _of_reading, "wic": _of_wic, "senses": _of_senses}
    if result.experiment in of:
        yield from of[result.experiment](result)


def _of_cloze(result: Result) -> Iterator[Items]:
    rows = result.tables.get("sentences", [])
    for column, metric, scorer in (
        ("right", "mlm_accuracy", None),
        ("pseudo_log_likelihood", "pseudo_log_likelihood", result.config.get("score")),
    ):
        own = [row for row in rows if row.get(column) is not None]
        if own:
            fields = {"metric": metric} | ({"scorer": scorer} if scorer else {})
            values = np.array([[_number(row[column])] for row in own])
            # The number: a sentence may come twice.
            keys = keys_of(f"{row['sentence']}\t{row['text']}" for row in own)
            yield Items(column, keys, (fields,), values)


def _of_reading(result: Result) -> Iterator[Items]:
    metrics = ("exact_match", "f1")
    rows = result.tables.get("answers", [])
    own_scorer = {
        (one.split, one.language): one.scorer
        for one in reversed(result.rows("f1", arm=None, seed=None))
    }
    for (split, language), scorer in own_scorer.items():
        own = [row for row in rows if row["test"] == split]
        if not own:
            continue
        names = {str(row["article"]) for row in own}
        codes = {name: at for at, name in enumerate(sorted(names))}
        fields = {"language": language, "split": split, "scorer": scorer}
        yield Items(
            f"{split}",
            keys_of(f"{row['id']}\t{row['question']}" for row in own),
            tuple({"metric": metric, **fields} for metric in metrics),
            np.array([[_number(row[metric]) for metric in metrics] for row in own]),
            np.array([codes[str(row["article"])] for row in own]),
        )


def _of_wic(result: Result) -> Iterator[Items]:
    rows = result.tables.get("pairs", [])
    words = {name: at for at, name in enumerate(dict.fromkeys(str(row["word"]) for row in rows))}
    kinds = [kind for kind in ("raw", "centred") if rows and f"right_{kind}" in rows[0]]
    if kinds:
        yield Items(
            "pairs",
            keys_of(f"{row['index']}\t{row['word']}" for row in rows),
            tuple({"metric": "accuracy", "similarity": one, "arm": "best_on_dev"} for one in kinds),
            np.array([[_number(row[f"right_{kind}"]) for kind in kinds] for row in rows]),
            # Few words: each pair stands for itself, as in the experiment's own intervals.
            np.array([words[str(row["word"])] for row in rows]) if len(words) >= MANY else None,
        )


def _of_senses(result: Result) -> Iterator[Items]:
    items = result.tables.get("items", [])
    layers = result.config.get("layers") or []
    for word in dict.fromkeys(str(row["word"]) for row in items):
        own = [row for row in items if str(row["word"]) == word]
        labels = [row.get("label") for row in own]
        if None in labels:
            continue
        codes = np.unique(np.array([str(one) for one in labels]), return_inverse=True)[1]
        rows: list[dict[str, Any]] = []
        columns: list[np.ndarray] = []
        for kind in ("raw", "centred"):
            whole = result.arrays.get(f"similarity.{kind}/{word}")
            whole = result.arrays.get(f"similarity.{kind}") if whole is None else whole
            if whole is None or whole.shape[1] != len(own):
                continue
            for layer, similarity in zip(layers, whole, strict=True):
                fields = {"metric": "nn_accuracy", "layer": layer, "similarity": kind}
                rows.append({**fields, "word": word})
                columns.append(nearest_correct(similarity, codes))
        if columns:
            keys = keys_of(f"{row['sentence']}\t{row['start']}" for row in own)
            yield Items(word, keys, tuple(rows), np.stack(columns, axis=1))


def _number(cell: Any) -> float:
    return float(cell)
