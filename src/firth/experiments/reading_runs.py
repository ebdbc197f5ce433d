"""Train a reader in a folder of its own, or go on where it stopped.

While it learns, ``READER.training`` holds the checkpoint and the log of the loop; at the end the
reader stands in ``READER``, written whole or not at all, with ``training.json`` (what it learnt
from, and how), and the other folder is gone. A reader that is finished is left as it is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firth.encoder.model import Encoder
from firth.encoder.question_windows import QuestionWindower, windower_of
from firth.encoder.reader import Reader
from firth.encoder.span_head import head_names
from firth.errors import InputError
from firth.experiments.reading_card import reader_card
from firth.experiments.reading_lessons import Lessons
from firth.probe.answer_threshold import best_answer_threshold
from firth.probe.answers import scores_by_question
from firth.text.squad_records import QuestionSet
from firth.train.checkpoint import read_progress
from firth.train.log import Log
from firth.train.loop import LOG, train
from firth.train.reader import SpanReader
from firth.train.reader_folder import write_reader
from firth.train.reader_recipe import ReaderRecipe, check_recipe
from firth.train.reader_windows import ReaderWindows, reader_windows
from firth.train.replicas import replicas

TRAINING = "training.json"

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class ReaderRun:
    """A reader that is to be trained.

    Attributes:
        encoder: Where it begins.
        lessons: What it learns from.
        recipe: How.
        output: The folder of the reader.
    """

    encoder: Encoder
    lessons: Lessons
    recipe: ReaderRecipe
    output: Path

    @property
    def key(self) -> str:
        """Hash of all that decides what it becomes."""
        return run_key(self.encoder, self.lessons, self.recipe)

    @property
    def work(self) -> Path:
        """Where checkpoint and log lie while it learns."""
        return self.output.absolute().with_name(f"{self.output.absolute().name}.training")

    @property
    def is_finished(self) -> bool:
        """Whether the reader stands.

        Raises:
            InputError: Something else stands in its place.
        """
        if not self.output.exists():
            return False
        stored = read_training(self.output)
        if stored is None:
            if self.output.is_dir() and not any(self.output.iterdir()):
                return False
            raise InputError(
                f"{self.output} exists and is no reader of firth's; give another --output"
            )
        if stored["key"] != self.key:
            raise InputError(
                f"{self.output} holds a reader of other questions, another encoder or other "
                "settings; give another --output, or remove it"
            )
        return True

    @property
    def steps(self) -> int:
        """Steps that its checkpoint has seen."""
        stored = read_progress(self.work)
        return 0 if stored is None else stored.step


def run_key(encoder: Encoder, lessons: Lessons, recipe: ReaderRecipe) -> str:
    """Return a hash of all that decides what a reader becomes."""
    declared = recipe.as_dict()
    del declared["checkpoint_minutes"]
    content = json.dumps([encoder.card.fingerprint, lessons.digest, declared], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def read_training(folder: Path) -> dict[str, Any] | None:
    """Return what a reader's folder says of its training; None where it says nothing."""
    try:
        return json.loads((folder / TRAINING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def train_reader(
    run: ReaderRun,
    *,
    tell: Tell | None = None,
    pause: Callable[[], bool] | None = None,
) -> dict[str, Any] | None:
    """Train, or go on; at the end the reader stands.

    Args:
        run: What to train.
        tell: Called with each row of the log, before with ``kind`` ``begin`` and after with
            ``end``.
        pause: Asked after every step; when it says yes, ``Paused`` is raised.

    Returns:
        What ``training.json`` says; None in all processes but the first under ``torchrun``.

    Raises:
        InputError: The place is taken, or no question can be learnt from.
        OptionError: A setting does not fit the encoder.
        ResultError: See `firth.train.loop.train`.
    """
    say: Tell = tell or (lambda _row: None)
    if run.is_finished:
        found = read_training(run.output)
        assert found is not None
        say({"kind": "begin", "step": found["steps"], "steps": found["steps"], "finished": True})
        return found
    check_recipe(run.recipe, run.encoder)
    task, windower = _task(run)
    plan = run.recipe.plan(task.steps_per_epoch)
    assert plan.steps is not None
    group = replicas()
    if group.rank == 0:
        mean = sum(one.window.size for one in task.training.windows) / len(task.training.windows)
        say(
            {"kind": "begin", "step": run.steps, "steps": plan.steps, "finished": False,
             "tokens_per_step": mean * len(task.training.windows) / task.steps_per_epoch}
        )  # fmt: skip
    try:
        run.work.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{run.work.parent} cannot be made: {error.strerror}") from error
    log = train(
        task, plan, run.work, progress=say if group.rank == 0 else None, pause=pause, replicas=group
    )
    group.close()
    if group.rank:
        return None
    about = _finish(run, task, windower, log, plan.steps)
    say({"kind": "end", "step": plan.steps, "steps": plan.steps})
    return about


def _task(run: ReaderRun) -> tuple[SpanReader, QuestionWindower]:
    recipe, encoder = run.recipe, run.encoder
    windower = windower_of(
        encoder.tokenizer, encoder.model.config, recipe.windows, encoder.max_tokens
    )

    def cut(given: QuestionSet) -> ReaderWindows:
        return reader_windows(given.items(), windower, negatives=recipe.negatives, seed=recipe.seed)

    training = reader_windows(
        run.lessons.items, windower, negatives=recipe.negatives, seed=recipe.seed
    )
    held_out = {language: cut(one) for language, one in run.lessons.held_out.items()}
    return recipe.task(encoder, training, held_out, {"key": run.key}), windower


def _finish(
    run: ReaderRun, task: SpanReader, windower: QuestionWindower, log: Log, steps: int
) -> dict[str, Any]:
    """Write the reader, and throw the checkpoint away."""
    lessons = run.lessons
    rows = log.rows("train")
    validations = log.rows("validation")
    threshold = _threshold(run, task.model) if lessons.unanswerable else None
    about: dict[str, Any] = {
        "key": run.key,
        "encoder": run.encoder.card.model_dump(mode="json"),
        "recipe": run.recipe.as_dict(),
        "steps": steps,
        "seconds": log.rows()[-1]["seconds"],
        "training": _sizes(lessons.training),
        "held_out": _sizes(lessons.held_out),
        "windows": task.training.counts.as_dict(),
        "head": head_names(task.model),
        "last_loss": rows[-1]["loss"] if rows else None,
        "validation": validations[-1]["languages"] if validations else {},
        "notes": lessons.notes(),
    }
    write_reader(
        run.output,
        task.model,
        run.encoder.tokenizer,
        windower.options,
        reader_card(about),
        threshold,
        {
            TRAINING: json.dumps(about, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
            LOG: log.path.read_text(encoding="utf-8"),
        },
    )
    shutil.rmtree(run.work, ignore_errors=True)
    return about


def _sizes(sets: Mapping[str, QuestionSet]) -> dict[str, Any]:
    return {
        language: {
            "name": one.name, "articles": one.sizes.articles, "paragraphs": one.sizes.paragraphs,
            "questions": one.sizes.questions, "impossible": one.sizes.impossible,
        }
        for language, one in sets.items()
    }  # fmt: skip


def _threshold(run: ReaderRun, model: Any) -> float | None:
    """Fit when to leave a question unanswered, on what was held out; None where nothing was."""
    items = [item for one in run.lessons.held_out.values() for item in one.items()]
    if not items:
        return None
    found = Reader.of(run.encoder, model, run.recipe.windows).answers(items)
    golds = [item.question.golds for item in items]
    answered = scores_by_question([one.text for one in found], golds, "squad2", "en")
    none = np.array([float(item.question.is_impossible) for item in items])
    chances = np.array([one.no_answer_probability for one in found])
    return best_answer_threshold(chances, answered.f1, none).threshold
