"""Score the head on unseen text: ``python -m recipes.mini.evaluate_mlm --model DIR --data DIR``.

Contexts of XQuAD and DRCD are no training text and no kind of it: 15 % of the tokens of each window
of 128 pieces are hidden behind the mask token, with a fixed seed, and the first guess counts.
Beside it stands the unigram baseline: at the same positions, always the piece that is most
frequent in the training text of that language. For Japanese no unseen source is at hand: held-out
lines of the training's own sources stand in, and the table says so. With ``--before``, the drift
of the hidden states and the retrieval of translations are compared too.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # see recipes.mini.mlm

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import BertForMaskedLM

from firth.encoder.load import has_bf16, load
from firth.results.files import replacing
from firth.train.forward import before_decoder, hidden_layers
from firth.train.masking import Masking, Vocabulary, mask

from .drift import drift, retrieval
from .mlm_model import read_model, read_tokenizer, vocabulary_of
from .mlm_texts import held_out_pairs, read_texts, sources_of

UNSEEN = {
    "en": ("xquad", "qa/xquad.en.json.gz"),
    "zh": ("xquad", "qa/xquad.zh.json.gz"),
    "de": ("xquad", "qa/xquad.de.json.gz"),
    "es": ("xquad", "qa/xquad.es.json.gz"),
    "ru": ("xquad", "qa/xquad.ru.json.gz"),
    "zh-Hant": ("drcd dev", "qa/drcd_dev.zh-Hant.json.gz"),
}
WINDOW = 128  # pieces, special tokens included
SHORTEST = 8
BATCH = 32
RESAMPLES = 2000
PAIRS = 500
DRIFT_TEXTS = 30  # held-out sentences a language
CHUNK = 256

Hits = dict[str, list[tuple[int, int, int]]]  # article -> (right, baseline right, n) of a window
Window = tuple[str, NDArray[np.int64]]  # article and pieces


@dataclass(frozen=True)
class Judge:
    """A model and what scoring needs."""

    model: BertForMaskedLM
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    seed: int

    @torch.no_grad()
    def hits(self, windows: Sequence[Window], frequent: int) -> Hits:
        """Score windows; those of equal length go together."""
        generator = np.random.default_rng(self.seed)
        hits: Hits = {}
        ordered = sorted(windows, key=lambda one: len(one[1]))
        for _length, group in groupby(ordered, key=lambda one: len(one[1])):
            own = list(group)
            for at in range(0, len(own), BATCH):
                part = own[at : at + BATCH]
                ids = np.stack([pieces for _, pieces in part])  # [b, t]
                batch = mask(ids, Masking(replaced=0, kept=0), self.vocabulary, generator)
                guessed = np.zeros_like(ids)
                guessed[batch.chosen] = self._guess(batch.inputs, batch.chosen)
                right = (guessed == ids) & batch.chosen
                usual = (ids == frequent) & batch.chosen
                sums = zip(right.sum(1), usual.sum(1), batch.chosen.sum(1), strict=True)
                for (article, _), row in zip(part, sums, strict=True):
                    hits.setdefault(article, []).append((int(row[0]), int(row[1]), int(row[2])))
        return hits

    def _guess(self, inputs: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bf16()):
            last = hidden_layers(self.model.bert, torch.from_numpy(inputs))[-1]
            head = self.model.cls.predictions
            x = before_decoder(head.transform, last[torch.from_numpy(np.flatnonzero(chosen))])
        weight = head.decoder.weight.to(x.dtype)
        parts = [
            (torch.nn.functional.linear(part, weight).float() + head.bias).argmax(1)
            for part in x.split(CHUNK)
        ]
        return torch.cat(parts).numpy()


def contexts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (article, context) of a file in the SQuAD layout."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for i, article in enumerate(json.load(file)["data"]):
            for paragraph in article["paragraphs"]:
                yield f"{i} {article.get('title', '')}", paragraph["context"]


def windows_of(texts: Sequence[tuple[str, str]], tokenizer: Tokenizer) -> list[Window]:
    """Cut texts into windows; an end of fewer than `SHORTEST` pieces is left out."""
    ends = [tokenizer.token_to_id("<s>")], [tokenizer.token_to_id("</s>")]
    windows: list[Window] = []
    encoded = tokenizer.encode_batch_fast([text for _, text in texts], add_special_tokens=False)
    for (article, _), one in zip(texts, encoded, strict=True):
        for at in range(0, len(one.ids), WINDOW - 2):
            inner = one.ids[at : at + WINDOW - 2]
            if len(inner) >= SHORTEST:
                windows.append((article, np.array([*ends[0], *inner, *ends[1]], np.int64)))
    return windows


def score(hits: Hits, seed: int) -> dict[str, Any]:
    """Accuracy with a 95 % bootstrap interval over articles, and the baseline's."""
    sums = np.array([np.sum(rows, axis=0) for rows in hits.values()], float)  # [articles, 3]
    generator = np.random.default_rng(seed)
    drawn = generator.integers(len(sums), size=(RESAMPLES, len(sums)))
    resampled = sums[drawn].sum(axis=1)  # [resamples, 3]
    low, high = np.quantile(resampled[:, 0] / resampled[:, 2], [0.025, 0.975])
    right, usual, n = sums.sum(axis=0)
    return {
        "mlm_accuracy": right / n, "low": float(low), "high": float(high),
        "unigram": usual / n, "n": int(n), "articles": len(sums), "seed": seed,
    }  # fmt: skip


