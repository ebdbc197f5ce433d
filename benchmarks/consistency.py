"""Which language fills the blanks of unseen encyclopaedic text? XQuAD's paragraphs, in one run.

``python -m benchmarks.consistency [MODEL ...]``; the data folder is what FIRTH_DATA names.

The same 240 paragraphs in English, Chinese, German, Spanish and Russian, cut into sentences: all
five together, and the lecture's two, English and Chinese, alone.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
from pathlib import Path

from firth.cli.cloze_tables import print_consistency
from firth.encoder.load import load
from firth.experiments.consistency import consistency

LANGUAGES = ("en", "zh", "de", "es", "ru")
PAIR = ("en", "zh")
_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
SHORTEST = 20  # characters; of Chinese 10


def sentences(data: Path, language: str) -> list[str]:
    """The sentences of XQuAD's paragraphs; fragments are left out."""
    with gzip.open(data / "qa" / f"xquad.{language}.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    found: dict[str, None] = {}
    for article in articles:
        for paragraph in article["paragraphs"]:
            for one in _END.split(paragraph["context"].replace("\ufeff", "")):
                if len(one.strip()) >= (SHORTEST if language != "zh" else SHORTEST // 2):
                    found[one.strip()] = None
    return list(found)


def main() -> None:
    """Run and print."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("models", nargs="*", default=["mini"])
    made.add_argument("--most", type=int, default=300)
    options = made.parse_args()
    folder = os.environ.get("FIRTH_DATA")
    if not folder:
        raise SystemExit("set FIRTH_DATA to the published data sets")
    texts = {language: sentences(Path(folder), language) for language in LANGUAGES}
    for model in options.models:
        encoder = load(model)
        for chosen in (LANGUAGES, PAIR):
            some = {language: texts[language] for language in chosen}
            print_consistency(consistency(encoder, some, most=options.most))


if __name__ == "__main__":
    main()
