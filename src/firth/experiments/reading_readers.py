"""The readers of an experiment in their folders, and the answers that each has given.

``OUT/readers/ENCODER-ARM-LANGUAGES-seedN-KEY`` is a reader's Hugging Face folder; beside its files
lie ``answers-KEY.json``, one for each test it was asked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firth.encoder.model import Encoder
from firth.encoder.reader import Reader
from firth.experiments.reading import Asking, ask
from firth.experiments.reading_arms import Arm
from firth.experiments.reading_exams import Exam
from firth.experiments.reading_lessons import Lessons
from firth.experiments.reading_runs import ReaderRun, read_training, run_key
from firth.results.files import replacing
from firth.results.schema import Cell
from firth.train.reader import new_reader


@dataclass(frozen=True)
class ArmRun:
    """An arm in its folder.

    Attributes:
        arm: What it is.
        folder: Where it lies.
        training: What is to be trained; None for an arm without training.
    """

    arm: Arm
    folder: Path
    training: ReaderRun | None

    def row(self) -> dict[str, Cell]:
        """Return what the result says of it."""
        arm = self.arm
        about = (read_training(self.folder) or {}) if self.training else {}
        learnt = {} if arm.lessons is None else arm.lessons.training
        row: dict[str, Cell] = {
            "arm": arm.name, "seed": arm.seed,
            "learnt_from": [f"{one} {own.sizes.questions}" for one, own in learnt.items()],
            "questions": 0 if arm.lessons is None else arm.lessons.n,
            "steps": int(about.get("steps", 0)),
        }  # fmt: skip
        if arm.target is not None:
            row["target"] = arm.target
        if self.training is not None:
            row |= {
                "rate": arm.recipe.rate, "windows": int(about["windows"]["windows"]),
                "seconds": float(about["seconds"]), "last_loss": about["last_loss"],
                "folder": str(self.folder),
            }  # fmt: skip
        return row


def arm_run(encoder: Encoder, arm: Arm, out: Path) -> ArmRun:
    """Return the run of an arm, begun or not."""
    lessons = arm.lessons or Lessons({}, {})
    languages = "+".join(lessons.training) or "nothing"
    name = f"{encoder.name}-{arm.name}-{languages}-seed{arm.seed}"
    key = run_key(encoder, lessons, arm.recipe)
    slug = re.sub(r"[^\w.+-]+", "-", name)
    folder = out / "readers" / f"{slug}-{key}"
    training = None if arm.lessons is None else ReaderRun(encoder, lessons, arm.recipe, folder)
    return ArmRun(arm, folder, training)


def answers_of(
    encoder: Encoder,
    run: ArmRun,
    exam: Exam,
    asking: Asking,
    progress: Callable[[int], None] | None = None,
) -> list[str]:
    """Return a reader's answers to a test, from its folder where it was asked before.

    Args:
        encoder: What the arms begin with.
        run: The arm.
        exam: The test.
        asking: How it is asked.
        progress: Called with the number of questions answered since the last call.
    """
    content = json.dumps([exam.card.sha256, asking.as_dict(), str(encoder.dtype)])
    path = run.folder / f"answers-{hashlib.sha256(content.encode()).hexdigest()[:12]}.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    answered = ask(_reader(encoder, run), exam, asking, progress)
    run.folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as staging:
        staging.write_text(json.dumps(answered.texts, ensure_ascii=False), "utf-8")
    return answered.texts


def _reader(encoder: Encoder, run: ArmRun) -> Reader:
    if run.training is None:
        model = new_reader(encoder, run.arm.seed)
        return Reader.of(encoder, model, run.arm.recipe.windows)
    dtype = "bf16" if "bfloat16" in str(encoder.dtype) else "fp32"
    return Reader.load(str(run.folder), device=encoder.device.type, dtype=dtype)
