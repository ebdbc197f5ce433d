"""The training that travels with firth: a small BERT on English and fake English, step by step.

Its checkpoints, in int8 rows, lie in ``grown`` beside the log of the run (``recipes/grown.py`` made
them; the folder's README says of what). Nothing is trained here: the losses are read from the log,
and every checkpoint is loaded and asked for the translations of the words of firth's own sentences,
half of them in English and the other half shifted.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from firth.encoder.load import fingerprint
from firth.encoder.quantised import read_int8_rows
from firth.experiments.answer import Measured, answer
from firth.experiments.pretrain import NAME, Family, family_card
from firth.experiments.pretrain_alignment import Question, alignment, encoders_of, fake_dictionary
from firth.experiments.pretrain_arms import Arm, Settings, kept_steps
from firth.experiments.pretrain_curves import add_curves
from firth.experiments.pretrain_runs import UNIGRAMS, Run, task_of
from firth.results.files import replacing
from firth.results.manifest import text_card
from firth.results.schema import Result
from firth.text.carried import dictionary, homographs, plain
from firth.text.corpora import Corpora
from firth.text.training import with_fake
from firth.train.loop import LOG, kept_name

FOLDER = Path(__file__).with_name("grown")
LEAST = 2  # occurrences of a word: there are few sentences
FAKE_OF = "en"


def texts() -> Corpora:
    """Return the English sentences that firth brings, half of them shifted."""
    own = [entry.occurrence.sentence for entry in dictionary() if entry.language == FAKE_OF]
    own += [one.sentence for one in homographs(FAKE_OF)]
    return with_fake({FAKE_OF: [*own, *plain(FAKE_OF)]}, FAKE_OF)


def declaration(folder: Path = FOLDER) -> tuple[Settings, Arm]:
    """Return what was trained."""
    said = json.loads((folder / "arm.json").read_text(encoding="utf-8"))
    stated = dict(said["settings"])
    dtype = stated.pop("dtype")
    settings = Settings.of(stated, "bfloat16" if dtype == "bf16" else "float32")
    arm = Arm(said["sentences"], tuple(said["languages"]), said["seed"])
    return settings, arm


def grown(
    *,
    runs: str | None = None,
    progress: Callable[[int], None] | None = None,
    folder: Path = FOLDER,
) -> Result:
    """Ask every checkpoint that travels with firth.

    Args:
        runs: A store: the same question is answered from it.
        progress: Called with the number of checkpoints asked since the last call.
        folder: Where they lie.
    """
    settings, arm = declaration(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    corpora = texts()
    question = Question((fake_dictionary(FAKE_OF, corpora[FAKE_OF], LEAST),), corpora, least=LEAST)
    weights = [folder / kept_name(step) for step in kept_steps(settings)]
    card = family_card(settings, tokenizer, fingerprint(folder, weights), "grown")
    config: dict[str, Any] = {
        "settings": settings.as_dict(), "source": {"carried": True},
        "languages": list(arm.languages), "seed": arm.seed,
    }  # fmt: skip
    data = [text_card(f"{language} carried", own) for language, own in corpora.items()]

    def measure() -> Measured:
        found = Measured()
        with tempfile.TemporaryDirectory(prefix="firth-grown-") as place:
            run = Run(arm, Path(place), settings)
            for name in (LOG, UNIGRAMS):
                with replacing(run.folder / name) as staging:
                    staging.write_bytes((folder / name).read_bytes())
            _ask(run, corpora, tokenizer, question, folder, progress)
            add_curves([run], settings, found)
        for row in found.tables["models"]:
            row["folder"] = "grown"
        return found

    return answer(NAME, Family(card, "float32"), config, data, runs, measure)


def _ask(
    run: Run,
    corpora: Corpora,
    tokenizer: Tokenizer,
    question: Question,
    folder: Path,
    progress: Callable[[int], None] | None,
) -> None:
    task, own = task_of(run, corpora, corpora, tokenizer)
    for step in kept_steps(run.settings):
        state = read_int8_rows(folder / kept_name(step))
        task.model.load_state_dict(state, strict=False)
        encoders = encoders_of(task, own, "grown", f"step {step}", torch.float32)
        scores = alignment(encoders, question, run.arm.seed)
        run.alignment.append({"step": step, "scores": scores})
        if progress is not None:
            progress(1)
