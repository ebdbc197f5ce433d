"""How an arm comes to its settings: the best on the development data of a few, counted trials.

Fine-tuned arms: each rate with the first warm-up, then each other warm-up at the best rate. The
CNN: each of its rates with each number of bins. All trials are runs of the first map and seed; the
best has the highest score on the development data, of equal ones the lowest loss there. With one
candidate there is nothing to look for, and nothing is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from firth.experiments.transfer_arms import CNN, CNN_BINS, CNN_EPOCHS, CNN_RATES, Settings, Trial
from firth.experiments.transfer_runs import Bench, Run, steps_of


@dataclass(frozen=True)
class Chosen:
    """What a search came to.

    Attributes:
        trial: The best one; of it rate, warm-up and bins are taken.
        tried: All runs, in order.
        at_edge: Whether the best rate is the lowest or the highest that was tried.
    """

    trial: Trial
    tried: tuple[Run, ...]
    at_edge: bool


def n_trials(settings: Settings, arm: str) -> int:
    """Return how many runs a search takes."""
    if arm == CNN:
        return len(CNN_RATES) * len(CNN_BINS)
    n = len(settings.rates) + len(settings.warmups) - 1
    return n if n > 1 else 0


def search(bench: Bench, arm: str, train: Callable[[Run], None]) -> Chosen:
    """Find the settings of an arm.

    Args:
        bench: What all runs share.
        arm: An arm that is trained.
        train: Trains a run where it is not finished.
    """
    settings = bench.settings

    def best(trials: Sequence[Trial]) -> tuple[Trial, list[Run]]:
        runs = [bench.run(trial) for trial in trials]
        for run in runs:
            train(run)
        order = sorted(runs, key=lambda run: (-run.record["dev_score"], run.record["dev_loss"]))
        return order[0].trial, runs

    if arm == CNN:
        trials = list(_of_cnn(bench))
        found, tried = best(trials)
        return Chosen(found, tuple(tried), found.rate in (min(CNN_RATES), max(CNN_RATES)))
    steps = steps_of(bench, settings.search_epochs)
    first = [Trial(arm, 0, 0, rate, settings.warmups[0], steps) for rate in settings.rates]
    if len(first) == 1 and len(settings.warmups) == 1:
        return Chosen(first[0], (), False)
    found, tried = best(first)
    if others := settings.warmups[1:]:
        found, more = best([found, *(replace(found, warmup=one) for one in others)])
        tried += more[1:]
    ends = min(settings.rates), max(settings.rates)
    # Of two rates each is an edge.
    return Chosen(found, tuple(tried), len(settings.rates) > 2 and found.rate in ends)


def _of_cnn(bench: Bench) -> Iterator[Trial]:
    steps = steps_of(bench, CNN_EPOCHS * bench.settings.epochs)
    for bins in CNN_BINS:
        for rate in CNN_RATES:
            yield Trial(CNN, None, 0, rate, 0.1, steps, bins=bins)
