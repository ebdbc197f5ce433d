"""How a training run goes: its budget, its rates and when it writes something down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from firth.errors import OptionError, did_you_mean

Schedule = Literal["constant", "linear", "warmup_stable_decay"]
Dtype = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class Plan:
    """The declaration of a run.

    With a budget in steps the run is a pure function of the plan and the task. With one in hours
    the decay follows the clock, so that it ends when the time does, and only the data are fixed.

    Attributes:
        steps: Budget in optimiser steps; with ``hours`` given too, whichever ends first.
        hours: Budget in hours of work, added up over resumed runs.
        rates: Highest learning rate of each of the task's groups of parameters.
        warmup: Steps in which the rate rises from 0, linearly, under every schedule.
        schedule: ``constant``, ``linear`` (down to 0 at the end of the budget) or
            ``warmup_stable_decay`` (constant, then linearly down to 0).
        decay: Share of the budget that the decay of ``warmup_stable_decay`` takes.
        clip: Largest norm of the gradient; None for no clipping.
        weight_decay: AdamW's, on matrices only.
        betas: AdamW's.
        dtype: ``bf16`` runs the loss under autocast; weights and optimiser stay fp32.
        seed: Of whatever the task draws.
        accumulate: In how many parts a process takes its share of a batch, to save memory; what
            is learnt stays the same.
        log_every: Steps of one row in the log.
        validate_every: Steps between validations; also after the last step. 0 for never.
        checkpoint_minutes: Minutes of work between checkpoints; None for none by the clock.
        checkpoint_steps: Steps between checkpoints; None for none by count.
        keep_at: Steps whose weights stay on the disk beside the checkpoint, each validated.
    """

    rates: Mapping[str, float]
    steps: int | None = None
    hours: float | None = None
    warmup: int = 0
    schedule: Schedule = "constant"
    decay: float = 0.2
    clip: float | None = 1.0
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    dtype: Dtype = "fp32"
    seed: int = 0
    accumulate: int = 1
    log_every: int = 20
    validate_every: int = 0
    checkpoint_minutes: float | None = 15.0
    checkpoint_steps: int | None = None
    keep_at: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        if self.steps is None and self.hours is None:
            raise OptionError("a plan needs a budget: give steps, hours or both")
        for name in ("steps", "hours", "log_every", "accumulate"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise OptionError(f"{name} is {value}; it must be above 0")
        for name, value, legal in (
            ("schedule", self.schedule, get_args(Schedule)),
            ("dtype", self.dtype, get_args(Dtype)),
        ):
            if value not in legal:
                raise OptionError(
                    f"{name} {value!r}: legal are {', '.join(legal)}.{did_you_mean(value, legal)}"
                )
        if not 0 <= self.decay <= 1:
            raise OptionError(f"decay is {self.decay}; it is a share of the budget, from 0 to 1")

    def spent(self, step: int, seconds: float) -> float:
        """Return the share of the budget that is gone, from 0 to 1."""
        shares = [0.0]
        if self.steps is not None:
            shares.append(step / self.steps)
        if self.hours is not None:
            shares.append(seconds / (3600 * self.hours))
        return min(1.0, max(shares))

    def factor(self, step: int, seconds: float) -> float:
        """Return what the rates are multiplied by at ``step`` (counted from 0).

        Args:
            step: Optimiser steps done before.
            seconds: Time of work before.
        """
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        left = 1.0 - self.spent(step, seconds)
        if self.schedule == "linear":
            return rise * left
        if self.schedule == "warmup_stable_decay" and left < self.decay:
            return rise * left / self.decay
        return rise

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON would give it back."""
        plain = asdict(self) | {"rates": dict(self.rates)}
        return plain | {"betas": list(self.betas), "keep_at": list(self.keep_at)}
