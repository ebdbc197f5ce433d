"""Train CBOW or skip-gram vectors on plain text, in threads, with a budget of passes.

The corpus goes by in rounds of about a million ids, each round in as many slices as there are
threads. One thread: what is learnt is a function of text, settings and seed, bit for bit, also
over an interruption. Several threads write to the same vectors without locks (Hogwild): runs then
differ a little, in the order of the updates and in updates that overwrite each other.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from firth.encoder.vectors import StaticVectors
from firth.errors import InputError, OptionError, ResultError, did_you_mean, first_line
from firth.results.files import replacing
from firth.text.plain_corpus import END, Split, Vocabulary, count, write_ids
from firth.train.cbow_kernel import (
    CBOW,
    CBOW_WORD2VEC,
    LONGEST,
    SIGMOID,
    SKIP_GRAM,
    alias_table,
    run,
)
from firth.train.loop import interruptible

ALGORITHMS = ("cbow", "skip-gram")
GRADIENTS = ("right", "word2vec")
# The right gradient is smaller by the number of context words, so its rate is larger.
RATES = {CBOW: 0.075, CBOW_WORD2VEC: 0.05, SKIP_GRAM: 0.025}
LOWEST = 1e-4  # the rate falls to this share of itself
ROUND = 1_000_000  # ids between two looks at the clock
FORMAT = "firth-cbow-1"
POWER = 0.75  # of the frequency, in drawing negatives

Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Settings:
    """How vectors are trained.

    Attributes:
        algorithm: ``cbow`` or ``skip-gram``.
        gradient: Of CBOW: ``right``, or ``word2vec`` as in word2vec.c and gensim.
        width: Size of a vector.
        window: Largest distance of a context word.
        negatives: Words drawn against each right one.
        epochs: Passes over the corpus.
        rate: First learning rate; by default one that suits the gradient (`RATES`).
        sample: Share of the corpus from which on a word is subsampled; 0 for never.
        min_count: What occurs less often is left out.
        max_size: Largest vocabulary; None for no limit.
        threads: Threads that learn at once.
        seed: Of chance.
    """

    algorithm: str = "cbow"
    gradient: str = "right"
    width: int = 100
    window: int = 5
    negatives: int = 5
    epochs: int = 5
    rate: float | None = None
    sample: float = 1e-3
    min_count: int = 5
    max_size: int | None = None
    threads: int = 1
    seed: int = 0

    def check(self) -> None:
        """Refuse what cannot be.

        Raises:
            OptionError: A setting is not legal.
        """
        for name, legal in (("algorithm", ALGORITHMS), ("gradient", GRADIENTS)):
            value = getattr(self, name)
            if value not in legal:
                raise OptionError(
                    f"{name} {value!r}: legal are {', '.join(legal)}.{did_you_mean(value, legal)}"
                )
        if self.algorithm == "skip-gram" and self.gradient != "right":
            raise OptionError("skip-gram has one gradient; --gradient word2vec is CBOW's")
        names = ("width", "window", "negatives", "epochs", "min_count", "threads")
        for name in (*names, *(("max_size",) if self.max_size is not None else ())):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} {getattr(self, name)}: it must be at least 1")
        if self.rate is not None and not 0 < self.rate < 10:
            raise OptionError(f"rate {self.rate}: it must lie between 0 and 10")
        if not 0 <= self.sample < 1:
            raise OptionError(f"sample {self.sample}: it must lie between 0 and 1")

    @property
    def code(self) -> int:
        """The algorithm as the inner loop knows it."""
        if self.algorithm == "skip-gram":
            return SKIP_GRAM
        return CBOW if self.gradient == "right" else CBOW_WORD2VEC

    @property
    def first_rate(self) -> float:
        """The first learning rate."""
        return RATES[self.code] if self.rate is None else self.rate


def train_cbow(
    paths: Sequence[str | Path],
    split: Split,
    settings: Settings,
    *,
    about: dict[str, str] | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_minutes: float = 5.0,
    resume: bool = False,
    scratch: str | Path | None = None,
    reading: Callable[[int], None] | None = None,
    report: Report | None = None,
) -> StaticVectors:
    """Train vectors on text files.

    Args:
        paths: Text files, a sentence or a paragraph a line.
        split: Makes tokens of lines (`firth.text.plain_corpus.splitter`).
        settings: How.
        about: What the vectors say of themselves, beside the settings.
        checkpoint: A file that holds the run's state, written whole every so often and when the
            run is interrupted. Remove it when the vectors are saved, not before.
        checkpoint_minutes: How often.
        resume: Go on from the checkpoint, where there is one.
        scratch: Folder for the corpus as ids, 4 bytes a token; by default the checkpoint's, or the
            system's.
        reading: Called with lines done, in two passes over the text.
        report: Called after each round with ``epoch``, ``words`` (of all passes so far),
            ``total``, ``words_per_second``, ``loss`` and ``rate``.

    Raises:
        InputError: A file is empty, cannot be read, or no vocabulary is left.
        OptionError: A setting is not legal.
        ResultError: The checkpoint is of another run.
        KeyboardInterrupt: After Ctrl-C, with the checkpoint written.
    """
    settings.check()
    vocabulary = count(
        paths, split, min_count=settings.min_count, max_size=settings.max_size, progress=reading
    )
    place = Path(checkpoint) if checkpoint is not None else None
    folder = scratch or (place.parent if place is not None else None)
    ids, file = write_ids(paths, split, vocabulary, folder or ".", reading)
    with closing(file):
        state = _State(vocabulary, ids, settings, place)
        if place is not None and place.exists():
            if not resume:
                raise ResultError(f"{place} holds a run that was stopped: resume it or remove it")
            state.restore()
        state.run(checkpoint_minutes, report)
    said = {key: json.dumps(value) for key, value in asdict(settings).items()}
    said |= {"rate": json.dumps(settings.first_rate)}
    return StaticVectors(vocabulary.words, state.inputs, vocabulary.counts, said | (about or {}))


class _State:
    """The two matrices, and where the run stands."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        ids: Int[np.ndarray, " n"],
        settings: Settings,
        checkpoint: Path | None,
    ) -> None:
        self.settings, self.ids, self.checkpoint = settings, ids, checkpoint
        self.rounds = _rounds(ids)
        self.round = 0  # of all passes
        self.seconds = 0.0
        frequency = vocabulary.counts / vocabulary.counts.sum()
        self.keep = np.ones(len(frequency), dtype=np.float32)
        if settings.sample:
            ratio = settings.sample / frequency
            self.keep = np.minimum(np.sqrt(ratio) + ratio, 1).astype(np.float32)
        self.slots, self.alias = alias_table(vocabulary.counts**POWER)
        generator = np.random.default_rng(settings.seed)
        shape = (len(frequency), settings.width)
        drawn = generator.random(shape, dtype=np.float32)
        self.inputs: Float[np.ndarray, "v d"] = (drawn - np.float32(0.5)) / np.float32(shape[1])
        self.outputs: Float[np.ndarray, "v d"] = np.zeros(shape, dtype=np.float32)
        words = "\n".join(vocabulary.words).encode()
        digest = hashlib.sha256(words + vocabulary.counts.tobytes())
        self.about = json.dumps(asdict(settings) | {"corpus": digest.hexdigest(), "ids": len(ids)})

    def run(self, minutes: float, report: Report | None) -> None:
        """Do all rounds that are left."""
        total = len(self.rounds) * self.settings.epochs
        # A round at a time: a mask of the whole corpus would grow with it.
        words = sum(map(self._words, range(len(self.rounds)))) * self.settings.epochs
        saved = begun = time.monotonic()
        before = self.seconds
        done = sum(self._words(at) for at in range(self.round))
        with interruptible() as asked, ThreadPoolExecutor(self.settings.threads) as pool:
            while self.round < total:
                clock = time.monotonic()
                predicted, loss = self._round(pool, self.round / total, (self.round + 1) / total)
                here = self._words(self.round)
                done += here
                self.round += 1
                now = time.monotonic()
                self.seconds = before + now - begun
                if not np.isfinite(loss):
                    raise ResultError("the vectors grew beyond all numbers; take a smaller rate")
                if report is not None:
                    report(
                        {
                            "epoch": (self.round - 1) // len(self.rounds) + 1,
                            "words": done,
                            "total": words,
                            "words_per_second": here / max(now - clock, 1e-9),
                            "loss": loss / max(predicted, 1),
                            "rate": self._rate(self.round / total),
                        }
                    )
                if self.checkpoint is not None and (asked.is_set() or now - saved > 60 * minutes):
                    self.save(self.checkpoint)
                    saved = time.monotonic()
                if asked.is_set():
                    raise KeyboardInterrupt

    def _words(self, at: int) -> int:
        start, stop = self.rounds[at % len(self.rounds)]
        return int((self.ids[start:stop] != END).sum())

    def _rate(self, share: float) -> float:
        return self.settings.first_rate * max(1 - share, LOWEST)

    def _round(self, pool: ThreadPoolExecutor, first: float, last: float) -> tuple[int, float]:
        start, stop = self.rounds[self.round % len(self.rounds)]
        ids = np.array(self.ids[start:stop])
        settings = self.settings
        numbers = np.random.SeedSequence([settings.seed, self.round])
        seeds = numbers.generate_state(settings.threads, np.uint32).tolist()

        def learn(slice_: tuple[int, int], seed: int) -> tuple[int, float]:
            return run(
                ids[slice_[0] : slice_[1]], self.keep, self.slots, self.alias, SIGMOID,
                self.inputs, self.outputs, settings.code, settings.window, settings.negatives,
                self._rate(first), self._rate(last), seed,
            )  # fmt: skip

        parts = _cut(ids, len(ids) // settings.threads + 1)
        found = list(pool.map(learn, parts, seeds[: len(parts)]))
        return sum(n for n, _ in found), sum(loss for _, loss in found)

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        progress = {"round": self.round, "seconds": self.seconds}
        metadata = {"format": FORMAT, "run": self.about, "progress": json.dumps(progress)}
        try:
            with replacing(path) as staging:
                save_file({"inputs": self.inputs, "outputs": self.outputs}, staging, metadata)
        except (OSError, SafetensorError) as error:
            raise InputError(f"{path} cannot be written: {first_line(error)}") from error

    def restore(self) -> None:
        """Go on from the checkpoint.

        Raises:
            ResultError: It is of another run, or no checkpoint.
        """
        try:
            with safe_open(self.checkpoint, framework="numpy") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in ("inputs", "outputs")}
            progress = json.loads(metadata["progress"])
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ResultError(f"{self.checkpoint} is no checkpoint: {first_line(error)}") from error
        old, new = json.loads(metadata.get("run", "{}")), json.loads(self.about)
        changed = [key for key in new if old.get(key) != new[key]]
        if changed or metadata.get("format") != FORMAT:
            raise ResultError(
                f"{self.checkpoint} is of another run: {', '.join(changed) or 'format'} changed; "
                "give the old values, or remove it"
            )
        self.inputs, self.outputs = tensors["inputs"], tensors["outputs"]
        self.round, self.seconds = progress["round"], progress["seconds"]


def _rounds(ids: Int[np.ndarray, " n"]) -> list[tuple[int, int]]:
    """Cut the corpus into rounds at ends of sentences."""
    return _cut(ids, ROUND)


def _cut(ids: Int[np.ndarray, " n"], size: int) -> list[tuple[int, int]]:
    """Return stretches of about ``size`` ids, each ending with a sentence."""
    cuts = [0]
    while cuts[-1] < len(ids):
        stop = min(cuts[-1] + size, len(ids))
        ends = np.flatnonzero(ids[stop - 1 : stop - 1 + LONGEST] == END)
        # Without an end in reach the sentence is cut here: the inner loop would cut it anyway.
        cuts.append(stop + int(ends[0]) if len(ends) else stop)
    return list(pairwise(cuts))
