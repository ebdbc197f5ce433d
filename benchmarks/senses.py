"""CoarseWSD-20's ten shared words: firth against the straightforward transformers loop, in one run.

``python -m benchmarks.senses [--words apple yard]``; the data folder is what FIRTH_DATA names.

Both give, for every layer of mini, the nearest-centroid accuracy of each word on its test split.
The loop is what one writes: padded batches of 32 in file order, all hidden states, the mean over
the tokens of the word by character offsets, centroids in numpy. A token that holds no letter (the
lone mark of a blank) is in no word, here and there. firth also computes centred cosine,
combinations of layers, intervals and the choice on development data. Ratios matter, not seconds.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch

from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.experiments.senses import senses
from firth.text.reading import Source
from firth.text.sentences import Occurrence, group_by_word

WORDS = ("apple", "bank", "bass", "crane", "java", "mole", "seal", "spring", "trunk", "yard")


def loop(encoder: Encoder, own: list[Occurrence], low: bool) -> np.ndarray:
    """The vectors of one word's occurrences, float32, [n, l, d]."""
    rows: list[torch.Tensor] = []
    blank = encoder.tokenizer.convert_tokens_to_ids("▁")
    for at in range(0, len(own), 32):
        some = own[at : at + 32]
        inputs = encoder.tokenizer(
            [one.sentence for one in some],
            padding=True,
            truncation=True,
            max_length=512,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=low):
            states = encoder.model(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                output_hidden_states=True,
            ).hidden_states
        stacked = torch.stack(states)  # (l, b, t, d)
        for number, one in enumerate(some):
            first, last = inputs["offset_mapping"][number].unbind(1)
            inside = (first < one.end) & (last > one.start) & (last > first)
            inside &= inputs["input_ids"][number] != blank
            rows.append(stacked[:, number, inside].float().mean(1))
    return torch.stack(rows).numpy()


def loop_answers(encoder: Encoder, own: list[Occurrence], low: bool) -> np.ndarray:
    """Which test occurrences the nearest centroid names right, [l, n]."""
    vectors = loop(encoder, own, low).transpose(1, 0, 2)
    train = np.array([one.split == "train" for one in own])
    labels = np.array([str(one.label) for one in own])
    names = np.unique(labels[train])
    centroids = np.stack([vectors[:, train & (labels == name)].mean(1) for name in names], 1)
    centroids /= np.linalg.norm(centroids, axis=-1, keepdims=True)
    tests = vectors[:, ~train]
    tests = tests / np.linalg.norm(tests, axis=-1, keepdims=True)
    answers = names[np.matmul(tests, centroids.transpose(0, 2, 1)).argmax(-1)]
    return answers == labels[~train]


def peer(encoder: Encoder, groups: dict[str, list[Occurrence]], low: bool) -> dict[str, np.ndarray]:
    """Accuracies of every word and layer by the loop."""
    return {word: loop_answers(encoder, own, low).mean(1) for word, own in groups.items()}


def ours(encoder: Encoder, occurrences: list[Occurrence]) -> dict[str, np.ndarray]:
    """The same by firth."""
    result = senses(encoder, sentences=occurrences, most=0)
    rows = result.rows("centroid_accuracy", similarity="raw", control=None, arm=None)
    words = dict.fromkeys(row.word for row in rows if row.word)
    return {w: np.array([row.value for row in rows if row.word == w]) for w in words}


def main() -> None:
    """Run and print one line a contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", nargs="+", default=WORDS)
    arguments = parser.parse_args()
    data = os.environ.get("FIRTH_DATA")
    if not data:
        raise SystemExit("set FIRTH_DATA to the published data sets")
    folder = Path(data) / "senses" / "coarsewsd20"
    source = Source(tuple(str(folder / word) for word in arguments.words), "coarsewsd")
    occurrences = source.occurrences()
    groups = group_by_word(occurrences)
    whole, fast = load("mini", dtype="fp32"), load("mini")
    n = len(occurrences)
    print(f"{n} occurrences of {len(groups)} words, mini, {torch.get_num_threads()} threads")
    for encoder in (whole, fast):  # kernels are chosen on first use
        ours(encoder, groups[min(groups, key=lambda word: len(groups[word]))])
    seconds: dict[str, float] = {}
    found: dict[str, dict[str, np.ndarray]] = {}
    contestants = {
        "transformers loop, fp32": lambda: peer(whole, groups, False),
        "transformers loop, bf16 autocast": lambda: peer(whole, groups, True),
        "firth, fp32": lambda: ours(whole, occurrences),
        f"firth, {str(fast.dtype).removeprefix('torch.')}": lambda: ours(fast, occurrences),
    }
    for name, work in contestants.items():
        begun = time.perf_counter()
        found[name] = work()
        seconds[name] = time.perf_counter() - begun
    base = next(iter(contestants))
    print("| | sentences a second | ratio | macro, best layer | largest gap of a word's accuracy |")
    print("|---|---:|---:|---:|---:|")
    for name, accuracies in found.items():
        macro = np.mean(list(accuracies.values()), axis=0)
        gap = max(float(np.abs(accuracies[word] - found[base][word]).max()) for word in groups)
        print(
            f"| {name} | {n / seconds[name]:.0f} | {seconds[base] / seconds[name]:.2f} "
            f"| {macro.max():.4f} (layer {macro.argmax()}) | {gap:.4f} |"
        )


if __name__ == "__main__":
    main()
