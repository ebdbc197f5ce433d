"""Train one arm of `firth.experiments.pretrain` in its own folder, or go on with it.

The folder holds ``arm.json`` (what it is), ``tokenizer.json``, the log and checkpoints of the loop,
``alignment-KEY.jsonl`` (what each kept checkpoint scored), ``unigram.json`` and at the end
``model``, a Hugging Face folder (of CBOW ``vectors.safetensors``). All of it is written whole or
not at all; a finished arm is read, not trained.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from firth.encoder.load import torch_device
from firth.experiments.pretrain_arms import CBOW, Arm, Settings, key_of, plan_of, recipe_of
from firth.results.files import replacing
from firth.results.manifest import text_card
from firth.text.corpora import Corpora
from firth.train.checkpoint import CHECKPOINT, read_progress, read_weights
from firth.train.log import Log
from firth.train.loop import LOG, train
from firth.train.model_folder import write_model
from firth.train.pretraining import Pretraining, pretraining, with_own_specials
from firth.train.replicas import Replicas
from firth.train.shallow import Shallow, unigram

MODEL = "model"
VECTORS = "vectors.safetensors"
UNIGRAMS = "unigram.json"


@dataclass(frozen=True)
class Run:
    """An arm in its folder.

    Attributes:
        arm: What it is.
        folder: Where it lies.
        settings: Of the experiment.
        question: Key of what its checkpoints are asked.
    """

    arm: Arm
    folder: Path
    settings: Settings
    question: str = ""

    @property
    def steps(self) -> int:
        """Steps that its checkpoint has seen."""
        stored = read_progress(self.folder)
        return 0 if stored is None else stored.step

    @property
    def is_finished(self) -> bool:
        """Whether all steps are done and the model stands."""
        made = VECTORS if self.arm.control == CBOW else MODEL
        return self.steps >= self.settings.steps and (self.folder / made).exists()

    @property
    def log(self) -> Log:
        """Its log."""
        return Log(self.folder / LOG)

    @property
    def alignment(self) -> Log:
        """What its checkpoints scored."""
        return Log(self.folder / f"alignment-{self.question}.jsonl")


def run_of(
    settings: Settings,
    arm: Arm,
    texts: Corpora,
    tokenizer: Tokenizer,
    out: str | Path,
    question: str = "",
) -> Run:
    """Return the run of an arm, begun or not.

    Args:
        settings: Of the experiment.
        arm: Which arm.
        texts: Language -> the arm's own sentences.
        tokenizer: Of the experiment.
        out: The store of runs.
        question: Key of what its checkpoints are asked.
    """
    data = [text_card(language, texts[language]).sha256 for language in arm.languages]
    data.append(text_card("tokenizer", [tokenizer.to_str()]).sha256)
    slug = re.sub(r"[^\w.+-]+", "-", f"{settings.recipe.shape}-{arm.name}-seed{arm.seed}")
    folder = Path(out) / "pretraining" / f"{slug}-{key_of(settings, arm, data)}"
    return Run(arm, folder, settings, question)


def task_of(
    run: Run, texts: Corpora, held_out: Mapping[str, Sequence[str]], tokenizer: Tokenizer
) -> tuple[Pretraining, Tokenizer]:
    """Return what learns, and the tokenizer it reads with.

    Args:
        run: The run.
        texts: Language -> the arm's own sentences.
        held_out: Language -> sentences to validate on.
        tokenizer: Of the experiment.
    """
    arm = run.arm
    if "specials" in arm.switches:
        tokenizer = with_own_specials(tokenizer, arm.languages)
    own = {language: texts[language] for language in arm.languages}
    held = {language: held_out[language] for language in arm.languages}
    about = {"arm": arm.name, "sentences": arm.sentences}
    return pretraining(own, held, tokenizer, recipe_of(run.settings, arm), about), tokenizer


def train_arm(
    run: Run,
    texts: Corpora,
    held_out: Mapping[str, Sequence[str]],
    tokenizer: Tokenizer,
    *,
    progress: Callable[[dict[str, Any]], None] | None = None,
    pause: Callable[[], bool] | None = None,
    replicas: Replicas | None = None,
    device: str = "auto",
) -> None:
    """Train, or go on; at the end the model stands in ``model``.

    Args:
        run: The run.
        texts: Language -> the arm's own sentences.
        held_out: Language -> sentences to validate on.
        tokenizer: Of the experiment.
        progress: Called with each row of the log.
        pause: See `firth.train.loop.train`.
        replicas: The processes.
        device: ``auto``, ``cpu``, ``cuda`` ...
    """
    task, own = task_of(run, texts, held_out, tokenizer)
    task.model.to(torch_device(device))
    writes = replicas is None or replicas.rank == 0
    if writes:
        run.folder.mkdir(parents=True, exist_ok=True)
        if not (run.folder / CHECKPOINT).exists():
            _write(run.folder / "arm.json", _declaration(run))
            with replacing(run.folder / "tokenizer.json") as staging:
                own.save(str(staging))
    shallow = Shallow.beside(task, run.settings.recipe.shape.width, run.arm.seed)
    train(
        shallow if run.arm.control == CBOW else task,
        plan_of(run.settings, run.arm),
        run.folder,
        progress=progress,
        pause=pause,
        replicas=replicas,
    )
    if not writes:
        return
    if run.arm.control == CBOW:
        _write_vectors(run, shallow, own)
    else:
        write_model(run.folder / MODEL, task.model, own, run.settings.recipe.length, _card(run))


def _write_vectors(run: Run, shallow: Shallow, tokenizer: Tokenizer) -> None:
    """Write the input vectors of the pieces, as `firth cbow` reads them."""
    from firth.encoder.vectors import StaticVectors, save_vectors

    size = tokenizer.get_vocab_size()
    pieces = [tokenizer.id_to_token(at) or "" for at in range(size)]
    vectors = shallow.model.inputs.detach().numpy()
    save_vectors(StaticVectors(tuple(pieces), vectors), run.folder / VECTORS)


def unigrams(run: Run) -> dict[str, dict[str, float]] | None:
    """Return what guessing by frequency scores at the run's blanks; None where it is not known."""
    path = run.folder / UNIGRAMS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def write_unigrams(run: Run, task: Pretraining) -> None:
    """Keep what guessing by frequency scores."""
    _write(run.folder / UNIGRAMS, unigram(task))


