"""From a question to its result: the store is asked first, and provenance is added once, here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

import firth
from firth.results.manifest import environment
from firth.results.schema import Cell, DataCard, ModelCard, Result, Score
from firth.results.store import find


class Model(Protocol):
    """What a result says of a model: an `Encoder` has it, and so have `Vectors`."""

    @property
    def card(self) -> ModelCard:
        """Which one, exactly."""
        ...

    @property
    def dtype(self) -> object:
        """The type of its products."""
        ...


@dataclass(frozen=True)
class Vectors:
    """Word vectors as the model of a result: numpy's products, in float32."""

    card: ModelCard
    dtype: str = "float32"


@dataclass
class Measured:
    """What an experiment found."""

    scores: list[Score] = field(default_factory=list)
    tables: dict[str, list[dict[str, Cell]]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def answer(
    experiment: str,
    model: Model,
    config: dict[str, Any],
    data: list[DataCard],
    runs: str | None,
    measure: Callable[[], Measured],
    threads: int | None = None,
) -> Result:
    """Return the result of a question, from the store where it was asked before.

    Args:
        experiment: Its name.
        model: The encoder, or the card of word vectors.
        config: The settings, ``seed`` among them; model and dtype are added.
        data: What goes in.
        runs: A store, or None.
        measure: Does the work.
        threads: Threads of the computation; those of torch by default.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    dtype = str(model.dtype).removeprefix("torch.")
    config = config | {"model": model.card.source, "dtype": dtype}
    if runs is not None:
        stored = find(runs, experiment, firth.__version__, config, model.card, data)
        if stored is not None:
            return stored
    found = measure()
    result = Result(
        experiment=experiment,
        version=firth.__version__,
        config=config,
        model=model.card,
        data=data,
        seed=config["seed"],
        scores=found.scores,
        tables=found.tables,
        warnings=found.warnings,
        environment=environment(dtype, threads or _torch_threads()),
        started=started.isoformat(timespec="seconds"),
        seconds=time.perf_counter() - clock,
    ).with_arrays(found.arrays)
    if runs is not None:
        result.save(runs)
    return result


def _torch_threads() -> int:
    import torch  # word vectors need none of it

    return torch.get_num_threads()
