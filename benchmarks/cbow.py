"""CBOW on the same text with the same settings: firth against gensim, in one run.

``python -m benchmarks.cbow [--passes 7] [--threads 2]``; the data folder is what FIRTH_DATA names.

The text is the English side of the parallel files, lower-cased words, each sentence once; the
passes over it come to at least 20 million words. gensim reads the file itself (``corpus_file``, its
fastest way, without the interpreter's lock). Words a second are those of training alone, rare words
left out, before subsampling, as gensim counts them. Scores are Spearman's rho on WordSim-353 and
SimLex-999 and the accuracy on Google's analogies, all three shipped with gensim; from so little
text they are low. Ratios matter, not seconds.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from gensim.models import Word2Vec
from gensim.models.callbacks import CallbackAny2Vec

from firth.encoder.vectors import StaticVectors
from firth.experiments.vectors import evaluate
from firth.results.schema import Score
from firth.text.plain_corpus import splitter
from firth.text.questions import read_analogies, read_pairs
from firth.train.cbow import Settings, train_cbow

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
COMMON = {"width": 100, "window": 5, "negatives": 5, "sample": 1e-3, "min_count": 5}
LEAST = 20_000_000


def write_text(data: Path, output: Path) -> None:
    """Write the English sentences, words between blanks, a sentence a line."""
    seen: set[str] = set()
    with output.open("w", encoding="utf-8") as file:
        for path in sorted((data / "parallel").glob("*.en-*.tsv.gz")):
            with gzip.open(path, "rt", encoding="utf-8", newline="\n") as rows:
                for row in rows:
                    line = " ".join(WORD.findall(row.split("\t")[0].lower()))
                    if line and line not in seen:
                        seen.add(line)
                        file.write(line + "\n")


class _Clock(CallbackAny2Vec):
    """The time from the first epoch to the end of the last."""

    def __init__(self) -> None:
        self.begun = self.ended = 0.0

    def on_train_begin(self, model: Any) -> None:
        self.begun = time.perf_counter()

    def on_train_end(self, model: Any) -> None:
        self.ended = time.perf_counter()


def peer(
    path: Path, passes: int, threads: int, rate: float, seed: int
) -> tuple[float, StaticVectors]:
    """Words a second of gensim, and its vectors."""
    clock = _Clock()
    model = Word2Vec(
        corpus_file=str(path), vector_size=COMMON["width"], window=COMMON["window"],
        negative=COMMON["negatives"], sample=COMMON["sample"], min_count=COMMON["min_count"],
        sg=0, cbow_mean=1, alpha=rate, min_alpha=rate * 1e-4, workers=threads, epochs=passes,
        seed=seed + 1, callbacks=[clock],
    )  # fmt: skip
    words = tuple(model.wv.index_to_key)
    total = passes * sum(model.wv.get_vecattr(word, "count") for word in words)
    return total / (clock.ended - clock.begun), StaticVectors(words, model.wv.vectors)


def ours(
    path: Path, passes: int, threads: int, seed: int, **changed: Any
) -> tuple[float, StaticVectors]:
    """Words a second of firth, and its vectors."""
    times: list[float] = []
    rows: list[dict[str, Any]] = []

    def report(row: dict[str, Any]) -> None:
        times.append(time.perf_counter())
        rows.append(row)

    settings = Settings(epochs=passes, threads=threads, seed=seed, **COMMON | changed)
    vectors = train_cbow([path], splitter("words"), settings, report=report)
    # The first round has no beginning on this clock.
    words = rows[-1]["words"] - rows[0]["words"]
    return words / (times[-1] - times[0]), vectors


def judged(vectors: StaticVectors) -> list[Score]:
    """WordSim-353, SimLex-999 and Google's analogies by 3CosAdd, all questions alike."""
    result = evaluate(
        vectors,
        pairs=[read_pairs("wordsim353"), read_pairs("simlex999")],
        analogies=[read_analogies("google")],
    )
    found = list(result.rows("accuracy", scorer="3CosAdd", arm="micro", control=None))
    return [*result.rows("spearman"), *found]


def scores(vectors: StaticVectors) -> list[str]:
    """The three scores, with their 95 % intervals."""
    return [f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]" for row in judged(vectors)]


def main() -> None:
    """Run and print one line a contestant."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--passes", type=int, default=7)
    made.add_argument("--threads", type=int, default=2)
    made.add_argument("--seed", type=int, default=0)
    options = made.parse_args()
    folder = os.environ.get("FIRTH_DATA")
    if not folder:
        raise SystemExit("set FIRTH_DATA to the published data sets")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "english.txt"
        write_text(Path(folder), path)
        n = len(path.read_text(encoding="utf-8").split())
        if n * options.passes < LEAST:
            raise SystemExit(f"{n} words in {options.passes} passes are fewer than {LEAST}")
        print(f"{n:,} words, {options.passes} passes, {options.threads} threads")
        contestants: dict[str, Any] = {
            f"gensim, rate {rate}": lambda rate=rate: peer(
                path, options.passes, options.threads, rate, options.seed
            )
            for rate in (0.025, 0.05)
        }
        for name, changed in {
            "firth, word2vec gradient, rate 0.025": {"gradient": "word2vec", "rate": 0.025},
            "firth, word2vec gradient, rate 0.05": {"gradient": "word2vec", "rate": 0.05},
            "firth, right gradient, rate 0.075": {"rate": 0.075},
        }.items():
            contestants[name] = lambda changed=changed: ours(
                path, options.passes, options.threads, options.seed, **changed
            )
        base = 0.0
        print("| | million words a second | ratio | WordSim-353 | SimLex-999 | Google analogies |")
        print("|---|---:|---:|---:|---:|---:|")
        for name, work in contestants.items():
            speed, vectors = work()
            base = base or speed
            cells = " | ".join(scores(vectors))
            print(f"| {name} | {speed / 1e6:.2f} | {speed / base:.2f} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
