"""SimAlign's own program and firth on the same weights and gold links: zh-en, in one run.

``python -m benchmarks.links [--layer 7]``; the data folder is what FIRTH_DATA names.

mini's weights are written to a folder that both load in float32; vectors are raw. Tokenizers of
SentencePiece put a piece of its own, ``▁``, before a word they have no joined piece for. SimAlign
counts it as a part of the word, firth does not; ``with ▁`` is firth made to count it too.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import simalign

from firth.encoder import windows
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.experiments.links_answers import Answers, Asked, Linker
from firth.experiments.links_scores import counted
from firth.experiments.links_vectors import LEVELS, Level, batches, encoded
from firth.text.alignment import SentencePair, read_gold, read_sentence_pairs

NAMES = {"argmax": "inter", "itermax": "itermax"}
TOKEN_TYPES = {"word": "word", "subword": "bpe"}


def of_firth(
    encoder: Encoder, pairs: Sequence[SentencePair], layer: int, level: Level
) -> list[Answers]:
    """The links of raw vectors."""
    linker = Linker.of(Asked(pairs, (), (layer,), level, None), None)
    linker.answers = [one for one in linker.answers if one.similarity == "raw"]
    linker.positions = [0] * len(linker.answers)
    for batch in batches(encoded(encoder, pairs, (layer,), level)):
        linker.link(batch)
    return linker.answers


def of_simalign(
    folder: str, pairs: Sequence[SentencePair], layer: int, level: Level
) -> list[Answers]:
    """The links that SimAlign's program gives."""
    aligner = simalign.SentenceAligner(
        model=folder, token_type=TOKEN_TYPES[level], matching_methods="ai", layer=layer
    )
    found = {method: Answers(method) for method in NAMES}
    for pair in pairs:
        links = aligner.get_word_aligns(list(pair.source), list(pair.target))
        for method, name in NAMES.items():
            found[method].links.append(np.array(links[name], dtype=np.int32).reshape(-1, 2))
    return list(found.values())


def differing(first: Answers, second: Answers) -> int:
    """How many links only one of the two has."""
    return sum(
        len(set(map(tuple, a.tolist())) ^ set(map(tuple, b.tolist())))
        for a, b in zip(first.links, second.links, strict=True)
    )


def main() -> None:
    """Run and print."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--layer", type=int, default=7)
    made.add_argument("--most", type=int, default=None, help="Sentence pairs.")
    options = made.parse_args()
    data = os.environ.get("FIRTH_DATA")
    if not data:
        raise SystemExit("set FIRTH_DATA to the published data sets")
    files = Path(data) / "alignment"
    pairs = read_sentence_pairs(files / "zhen.src-tgt")
    gold = read_gold(files / "zhen.gold", pairs)[: options.most]
    pairs = pairs[: options.most]
    with tempfile.TemporaryDirectory() as folder:
        encoder = load("mini", dtype="fp32", device="cpu")
        encoder.model.save_pretrained(folder)
        encoder.tokenizer.save_pretrained(folder)
        print(f"mini, float32, layer {options.layer}, raw, {len(pairs)} sentence pairs")
        for level in LEVELS:
            theirs = of_simalign(folder, pairs, options.layer, level)
            with patch.object(windows, "BLANK_PIECES", ()):
                like_theirs = of_firth(encoder, pairs, options.layer, level)
            ways = {"SimAlign": theirs, "firth with ▁": like_theirs,
                    "firth": of_firth(encoder, pairs, options.layer, level)}  # fmt: skip
            for way, answers in ways.items():
                for one, reference in zip(answers, theirs, strict=True):
                    counts = counted(one, pairs, gold).links
                    print(
                        f"{level:8} {one.method:8} {way:13} F1 {counts.f1()[0]:.3f}  AER "
                        f"{counts.error_rate()[0]:.3f}  {counts.answered.sum()} links, "
                        f"{differing(one, reference)} not as SimAlign's"
                    )


if __name__ == "__main__":
    main()
