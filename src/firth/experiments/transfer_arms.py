"""What `firth.experiments.transfer` compares, and with which settings: declared beforehand.

Arms (``arm`` of a score) that are fine-tuned, several maps x several seeds:
    pretrained, random, shuffled, re-embedded      for every map and seed
    re-blocked, shuffled-embeddings, shuffled-blocks   what apart from what; the first
                                                   ``extra_seeds`` seeds of every map
    (`firth.experiments.transfer_weights` says where their weights come from)
Without fine-tuning, and without a text model:
    frozen     a linear probe on the pre-trained encoder's first token, once a map
    kmers      k-mer counts (`firth.experiments.transfer_kmers`), once
    cnn        a small CNN on one-hot symbols (`firth.train.sequence_cnn`), several seeds
    majority   the most frequent class, or the mean number

Controls (``control``), of the arm ``pretrained``, first map and seed:
    reversed   every sequence from its end to its beginning
    labels     the labels of the training data dealt out at random: nothing is to be learnt

The contrasts that are tested: ``pretrained`` against each of `RIVALS`, corrected by Holm.

Every fine-tuned arm has the same search: its learning rate is the best of ``rates`` on the
development data with the first of ``warmups``, and then each other warm-up is tried at that rate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from firth.errors import OptionError, did_you_mean
from firth.experiments.transfer_weights import (
    ORIGINS,
    PRETRAINED,
    RANDOM,
    RE_EMBEDDED,
    SHUFFLED,
)
from firth.text.digest import digest
from firth.train.plan import Dtype, Plan

FROZEN, KMERS, CNN, MAJORITY = "frozen", "kmers", "cnn", "majority"
TUNED = tuple(ORIGINS)
CORE = (PRETRAINED, RANDOM, SHUFFLED, RE_EMBEDDED)
ARMS = (*TUNED, FROZEN, KMERS, CNN, MAJORITY)
RIVALS = (RANDOM, SHUFFLED, RE_EMBEDDED, FROZEN, CNN)
REVERSED, LABELS = "reversed", "labels"
CONTROLS = (REVERSED, LABELS)
NONE = "none"
ROWS = 200  # of the log of a run, about
CNN_RATES = (3e-4, 1e-3, 3e-3)
CNN_BINS = (1, 16)
CNN_EPOCHS = 5  # times those of the other arms: it starts from nothing and costs little
CNN_SEEDS = 3  # at least
CHECKPOINT_MINUTES = 2.0


@dataclass(frozen=True)
class Settings:
    """The declaration of the whole experiment.

    Attributes:
        arms: Which of `ARMS`.
        controls: Which of `CONTROLS`.
        maps: Maps from symbols to words.
        seeds: Runs of each arm and map.
        extra_seeds: The same for those arms that are in no tested contrast.
        first_seed: Of maps, weights and batches.
        epochs: Passes over the training data.
        search_epochs: The same of a run that only looks for settings.
        rates: Highest learning rates that are tried.
        warmups: Shares of the steps in which the rate rises that are tried.
        batch: Windows of a step.
        weight_decay: AdamW's.
        dropout: Of embeddings, attention and residuals.
        dtype: Of the products.
        validations: How often a run is scored on the development data.
        script: Of the words that stand for symbols.
        window: Symbols of a window at most; None for as many as the encoder reads.
        stride: Symbols from window to window; None for windows that touch.
        train_size: Sequences that are learnt from; None for all.
        shares: Of train, dev and test, where the data have no split.
        vote: How windows answer together: ``mean`` or ``majority``.
        target: A score on the development data: how many steps to get there? None for 95 % of the
            best arm's last.
    """

    arms: tuple[str, ...] = ARMS
    controls: tuple[str, ...] = CONTROLS
    maps: int = 3
    seeds: int = 3
    extra_seeds: int = 1
    first_seed: int = 0
    epochs: float = 4.0
    search_epochs: float = 4.0
    rates: tuple[float, ...] = (3e-5, 1e-4, 3e-4, 1e-3)
    warmups: tuple[float, ...] = (0.1, 0.3)
    batch: int = 32
    weight_decay: float = 0.01
    dropout: float = 0.0
    dtype: Dtype = "fp32"
    validations: int = 16
    script: str = "latin"
    window: int | None = None
    stride: int | None = None
    train_size: int | None = None
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    vote: str = "mean"
    target: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        for name in ("maps", "seeds", "batch", "validations"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} {getattr(self, name)}: it must be at least 1")
        for name in ("epochs", "search_epochs"):
            if not getattr(self, name) > 0:
                raise OptionError(f"{name} {getattr(self, name):g}: it must be above 0")
        if self.extra_seeds < 0:
            raise OptionError(f"extra_seeds {self.extra_seeds}: it must be at least 0")
        for name, most in (("rates", 1.0), ("warmups", 1.0)):
            own = getattr(self, name)
            if not own or len(set(own)) != len(own) or any(not 0 <= one < most for one in own):
                shown = ", ".join(f"{one:g}" for one in own)
                raise OptionError(f"{name} {shown or 'none'}: different numbers from 0 to below 1")
        if any(one == 0 for one in self.rates):
            raise OptionError("rate 0: with it nothing is learnt")
        _check("arm", self.arms, ARMS)
        _check("control", self.controls, CONTROLS)
        if not self.arms:
            raise OptionError(f"no arm: legal are {', '.join(ARMS)}")

    @classmethod
    def of(cls, config: Mapping[str, Any], dtype: str) -> Settings:
        """Return the settings that `as_dict` gave; ``dtype`` as torch names it."""
        own: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in config.items()
        }
        return cls(**own, dtype="bf16" if dtype == "bfloat16" else "fp32")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON would give them back, but the type of the products."""
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "dtype"}
        return {key: list(v) if isinstance(v, tuple) else v for key, v in own.items()}


