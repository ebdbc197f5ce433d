"""What a result is: a frozen record of one experiment on one model.

A ``Result`` is one JSON document; the arrays that belong to it (similarity matrices, vectors) lie
beside it in safetensors. A score is a row: fields that do not apply are left out, nothing is
rounded, and NaN or infinity is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from firth.results.metrics import METRICS

if TYPE_CHECKING:
    from pathlib import Path

    from firth.report.charts import Figure

SCHEMA_VERSION = 1

Comparison = Literal["raw", "centred", "csls", "margin"]
Cell = str | int | float | bool | None | list[int] | list[str] | list[float]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Score(_Record):
    """One number with what is needed to read it.

    Attributes:
        metric: A name of ``firth.results.metrics.METRICS``.
        value: The number, never rounded.
        n: How many units the number was computed over.
        unit: What one of the ``n`` is: ``sentence pair``, ``occurrence``, ``word`` ...
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval.
        p: The p-value of the test that the experiment names.
        p_adjusted: The same, corrected for the family of tests (Holm, or permutation maximum).
        layer: 0 is the output of the embedding layer, L the last block.
        similarity: How vectors were compared.
        control: Which control this row is: absent for the experiment itself.
        model: Which model, where a result is about several.
    """

    metric: str
    value: float
    n: int = Field(ge=0)
    unit: str
    low: float | None = None
    high: float | None = None
    p: float | None = Field(default=None, ge=0, le=1)
    p_adjusted: float | None = Field(default=None, ge=0, le=1)
    layer: int | None = Field(default=None, ge=0)
    similarity: Comparison | None = None
    language: str | None = None
    pair: str | None = None
    direction: str | None = None
    word: str | None = None
    arm: str | None = None
    control: str | None = None
    alpha: float | None = None
    scorer: str | None = None
    split: str | None = None
    checkpoint: str | None = None
    model: str | None = None
    seed: int | None = None

    @field_validator("metric")
    @classmethod
    def _registered(cls, name: str) -> str:
        if name not in METRICS:
            raise ValueError(f"unknown metric {name!r}; registered: {', '.join(METRICS)}")
        return name

    @model_validator(mode="after")
    def _in_range(self) -> Score:
        metric = METRICS[self.metric]
        slack = 1e-6
        if metric.low is not None and self.value < metric.low - slack:
            raise ValueError(f"{self.metric} {self.value} is below {metric.low}")
        if metric.high is not None and self.value > metric.high + slack:
            raise ValueError(f"{self.metric} {self.value} is above {metric.high}")
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval needs both ends")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"interval [{self.low}, {self.high}] is upside down")
        return self


class ModelCard(_Record):
    """Which encoder, exactly.

    Attributes:
        name: What was asked for: ``mini``, a folder's name or a hub id.
        revision: Commit of the hub, edition of mini, or ``local``.
        fingerprint: sha256 over the weights and the tokenizer as loaded from disk.
        parameters: Number of weights.
        family: ``model_type`` of its configuration.
        layers: Number of blocks; hidden states run from 0 to this number.
        width: Size of a hidden state.
        source: The folder or hub id that loads it again.
    """

    name: str
    revision: str
    fingerprint: str
    parameters: int
    family: str
    layers: int
    width: int
    source: str


class DataCard(_Record):
    """One data set that went in: its name, the sha256 of its bytes, its number of rows."""

    name: str
    sha256: str
    n: int


class Result(_Record):
    """One experiment on one model: configuration, provenance, scores, tables, warnings."""

    schema_version: int = SCHEMA_VERSION
    experiment: str
    version: str
    config: dict[str, Any]
    model: ModelCard
    data: list[DataCard]
    seed: int
    scores: list[Score]
    tables: dict[str, list[dict[str, Cell]]] = {}
    warnings: list[str] = []
    environment: dict[str, Any]
    started: str
    seconds: float

    _arrays: dict[str, np.ndarray] = PrivateAttr(default_factory=dict)

    @field_validator("config", "environment")
    @classmethod
    def _finite(cls, values: dict[str, Any]) -> dict[str, Any]:
        for key, value in values.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{key} is {value}")
        return values

    @field_validator("tables")
    @classmethod
    def _finite_tables(
        cls, tables: dict[str, list[dict[str, Cell]]]
    ) -> dict[str, list[dict[str, Cell]]]:
        for name, rows in tables.items():
            for row in rows:
                for key, value in row.items():
                    if isinstance(value, float) and not math.isfinite(value):
                        raise ValueError(f"table {name}: {key} is {value}")
        return tables

    def __eq__(self, other: object) -> bool:
        """Say whether both hold the same, arrays included."""
        if not isinstance(other, Result):
            return NotImplemented
        mine, own = self._arrays, other._arrays
        same = mine.keys() == own.keys() and self.model_dump() == other.model_dump()
        return same and all(np.array_equal(mine[name], own[name]) for name in mine)

    @property
    def arrays(self) -> Mapping[str, np.ndarray]:
        """The arrays of this result, by name; shapes are in the experiment's docstring."""
        return self._arrays

    def with_arrays(self, arrays: Mapping[str, np.ndarray]) -> Result:
        """Attach arrays; returns this result."""
        self._arrays.update(arrays)
        return self

    def rows(self, metric: str | None = None, **fields: object) -> list[Score]:
        """Return the scores that have all the given values; ``control=None`` means no control."""
        chosen: list[Score] = []
        for score in self.scores:
            if metric is not None and score.metric != metric:
                continue
            if all(getattr(score, key) == value for key, value in fields.items()):
                chosen.append(score)
        return chosen

    def to_json(self) -> str:
        """Return the JSON document: fields that do not apply are left out of every row."""
        return self.model_dump_json(indent=1, exclude_none=True)

    def save(self, folder: str | Path) -> Path:
        """Store this result below ``folder``; returns the folder of this one result."""
        from firth.results.store import save

        return save(self, folder)

    def figure(self, name: str, **options: Any) -> Figure:
        """Return a figure of this result, e.g. ``result.figure("matrix", layer=8)``."""
        from firth.report.charts import figure

        return figure(self, name, **options)

    def _repr_html_(self) -> str:
        from firth.report.page import result_fragment

        return result_fragment(self)
