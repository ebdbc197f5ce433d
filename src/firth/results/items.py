"""What a score is made of, item by item, so that runs can be compared on the same items.

A group is a set of items (source words of a direction, questions of a test) with one column a
score. A mean has one number an item; other statistics have several: counts that are summed first
(`firth.probe.summed`), or what each run predicts and what is true (`firth.probe.resampled`). It
lies among a result's arrays, which grow with the number of items and are on no page:

    items.GROUP.values     float32 [n, c] or [n, c, k]   one row an item, one column a score
    items.GROUP.keys       uint64 [n]   names each item, whatever the order: 64 bits of sha256
    items.GROUP.clusters   int64 [n]    which items belong together; absent where none do
    items.GROUP.statistic  uint8 [b]    what the scores are of their columns; absent for means
    items.GROUP.rows       uint8 [b]    JSON: the fields that name each column's score

Legend of dimensions: n items, c columns, k numbers of an item.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_PREFIX = "items."
MEAN = "mean"
# Columns of every layer and setting are kept up to so many bytes; above, those compared by default.
MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Items:
    """Values of some scores, item by item.

    Attributes:
        group: Its name in the result.
        keys: Names of the items, uint64 [n].
        rows: Of each column the fields of its score: metric, layer, similarity ...
        values: One row an item, [n, c], or [n, c, k] where a score needs k numbers of each.
        clusters: Which items belong together, [n]; None where each stands for itself.
        statistic: What each score is of its column: ``mean``, or a name of `firth.probe.summed`
            or `firth.probe.resampled`.
    """

    group: str
    keys: np.ndarray
    rows: tuple[dict[str, Any], ...]
    values: np.ndarray
    clusters: np.ndarray | None = None
    statistic: str = MEAN


def keys_of(names: Iterable[str]) -> np.ndarray:
    """Return what names each item, uint64 [n]."""
    digests = (hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest() for name in names)
    return np.array([int.from_bytes(one[:8], "big") for one in digests], dtype=np.uint64)


def numbered(names: Iterable[str]) -> Iterator[str]:
    """Yield names, each with how often it came before: items that are the same stay apart."""
    seen: Counter[str] = Counter()
    for name in names:
        yield f"{name}\t{seen[name]}"
        seen[name] += 1


def item_arrays(groups: Iterable[Items]) -> dict[str, np.ndarray]:
    """Return groups as arrays of a result."""
    found: dict[str, np.ndarray] = {}
    for one in groups:
        place = f"{_PREFIX}{one.group}"
        text = json.dumps(one.rows, ensure_ascii=False, sort_keys=True).encode()
        found[f"{place}.values"] = np.ascontiguousarray(one.values, dtype=np.float32)
        found[f"{place}.keys"] = one.keys
        found[f"{place}.rows"] = np.frombuffer(text, dtype=np.uint8)
        if one.statistic != MEAN:
            found[f"{place}.statistic"] = np.frombuffer(one.statistic.encode(), dtype=np.uint8)
        if one.clusters is not None:
            found[f"{place}.clusters"] = one.clusters.astype(np.int64)
    return found


def stored_items(arrays: Mapping[str, np.ndarray]) -> Iterator[Items]:
    """Yield the groups among a result's arrays."""
    for name in arrays:
        if not (name.startswith(_PREFIX) and name.endswith(".rows")):
            continue
        place = name.removesuffix(".rows")
        rows: Sequence[dict[str, Any]] = json.loads(arrays[name].tobytes())
        statistic = arrays.get(f"{place}.statistic")
        yield Items(
            place.removeprefix(_PREFIX), arrays[f"{place}.keys"], tuple(rows),
            arrays[f"{place}.values"].astype(np.float64), arrays.get(f"{place}.clusters"),
            MEAN if statistic is None else statistic.tobytes().decode(),
        )  # fmt: skip
