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
        if total and not said and 0 < done < total:
            left = passed / done * (total - done)
            if left > WORTH_SAYING:
                said = True
                print(f"{what}: about {left / 60:.0f} minutes to go", file=sys.stderr)

    try:
        yield step
    finally:
        if bar.live.is_started:
            bar.stop()


def warn(sentences: Sequence[str], *, quiet: bool) -> None:
    """Print warnings, one a line, on standard error."""
    if not quiet:
        for sentence in sentences:
            print(f"note: {sentence}", file=sys.stderr)


def print_result(result: Result) -> None:
    """Print a result as a small table of layers, with its finding in one line."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    words = list(dict.fromkeys(score.word for score in result.scores if score.word))
    for word in words:
        areas = result.rows("auc", word=word, control=None)
        if not areas:
            console.print(f"{word}: no labels, so nothing is scored; the matrices are stored.")
            continue
        table = Table(title=f"{word} · {result.model.name} · AUC of same sense [95 % interval]")
        for head in ("layer", "raw", "centred", "p (max over layers)", "1-NN, centred"):
            table.add_column(head, justify="right")
        for layer in dict.fromkeys(score.layer for score in areas):
            raw, centred = (
                result.rows("auc", word=word, control=None, layer=layer, similarity=kind)[0]
                for kind in ("raw", "centred")
            )
            near = result.rows("nn_accuracy", word=word, layer=layer, similarity="centred")[0]
            table.add_row(
                str(layer),
                f"{raw.value:.3f} [{raw.low:.3f}, {raw.high:.3f}]",
                f"{centred.value:.3f} [{centred.low:.3f}, {centred.high:.3f}]",
                f"{centred.p_adjusted:.4f}",
                f"{near.value:.2f}",
            )
        console.print(table)
        best = max((s for s in areas if s.similarity == "centred"), key=lambda score: score.value)
        console.print(
            f"finding: at layer {best.layer} two sentences of one sense are the more similar pair "
            f"with AUC {best.value:.3f} [{best.low:.3f}, {best.high:.3f}] (centred, n = {best.n} "
            f"pairs; p = {best.p_adjusted:.4f} for the best of all layers)",
            soft_wrap=True,
        )
        controls = [
            f"{control.replace('_', ' ')} {row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"
            for control, kind in (("layer_0", "centred"), ("static", "raw"))
            for row in result.rows("auc", word=word, control=control, similarity=kind)
        ]
        console.print(f"control: AUC of {', '.join(controls)}; chance 0.500", soft_wrap=True)
    stamp = f"{result.seconds:.1f} s, seed {result.seed}, {result.model.revision}"
    console.print(f"[dim]{stamp}[/dim]", highlight=False)
