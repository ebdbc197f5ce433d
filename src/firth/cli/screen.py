"""What a person sees: tables on standard output, progress and warnings on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firth.encoder.model import Encoder
    from firth.results.schema import Result

# A bar appears when work has lasted this long; an estimate when this much is still to come.
PATIENCE = 2.0
WORTH_SAYING = 60.0


def load_encoder(model: str, device: str, dtype: str, *, quiet: bool) -> Encoder:
    """Load an encoder with a note, since the libraries alone take seconds to import."""
    from firth.encoder.load import load

    if not quiet and sys.stderr.isatty():
        print(f"loading {model} ...", end="\r", file=sys.stderr, flush=True)
    encoder = load(model, device=device, dtype=dtype)
    if not quiet and sys.stderr.isatty():
        print(" " * (len(model) + 12), end="\r", file=sys.stderr, flush=True)
    return encoder


@contextmanager
def progress(what: str, total: int | None, *, quiet: bool) -> Generator[Callable[[int], None]]:
    """Yield a callable that takes steps done; shows a bar with an estimate after two seconds.

    Without a terminal there is no bar, but work that will take over a minute is announced once.
    """
    if quiet:
        yield lambda _steps: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=Console(stderr=True), transient=True,
    )  # fmt: skip
    task = bar.add_task(what, total=total)
    begun, done, said = time.monotonic(), 0, False

    def step(steps: int) -> None:
        nonlocal done, said
        done += steps
        bar.update(task, advance=steps)
        passed = time.monotonic() - begun
        if passed > PATIENCE and not bar.live.is_started and sys.stderr.isatty():
            bar.start()
        # Work comes in batches: what the first steps took says nothing of the rest.
        if total and not said and total / 50 < done < total:
            left = passed / done * (total - done)
            if left > WORTH_SAYING:
                said = True
                print(f"{what}: about {left / 60:.0f} minutes to go", file=sys.stderr)

    try:
        yield step
    finally:
        if bar.live.is_started:
            bar.stop()


def deadline(hours: float | None) -> Callable[[], bool] | None:
    """Return what tells whether so much time has passed since now; None for no limit."""
    if hours is None:
        return None
    end = time.monotonic() + 3600 * hours
    return lambda: time.monotonic() >= end


def warn(sentences: Sequence[str], *, quiet: bool) -> None:
    """Print warnings, one a line, on standard error."""
    if not quiet:
        for sentence in sentences:
            print(f"note: {sentence}", file=sys.stderr)


def show(
    result: Result,
    display: Callable[[Result], None],
    *,
    out: str,
    fresh: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Give a result to its reader: as JSON and nothing else, or as ``display`` prints it.

    One that was computed afresh was not stored on the way, so it is stored here.
    """
    if fresh:
        result.save(out)
    if json:
        print(result.to_json())
        return
    display(result)
    warn(result.warnings, quiet=quiet)
