"""Does the right gradient of CBOW matter? Right, word2vec's and skip-gram on the same text.

``python -m benchmarks.cbow_gradients [--seeds 3] [--passes 5]``; the data folder is what FIRTH_DATA
names. English sides of the parallel files, as in benchmarks.cbow; all else equal, each at several
first learning rates, since the right gradient is smaller by the number of context words. One
thread each, so that every number can be had again; seconds are of training.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from firth.text.plain_corpus import splitter
from firth.train.cbow import Settings, train_cbow

from .cbow import COMMON, judged, write_text

RATES = (0.025, 0.05, 0.1, 0.2)
KINDS: dict[str, dict[str, Any]] = {
    "right": {},
    "word2vec": {"gradient": "word2vec"},
    "skip-gram": {"algorithm": "skip-gram"},
}


def scores(path: Path, settings: Settings) -> tuple[list[float], float]:
    """WordSim-353, SimLex-999 and Google's analogies (3CosAdd), and the seconds of training."""
    begun = time.perf_counter()
    vectors = train_cbow([path], splitter("words"), settings)
    seconds = time.perf_counter() - begun
    found = [row.value for row in judged(vectors)]
    return found, seconds


def main() -> None:
    """Run and print one line a kind and rate."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--passes", type=int, default=5)
    options = made.parse_args()
    folder = os.environ.get("FIRTH_DATA")
    if not folder:
        raise SystemExit("set FIRTH_DATA to the published data sets")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "english.txt"
        write_text(Path(folder), path)
        print(f"{options.seeds} seeds, {options.passes} passes: mean (lowest to highest)")
        print("| | rate | WordSim-353 | SimLex-999 | Google analogies | seconds |")
        print("|---|---:|---:|---:|---:|---:|")
        for kind, changed in KINDS.items():
            for rate in RATES:
                runs = [
                    scores(
                        path,
                        Settings(rate=rate, epochs=options.passes, seed=seed, **COMMON | changed),
                    )
                    for seed in range(options.seeds)
                ]
                found = np.array([values for values, _ in runs])  # (seeds, scores)
                cells = [
                    f"{own.mean():.3f} ({own.min():.3f} to {own.max():.3f})" for own in found.T
                ]
                seconds = np.mean([one for _, one in runs])
                print(f"| {kind} | {rate} | {' | '.join(cells)} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
