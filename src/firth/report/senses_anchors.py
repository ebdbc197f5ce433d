"""Anchor words as further rows and columns of the matrix."""

from __future__ import annotations

import numpy as np

from firth.report.senses_data import Item, array_of
from firth.results.schema import Result


def with_anchors(
    result: Result,
    word: str,
    chosen: list[int],
    at: list[int],
    items: list[Item],
    stacks: dict[str, np.ndarray],
    label: str,
) -> tuple[list[Item], dict[str, np.ndarray]]:
    """Add the anchors behind the occurrences, where the result has some.

    Args:
        result: The result.
        word: The word.
        chosen: Which occurrences are drawn, n of them.
        at: Positions of the layers that are drawn.
        items: The occurrences that are drawn.
        stacks: Their cosines by kind, [l, n, n].
        label: What stands as the sense of an anchor.

    Returns:
        Items and stacks, [l, n + a, n + a].
    """
    anchors = result.tables.get("anchors", [])
    beside = {kind: array_of(result, f"anchors.{kind}", word) for kind in stacks}
    if not anchors or any(array is None for array in beside.values()):
        return items, stacks
    labelled = any("label" in item for item in items)
    added: list[Item] = [dict(row) | ({"label": label} if labelled else {}) for row in anchors]
    wider: dict[str, np.ndarray] = {}
    for kind, array in beside.items():
        assert array is not None
        own = array[at]
        n = own.shape[1] - len(anchors)
        across, corner = own[:, chosen], own[:, n:]  # (l, n, a), (l, a, a)
        top = np.concatenate([stacks[kind], across], axis=2)
        low = np.concatenate([across.transpose(0, 2, 1), corner], axis=2)
        wider[kind] = np.concatenate([top, low], axis=1)
    return items + added, wider