def evaluate(judge: Judge, data: Path, most: int | None) -> list[dict[str, Any]]:
    """Score every language; `most` contexts a file, all of them for None."""
    texts = read_texts(data)
    sources = sources_of(texts.training, judge.tokenizer)
    frequent = {
        language: int(np.bincount(np.concatenate([s.ids for s in kinds.values()])).argmax())
        for language, kinds in sources.items()
    }
    rows: list[dict[str, Any]] = []
    for language, (name, file) in UNSEEN.items():
        windows = windows_of(list(contexts(data / file))[:most], judge.tokenizer)
        usual = frequent[language.removesuffix("-Hant")]
        row = score(judge.hits(windows, usual), judge.seed)
        rows.append({"language": language, "text": name, "unit": "article", **row})
    held = [(line, line) for lines in texts.held_out["ja"].values() for line in lines]
    windows = windows_of(held[:most], judge.tokenizer)
    row = score(judge.hits(windows, frequent["ja"]), judge.seed)
    rows.append({"language": "ja", "text": "held-out lines (source seen)", "unit": "line", **row})
    return rows


def compare(model: Path, before: Path, data: Path) -> dict[str, Any]:
    """Drift by layer and retrieval before and after."""
    old, new = load(str(before)), load(str(model))
    held = read_texts(data).held_out
    sentences = [line for kinds in held.values() for line in _mixed(kinds)]
    pairs = held_out_pairs(data, PAIRS)
    return {
        "drift": drift(old, new, sentences),
        "retrieval": {"before": retrieval(old, pairs), "after": retrieval(new, pairs)},
    }


def _mixed(kinds: dict[str, list[str]]) -> list[str]:
    share = -(-DRIFT_TEXTS // len(kinds))
    return [line for lines in kinds.values() for line in lines[:share]][:DRIFT_TEXTS]


def show(result: dict[str, Any]) -> None:
    """Print Markdown."""
    print("| language | text | top-1 | 95 % interval | unigram | n | units |")
    print("|---|---|---:|---|---:|---:|---:|")
    for row in result["scores"]:
        print(
            f"| {row['language']} | {row['text']} | {row['mlm_accuracy']:.3f} "
            f"| {row['low']:.3f} to {row['high']:.3f} | {row['unigram']:.3f} | {row['n']} "
            f"| {row['articles']} {row['unit']}s |"
        )
    if "drift" in result:
        print("\n| layer | cosine to the start | centred |\n|---:|---:|---:|")
        for row in result["drift"]:
            print(f"| {row['layer']} | {row['raw']:.3f} | {row['centred']:.3f} |")
        print("\n| retrieval | before | after | n |\n|---|---:|---:|---:|")
        both = result["retrieval"]
        for old, new in zip(both["before"], both["after"], strict=True):
            cells = f"{old['accuracy']:.3f} | {new['accuracy']:.3f} | {old['n']}"
            print(f"| {old['direction']} | {cells} |")


def main() -> None:
    """Read the command line, score, print, write."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    made.add_argument("--model", type=Path, required=True, help="folder of the model with a head")
    made.add_argument("--data", type=Path, required=True, help="folder that holds qa/, parallel/")
    made.add_argument("--before", type=Path, help="folder of the encoder it began with")
    made.add_argument("--contexts", type=int, help="at most so many a file")
    made.add_argument("--only-drift", action="store_true", help="leave the head out")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--json", type=Path, help="default: evaluation.json in the model's folder")
    options = made.parse_args()
    result: dict[str, Any] = {"model": options.model.name, "seed": options.seed, "scores": []}
    if not options.only_drift:
        model, has_head = read_model(options.model)
        if not has_head:
            made.error(f"{options.model} has no masked-LM head")
        tokenizer = read_tokenizer(options.model)
        judge = Judge(model, tokenizer, vocabulary_of(tokenizer), options.seed)
        result["scores"] = evaluate(judge, options.data, options.contexts)
    if options.before is not None:
        result |= compare(options.model, options.before, options.data)
    show(result)
    with replacing(options.json or options.model / "evaluation.json") as staging:
        staging.write_text(json.dumps(result, indent=2, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
