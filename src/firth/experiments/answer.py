"""From a question to its result: the store is asked first, and provenance is added once, here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch

import firth
from firth.encoder.model import Encoder
from firth.results.manifest import environment
from firth.results.schema import Cell, DataCard, Result, Score
from firth.results.store import find


@dataclass
class Measured:
    """What an experiment found."""

    scores: list[Score] = field(default_factory=list)
    tables: dict[str, list[dict[str, Cell]]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def answer(
    experiment: str,
    encoder: Encoder,
    config: dict[str, Any],
    data: list[DataCard],
    runs: str | None,
    measure: Callable[[], Measured],
) -> Result:
    """Return the result of a question, from the store where it was asked before.

    Args:
        experiment: Its name.
        encoder: The encoder.
        config: The settings, ``seed`` among them; model and dtype are added.
        data: What goes in.
        runs: A store, or None.
        measure: Does the work.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    dtype = str(encoder.dtype).removeprefix("torch.")
    config = config | {"model": encoder.card.source, "dtype": dtype}
    if runs is not None:
        stored = find(runs, experiment, firth.__version__, config, encoder.card, data)
        if stored is not None:
            return stored
    found = measure()
    result = Result(
        experiment=experiment,
        version=firth.__version__,
        config=config,
        model=encoder.card,
        data=data,
        seed=config["seed"],
        scores=found.scores,
        tables=found.tables,
        warnings=found.warnings,
        environment=environment(dtype, torch.get_num_threads()),
        started=started.isoformat(timespec="seconds"),
        seconds=time.perf_counter() - clock,
    ).with_arrays(found.arrays)
    if runs is not None:
        result.save(runs)
    return result
