"""What scores are made of: as the experiment stored it, or from its tables and arrays.

stored        `firth.results.items`: words of align, sentences of retrieval ...
cloze         table ``sentences``: right or not, pseudo-log-likelihood, tokens
reading       table ``answers``: exact match and F1 of each question, by article
senses        ``similarity`` and the labels of ``items``: the pairs, and each nearest neighbour
translate     table ``tokens``: languages of what comes out, by text
vectors       table ``pairs``: cosine and score of each word pair
wic           table ``pairs``: right or not, by word
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float

from firth.compare.evidence import Column, Evidence, LabelledPairs
from firth.compare.sides import Key, Run, key_of, of_unit
from firth.probe.ranking import TIE
from firth.probe.scores import nearest_correct
from firth.results.items import MEAN, Items, keys_of, numbered, stored_items
from firth.results.schema import Cell, Result

# What is further from the score than this, or than this share of it, is not what it is made of.
NEAR = 1e-5
# With so many words, pairs of a word belong together.
MANY = 10
# What names a word in two sentences.
WORD_PAIR = ("word", "first_sentence", "first_span", "second_sentence", "second_span")

Row = dict[str, Any]


def items_of(run: Run, last: bool) -> dict[Key, Evidence]:
    """Return for each of `Run.scores` what it is made of, where that gives the score again."""
    scores, depth = run.scores(last), run.depth() if last else None
    found: dict[Key, Evidence] = {}
    for row, evidence in _all(run.result):
        if row.get("model") != run.model:
            continue
        if last and row.get("layer") not in (None, depth):
            continue
        key = key_of(row, depth)
        if key not in scores:
            key = of_unit(key, row.get("unit", ""))
        score = scores.get(key)
        if score is None:
            continue
        if abs(score.value - evidence.value()) <= NEAR * max(1.0, abs(score.value)):
            found[key] = evidence
    return found


def _all(result: Result) -> Iterator[tuple[Row, Evidence]]:
    of = {
        "cloze": _of_cloze, "reading": _of_reading, "translate": _of_translate,
        "vectors": _of_vectors, "wic": _of_wic,
    }  # fmt: skip
    derived = of[result.experiment](result) if result.experiment in of else ()
    for group in (*stored_items(result.arrays), *derived):
        for at, row in enumerate(group.rows):
            yield row, Column(group, at)
    if result.experiment == "senses":
        yield from _of_senses(result)


def _of_cloze(result: Result) -> Iterator[Items]:
    rows = result.tables.get("sentences", [])
    masking = result.config.get("score")
    scorer = {"scorer": masking} if masking else {}
    rated = [
        row for row in rows if row.get("pseudo_log_likelihood") is not None and row.get("tokens")
    ]
    judged = [row for row in rows if row.get("right") is not None]
    for own, columns, statistic, fields in (
        (judged, ("right",), MEAN, {"metric": "mlm_accuracy"}),
        (rated, ("pseudo_log_likelihood",), MEAN, {"metric": "pseudo_log_likelihood", **scorer}),
        (rated, ("pseudo_log_likelihood", "tokens"), "pseudo_perplexity",
         {"metric": "pseudo_perplexity", **scorer}),
    ):  # fmt: skip
        if own:
            values = np.array([[[_number(row[one]) for one in columns]] for row in own])
            # The number: a sentence may come twice.
            keys = keys_of(f"{row['sentence']}\t{row['text']}" for row in own)
            values = values[:, :, 0] if statistic == MEAN else values
            yield Items(fields["metric"], keys, (fields,), values, statistic=statistic)


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


def _of_translate(result: Result) -> Iterator[Items]:
    tokens = result.tables.get("tokens", [])
    texts = [str(row["text"]) for row in result.tables.get("texts", [])]
    target = result.config.get("target")
    for one in result.rows("conversion_rate", control=None):
        counts = np.zeros((len(texts), 1, 2))
        for row in tokens:
            language = row["output_language"]
            at = int(_number(row["text_number"])) - 1
            counts[at, 0] += language == target, language != "shared"
        fields = one.model_dump(exclude_none=True)
        keys = keys_of(numbered(texts))
        yield Items("texts", keys, (fields,), counts, statistic="ratio")


def _of_vectors(result: Result) -> Iterator[Items]:
    rows = result.tables.get("pairs", [])
    for name in dict.fromkeys(str(row["dataset"]) for row in rows):
        own = [row for row in rows if str(row["dataset"]) == name]
        keys = keys_of(numbered(f"{row['first']}\t{row['second']}" for row in own))
        known = np.array([row.get("cosine") is not None for row in own])
        fields = {"metric": "coverage", "word": name}
        yield Items(f"{name}.coverage", keys, (fields,), known[:, None].astype(np.float64))
        values = np.array(
            [
                [[np.rint(_number(row["cosine"]) / TIE), _number(row["score"])]]
                for row in own
                if row.get("cosine") is not None
            ]
        )
        if len(values):
            fields = {"metric": "spearman", "word": name}
            yield Items(name, keys[known], (fields,), values, statistic="spearman")


def _of_wic(result: Result) -> Iterator[Items]:
    rows = result.tables.get("pairs", [])
    words = {name: at for at, name in enumerate(dict.fromkeys(str(row["word"]) for row in rows))}
    kinds = [kind for kind in ("raw", "centred") if rows and f"right_{kind}" in rows[0]]
    if kinds:
        yield Items(
            "pairs",
            keys_of(numbered("\t".join(str(row[one]) for one in WORD_PAIR) for row in rows)),
            tuple({"metric": "accuracy", "similarity": one, "arm": "best_on_dev"} for one in kinds),
            np.array([[_number(row[f"right_{kind}"]) for kind in kinds] for row in rows]),
            # Few words: each pair stands for itself, as in the experiment's own intervals.
            np.array([words[str(row["word"])] for row in rows]) if len(words) >= MANY else None,
        )


def _of_senses(result: Result) -> Iterator[tuple[Row, Evidence]]:
    items = result.tables.get("items", [])
    for word in dict.fromkeys(str(row["word"]) for row in items):
        own = [row for row in items if str(row["word"]) == word]
        labels = [row.get("label") for row in own]
        if None in labels:
            continue
        codes = np.unique(np.array([str(one) for one in labels]), return_inverse=True)[1]
        keys = keys_of(f"{row['sentence']}\t{row['start']}" for row in own)
        for fields, similarity in _similarities(result, word, own):
            row = {"metric": "nn_accuracy", **fields}
            right = nearest_correct(similarity, codes)[:, None]
            yield row, Column(Items(word, keys, (row,), right), 0)
            yield {"metric": "auc", **fields}, LabelledPairs(keys, codes, similarity)


def _similarities(
    result: Result, word: str, own: list[dict[str, Cell]]
) -> Iterator[tuple[Row, Float[np.ndarray, "n n"]]]:
    for kind in ("raw", "centred"):
        whole = result.arrays.get(f"similarity.{kind}/{word}")
        whole = result.arrays.get(f"similarity.{kind}") if whole is None else whole
        if whole is None or whole.shape[1] != len(own):
            continue
        for layer, similarity in zip(result.config.get("layers") or [], whole, strict=True):
            yield {"layer": layer, "similarity": kind, "word": word}, similarity


def _number(cell: Any) -> float:
    return float(cell)
