"""2,000 blanks: firth against the fill-mask pipeline of transformers, in one run.

``python -m benchmarks.cloze [--model mini]``; the data folder is what FIRTH_DATA
names; without it the carried sentences are used, several blanks of each.

Both give the five likeliest tokens of one blank a sentence, with probability and filled text. The
pipeline gets the sentences sorted by length, and the fastest of several batch sizes. Behind a blank
it begins a new word even where the text goes on ("的<mask>都" becomes "▁都"), which firth avoids:
first guesses are compared where both saw the same tokens. Ratios matter, not seconds.
"""

from __future__ import annotations

import argparse
import gzip
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from recipes.mini.mlm_model import read_model
from transformers import AutoModelForMaskedLM, FillMaskPipeline
from transformers.utils import logging

from firth.encoder.cloze import MaskedLMHead, load_head
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.encoder.quantised import read_header
from firth.experiments.cloze_fills import Filler, Settings
from firth.text.carried import sentences
from firth.text.language import LANGUAGES

TOP = 5
SIZES = (16, 32, 64, 128)
FILES = [f"parallel/tatoeba.en-{language}.tsv.gz" for language in ("de", "es", "ja", "zh")]


def lines_of(data: Path | None) -> list[str]:
    """Sentences of several languages, the same number of each where there are files."""
    if data is None:
        return [line for language in LANGUAGES for line in sentences(language)]
    found: list[str] = []
    for name in FILES:
        with gzip.open(data / name, "rt", encoding="utf-8") as file:
            for number, row in enumerate(file):
                if number % 100 == 0:  # over the whole file: neighbours are alike
                    found += row.rstrip("\n").split("\t")
    return found


def with_blank(line: str, rng: np.random.Generator) -> str | None:
    """Hide a word between blanks, or a character of a text without them."""
    words = line.split(" ")
    if len(words) > 2:
        at = int(rng.integers(len(words) - 1))
        return " ".join([*words[:at], "[MASK]", *words[at + 1 :]])
    at = int(rng.integers(len(line))) if line else 0
    return line[:at] + "[MASK]" + line[at + 1 :] if len(line) > 3 else None


def texts_of(data: Path | None, count: int) -> list[str]:
    """``count`` sentences with a blank each."""
    rng = np.random.default_rng(0)
    lines = lines_of(data)
    found: dict[str, None] = {}
    while len(found) < count:
        for index in rng.permutation(len(lines)):
            if (text := with_blank(lines[index], rng)) is not None and len(found) < count:
                found[text] = None
    return list(found)


def peer_of(encoder: Encoder, dtype: torch.dtype) -> FillMaskPipeline:
    """The pipeline on the same weights; those of mini are int8 rows, made whole first."""
    logging.set_verbosity_error()
    folder = Path(str(encoder.folder))
    if "edition" in read_header(folder / "model.safetensors"):
        model: Any = read_model(folder)[0]
    else:
        model = AutoModelForMaskedLM.from_pretrained(folder)
    model = model.to(dtype).eval()
    return FillMaskPipeline(model=model, tokenizer=encoder.tokenizer, top_k=TOP, device=-1)


def pipeline(pipe: FillMaskPipeline, mask: str, texts: list[str]) -> tuple[float, list[int]]:
    """Sentences a second of the best batch size, and the first guesses in the texts' order."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    ready = [texts[at].replace("[MASK]", mask) for at in order]
    best, rows = 0.0, []
    with torch.inference_mode():
        pipe(ready[:64], batch_size=64)  # kernels are chosen on first use
        for size in SIZES:
            begun = time.perf_counter()
            rows = pipe(ready, batch_size=size)
            best = max(best, len(texts) / (time.perf_counter() - begun))
    first = {at: int(row[0]["token"]) for at, row in zip(order, rows, strict=True)}
    return best, [first[at] for at in range(len(texts))]


def firth(encoder: Encoder, texts: list[str]) -> tuple[float, list[str]]:
    """Sentences a second, the better of two rounds, and the first guesses."""
    filler = Filler(load_head(encoder), Settings(top=TOP))
    list(filler.fill(texts[:64]))
    best, rows = 0.0, []
    for _ in range(2):
        begun = time.perf_counter()
        rows = list(filler.fill(texts))
        best = max(best, len(texts) / (time.perf_counter() - begun))
    return best, [row.candidates[0].token for row in rows]


def same_tokens(head: MaskedLMHead, texts: list[str]) -> np.ndarray:
    """Whether the pipeline sees the same tokens as firth, [n]."""
    blanker = head.blanker
    found: list[bool] = []
    for text, own in zip(texts, blanker.blank(texts), strict=True):
        theirs = head.encoder.tokenizer(text.replace("[MASK]", blanker.mask_token))["input_ids"]
        found.append([*blanker.prefix, *own.ids.tolist(), *blanker.suffix] == theirs)
    return np.array(found)


def main() -> None:
    """Run and print one line a contestant."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--model", default="mini")
    made.add_argument("--count", type=int, default=2000)
    options = made.parse_args()
    folder = os.environ.get("FIRTH_DATA")
    texts = texts_of(Path(folder) if folder else None, options.count)
    whole, fast = load(options.model, dtype="fp32"), load(options.model)
    head = load_head(whole)
    same = same_tokens(head, texts)
    speeds: dict[str, float] = {}
    guesses: dict[str, list[str]] = {}
    for dtype in (torch.float32, fast.dtype):
        name = f"fill-mask pipeline, {str(dtype).removeprefix('torch.')}"
        speeds[name], ids = pipeline(peer_of(whole, dtype), head.blanker.mask_token, texts)
        guesses[name] = [head.blanker.piece(one) for one in ids]
    for encoder in (whole, fast):
        name = f"firth, {str(encoder.dtype).removeprefix('torch.')}"
        speeds[name], guesses[name] = firth(encoder, texts)
    base = next(iter(speeds))
    print(
        f"{len(texts)} sentences with one blank, {options.model}, {torch.get_num_threads()} "
        f"threads; both see the same tokens in {same.sum()}"
    )
    print("| | sentences a second | ratio | same first guess as the pipeline in fp32 |")
    print("|---|---:|---:|---:|")
    for name, speed in speeds.items():
        equal = np.array([a == b for a, b in zip(guesses[name], guesses[base], strict=True)])
        print(f"| {name} | {speed:.0f} | {speed / speeds[base]:.2f} | {equal[same].mean():.4f} |")


if __name__ == "__main__":
    main()
