"""What `firth.experiments.pretrain` trains: one model an arm and seed, declared beforehand.

Arms (``arm`` of a score):
    2000, 20000 ...  all languages, so many sentences of each

Controls (``control``):
    alone            one language by itself, with the most sentences and as many steps and
                     sequences: is a plateau a matter of two languages? (Chen et al. 2023)
    cbow             two linear maps at the same blanks of the same text (`firth.train.shallow`)
    unigram          the same blanks, guessed by frequency: a score, not a run
    positions ...    the switches of Dufter & Schütze 2020 (`firth.train.pretraining`), one or
                     several joined by ``+``, with the most sentences
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from firth.errors import OptionError, did_you_mean
from firth.train.plan import Dtype, Plan, Schedule
from firth.train.pretraining import Recipe, check_switches
from firth.train.tokenizer import Kind

ALONE, CBOW, UNIGRAM = "alone", "cbow", "unigram"
CONTROLS = (ALONE, CBOW, "none")
CBOW_RATE = 1e-2
ROWS = 400  # rows of the log that a run has, about: enough to see where its loss bends
VALIDATIONS = 100
FIRST_KEPT = 8  # the first step of the log-spaced checkpoints, after step 0


@dataclass(frozen=True)
class Settings:
    """The declaration of the whole experiment.

    Attributes:
        sizes: Sentences a language, ascending: the arms.
        steps: Optimiser steps, the same for all.
        seeds: Runs of each arm.
        first_seed: The seed of the first; the others follow it.
        recipe: Shape, length, batch and masking; its switches and seed are each run's own.
        rate: Highest learning rate.
        warmup: Steps in which the rate rises.
        schedule: What it does then; ``constant`` makes equal epochs a prefix of equal steps.
        clip: Largest norm of the gradient.
        weight_decay: AdamW's.
        dtype: Of the products.
        accumulate: In how many parts a batch is computed.
        tokenizer: Kind of the tokenizer.
        vocabulary: Its size.
        lowercase: Whether it lowers upper case.
        controls: Which of `CONTROLS`.
        switches: Each one a control.
        checkpoints: Weights that are kept of a run, log-spaced.
        checkpoint_minutes: Minutes of work between two checkpoints of a run that can go on.
    """

    sizes: tuple[int, ...]
    steps: int
    seeds: int = 1
    first_seed: int = 0
    recipe: Recipe = field(default_factory=Recipe)
    rate: float = 1e-3
    warmup: int = 100
    schedule: Schedule = "constant"
    clip: float | None = 1.0
    weight_decay: float = 0.01
    dtype: Dtype = "fp32"
    accumulate: int = 1
    tokenizer: Kind = "wordpiece"
    vocabulary: int = 8192
    lowercase: bool = True
    controls: tuple[str, ...] = (ALONE, CBOW)
    switches: tuple[tuple[str, ...], ...] = ()
    checkpoints: int = 20
    checkpoint_minutes: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        for name in ("steps", "seeds", "checkpoints"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} {getattr(self, name)}: it must be at least 1")
        if not 0 < self.rate < 1:
            raise OptionError(f"rate {self.rate}: it must lie between 0 and 1")
        for one in self.controls:
            if one not in CONTROLS:
                raise OptionError(
                    f"control {one!r}: legal are {', '.join(CONTROLS)}."
                    f"{did_you_mean(one, CONTROLS)}"
                )

    @classmethod
    def of(cls, config: Mapping[str, Any], dtype: str) -> Settings:
        """Return the settings that `as_dict` gave; ``dtype`` as torch names it."""
        own = dict(config)
        own["sizes"] = tuple(own["sizes"])
        own["controls"] = tuple(own["controls"])
        own["switches"] = parse_switches(own["switches"])
        own["recipe"] = Recipe.of(own["recipe"])
        return cls(**own, dtype="bf16" if dtype == "bfloat16" else "fp32")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON would give them back."""
        return {
            "sizes": list(self.sizes), "steps": self.steps, "seeds": self.seeds,
            "first_seed": self.first_seed, "recipe": self.recipe.as_dict(), "rate": self.rate,
            "warmup": self.warmup,
            "schedule": self.schedule, "clip": self.clip, "weight_decay": self.weight_decay,
            "accumulate": self.accumulate, "tokenizer": self.tokenizer,
            "vocabulary": self.vocabulary, "lowercase": self.lowercase,
            "controls": list(self.controls), "switches": ["+".join(one) for one in self.switches],
            "checkpoints": self.checkpoints,
        }  # fmt: skip


