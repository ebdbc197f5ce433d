"""Results of ``pretrain`` made by hand: curves as long runs have them, read by the experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np

from firth.experiments.answer import Measured
from firth.experiments.pretrain_arms import CBOW, Arm, Settings, arms_of, kept_steps
from firth.experiments.pretrain_curves import add_curves
from firth.results.schema import DataCard, ModelCard, Result
from firth.train.pretraining import Recipe
from firth.train.shape import Shape

LAYERS = 4
CHANCE = 0.012
SWITCHES = (("positions", "specials", "no-random"),)
# Sentences -> where the loss drops and where the MRR ends up; the smallest never drops.
DROPS = {2_000: None, 20_000: 3_600, 75_000: 2_600}
TOPS = {2_000: 0.03, 20_000: 0.21, 75_000: 0.42}


@dataclass(frozen=True)
class Rows:
    """What stands for a log."""

    own: list[dict]

    def rows(self, kind=None):
        return [row for row in self.own if kind in (None, row.get("kind"))]


@dataclass(frozen=True)
class Run:
    """What stands for a run."""

    arm: Arm
    settings: Settings
    log: Rows
    alignment: Rows

    @property
    def unigrams(self):
        """What guessing by frequency scores."""
        return {
            one: {"mlm_loss": 6.3 + 0.3 * at, "mlm_accuracy": 0.05, "n": 500}
            for at, one in enumerate(self.arm.languages)
        }

    @property
    def folder(self):
        return Path("runs") / self.arm.name


def settings(seeds=3, sizes=(2_000, 20_000, 75_000), steps=20_000, switches=SWITCHES, **more):
    return Settings(
        sizes=sizes, steps=steps, seeds=seeds, switches=switches,
        recipe=Recipe(Shape(LAYERS, 64, 2), length=32, batch=32), **more,
    )  # fmt: skip


def made(languages=("en", "zh"), aligned=True, drops=DROPS, **given) -> Result:
    """Return the result of all arms and controls of ``settings(**given)``."""
    how = settings(**given)
    runs = [_run(how, arm, languages, aligned, drops) for arm in arms_of(how, languages)]
    found = Measured(warnings=["en: a <warning>"])
    with patch("firth.experiments.pretrain_curves.unigrams", lambda run: run.unigrams):
        add_curves(runs, how, found)
    return Result(
        experiment="pretrain",
        version="0.1.0",
        config={"settings": how.as_dict(), "source": {}, "languages": list(languages), "seed": 0},
        model=ModelCard(
            name="bert-4x64", revision="trained here", fingerprint="f" * 64, parameters=1234,
            family="bert", layers=LAYERS, width=64, source="runs/pretraining/4x64/model",
        ),
        data=[DataCard(name=f"{one} text", sha256="a" * 64, n=75_000) for one in languages],
        seed=0,
        scores=found.scores,
        tables=found.tables,
        warnings=found.warnings,
        environment={"versions": {"firth": "0.1.0"}, "cpu": "x", "threads": 2},
        started="2026-01-01T00:00:00+00:00",
        seconds=1.25,
    )  # fmt: skip


def _bend(step, at, width=0.35):
    """0 before ``at``, 1 after it, over log2(step)."""
    return 1 / (1 + math.exp(-(math.log2(max(step, 1)) - math.log2(at)) / width))


def _run(how, arm, languages, aligned, drops):
    rng = np.random.default_rng([arm.seed, arm.sentences, *arm.name.encode()])
    drop, top = drops.get(arm.sentences), TOPS[arm.sentences]
    if len(arm.languages) == 1 and drop is not None:
        drop = 0.7 * drop
    drop = drop and drop * 2 ** rng.normal(0, 0.12)
    if arm.control == CBOW:
        drop = None
    top *= 0.2 if arm.switches else 1 + rng.normal(0, 0.06)

    def loss(step):
        own = 8.3 - 2.1 * _bend(step, 90) - 0.03 * math.log2(step + 1)
        if drop is not None:
            own -= 2.0 * _bend(step, drop, 0.22) + 0.25 * max(0, math.log2((step + 1) / drop))
        return own

    worse = max(0.0, math.log2(40_000 / arm.sentences))  # than on text that it knows by heart

    def learnt(step):
        return 0.12 * worse * max(0.0, math.log2((step + 1) / 2_500))

    every, often = max(1, how.steps // 400), max(1, how.steps // 100)
    log = []
    for step in range(every, how.steps + 1, every):
        own = loss(step - (every - 1) / 2) - learnt(step) + rng.normal(0, 0.03)
        log.append(
            {"kind": "train", "step": step, "seconds": step / 9, "mlm_loss_sum": own * 1000,
             "masked": 1000, "right": 100, "tokens": 1000}
        )  # fmt: skip
    for step in sorted({*range(0, how.steps + 1, often), *kept_steps(how)}):
        here = {
            one: {
                "mlm_loss": loss(step) + 0.1 + 0.35 * at + learnt(step) + rng.normal(0, 0.02),
                "mlm_accuracy": 0.1, "n": 500,
            }
            for at, one in enumerate(arm.languages)
        }  # fmt: skip
        log.append({"kind": "validation", "step": step, "seconds": step / 9, "languages": here})
    asked = aligned and len(arm.languages) > 1 and arm.control != CBOW
    steps = kept_steps(how) if asked else ()
    kept = [{"step": step, "scores": _scores(step, languages, drop, top, rng)} for step in steps]
    return Run(arm, how, Rows(log), Rows(kept))


def _scores(step, languages, drop, top, rng):
    rows = []
    pair = "-".join(languages)
    for way in (pair, "-".join(reversed(languages))):
        about = {"pair": pair, "direction": way, "n": 400, "unit": "word"}
        for metric, guess in (("mrr", CHANCE), ("precision_at_1", 0.002)):
            rows.append(about | {"metric": metric, "value": guess, "control": "chance"})
            for layer in range(LAYERS + 1):
                for kind, share in (("raw", 0.8), ("centred", 1.0)):
                    most = top * share * (0.5 + 0.5 * math.sin(math.pi * layer / (LAYERS + 1)))
                    risen = (
                        0.5 * _bend(step, how_late(drop))
                        if drop is None
                        else _bend(step, how_late(drop), 0.3)
                    )
                    value = CHANCE + (most - CHANCE) * risen + abs(rng.normal(0, 0.003))
                    rows.append(
                        about | {"metric": metric, "layer": layer, "similarity": kind,
                                 "value": min(max(value, 0.0), 1.0)}
                    )  # fmt: skip
    return rows


def how_late(drop):
    """Where the MRR has risen half way."""
    return 5_000 if drop is None else 1.5 * drop
