"""Encoding: firth, plain transformers and sentence-transformers on the same sentences, in one run.

``python -m benchmarks.encode [--text FILE]``; without a file, the sentences come from the data
folder that FIRTH_DATA names.

All three use mini and give every layer or, for sentence-transformers, the last one. Ratios matter,
not seconds.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertModel

from firth.encoder.load import load
from firth.encoder.model import Encoder

FILES = ("bible", "django", "pydocs", "tatoeba")
CHECKED = 300


def read_sentences(text: Path | None, n: int) -> tuple[list[str], str]:
    """Return ``n`` sentences of mixed length, shuffled, and where they are from."""
    lines: list[str] = []
    data = os.environ.get("FIRTH_DATA")
    if text is not None:
        lines, source = text.read_text(encoding="utf-8").splitlines(), text.name
    elif data:
        for kind in FILES:
            with gzip.open(
                Path(data) / f"parallel/{kind}.en-zh.tsv.gz", "rt", encoding="utf-8"
            ) as f:
                for row in f:
                    lines += row.rstrip("\n").split("\t")
        source = "parallel files, en and zh: " + ", ".join(FILES)
    else:
        raise SystemExit("give --text FILE, or set FIRTH_DATA to the published data sets")
    lines = [line for line in lines if line.strip()]
    random.Random(0).shuffle(lines)
    return lines[:n], source


def plain(model: BertModel, tokenizer: Any, texts: list[str]) -> np.ndarray:
    """Transformers as its guide says: padded batches of 32 in file order, fp32; [l, n, d]."""
    rows: list[torch.Tensor] = []
    for start in range(0, len(texts), 32):
        inputs = tokenizer(
            texts[start : start + 32],
            padding=True,
            truncation=True,
            max_length=512,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states = model(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                output_hidden_states=True,
            ).hidden_states
        mask = inputs["attention_mask"][:, :, None].float()
        rows.append(torch.stack([(x * mask).sum(1) / mask.sum(1) for x in states]))
    return torch.cat(rows, dim=1).numpy()


def one_by_one(encoder: Encoder, texts: list[str]) -> np.ndarray:
    """The reference: each text alone, fp32, by transformers; mean of each layer, [l, n, d]."""
    rows: list[torch.Tensor] = []
    for text in texts:
        ids = encoder.tokenizer(text, truncation=True, max_length=512, return_tensors="pt")
        with torch.inference_mode():
            states = encoder.model(ids["input_ids"], output_hidden_states=True).hidden_states
        rows.append(torch.cat(states).mean(1))
    return torch.stack(rows, dim=1).numpy()


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def products_rate(dtype: torch.dtype) -> float:
    """Return the machine's rate on a large matrix product, in GFLOP/s."""
    a, b = torch.randn(2048, 1536).to(dtype), torch.randn(1536, 1536).to(dtype)
    _ = a @ b
    best = min(timed(lambda: a @ b)[0] for _ in range(15))
    return 2 * 2048 * 1536 * 1536 / best / 1e9


def work_of(encoder: Encoder, texts: list[str]) -> float:
    """Return the products that these texts need, without padding, in GFLOP."""
    lengths = [len(ids) for ids in encoder.tokenizer(texts)["input_ids"]]
    config, d = encoder.model.config, encoder.width
    token = 2 * (4 * d * d + 2 * d * config.intermediate_size)
    return config.num_hidden_layers * sum(n * token + 4 * n * n * d for n in lengths) / 1e9


def sentence_transformers(encoder: Encoder, texts: list[str]) -> float | None:
    """Time its token embeddings (last layer only), or return None where it is not installed."""
    try:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import Pooling, Transformer
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        encoder.model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        words = Transformer(folder)
        width = encoder.width
        peer = SentenceTransformer(modules=[words, Pooling(width)], device="cpu")
        options = {"output_value": "token_embeddings", "show_progress_bar": False}
        peer.encode(texts[:64], **options)
        return timed(lambda: peer.encode(texts, batch_size=32, **options))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, help="one sentence a line")
    parser.add_argument("--sentences", type=int, default=5000)
    arguments = parser.parse_args()
    texts, source = read_sentences(arguments.text, arguments.sentences)
    exact, fast = load("mini", dtype="fp32", device="cpu"), load("mini", device="cpu")
    print(f"{len(texts)} sentences", flush=True)
    rate = products_rate(fast.dtype)
    fast.sentence_vectors(texts[:200])
    seconds_fast, vectors = timed(lambda: fast.sentence_vectors(texts))
    again = timed(lambda: fast.sentence_vectors(texts))[0]
    seconds_fast = min(seconds_fast, again)
    seconds_tokens = timed(lambda: sum(1 for _ in fast.hidden_states(texts)))[0]
    plain(exact.model, exact.tokenizer, texts[:64])
    seconds_plain, _ = timed(lambda: plain(exact.model, exact.tokenizer, texts))
    seconds_exact = timed(lambda: exact.sentence_vectors(texts))[0]
    seconds_peer = sentence_transformers(exact, texts)
    alike = cosines(vectors[:, :CHECKED], one_by_one(exact, texts[:CHECKED]))
    work = work_of(fast, texts)
    dtype = "bf16" if fast.dtype == torch.bfloat16 else "fp32"
    rows = [
        ("transformers, fp32, padded batches of 32, mean of each layer", seconds_plain),
        ("firth, fp32, mean of each layer", seconds_exact),
        (f"firth, {dtype} (default), mean of each layer", seconds_fast),
        (f"firth, {dtype} (default), every token of each layer", seconds_tokens),
    ]
    if seconds_peer is not None:
        name = "sentence-transformers, fp32, every token of the last layer only"
        rows.insert(1, (name, seconds_peer))
    print(f"{len(texts)} sentences ({source}); {torch.get_num_threads()} threads\n")
    print("| | sentences/s | times plain transformers |\n|---|---:|---:|")
    for name, seconds in rows:
        print(f"| {name} | {len(texts) / seconds:,.0f} | {seconds_plain / seconds:.2f} |")
    print(
        f"\nCosine to fp32 one by one, all layers of {alike.shape[1]} sentences: "
        f"least {alike.min():.5f}, median {np.median(alike):.5f}.\n"
        f"A large {dtype} product runs at {rate:,.0f} GFLOP/s here; firth's default path reaches "
        f"{work / seconds_fast:,.0f} ({work / seconds_fast / rate:.0%}), all else included."
    )


if __name__ == "__main__":
    main()
