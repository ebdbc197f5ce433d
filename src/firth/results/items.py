"""What a mean score is the mean of: one number an item, so that runs can be compared item by item.

A group is a set of items (source words of a direction, questions of a test) with one column a
score. It lies among a result's arrays, which grow with the number of items and are on no page:

    items.GROUP.values    float32 [n, c]   one row an item, one column a score
    items.GROUP.keys      uint64 [n]       names each item, whatever the order: 64 bits of sha256
    items.GROUP.clusters  int64 [n]        which items belong together; absent where none do
    items.GROUP.rows      uint8 [b]        JSON: the fields that name each column's score

Legend of dimensions: n items, c columns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_PREFIX = "items."


@dataclass(frozen=True)
class Items:
    """Values of some scores, item by item.

    Attributes:
        group: Its name in the result.
        keys: Names of the items, uint64 [n].
        rows: Of each column the fields of its score: metric, layer, similarity ...
        values: One row an item, [n, c].
        clusters: Which items belong together, [n]; None where each stands for itself.
    """

    group: str
    keys: np.ndarray
    rows: tuple[dict[str, Any], ...]
    values: np.ndarray
    clusters: np.ndarray | None = None


def keys_of(names: Iterable[str]) -> np.ndarray:
    """Return what names each item, uint64 [n]."""
    digests = (hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest() for name in names)
    return np.array([int.from_bytes(one[:8], "big") for one in digests], dtype=np.uint64)


def item_arrays(groups: Iterable[Items]) -> dict[str, np.ndarray]:
    """Return groups as arrays of a result."""
    found: dict[str, np.ndarray] = {}
    for one in groups:
        place = f"{_PREFIX}{one.group}"
        text = json.dumps(one.rows, ensure_ascii=False, sort_keys=True).encode()
        found[f"{place}.values"] = np.ascontiguousarray(one.values, dtype=np.float32)
        found[f"{place}.keys"] = one.keys
        found[f"{place}.rows"] = np.frombuffer(text, dtype=np.uint8)
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
        yield Items(
            place.removeprefix(_PREFIX), arrays[f"{place}.keys"], tuple(rows),
            arrays[f"{place}.values"].astype(np.float64), arrays.get(f"{place}.clusters"),
        )  # fmt: skip
