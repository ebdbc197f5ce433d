"""Ranks of translations among all words: firth, faiss's flat index and a plain loop, in one run.

``python -m benchmarks.rank [--words 20000] [--width 768] [--noise 4] [--repeat 3] [--scaled]``

Every target vector is its source's plus noise, the noise so many times as long: some are found and
some are not. All give the mean reciprocal rank of the 1:1 dictionary. The loop is what one writes:
blocks of 1024 sources, one product, the number of targets that are strictly more similar. faiss
searches the ten nearest, and a rank beyond ten counts 0: the usual cut. firth's ranks are exact,
ties at their expected value, and both directions come from the same products.

All get normalised float32 vectors; contestants take turns, and the least of the repeats counts.
CPU seconds count the work of all threads; on a machine that is busy otherwise they are the number
to read, with one thread (``OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1``). A ratio is to faiss in as
many directions; above 1 is faster.
"""

from __future__ import annotations

import argparse
import math
import time

import faiss
import numpy as np

from firth.probe.correct import Correct
from firth.probe.likeness import Likeness
from firth.probe.neighbours import csls, margin
from firth.probe.retrieval import rank, rank_both


def vectors(words: int, width: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Sources, and targets that are sources with noise, of length one."""
    rng = np.random.default_rng(0)
    sources = rng.normal(size=(words, width)).astype(np.float32)
    targets = sources + noise * rng.normal(size=(words, width)).astype(np.float32)
    for one in (sources, targets):
        one /= np.linalg.norm(one, axis=1, keepdims=True)
    return sources, targets


def loop(sources: np.ndarray, targets: np.ndarray) -> float:
    """The mean reciprocal rank by a plain blocked loop."""
    total = 0.0
    for at in range(0, len(sources), 1024):
        similarity = sources[at : at + 1024] @ targets.T
        rows = np.arange(len(similarity))
        own = similarity[rows, rows + at]
        total += (1 / (1 + (similarity > own[:, None]).sum(axis=1))).sum()
    return total / len(sources)


def flat(sources: np.ndarray, targets: np.ndarray) -> float:
    """The mean reciprocal rank, cut at ten, by faiss."""
    index = faiss.IndexFlatIP(targets.shape[1])
    index.add(targets)
    _, found = index.search(sources, 10)
    right = found == np.arange(len(sources))[:, None]
    return float((right / np.arange(1, 11)).sum() / len(sources))


def main() -> None:
    """Run and print one line a contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=20000)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--noise", type=float, default=4.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--scaled", action="store_true", help="time CSLS and the margin too")
    arguments = parser.parse_args()
    sources, targets = vectors(arguments.words, arguments.width, arguments.noise)
    correct = Correct.of([[row] for row in range(len(sources))], len(targets))

    def forward() -> list[float]:
        found = rank(Likeness.cosine(sources, targets), correct)
        return [float(found.reciprocal().mean())]

    def both() -> list[float]:
        found = rank_both(Likeness.cosine(sources, targets), correct)
        return [float(one.reciprocal().mean()) for one in found[:2]]

    contestants = {
        "numpy loop, one direction": lambda: [loop(sources, targets)],
        "faiss flat, top 10, one direction": lambda: [flat(sources, targets)],
        "firth, one direction": forward,
        "numpy loop, both": lambda: [loop(sources, targets), loop(targets, sources)],
        "faiss flat, top 10, both": lambda: [flat(sources, targets), flat(targets, sources)],
        "firth, both": both,
    }
    if arguments.scaled:
        for kind in (csls, margin):
            contestants[f"firth, both, {kind.__name__}"] = lambda kind=kind: [
                float(one.reciprocal().mean())
                for one in rank_both(kind(Likeness.cosine(sources, targets)), correct)[:2]
            ]
    least = dict.fromkeys(contestants, (math.inf, math.inf))
    found: dict[str, list[float]] = {}
    for _ in range(arguments.repeat):
        for name, work in contestants.items():
            begun = time.perf_counter(), time.process_time()
            found[name] = work()
            passed = time.perf_counter() - begun[0], time.process_time() - begun[1]
            least[name] = min(least[name][0], passed[0]), min(least[name][1], passed[1])
    threads = faiss.omp_get_max_threads()
    print(f"{len(sources)} x {len(targets)} x {sources.shape[1]}, {threads} threads")
    print("| | seconds | ratio | CPU seconds | ratio | MRR there | MRR back |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, values in found.items():
        base = least[f"faiss flat, top 10, {'both' if len(values) > 1 else 'one direction'}"]
        cells = [
            cell
            for one, other in zip(least[name], base, strict=True)
            for cell in (f"{one:.2f}", f"{other / one:.2f}")
        ]
        cells += [f"{value:.6f}" for value in values] + [""] * (2 - len(values))
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
