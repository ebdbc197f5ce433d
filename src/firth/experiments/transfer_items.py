"""What each test sequence, or group of them, brings to the scores of ``transfer``.

Of every arm the answers of all runs are kept (maps, then seeds), with the right one. So arms of two
encoders are compared on the same items; the runs are taken as they are.

Legend: w windows, n sequences or groups, r runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import rankdata

from firth.experiments.transfer_data import Material
from firth.experiments.transfer_scores import Level
from firth.experiments.transfer_summary import ArmAnswers
from firth.results.items import MOST_BYTES, Items, keys_of, numbered


def items_of(material: Material, arms: Sequence[ArmAnswers]) -> Iterator[Items]:
    """Yield the items of every arm that is no control.

    Args:
        material: The data.
        arms: What was answered.
    """
    own = [arm for arm in arms if arm.control is None]
    for level in material.levels:
        keys = keys_of(numbered(_names(material, level)))
        for arm in own:
            runs = [level.answers(one, material.vote) for of_map in arm.values for one in of_map]
            answers = np.stack(runs, axis=1)  # (n, r)
            fields = {"arm": arm.arm, "split": "test", "unit": level.unit}
            name = f"{level.unit}.{arm.arm}"
            if level.n_classes:
                right = (answers == level.truth[:, None]).mean(axis=1, keepdims=True)
                row = {"metric": "accuracy", **fields}
                yield Items(f"{name}.accuracy", keys, (row,), right, level.drawn)
            values = np.concatenate([answers, level.truth[:, None]], axis=1)  # (n, r+1)
            if not level.n_classes:
                values = rankdata(values, axis=0)  # all that a correlation of ranks needs, exactly
            if len(own) * values.size * np.dtype(np.float32).itemsize <= MOST_BYTES:
                metric = "macro_f1" if level.n_classes else "spearman"
                row = {"metric": metric, **fields}
                yield Items(f"{name}.{metric}", keys, (row,), values[:, None], level.drawn, metric)


def _names(material: Material, level: Level) -> Iterator[str]:
    """Yield what a sequence is made of, or the sequences of a group, whatever their order."""
    symbols = [" ".join(material.data.examples[at].symbols) for at in material.test.places]
    if level.unit == "sequence":
        yield from symbols
        return
    group_of = np.zeros(len(symbols), dtype=np.int64)  # each window's sequence is in its group
    group_of[material.test.whole] = level.members
    for number in range(len(level.truth)):
        yield "\n".join(sorted(symbols[at] for at in np.flatnonzero(group_of == number)))
