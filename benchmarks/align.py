"""Word vectors of a corpus at all layers: firth and a plain transformers loop, in one run.

``python -m benchmarks.align [--corpus FILE] [--sentences 50000] [--loop 5000] [--words 2000]``

Without a file the sentences come from the data folder that FIRTH_DATA names: English text of the
parallel files. The words are the most frequent ones of the corpus that a dictionary would hold
(letters only, at least three of them). Both give each word's mean vector at all 13 layers of mini.

The loop is what one writes: padded batches of 32 in file order, hidden states of all layers, the
offsets of the tokenizer, a dictionary of sums; every occurrence counts. It is timed on the first
``--loop`` sentences and its time multiplied, and so is firth in fp32. firth as it comes is timed
over all of them, twice: with every occurrence, as the loop does, and with its default of 50
occurrences a word, after which sentences without a word that is still wanted are not encoded.
Memory is the peak of the process after these two, before the loop runs.
"""

from __future__ import annotations

import argparse
import re
import resource
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from benchmarks.encode import read_sentences
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.experiments.align_vectors import Occurrences, WordVectors, word_vectors

WORD = re.compile(r"[a-z]{3,}")


def frequent(texts: list[str], n: int) -> list[str]:
    """Return the most frequent words."""
    counts = Counter(word for text in texts for word in WORD.findall(text.lower()))
    return [word for word, _ in counts.most_common(n)]


def loop(encoder: Encoder, texts: list[str], words: list[str]) -> dict[str, np.ndarray]:
    """Return each word's mean vector over its occurrences, [l, d]."""
    wanted = set(words)
    sums: dict[str, np.ndarray] = {}
    counts: Counter[str] = Counter()
    for start in range(0, len(texts), 32):
        batch = texts[start : start + 32]
        inputs = encoder.tokenizer(
            batch, padding=True, truncation=True, max_length=512, return_tensors="pt",
            return_offsets_mapping=True,
        )  # fmt: skip
        with torch.inference_mode():
            states = encoder.model(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
                output_hidden_states=True,
            ).hidden_states  # fmt: skip
        stacked = torch.stack(states)  # (l, b, t, d)
        for row, text in enumerate(batch):
            offsets = inputs["offset_mapping"][row]
            for match in re.finditer(r"[^\W]+(?:['’.-][^\W]+)*", text):
                word = match.group().lower()
                if word not in wanted:
                    continue
                inside = (offsets[:, 0] < match.end()) & (offsets[:, 1] > match.start())
                if not inside.any():
                    continue
                vector = stacked[:, row, inside].mean(dim=1).numpy()
                sums[word] = sums.get(word, 0) + vector
                counts[word] += 1
    return {word: total / counts[word] for word, total in sums.items()}


def timed(
    encoder: Encoder, texts: list[str], words: list[str], most: int
) -> tuple[float, WordVectors]:
    """Return the seconds and the vectors of firth."""
    start = time.perf_counter()
    layers = tuple(range(encoder.n_layers + 1))
    found = word_vectors(
        encoder, texts, words, layers, Occurrences(1, most), np.random.default_rng(0), None, None
    )
    return time.perf_counter() - start, found


def english(text: Path | None, n: int) -> tuple[list[str], str]:
    """Return sentences of ASCII letters."""
    texts, source = read_sentences(text, 10**9)
    kept = [line for line in texts if line.isascii()][:n]
    return kept, f"{source}, English lines"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, help="one sentence a line")
    parser.add_argument("--sentences", type=int, default=50_000)
    parser.add_argument("--loop", type=int, default=5000)
    parser.add_argument("--words", type=int, default=2000)
    arguments = parser.parse_args()
    texts, source = english(arguments.corpus, arguments.sentences)
    words = frequent(texts, arguments.words)
    fast, exact = load("mini", device="cpu"), load("mini", dtype="fp32", device="cpu")
    print(f"{len(texts)} sentences ({source}); {len(words)} words", flush=True)
    timed(fast, texts[:500], words, 50)
    rows: list[tuple[str, float]] = []
    for name, most in (
        ("firth, default precision, 50 occurrences a word", 50),
        ("firth, default precision, every occurrence", 10**9),
    ):
        seconds, _ = timed(fast, texts, words, most)
        rows.append((name, seconds))
        print(f"{name}: {seconds:.1f} s", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    first = texts[: arguments.loop]
    loop(exact, first[:64], words)
    start = time.perf_counter()
    theirs = loop(exact, first, words)
    share = len(texts) / len(first)
    seconds = (time.perf_counter() - start) * share
    took_exact, ours = timed(exact, first, words, 10**9)
    rows.append((f"firth, fp32, every occurrence (timed on {len(first)})", took_exact * share))
    alike = [
        float((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b))
        for at, word in enumerate(ours.words)
        if word in theirs
        for a, b in zip(theirs[word], ours.vectors[:, at], strict=True)
    ]
    name = f"transformers loop, fp32, batches of 32 (timed on {len(first)})"
    print("\n| | sentences/s | times the loop |\n|---|---:|---:|")
    for row, took in [(name, seconds), *rows]:
        print(f"| {row} | {len(texts) / took:,.0f} | {seconds / took:.2f} |")
    print(
        f"\nCosine of firth's fp32 vectors to the loop's, {len(alike)} words and layers: median "
        f"{np.median(alike):.5f}, 1st percentile {np.quantile(alike, 0.01):.5f}.\n"
        f"Peak memory of firth's runs: {peak:.2f} GiB; {torch.get_num_threads()} threads."
    )


if __name__ == "__main__":
    main()
