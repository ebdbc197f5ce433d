"""Does a text BERT help on sequences that are not text, and what of it does?

Source: Kao & Lee 2021 ("Is BERT a Cross-Disciplinary Knowledge Learner?"), told in Hung-yi Lee's
lecture: A, C, G and T each become a random word, and a BERT that has only ever read English is
fine-tuned on DNA, with a linear layer on its first token. It beats the same network from random
weights. Is that knowledge, or is a pre-trained BERT just better initialised?

So every matrix of it is also shuffled: the scale of the weights stays, what they know goes; and
embeddings and blocks are taken apart. Each arm has its own learning rate and warm-up from a search
of the same length, for an untuned arm is a straw man, and beside them stands what a practitioner
would use without any text model. Arms and controls are declared in `transfer_arms`, their weights
in `transfer_weights`; what is tested and how in `transfer_summary`; the tables in
`transfer_tables`. The model after the last step is what is scored: the number of steps is fixed
beforehand, and nothing is chosen on the test data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from firth.encoder.model import Encoder
from firth.encoder.sequence_classifier import vocabulary_of
from firth.errors import OptionError, ResultError, first_line
from firth.experiments.answer import Measured, answer
from firth.experiments.transfer_arms import (
    CNN,
    FROZEN,
    KMERS,
    MAJORITY,
    PRETRAINED,
    TUNED,
    Settings,
    Trial,
    seeds_of,
)
from firth.experiments.transfer_data import Material, material_of
from firth.experiments.transfer_frozen import frozen
from firth.experiments.transfer_items import items_of
from firth.experiments.transfer_kmers import plain_arms
from firth.experiments.transfer_runs import Bench, Run, Tell, steps_of, train_run
from firth.experiments.transfer_search import Chosen, n_trials, search
from firth.experiments.transfer_summary import ArmAnswers, add_scores
from firth.experiments.transfer_tables import Row, add_runs, map_rows, search_rows
from firth.results.items import item_arrays
from firth.results.manifest import text_card
from firth.results.schema import Result
from firth.text.sequences import SequenceSet
from firth.text.splits import Splits, make_splits
from firth.text.symbols import draw_maps
from firth.train.classify_model import ends_of

NAME = "transfer"


def transfer(
    encoder: Encoder,
    data: SequenceSet,
    settings: Settings,
    *,
    out: str = "runs",
    keep: bool = False,
    source: Mapping[str, Any] | None = None,
    tell: Tell | None = None,
    pause: Callable[[], bool] | None = None,
    fresh: bool = False,
) -> tuple[Result, Bench]:
    """Train every arm, or go on where it stopped, and sum up.

    Args:
        encoder: The pre-trained one.
        data: Sequences with labels.
        settings: The declaration.
        out: A store: runs lie in ``out/transferring``, the result in ``out/transfer``.
        keep: Whether the weights of ``pretrained`` stay, so that they can be saved.
        source: What the data were read from.
        tell: Called with a run and each row of its log, also with ``kind`` ``begin`` and ``end``.
        pause: Asked after every step; when it says yes, ``Paused`` is raised.
        fresh: Sum up again even where a result is stored; runs are gone on with all the same.

    Returns:
        The result, and what its runs share (`firth.experiments.transfer_save` takes it).

    Raises:
        InputError: The data cannot be used as they are.
        ResultError: A run cannot go on; see `firth.train.loop.train`.
        Paused: The time is over.
    """
    bench, splits = bench_of(encoder, data, settings, out)
    work = _Work(bench, splits, keep, tell, pause)
    config: dict[str, Any] = {
        "settings": settings.as_dict(), "source": dict(source or {}), "target": data.target,
        "symbols": data.symbols, "classes": list(data.classes), "metric": bench.material.metric,
        "train": len(bench.material.train.places), "dev": len(bench.material.dev.places),
        "test": len(bench.material.test.places), "seed": settings.first_seed,
    }  # fmt: skip
    cards = [text_card(data.name, data.lines())]
    card = _Typed(encoder, "bfloat16" if settings.dtype == "bf16" else "float32")
    try:
        result = answer(NAME, card, config, cards, None if fresh else out, work.measure)
        if fresh:
            result.save(out)
    except OSError as error:
        raise ResultError(
            f"{error.filename or out} cannot be written: {error.strerror or first_line(error)}; "
            "what is finished stays, and the same command goes on"
        ) from error
    return result, bench


@dataclass(frozen=True)
class _Typed:
    """An encoder as the model of a result whose products have the type of the training."""

    encoder: Encoder
    dtype: str

    @property
    def card(self) -> Any:
        return self.encoder.card


def bench_of(
    encoder: Encoder, data: SequenceSet, settings: Settings, out: str
) -> tuple[Bench, Splits]:
    """Return what all runs share, nothing trained yet.

    Raises:
        InputError: The data cannot be used as they are.
        OptionError: A setting does not fit the data or the encoder.
    """
    before, after = ends_of(encoder)
    splits = make_splits(data, settings.shares, settings.first_seed)
    material = material_of(
        data, splits, encoder.max_tokens - len(before) - len(after), window=settings.window,
        stride=settings.stride, train_size=settings.train_size, vote=settings.vote,
        seed=settings.first_seed,
    )  # fmt: skip
    splits = replace(splits, train=material.train.places)
    vocabulary = vocabulary_of(encoder)
    maps = draw_maps(
        data.alphabet, vocabulary, settings.maps, seed=settings.first_seed,
        script=settings.script, unknown=encoder.tokenizer.unk_token_id,
    )  # fmt: skip
    return Bench(encoder, material, maps, settings, Path(out)), splits


@dataclass
class _Work:
    """What an experiment has in hand.

    Attributes:
        bench: What all runs share.
        splits: Training data as they are learnt from, development and test data.
        keep: Whether weights of ``pretrained`` stay.
        tell: Takes the rows of the logs.
        pause: Asked after every step.
        chosen: Arm -> what its search came to.
        runs: Finished runs, without those of the searches.
    """

    bench: Bench
    splits: Splits
    keep: bool
    tell: Tell | None
    pause: Callable[[], bool] | None
    chosen: dict[str, Chosen] = field(default_factory=dict[str, Chosen])
    runs: list[Run] = field(default_factory=list[Run])

    @cached_property
    def material(self) -> Material:
        """The data."""
        return self.bench.material

    def measure(self) -> Measured:
        """Train what is not trained yet, and sum up."""
        settings = self.bench.settings
        trained = [arm for arm in settings.arms if arm in TUNED or arm == CNN]
        for arm in trained:
            self.chosen[arm] = search(self.bench, arm, self.train)
        for trial in self._trials(trained):
            run = self.bench.run(trial)
            self.train(run)
            self.runs.append(run)
        found = Measured(warnings=list(self.material.notes))
        arms = [*self._answers(trained), *self._untrained(found)]
        sampled = add_scores(self.material, arms, settings.first_seed, found)
        found.arrays = item_arrays(items_of(self.material, arms))
        add_runs(self.runs, sampled["sequence"], settings, self.material.metric, found)
        found.tables["maps"] = map_rows(self.bench.maps)
        found.warnings += [
            f"the best rate of {arm}, {own.trial.rate:g}, is at the edge of those that were "
            "tried: there may be a better one beyond"
            for arm, own in self.chosen.items()
            if own.at_edge
        ]
        return found

    def train(self, run: Run) -> None:
        """Train a run where it is not finished."""
        trial = run.trial
        keep = self.keep and trial.arm == PRETRAINED and trial.control is None
        done = run.is_finished and (run.has_weights or not keep)
        if self.tell is not None:
            self.tell(run, {"kind": "begin", "step": 0, "finished": done})
        if done:
            return
        device = self.bench.encoder.device.type
        train_run(self.bench, run, keep=keep, tell=self.tell, pause=self.pause, device=device)
        if self.tell is not None:
            self.tell(run, {"kind": "end", "step": trial.steps})

    def _trials(self, arms: list[str]) -> Iterator[Trial]:
        """Yield every run: all arms of one map and seed before the next ones."""
        settings = self.bench.settings
        steps = steps_of(self.bench, settings.epochs)

        def with_settings(arm: str, number: int, seed: int) -> Trial:
            own = self.chosen[arm].trial
            return replace(own, map=number, seed=seed, steps=steps)

        for seed in range(max(settings.seeds, settings.extra_seeds)):
            for number in range(settings.maps):
                for arm in arms:
                    if arm != CNN and seed < seeds_of(settings, arm):
                        yield with_settings(arm, number, seed)
                if seed == number == 0 and PRETRAINED in arms:
                    for control in settings.controls:
                        yield replace(with_settings(PRETRAINED, 0, 0), control=control)
        if CNN in arms:
            for seed in range(seeds_of(settings, CNN)):
                yield replace(self.chosen[CNN].trial, seed=seed)

    def _answers(self, arms: list[str]) -> Iterator[ArmAnswers]:
        """Yield what trained arms answer."""
        keys = [(arm, None) for arm in arms]
        keys += [(PRETRAINED, one) for one in self.bench.settings.controls if PRETRAINED in arms]
        for arm, control in keys:
            own = [run for run in self.runs if (run.trial.arm, run.trial.control) == (arm, control)]
            by_map: dict[int | None, list[Any]] = {}
            for run in own:
                by_map.setdefault(run.trial.map, []).append(run.answers("test"))
            if by_map:
                yield ArmAnswers(arm, list(by_map.values()), control)

    def _untrained(self, found: Measured) -> Iterator[ArmAnswers]:
        """Yield what the other arms answer, and add their searches to the table."""
        arms, material = self.bench.settings.arms, self.material
        rows = search_rows(self.chosen)
        empty: Row = {"rate": None, "warmup": None, "bins": None, "steps": None}
        if FROZEN in arms:
            probes = [frozen(self.bench, number) for number in range(len(self.bench.maps))]
            of_frozen: list[Row] = [
                {"arm": FROZEN, **empty, "penalty": penalty, "dev_score": score, "dev_loss": loss,
                 "chosen": penalty == probes[0].penalty}
                for penalty, score, loss in probes[0].tried
            ]  # fmt: skip
            rows += of_frozen
            yield ArmAnswers(FROZEN, [[probe.test] for probe in probes])
        if KMERS in arms or MAJORITY in arms:
            plain = plain_arms(material.data, self.splits)
            if KMERS in arms:
                of_kmers: list[Row] = [
                    {"arm": KMERS, **empty, "penalty": one.penalty, "dev_score": one.score,
                     "dev_loss": None, "chosen": one == plain.model.setting, "order": one.order,
                     "placed": one.placed}
                    for one in plain.model.tried
                ]  # fmt: skip
                rows += of_kmers
                yield ArmAnswers(KMERS, [[self._by_window(plain.kmers)]])
            if MAJORITY in arms:
                yield ArmAnswers(MAJORITY, [[self._by_window(plain.majority)]])
        found.tables["search"] = rows

    def _by_window(self, values: Any) -> Any:
        """Return answers for whole sequences as if each of their windows had given them."""
        return values[self.material.test.whole]


def check_savable(settings: Settings) -> None:
    """Refuse to save what is not trained.

    Raises:
        OptionError: The arm ``pretrained`` is not among the arms.
    """
    if PRETRAINED not in settings.arms:
        raise OptionError(
            f"only the arm {PRETRAINED} can be saved, and it is not among "
            f"{', '.join(settings.arms)}"
        )


def total_steps(bench: Bench) -> int:
    """Return how many steps of fine-tuning an experiment takes at most, searches included."""
    settings = bench.settings
    steps = steps_of(bench, settings.epochs)
    total = 0
    for arm in settings.arms:
        if arm in TUNED:
            total += n_trials(settings, arm) * steps_of(bench, settings.search_epochs)
            total += settings.maps * seeds_of(settings, arm) * steps
    if PRETRAINED in settings.arms:
        total += len(settings.controls) * steps
    return total
