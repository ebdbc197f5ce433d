"""Train one arm of `firth.experiments.transfer` in its own folder, or go on with it.

The folder holds the log and, while it is trained, the checkpoint of the loop; at the end
``run.json`` (what it was) and ``answers.safetensors`` (what it answers for the windows of dev and
test), and the checkpoint goes: of a hundred arms the optimisers would fill a disk. The weights of
those that may be saved stay in ``weights.safetensors``. A finished run is read, not trained.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.numpy import save_file

from firth.encoder.load import torch_device
from firth.encoder.model import Encoder
from firth.experiments.transfer_arms import CNN, Settings, Trial, key_of, plan_of, seed_of
from firth.experiments.transfer_data import Material, changed, numbers_of
from firth.experiments.transfer_weights import set_weights
from firth.results.files import replacing
from firth.results.manifest import text_card
from firth.text.symbols import SymbolMap
from firth.train.checkpoint import CHECKPOINT, save_weights
from firth.train.classify import LabelledWindows, Scale, SequenceTask, answers
from firth.train.classify_model import Classifier, body_of, cut_embeddings, ends_of
from firth.train.log import Log
from firth.train.loop import LOG, train
from firth.train.plan import Dtype
from firth.train.sequence_cnn import SequenceCnn

RUN, ANSWERS, WEIGHTS = "run.json", "answers.safetensors", "weights.safetensors"

Tell = Callable[["Run", dict[str, Any]], None]


@dataclass(frozen=True)
class Bench:
    """What all runs of an experiment share.

    Attributes:
        encoder: The pre-trained one; it stays as it is.
        material: The data.
        maps: From symbols to words, by number.
        settings: The declaration.
        out: The store: runs lie in ``out/transferring``.
    """

    encoder: Encoder
    material: Material
    maps: Sequence[SymbolMap]
    settings: Settings
    out: Path

    @cached_property
    def ends(self) -> tuple[list[int], list[int]]:
        """Special tokens around a window."""
        return ends_of(self.encoder)

    @cached_property
    def about(self) -> list[str]:
        """Fingerprints of model and windows."""
        prints = [self.encoder.card.fingerprint]
        for own in (self.material.train, self.material.dev, self.material.test):
            lines = (
                f"{' '.join(symbols)}\t{label}"
                for symbols, label in zip(own.symbols, own.labels.tolist(), strict=True)
            )
            prints.append(text_card("", lines).sha256)
        return prints

    def run(self, trial: Trial) -> Run:
        """Return the run of a trial, begun or not."""
        about = list(self.about)
        if trial.map is not None:
            about.append(json.dumps(dict(sorted(self.maps[trial.map].pieces.items()))))
        slug = re.sub(r"[^\w.+-]+", "-", f"{self.encoder.name}-{self.material.data.name}")
        name = re.sub(r"[^\w.+-]+", "-", trial.name)
        key = key_of(self.settings, trial, about)
        return Run(trial, self.out / "transferring" / slug / f"{name}-{key}")


@dataclass(frozen=True)
class Run:
    """A trial in its folder."""

    trial: Trial
    folder: Path

    @property
    def is_finished(self) -> bool:
        """Whether its answers stand."""
        return (self.folder / RUN).is_file() and (self.folder / ANSWERS).is_file()

    @property
    def has_weights(self) -> bool:
        """Whether its weights were kept."""
        return (self.folder / WEIGHTS).is_file()

    @property
    def log(self) -> Log:
        """Its log."""
        return Log(self.folder / LOG)

    @cached_property
    def record(self) -> dict[str, Any]:
        """What ``run.json`` says: steps, seconds, the last score on the development data ..."""
        return json.loads((self.folder / RUN).read_text(encoding="utf-8"))

    def answers(self, split: str) -> Float[np.ndarray, "w g"]:
        """Return what it answers for the windows of ``dev`` or ``test``."""
        with safe_open(self.folder / ANSWERS, framework="np") as file:
            return file.get_tensor(split)


def scorer_of(bench: Bench, trial: Trial) -> Classifier | SequenceCnn:
    """Return what a trial trains, before its first step."""
    seed = seed_of(bench.settings, trial)
    n_outputs = max(1, bench.material.n_classes)
    if trial.arm == CNN:
        return SequenceCnn(len(bench.material.data.alphabet), n_outputs, trial.bins, seed)
    assert trial.map is not None
    own = bench.maps[trial.map]
    body = body_of(bench.encoder)
    set_weights(body, trial.arm, seed)
    known = [*own.ids.values(), *([] if own.unknown is None else [own.unknown])]
    rows = cut_embeddings(body, [*known, *bench.ends[0], *bench.ends[1]])
    return Classifier(body, n_outputs, rows, bench.ends, seed, bench.settings.dropout)


def windows_of(
    bench: Bench, trial: Trial, scorer: Classifier | SequenceCnn, split: str
) -> LabelledWindows:
    """Return the windows of a split as a trial reads them."""
    given = {"train": bench.material.train, "dev": bench.material.dev, "test": bench.material.test}
    own = changed(given[split], trial.control, seed_of(bench.settings, trial), split)
    if trial.map is None:
        numbered = numbers_of(bench.material.data.alphabet)
        ids = [numbered(symbols) for symbols in own.symbols]
    else:
        ids = bench.maps[trial.map].encode(own.symbols)[0]
    return LabelledWindows([scorer.window(one) for one in ids], own.labels)


def steps_of(bench: Bench, epochs: float) -> int:
    """Return how many steps some passes over the training data are."""
    per_epoch = -(-len(bench.material.train.symbols) // bench.settings.batch)
    return max(1, round(epochs * per_epoch))


def train_run(
    bench: Bench,
    run: Run,
    *,
    keep: bool = False,
    tell: Tell | None = None,
    pause: Callable[[], bool] | None = None,
    device: str = "auto",
) -> None:
    """Train, or go on; at the end its answers stand in its folder.

    Args:
        bench: What all runs share.
        run: The run.
        keep: Whether its weights stay.
        tell: Called with each row of the log.
        pause: See `firth.train.loop.train`.
        device: ``auto``, ``cpu``, ``cuda`` ...
    """
    trial, material = run.trial, bench.material
    scorer = scorer_of(bench, trial).to(torch_device(device))
    data = windows_of(bench, trial, scorer, "train")
    n_classes = material.n_classes
    scale = Scale() if n_classes else Scale.of(data.labels)
    dev = windows_of(bench, trial, scorer, "dev").windows
    task = SequenceTask(
        scorer, data, n_classes, bench.settings.batch, seed_of(bench.settings, trial), scale, dev,
        material.judge, {"trial": asdict(trial)},
    )  # fmt: skip
    plan = plan_of(bench.settings, trial)
    train(
        task, plan, run.folder, pause=pause,
        progress=None if tell is None else lambda row: tell(run, row),
    )  # fmt: skip
    found = {"dev": answered(scorer, dev, task, plan.dtype)}
    test = windows_of(bench, trial, scorer, "test").windows
    found["test"] = answered(scorer, test, task, plan.dtype)
    with replacing(run.folder / ANSWERS) as staging:
        save_file(found, staging)
    if keep:
        named = {name: p for group in scorer.groups().values() for name, p in group.items()}
        save_weights(run.folder / WEIGHTS, named)
    _write(run.folder / RUN, _record(run, task))
    (run.folder / CHECKPOINT).unlink()


def answered(
    scorer: Classifier | SequenceCnn, windows: Sequence[Any], task: SequenceTask, dtype: Dtype
) -> Float[np.ndarray, "w g"]:
    """Return a trained model's answers, in the type that it was trained in."""
    device = scorer.head.weight.device.type
    with torch.autocast(device, torch.bfloat16, enabled=dtype == "bf16"):
        return answers(scorer, windows, task.n_classes, task.scale)


def _record(run: Run, task: SequenceTask) -> dict[str, Any]:
    last = run.log.rows("validation")[-1]
    trained = run.log.rows("train")
    return asdict(run.trial) | {
        "parameters": sum(p.numel() for group in task.groups().values() for p in group.values()),
        "seconds": last["seconds"],
        "tokens": sum(row["tokens"] for row in trained),
        "dev_score": last["dev_score"],
        "dev_loss": last["dev_loss"],
        "scale": [task.scale.mean, task.scale.spread],
    }


def _write(path: Path, content: Mapping[str, Any]) -> None:
    with replacing(path) as staging:
        staging.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", "utf-8")
