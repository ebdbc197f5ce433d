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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from firth.encoder.load import fingerprint
from firth.errors import ResultError, first_line
from firth.experiments.answer import Measured, answer
from firth.experiments.pretrain_alignment import Question, fake_dictionary, question_of
from firth.experiments.pretrain_arms import Settings, arms_of
from firth.experiments.pretrain_asking import Tell, ask_run
from firth.experiments.pretrain_curves import add_curves
from firth.experiments.pretrain_runs import MODEL, Run, run_of, train_arm
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
    asked = question_of(text.held_out, [*dictionaries, *_fake_dictionaries(text)])
    work = _Work(text, settings, asked, Path(out), tell)
    group = replicas()
    try:
        work.train(group, pause, device)
        group.close()
        if group.rank:
            return None
        work.ask()
        return work.result(source or {}, store=not fresh)
    except OSError as error:
        raise ResultError(
            f"{error.filename or out} cannot be written: {error.strerror or first_line(error)}; "
            "what is finished stays, and the same command goes on"
        ) from error


@dataclass
class _Work:
    """What an experiment has in hand.

    Attributes:
        text: Sentences of the languages.
        settings: The declaration.
        question: What checkpoints are asked.
        out: The store.
        tell: Takes the rows of the logs.
        runs: Those that are trained.
    """

    text: TrainingText
    settings: Settings
    question: Question
    out: Path
    tell: Tell | None
    runs: list[Run] = field(default_factory=list[Run])

    def train(self, group: Replicas, pause: Callable[[], bool] | None, device: str) -> None:
        """Train every arm, or go on with it; what is finished is left as it is."""
        is_told = self.tell is not None and group.rank == 0
        say: Tell = self.tell if is_told and self.tell else lambda _run, _row: None
        self.tokenizer = tokenizer_of(self.text, self.settings, self.out, group)
        for arm in arms_of(self.settings, tuple(self.text.pool)):
            texts = self.text.first(arm.sentences)
            run = run_of(self.settings, arm, texts, self.tokenizer, self.out, self.question.key)
            self.runs.append(run)
            say(run, {"kind": "begin", "step": run.steps, "finished": run.is_finished})
            if run.is_finished:
                continue
            train_arm(
                run,
                texts,
                self.text.held_out,
                self.tokenizer,
                progress=partial(say, run),
                pause=pause,
                replicas=group,
                device=device,
            )
            say(run, {"kind": "end", "step": self.settings.steps})

    def ask(self) -> None:
        """Ask the kept checkpoints of every run what they have not been asked yet."""
        for run in self.runs:
            texts = self.text.first(run.arm.sentences)
            ask_run(run, texts, self.text.held_out, self.tokenizer, self.question, self.tell)

    def result(self, source: Mapping[str, Any], *, store: bool) -> Result:
        """Sum up, or return what is stored."""
        text, settings, question = self.text, self.settings, self.question
        folder = self.runs[0].folder / MODEL
        prints = fingerprint(folder, sorted(folder.glob("*.safetensors")))
        card = family_card(settings, self.tokenizer, prints, str(folder))
        config: dict[str, Any] = {
            "settings": settings.as_dict(), "source": dict(source),
            "languages": list(text.pool), "seed": settings.first_seed,
        }  # fmt: skip
        data = [text_card(f"{language} text", own) for language, own in text.pool.items()]
        data += [text_card(f"{language} held out", own) for language, own in text.held_out.items()]
        data += [
            text_card(f"{one.name} dictionary", map("\t".join, one.pairs))
            for one in question.dictionaries
        ]

        def measure() -> Measured:
            found = Measured(warnings=list(text.notes))
            if not question.dictionaries:
                found.warnings.append(
                    "no dictionary (--dictionary en-zh=FILE), so alignment was not measured"
                )
            add_curves(self.runs, settings, found)
            return found

        family = Family(card, "bfloat16" if settings.dtype == "bf16" else "float32")
        result = answer(NAME, family, config, data, str(self.out) if store else None, measure)
        if not store:
            result.save(self.out)
        return result


def tokenizer_of(text: TrainingText, settings: Settings, out: Path, group: Replicas) -> Tokenizer:
    """Return the tokenizer of these texts, from the store where it was trained before.

    The library's trainers break ties as their hash maps happen to lie: trained again it would be
    another one, and all runs with it.

    Args:
        text: Sentences of the languages.
        settings: The declaration.
        out: The store.
        group: The processes; the first one trains.
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