@dataclass(frozen=True)
class Trial:
    """One training.

    Attributes:
        arm: An arm that is trained step by step.
        map: Number of the symbol map; None where there is none.
        seed: Which run of the map.
        rate: Highest learning rate.
        warmup: Share of the steps in which it rises.
        steps: How many.
        control: Which control it is.
        bins: Of the CNN.
    """

    arm: str
    map: int | None
    seed: int
    rate: float
    warmup: float
    steps: int
    control: str | None = None
    bins: int = 0

    @property
    def name(self) -> str:
        """What a person calls it."""
        own = f"{self.arm} {self.control}" if self.control else self.arm
        where = f" map {self.map}" if self.map is not None else ""
        return f"{own}{where} seed {self.seed} rate {self.rate:g} warm-up {self.warmup:g}"


def seed_of(settings: Settings, trial: Trial) -> int:
    """Return the seed of weights and batches: one a map and run, the same for all arms."""
    made = digest(settings.first_seed, "run", -1 if trial.map is None else trial.map, trial.seed)
    return int.from_bytes(made[:4], "big") >> 1


def plan_of(settings: Settings, trial: Trial) -> Plan:
    """Return how a trial is trained."""
    steps = trial.steps
    return Plan(
        rates={"encoder": trial.rate, "head": trial.rate},
        steps=steps,
        warmup=round(trial.warmup * steps),
        schedule="linear",
        weight_decay=settings.weight_decay,
        betas=(0.9, 0.999),
        dtype="fp32" if trial.arm == CNN else settings.dtype,
        seed=seed_of(settings, trial),
        log_every=max(1, steps // ROWS),
        validate_every=max(1, -(-steps // settings.validations)),
        checkpoint_minutes=CHECKPOINT_MINUTES,
    )


def seeds_of(settings: Settings, arm: str) -> int:
    """Return how many runs of each map an arm has."""
    if arm == CNN:
        return max(CNN_SEEDS, settings.seeds)
    return settings.seeds if arm in CORE else min(settings.extra_seeds, settings.seeds)


def key_of(settings: Settings, trial: Trial, about: Sequence[str]) -> str:
    """Return a hash of all that decides what a trial becomes; what else is run is not in it.

    Args:
        settings: The declaration.
        trial: The trial.
        about: Fingerprints of model, data, splits and map.
    """
    names = ("first_seed", "batch", "weight_decay", "dropout", "dtype", "validations", "vote")
    declared = {name: getattr(settings, name) for name in names}
    content = [declared, asdict(trial), list(about)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def check_arms(given: Sequence[str]) -> tuple[str, ...]:
    """Return arms in their order, each once; all of them for none.

    Raises:
        OptionError: One does not exist.
    """
    _check("arm", given, ARMS)
    return tuple(one for one in ARMS if one in given or not given)


def check_controls(given: Sequence[str]) -> tuple[str, ...]:
    """Return controls in their order; all for none given, none for ``none``.

    Raises:
        OptionError: One does not exist.
    """
    if list(given) == [NONE]:
        return ()
    _check("control", given, CONTROLS)
    return tuple(one for one in CONTROLS if one in given or not given)


def _check(kind: str, given: Sequence[str], legal: Sequence[str]) -> None:
    for one in given:
        if one not in legal:
            raise OptionError(
                f"{kind} {one!r}: legal are {', '.join(legal)}.{did_you_mean(one, legal)}"
            )
