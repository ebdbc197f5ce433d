"""What `firth.experiments.reading_study` trains: one reader an arm and seed, declared beforehand.

Arms (``arm`` of a score), all with the same number of training questions:
    zero-shot    the encoder, on questions of the source language only
    in-language  the encoder, on questions of the target language only
    both         the encoder, half of the questions of each
    random       the same shape from random weights, on questions of the target language where there
                 are any, with a rate of its own: what the questions alone can teach
    untrained    the encoder with a fresh head, no training: the floor

A target is a language of the training files other than the source. ``in-language``, ``both`` and
``random`` are trained once a target, and tested where the test is of the target's language, in
whatever script; the others are tested everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from firth.errors import InputError, OptionError, did_you_mean
from firth.experiments.reading import Asking
from firth.experiments.reading_lessons import Lessons
from firth.text.squad_records import QuestionSet
from firth.text.squad_subsets import first_questions, for_training
from firth.train.reader_recipe import ReaderRecipe

ZERO_SHOT, IN_LANGUAGE, BOTH = "zero-shot", "in-language", "both"
RANDOM, UNTRAINED = "random", "untrained"
ARMS = (ZERO_SHOT, IN_LANGUAGE, BOTH, RANDOM, UNTRAINED)

# What is compared: its name, first minus second.
CONTRASTS = (
    ("gap", IN_LANGUAGE, ZERO_SHOT),
    ("both against in-language", BOTH, IN_LANGUAGE),
    ("zero-shot against random", ZERO_SHOT, RANDOM),
    ("zero-shot against untrained", ZERO_SHOT, UNTRAINED),
)
RANDOM_RATE = 5e-4


@dataclass(frozen=True)
class Settings:
    """The declaration of the experiment.

    Attributes:
        arms: Which of `ARMS`.
        source: The language of zero-shot; the first training file's for None.
        questions: Questions of each arm; as many as the smallest language has for None.
        seeds: Runs of each arm.
        first_seed: The seed of the first; the others follow it.
        random_rate: Highest learning rate of ``random``.
        test_share: Share of the articles that is kept for the test, of a file that is both learnt
            from and tested on.
        recipe: How readers are trained; its seed, rate and weights are each arm's own.
        asking: How they are tested.
    """

    arms: tuple[str, ...] = ARMS
    source: str | None = None
    questions: int | None = None
    seeds: int = 1
    first_seed: int = 0
    random_rate: float = RANDOM_RATE
    test_share: float = 0.5
    recipe: ReaderRecipe = field(default_factory=ReaderRecipe)
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        if self.seeds < 1:
            raise OptionError(f"seeds {self.seeds}: it must be at least 1")
        if not 0 < self.test_share < 1:
            raise OptionError(f"test-share {self.test_share}: legal is between 0 and 1")
        if self.questions is not None and self.questions < 2:
            raise OptionError(f"questions {self.questions}: at least 2 are needed")
        if not self.arms:
            raise OptionError(f"no arm: legal are {', '.join(ARMS)}")
        for one in self.arms:
            if one not in ARMS:
                raise OptionError(
                    f"arm {one!r}: legal are {', '.join(ARMS)}.{did_you_mean(one, ARMS)}"
                )

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings that `as_dict` gave."""
        own = dict(config)
        own["arms"] = tuple(own["arms"])
        own["recipe"] = ReaderRecipe.of(own["recipe"])
        own["asking"] = Asking(**own["asking"])
        return cls(**own)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON would give them back."""
        own = dict(vars(self)) | {"arms": list(self.arms)}
        return own | {"recipe": self.recipe.as_dict(), "asking": self.asking.as_dict()}


@dataclass(frozen=True)
class Arm:
    """One reader to be trained and tested.

    Attributes:
        name: One of `ARMS`.
        seed: Of the run.
        target: The language that it is about; None where it is about all.
        lessons: What it learns from; None for no training.
        recipe: How.
    """

    name: str
    seed: int
    target: str | None
    lessons: Lessons | None
    recipe: ReaderRecipe

    @property
    def label(self) -> str:
        """What it is called while it runs."""
        about = f" {self.target}" if self.target else ""
        return f"{self.name}{about} seed {self.seed}"

    def asks(self, language: str) -> bool:
        """Tell whether it is tested on a language."""
        return self.target is None or main_language(language) == main_language(self.target)


def main_language(language: str) -> str:
    """Return the language without script and region: ``zh`` for zh-Hant."""
    return language.lower().replace("_", "-").partition("-")[0]


def arms_of(settings: Settings, training: Mapping[str, QuestionSet]) -> list[Arm]:
    """Return all arms, each with its questions.

    Args:
        settings: The declaration.
        training: Language -> questions to learn from.

    Raises:
        InputError: There is no question, or the source is not among the languages.
        OptionError: A language has not as many questions, or an arm needs another language.
    """
    usable = {language: for_training(one) for language, one in training.items()}
    for language, one in usable.items():
        if not one.sizes.questions:
            raise InputError(
                f"{one.name}: no {language} question to learn from: none has an answer whose place "
                "is known"
            )
    if not usable:
        raise InputError("no questions to learn from; give a file as en=FILE")
    source = settings.source or next(iter(usable))
    if source not in usable:
        raise OptionError(
            f"source {source!r} is no language of the training files: {', '.join(usable)}"
        )
    targets = [language for language in usable if language != source]
    n = matched(settings, usable)
    return [
        arm
        for seed in range(settings.first_seed, settings.first_seed + settings.seeds)
        for arm in _arms_of_seed(settings, usable, source, targets, n, seed)
    ]


def matched(settings: Settings, usable: Mapping[str, QuestionSet]) -> int:
    """Return the number of questions that every arm learns from."""
    least = min(usable, key=lambda language: usable[language].sizes.questions)
    most = usable[least].sizes.questions
    if settings.questions is None:
        return most
    if settings.questions > most:
        raise OptionError(
            f"questions {settings.questions}: {least} has {most} only, and the arms are matched in "
            "the number of questions"
        )
    return settings.questions


def _arms_of_seed(
    settings: Settings,
    usable: Mapping[str, QuestionSet],
    source: str,
    targets: Sequence[str],
    n: int,
    seed: int,
) -> list[Arm]:
    recipe = replace(settings.recipe, seed=seed)
    fresh = replace(recipe, pretrained=False, rate=settings.random_rate, frozen_layers=None)
    draw = settings.first_seed  # the same questions for all seeds: only the training differs

    def lessons(**numbers: int) -> Lessons:
        chosen = {
            language: first_questions(usable[language], number, draw)
            for language, number in numbers.items()
        }
        return Lessons(chosen, {})

    found: list[Arm] = []
    if ZERO_SHOT in settings.arms:
        found.append(Arm(ZERO_SHOT, seed, None, lessons(**{source: n}), recipe))
    for target in targets:
        halves = {source: n - n // 2, target: n // 2}
        found += [
            Arm(IN_LANGUAGE, seed, target, lessons(**{target: n}), recipe),
            Arm(BOTH, seed, target, lessons(**halves), recipe),
            Arm(RANDOM, seed, target, lessons(**{target: n}), fresh),
        ]
    if not targets:
        found.append(Arm(RANDOM, seed, None, lessons(**{source: n}), fresh))
    found.append(Arm(UNTRAINED, seed, None, None, recipe))
    return [arm for arm in found if arm.name in settings.arms]
