"""Save the best fine-tuned model of `transfer` for use: a folder that `SequenceClassifier` reads.

The best of the runs of ``pretrained`` by the score on the development data; where its weights were
not kept it is trained again, which gives the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from firth.encoder.sequence_classifier import ClassifierOptions
from firth.experiments.transfer_arms import PRETRAINED, Trial
from firth.experiments.transfer_runs import (
    RUN,
    WEIGHTS,
    Bench,
    Run,
    Tell,
    scorer_of,
    train_run,
)
from firth.results.schema import Cell, Result
from firth.train.classifier_folder import write_classifier
from firth.train.classify import Scale
from firth.train.classify_model import Classifier

SHOWN = 24  # symbols in a card


def save_best(
    result: Result,
    bench: Bench,
    folder: str | Path,
    *,
    upper: bool = False,
    tell: Tell | None = None,
    pause: Callable[[], bool] | None = None,
) -> Run:
    """Write the best model's folder; returns its run.

    Args:
        result: Of `transfer`.
        bench: What its runs share.
        folder: Where to; an old one is replaced.
        upper: Whether small letters are read as capitals.
        tell: Called with each row of a training.
        pause: See `firth.train.loop.train`.
    """
    rows = [
        row for row in result.tables["runs"]
        if row["arm"] == PRETRAINED and row.get("control") is None
    ]  # fmt: skip
    best = min(rows, key=lambda row: (-_number(row["dev_score"]), _number(row["dev_loss"])))
    run = bench.run(_trial(best))
    if not (run.is_finished and run.has_weights):
        (run.folder / RUN).unlink(missing_ok=True)
        train_run(bench, run, keep=True, tell=tell, pause=pause,
                  device=bench.encoder.device.type)  # fmt: skip
    model = scorer_of(bench, run.trial)
    assert isinstance(model, Classifier)
    stored = load_file(run.folder / WEIGHTS)
    with torch.no_grad():
        for group in model.groups().values():
            for name, weight in group.items():
                weight.copy_(stored[name])
    assert run.trial.map is not None
    symbols = bench.maps[run.trial.map]
    material, settings = bench.material, bench.settings
    options = ClassifierOptions(
        material.data.classes, material.data.symbols, _window(bench), settings.stride,
        settings.vote, upper,
    )  # fmt: skip
    card = card_of(result, bench, run, best)
    write_classifier(
        folder, model, bench.encoder, symbols, options, Scale(*run.record["scale"]), card
    )
    return run


def _window(bench: Bench) -> int:
    longest = bench.encoder.max_tokens - sum(map(len, bench.ends))
    return bench.settings.window or longest


def _number(cell: Cell) -> float:
    return float(str(cell))


def _trial(row: dict[str, Any]) -> Trial:
    return Trial(
        PRETRAINED, int(row["map"]), int(row["seed"]), float(row["rate"]), float(row["warmup"]),
        int(row["steps"]),
    )  # fmt: skip


def card_of(result: Result, bench: Bench, run: Run, row: dict[str, Any]) -> str:
    """Return what the model is, for whoever finds its folder.

    Args:
        result: Of `transfer`.
        bench: What its runs share.
        run: The best one.
        row: Its row among the runs.
    """
    data, metric = bench.material.data, bench.material.metric
    assert run.trial.map is not None
    pieces = bench.maps[run.trial.map].pieces
    shown = sorted(pieces)[:SHOWN]
    classes = ", ".join(data.classes) if data.classes else "a number"
    kmers = result.rows(metric, unit="sequence", arm="kmers")
    lines = [
        "---",
        "library_name: transformers",
        "pipeline_tag: text-classification",
        "---",
        "",
        f"# {data.name}: {classes}",
        "",
        f"`{result.model.name}`, a text encoder, fine-tuned by `firth transfer run` on "
        f"{len(bench.material.train.places):,} sequences of {data.name}, each symbol read as a "
        f"word: {run.trial.steps:,} steps of {bench.settings.batch}, rate {run.trial.rate:g}, "
        f"warm-up {run.trial.warmup:g}.",
        "",
        f"{metric} {row['dev_score']:.3f} on {len(bench.material.dev.places):,} development "
        f"sequences, by which it was chosen among the runs; {row[metric]:.3f} on "
        f"{len(bench.material.test.places):,} test sequences."
        + (f" K-mer counts and a linear model score {kmers[0].value:.3f} there." if kmers else ""),
        "",
        "| symbol | word |",
        "|---|---|",
        *(f"| `{symbol}` | `{pieces[symbol]}` |" for symbol in shown),
        *([f"| … | {len(pieces) - SHOWN} more in symbols.json |"] if len(pieces) > SHOWN else []),
        "",
        "`firth transfer predict FOLDER FILE` labels new sequences. For the library, write the "
        "words of a sequence's symbols with blanks between.",
        "",
    ]
    return "\n".join(lines)
