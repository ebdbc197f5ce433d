"""Train a multilingual BERT from nothing: does it align, when, and is it the data that decides?

Source: Hung-yi Lee's lecture: with 200,000 sentences a language the model that they trained never
aligned; with 1,000,000 the loss stayed flat for two days, then dropped, and the languages aligned.
That contrast confounds data with time: the larger arm trains longer. Here the steps are fixed
beforehand and the rate is constant after its warm-up, so that *equal epochs* is a prefix of the run
of *equal steps*, and both are read off.

The languages' texts are not translations of each other. One tokenizer for all arms is trained on
all text that is given; what is held out is held out from all. Arms and controls are declared in
`firth.experiments.pretrain_arms`, runs go on where they stopped
(`firth.experiments.pretrain_runs`), and every kept checkpoint is asked for the translations of a
dictionary
(`firth.experiments.pretrain_alignment`).

Scores: ``mlm_loss`` and ``mlm_accuracy`` on held-out text by language, ``mrr`` by direction, layer
and similarity, each with ``arm`` (sentences a language), ``seed`` and ``checkpoint`` (the step);
without ``seed`` the mean over the seeds, its interval Student's t. ``split`` says whether
a mean is at ``equal_steps`` or at ``equal_epochs``. Plateau, drop and rise are in the table
``changes`` (`firth.experiments.pretrain_curves`).

Dufter & Schütze 2020 look at layers 0 and 8 of 12; the layer that curves and contrasts use is fixed
beforehand in the same place, two thirds of the way up.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from firth.encoder.load import fingerprint
from firth.errors import ResultError, first_line
from firth.experiments.answer import Measured, answer
from firth.experiments.pretrain_alignment import (
    Question,
    alignment,
    encoders_of,
    fake_dictionary,
    questions,
)
from firth.experiments.pretrain_arms import CBOW, Settings, arms_of, kept_steps
from firth.experiments.pretrain_curves import add_curves
from firth.experiments.pretrain_runs import (
    MODEL,
    Run,
    run_of,
    task_of,
    train_arm,
    unigrams,
    weights_of,
    write_unigrams,
)
from firth.results.files import replacing
from firth.results.manifest import text_card
from firth.results.schema import ModelCard, Result
from firth.text.dictionary import Dictionary
from firth.text.fake import is_fake, twin_of
from firth.text.training import TrainingText
from firth.train.replicas import Replicas, replicas
from firth.train.tokenizer import train_tokenizer

NAME = "pretrain"
TOKENIZER_LINES = 100_000  # of a language that the tokenizer reads

Tell = Callable[[Run, dict[str, Any]], None]


@dataclass(frozen=True)
class Family:
    """What a result says of its models: the declaration that they share."""

    card: ModelCard
    dtype: str


def pretrain(
    text: TrainingText,
    settings: Settings,
    dictionaries: Sequence[Dictionary] = (),
    *,
    out: str = "runs",
    pause: Callable[[], bool] | None = None,
    tell: Tell | None = None,
    source: Mapping[str, Any] | None = None,
    device: str = "auto",
    fresh: bool = False,
) -> Result | None:
    """Train every arm, ask every checkpoint, and sum up.

    Args:
        text: Sentences of the languages.
        settings: The declaration.
        dictionaries: For the MRR; without any, and without a fake language, only losses are told.
        out: A store: runs lie in ``out/pretraining``, the result in ``out/pretrain``.
        pause: Asked after every step; when it says yes, ``Paused`` is raised.
        tell: Called with a run and each row of its log, also with ``kind`` ``begin`` and ``end``.
        source: What the texts were read from.
        device: ``auto`` (a GPU when there is one), ``cpu``, ``cuda`` ...
        fresh: Sum up again even where a result is stored; runs are gone on with all the same.

    Returns:
        The result; under ``torchrun`` None in all processes but the first.

    Raises:
        InputError: A dictionary and the texts do not fit.
        ResultError: A run cannot go on; see `firth.train.loop.train`.
        Paused: The time is over.
    """
    try:
        return _pretrain(
            text, settings, list(dictionaries), out, pause, tell, source, device, fresh
        )
    except OSError as error:
        raise ResultError(
            f"{error.filename or out} cannot be written: {error.strerror or first_line(error)}; "
            "what is finished stays, and the same command goes on"
        ) from error


def _pretrain(
    text: TrainingText,
    settings: Settings,
    dictionaries: list[Dictionary],
    out: str,
    pause: Callable[[], bool] | None,
    tell: Tell | None,
    source: Mapping[str, Any] | None,
    device: str,
    fresh: bool,
) -> Result | None:
    group = replicas()
    languages = tuple(text.pool)
    tokenizer = _tokenizer(text, settings, Path(out), group)
    dictionaries = [*dictionaries, *_fake_dictionaries(text)]
    question = questions(text.held_out, dictionaries)
    runs: list[Run] = []
    for arm in arms_of(settings, languages):
        texts = text.first(arm.sentences)
        runs.append(run_of(settings, arm, texts, tokenizer, out))
        _one(runs[-1], text, tokenizer, group, pause, tell, device)
    group.close()
    if group.rank:
        return None
    for run in runs:
        _ask(run, text, tokenizer, question, tell)
    folder = runs[0].folder / MODEL
    prints = fingerprint(folder, sorted(folder.glob("*.safetensors")))
    model = family_card(settings, tokenizer, prints, str(folder))
    config: dict[str, Any] = {
        "settings": settings.as_dict(), "source": dict(source or {}), "languages": list(languages),
        "seed": settings.first_seed,
    }  # fmt: skip
    data = [text_card(f"{language} text", text.pool[language]) for language in languages]
    data += [text_card(f"{language} held out", text.held_out[language]) for language in languages]
    data += [text_card(f"{d.name} dictionary", map("\t".join, d.pairs)) for d in dictionaries]

    def measure() -> Measured:
        found = Measured(warnings=list(text.notes))
        if not dictionaries:
            found.warnings.append(
                "no dictionary (--dictionary en-zh=FILE), so alignment was not measured"
            )
        add_curves(runs, settings, found)
        return found

    result = answer(
        NAME,
        Family(model, "bfloat16" if settings.dtype == "bf16" else "float32"),
        config,
        data,
        None if fresh else out,
        measure,
    )
    if fresh:
        result.save(out)
    return result


def _tokenizer(text: TrainingText, settings: Settings, out: Path, group: Replicas) -> Tokenizer:
    """Return the tokenizer of these texts, from the store where it was trained before.

    The library's trainers break ties as their hash maps happen to lie: trained again it would be
    another one, and all runs with it.
    """
    lines = min(TOKENIZER_LINES, *map(len, text.pool.values()))
    texts = text.first(lines)
    declared = [settings.tokenizer, settings.vocabulary, settings.lowercase]
    declared += [text_card(language, own).sha256 for language, own in texts.items()]
    key = hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:12]
    path = out / "pretraining" / f"tokenizer-{key}.json"
    if group.rank == 0 and not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        trained = train_tokenizer(
            texts, settings.tokenizer, settings.vocabulary, lowercase=settings.lowercase
        )
        with replacing(path) as staging:
            trained.save(str(staging))
    group.wait()
    return Tokenizer.from_file(str(path))


def _fake_dictionaries(text: TrainingText) -> list[Dictionary]:
    return [
        fake_dictionary(twin_of(language), text.held_out[twin_of(language)])
        for language in text.pool
        if is_fake(language)
    ]


def _one(
    run: Run,
    text: TrainingText,
    tokenizer: Tokenizer,
    group: Replicas,
    pause: Callable[[], bool] | None,
    tell: Tell | None,
    device: str,
) -> None:
    """Train a run, or go on with it; a finished one is left as it is."""
    say: Tell = tell if tell is not None and group.rank == 0 else lambda _run, _row: None
    say(run, {"kind": "begin", "step": run.steps, "finished": run.is_finished})
    if run.is_finished:
        return
    train_arm(
        run,
        text.first(run.arm.sentences),
        text.held_out,
        tokenizer,
        progress=lambda row: say(run, row),
        pause=pause,
        replicas=group,
        device=device,
    )
    say(run, {"kind": "end", "step": run.settings.steps})


def _ask(
    run: Run,
    text: TrainingText,
    tokenizer: Tokenizer,
    question: Question,
    tell: Tell | None,
) -> None:
    """Ask the kept checkpoints of a run what they have not been asked yet."""
    pairs = {(one.source, one.target) for one in question.dictionaries}
    asked = {row["step"] for row in run.alignment.rows()}
    left = [step for step in kept_steps(run.settings) if step not in asked]
    if run.arm.control == CBOW or not any({*pair} <= {*run.arm.languages} for pair in pairs):
        left = []  # nothing to align
    if not left and unigrams(run) is not None:
        return
    task, own = task_of(run, text.first(run.arm.sentences), text.held_out, tokenizer)
    write_unigrams(run, task)
    dtype = torch.bfloat16 if run.settings.dtype == "bf16" else torch.float32
    for step in left:
        started = time.perf_counter()
        task.model.load_state_dict(weights_of(run, step), strict=False)
        encoders = encoders_of(task, own, run.folder.name, f"step {step}", dtype)
        scores = alignment(encoders, question, run.arm.seed)
        run.alignment.append({"step": step, "scores": scores})
        if tell is not None:
            seconds = time.perf_counter() - started
            tell(run, {"kind": "alignment", "step": step, "scores": scores, "seconds": seconds})


def family_card(
    settings: Settings, tokenizer: Tokenizer, fingerprint: str, source: str
) -> ModelCard:
    """Return what all models of an experiment have in common.

    Args:
        settings: Of the experiment.
        tokenizer: Of all its models.
        fingerprint: Of the weights of the first.
        source: Where that one lies.
    """
    shape = settings.recipe.shape
    model = shape.model(tokenizer.get_vocab_size(), settings.recipe.length, 0, 0)
    return ModelCard(
        name=f"bert-{shape}", revision="trained from nothing", fingerprint=fingerprint,
        parameters=sum(one.numel() for one in model.parameters()), family="bert",
        layers=shape.layers, width=shape.width, source=source,
    )  # fmt: skip