def _declaration(run: Run) -> dict[str, Any]:
    arm = run.arm
    return {
        "arm": arm.name, "sentences": arm.sentences, "languages": list(arm.languages),
        "seed": arm.seed, "switches": list(arm.switches), "control": arm.control,
        "settings": run.settings.as_dict() | {"dtype": run.settings.dtype},
    }  # fmt: skip


def _write(path: Path, content: Mapping[str, Any]) -> None:
    with replacing(path) as staging:
        staging.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _card(run: Run) -> str:
    """What the model is, for whoever finds its folder."""
    arm, settings = run.arm, run.settings
    last = run.log.rows("validation")[-1]["languages"]
    lines = [
        "---",
        "library_name: transformers",
        "pipeline_tag: fill-mask",
        f"language: [{', '.join(arm.languages)}]",
        "---",
        "",
        f"# BERT {settings.recipe.shape}, {' and '.join(arm.languages)}, from nothing",
        "",
        f"Masked language model trained by `firth pretrain` on {arm.sentences:,} sentences of each "
        f"language, {settings.steps:,} steps of {settings.recipe.batch} sequences of "
        f"{settings.recipe.length} pieces, seed {arm.seed}"
        + (f", with the switches {', '.join(arm.switches)}" if arm.switches else "")
        + ". A model to look at, not to use: it is small and has read little.",
        "",
        "| held-out text | loss | right | blanks |",
        "|---|---:|---:|---:|",
        *(
            f"| {language} | {own['mlm_loss']:.3f} | {own['mlm_accuracy']:.3f} | {own['n']} |"
            for language, own in last.items()
        ),
        "",
    ]
    if "positions" in arm.switches:
        lines += [
            f"Positions: {arm.languages[0]} uses the first {settings.recipe.length}, each further "
            f"language the next {settings.recipe.length}.",
            "",
        ]
    return "\n".join(lines)


def weights_of(run: Run, step: int) -> dict[str, Any]:
    """Return the weights that were kept of a step: name -> tensor."""
    from safetensors.torch import load_file

    from firth.train.loop import kept_name

    path = run.folder / kept_name(step)
    return dict(load_file(path)) if path.is_file() else read_weights(run.folder)