@dataclass(frozen=True)
class Arm:
    """One model that is trained.

    Attributes:
        sentences: Of each language.
        languages: Which.
        seed: Of its run.
        switches: Of Dufter & Schütze.
        control: Which control it is; None for an arm of the experiment itself.
    """

    sentences: int
    languages: tuple[str, ...]
    seed: int
    switches: tuple[str, ...] = ()
    control: str | None = None

    @property
    def name(self) -> str:
        """The name of its row: sentences, or the control with its language."""
        if self.control == ALONE:
            return f"{self.languages[0]} {ALONE}"
        if self.control == CBOW:
            return f"{self.sentences} {CBOW}"
        return self.control or str(self.sentences)

    @property
    def fields(self) -> dict[str, Any]:
        """What its scores say of it."""
        named: dict[str, Any] = {"arm": str(self.sentences), "seed": self.seed}
        if self.control is not None:
            named["control"] = self.control
        return named


def arms_of(settings: Settings, languages: Sequence[str]) -> list[Arm]:
    """Return what is trained, the experiment itself first, seed by seed.

    So a run that is stopped has one model of every arm before it has two of any.
    """
    every = tuple(languages)
    most = settings.sizes[-1]
    arms: list[Arm] = []
    for seed in range(settings.first_seed, settings.first_seed + settings.seeds):
        arms += [Arm(size, every, seed) for size in settings.sizes]
        arms += [
            Arm(most, every, seed, switches, "+".join(switches)) for switches in settings.switches
        ]
        if ALONE in settings.controls and len(every) > 1 and seed == settings.first_seed:
            arms += [Arm(most, (language,), seed, (), ALONE) for language in every]
        if CBOW in settings.controls and seed == settings.first_seed:
            arms += [Arm(size, every, seed, (), CBOW) for size in settings.sizes]
    return arms


def parse_switches(given: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Read ``positions`` or ``positions+specials``; each is one control.

    Raises:
        OptionError: A switch does not exist.
    """
    return tuple(dict.fromkeys(check_switches(one.split("+")) for one in given))


def recipe_of(settings: Settings, arm: Arm) -> Recipe:
    """Return how an arm's model is trained."""
    return replace(settings.recipe, switches=arm.switches, seed=arm.seed)


def plan_of(settings: Settings, arm: Arm) -> Plan:
    """Return an arm's plan."""
    return Plan(
        rates=(
            {"maps": CBOW_RATE}
            if arm.control == CBOW
            else {"encoder": settings.rate, "head": settings.rate}
        ),
        steps=settings.steps,
        warmup=settings.warmup,
        schedule=settings.schedule,
        clip=settings.clip,
        weight_decay=settings.weight_decay,
        dtype=settings.dtype,
        seed=arm.seed,
        accumulate=settings.accumulate,
        log_every=max(1, settings.steps // ROWS),
        validate_every=max(1, settings.steps // VALIDATIONS),
        checkpoint_minutes=settings.checkpoint_minutes,
        keep_at=kept_steps(settings),
    )


def kept_steps(settings: Settings) -> tuple[int, ...]:
    """Return the steps whose weights are kept: 0, log-spaced ones, and those of equal epochs.

    At step ``steps * n / m`` the arm of n sentences has read its text as often as the arm of m > n
    will have at the end.
    """
    first = min(FIRST_KEPT, settings.steps)
    spaced = np.geomspace(first, settings.steps, settings.checkpoints)
    steps = {0, settings.steps, *(round(step) for step in spaced.tolist())}
    steps |= {equal_epochs(settings, n, m) for n in settings.sizes for m in settings.sizes if n < m}
    return tuple(sorted(steps))


def equal_epochs(settings: Settings, size: int, larger: int) -> int:
    """Return the step at which an arm has read as many epochs as a larger one at its end."""
    return max(1, round(settings.steps * size / larger))


def key_of(settings: Settings, arm: Arm, data: Sequence[str]) -> str:
    """Return a hash of all that decides what an arm becomes.

    Other arms are not in it: who asks for one more size trains only that.

    Args:
        settings: The declaration.
        arm: The arm.
        data: Fingerprints of its texts and its tokenizer.
    """
    declared = settings.as_dict() | {"dtype": settings.dtype, "recipe": None}
    for name in ("sizes", "seeds", "first_seed", "controls", "switches"):
        del declared[name]
    kind = [] if arm.control != CBOW else [CBOW, CBOW_RATE]
    content = [*kind, declared, recipe_of(settings, arm).as_dict(), arm.sentences, list(data),
               list(arm.languages), list(kept_steps(settings))]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
