"""The translation trick on text that mini never saw, and on text of a source that it learnt from.

``python -m benchmarks.shift [--model mini] [--texts xquad,tatoeba] [--test 400]``; the data folder
is what FIRTH_DATA names.

XQuAD's questions are translations of each other by hand (en, zh, de, es, ru): nothing of it is in
mini's training. Tatoeba is. Dictionaries are those of the data folder, for en-zh, en-de and en-ja;
the other pairs are chosen and scored by BLEU-1 alone. Everything goes by ``firth shift sweep``:
language vectors from one third, layer and alpha chosen on another, scores on the last.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from pathlib import Path

from firth.cli.shift_tables import print_sweep
from firth.encoder.load import load
from firth.experiments.sweep import sweep
from firth.text.dictionary import read_dictionary
from firth.text.parallel import Parallel, read_parallel

PAIRS = {"xquad": ("zh", "de", "es"), "tatoeba": ("zh", "de", "ja")}


def questions(data: Path, language: str) -> dict[str, str]:
    """The questions of XQuAD by their ids."""
    with gzip.open(data / "qa" / f"xquad.{language}.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    return {
        asked["id"]: " ".join(asked["question"].split())
        for article in articles
        for paragraph in article["paragraphs"]
        for asked in paragraph["qas"]
    }


def texts_of(data: Path, kind: str) -> list[Parallel]:
    """English with each of some languages."""
    if kind == "tatoeba":
        place = data / "parallel"
        return [
            read_parallel(place / f"tatoeba.en-{other}.tsv.gz", ("en", other))
            for other in PAIRS[kind]
        ]
    english = questions(data, "en")
    found: list[Parallel] = []
    for other in PAIRS[kind]:
        theirs = questions(data, other)
        pairs = tuple((text, theirs[key]) for key, text in english.items() if key in theirs)
        found.append(Parallel("en", other, pairs))
    return found


def main() -> None:
    """Run each kind of text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--texts", default="xquad,tatoeba")
    parser.add_argument("--test", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if "FIRTH_DATA" not in os.environ:
        raise SystemExit("set FIRTH_DATA to the published data sets")
    data = Path(os.environ["FIRTH_DATA"])
    encoder = load(arguments.model)
    for kind in arguments.texts.split(","):
        texts = texts_of(data, kind)
        dictionaries = [
            read_dictionary(path, one.source, one.target)
            for one in texts
            if (path := data / "dictionaries" / f"{one.name}.tsv").is_file()
        ]
        result = sweep(encoder, texts, dictionaries, test=arguments.test, seed=arguments.seed)
        print(f"\n{kind}: {', '.join(f'{one.name} {len(one.pairs)}' for one in texts)} pairs")
        print_sweep(result)


if __name__ == "__main__":
    main()
