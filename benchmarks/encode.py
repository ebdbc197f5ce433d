"""Sentences to the hidden states of all layers: firth, plain transformers, sentence-transformers.

    FIRTH_DATA=DIR python -m benchmarks.encode [--sentences 5000] [--model mini] [--text FILE ...]

All three get the same sentences, of mixed length, English and Chinese by turns, in file order, and
must give one mean vector a sentence and layer (firth, transformers) or all token vectors of the
last layer (sentence-transformers, which gives one layer only and is thus asked for less).
"""

from __future__ import annotations

import argparse
import gzip
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import firth

FILES = ("pydocs.en-zh.tsv.gz", "tatoeba.en-zh.tsv.gz", "bible.en-zh.tsv.gz")


def sentences(n: int) -> list[str]:
    """Take lines evenly from three kinds of text, the two columns by turns."""
    folder = Path(os.environ["FIRTH_DATA"]) / "parallel"
    chosen: list[str] = []
    for which, name in enumerate(FILES):
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
        wanted = n // len(FILES) + (which < n % len(FILES))
        chosen += [rows[i * len(rows) // wanted][i % 2] for i in range(wanted)]
    order = np.random.default_rng(0).permutation(len(chosen))
    return [chosen[i] for i in order]


def plain(encoder: firth.Encoder, texts: list[str]) -> np.ndarray:
    """Batches of 32 in file order, padded, fp32, all layers, mean pooling: [l, n, d]."""
    tokenizer, model, parts = encoder.tokenizer, encoder.model, []
    with torch.inference_mode():
        for start in range(0, len(texts), 32):
            batch = tokenizer(
                texts[start : start + 32], padding=True, truncation=True,
                max_length=encoder.max_tokens, return_tensors="pt",
            )  # fmt: skip
            batch.pop("token_type_ids", None)
            output = model(**batch, output_hidden_states=True)
            mask = batch["attention_mask"][:, :, None].float()
            means = [(h * mask).sum(1) / mask.sum(1) for h in output.hidden_states]
            parts.append(torch.stack(means).numpy())
    return np.concatenate(parts, axis=1)


def peer(encoder: firth.Encoder, texts: list[str]) -> float:
    """sentence-transformers' token embeddings, fp32, its own sorting and padding, batches of 32."""
    from sentence_transformers import SentenceTransformer, models

    with tempfile.TemporaryDirectory() as folder:
        encoder.model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        word = models.Transformer(folder)
        net = SentenceTransformer(modules=[word, models.Pooling(encoder.width)], device="cpu")
        begun = time.perf_counter()
        net.encode(texts, output_value="token_embeddings", batch_size=32)
        return time.perf_counter() - begun


def matmul_rate(dtype: torch.dtype) -> float:
    """GFLOP/s of a 2048 x 2048 product (fewer where it is slow)."""
    a = torch.randn(2048, 2048).to(dtype)
    torch.matmul(a[:64], a)
    begun, flops = time.perf_counter(), 0
    while time.perf_counter() - begun < 1:
        torch.matmul(a[:512], a)
        flops += 2 * 512 * 2048 * 2048
    return flops / (time.perf_counter() - begun) / 1e9


def forward_flops(encoder: firth.Encoder, tokens: int, squares: int) -> float:
    """Multiplications and additions of the blocks; ``squares`` is the sum of squared lengths."""
    d, ff = encoder.width, encoder.model.config.intermediate_size
    return encoder.n_layers * (tokens * (2 * 4 * d * d + 2 * 2 * d * ff) + 2 * 2 * squares * d)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=5000)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--text", help="a text file instead of FIRTH_DATA")
    arguments = parser.parse_args()
    if arguments.text:
        texts = Path(arguments.text).read_text(encoding="utf-8").splitlines()[: arguments.sentences]
    elif os.environ.get("FIRTH_DATA"):
        texts = sentences(arguments.sentences)
    else:
        parser.exit(2, "set FIRTH_DATA to the folder of the data sets, or give --text FILE\n")
    exact, fast = firth.load(arguments.model, dtype="fp32"), firth.load(arguments.model)
    fast.sentence_vectors(texts[:64])
    plain(exact, texts[:64])
    lengths = [len(ids) for ids in exact.tokenizer(texts)["input_ids"]]
    lengths = [min(n, exact.max_tokens) for n in lengths]
    flops = forward_flops(exact, sum(lengths), sum(n * n for n in lengths))

    def timed(run):
        begun = time.perf_counter()
        value = run()
        return time.perf_counter() - begun, value

    seconds_fast, vectors = timed(lambda: fast.sentence_vectors(texts, overflow="truncate"))
    seconds_plain, reference = timed(lambda: plain(exact, texts))
    seconds_peer = peer(exact, texts)
    some = range(0, len(texts), max(1, len(texts) // 200))
    alone = np.concatenate([plain(exact, [texts[i]]) for i in some], axis=1)
    mine = vectors[:, list(some)]
    cosines = (alone * mine).sum(-1) / np.linalg.norm(alone, axis=-1) / np.linalg.norm(mine, axis=-1)
    rate = matmul_rate(fast.dtype)
    dtype = str(fast.dtype).removeprefix("torch.")
    print(
        f"{len(texts)} sentences, {sum(lengths)} tokens (median {int(np.median(lengths))}, longest "
        f"{max(lengths)}), {arguments.model}, {exact.n_layers + 1} layers, "
        f"{torch.get_num_threads()} threads\n"
    )
    print("| | seconds | sentences/s | against plain |\n|---|---:|---:|---:|")
    rows = (
        (f"firth, {dtype}", seconds_fast),
        ("transformers, fp32, 32 a batch", seconds_plain),
        ("sentence-transformers, fp32, last layer only", seconds_peer),
    )
    for name, seconds in rows:
        print(f"| {name} | {seconds:.1f} | {len(texts) / seconds:.0f} | {seconds_plain / seconds:.2f} |")
    print(f"\ncosine to fp32 one by one, all layers: median {np.median(cosines):.6f}, "
          f"lowest {cosines.min():.6f} (n = {cosines.size})")  # fmt: skip
    print(f"matmul rate, {dtype}: {rate:.0f} GFLOP/s; reached by firth: "
          f"{flops / seconds_fast / 1e9:.0f} GFLOP/s, {flops / seconds_fast / 1e9 / rate:.0%}")  # fmt: skip
    print(f"largest difference of plain padded batches to one by one: "
          f"{np.abs(reference[:, list(some)] - alone).max():.2e}")  # fmt: skip


if __name__ == "__main__":
    main()
