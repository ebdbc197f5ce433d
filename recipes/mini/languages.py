"""The language vectors that travel with mini: ``python -m recipes.mini.languages --data DIR``.

From each parallel file of one kind of text, all languages from text of the same kinds, so that a
difference is one of language and not of topic: Tatoeba and the Bible, by English sentence hash on
one side only (`firth.experiments.align_vectors.disjoint_halves`), so that no sentence stands in two
languages. Traditional Chinese is not told apart.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from firth.encoder.languages import ABOARD, fit_languages
from firth.encoder.load import load
from firth.experiments.align_vectors import disjoint_halves

KINDS = ("tatoeba", "bible")
OTHERS = ("zh", "ja", "de", "es", "ru")
SENTENCES = 1000


def texts(data: Path, most: int) -> dict[str, list[str]]:
    """Return the sentences of each language, as many of each kind where there are so many."""
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        files = {
            ("en", other): [str(path)]
            for other in OTHERS
            if (path := data / "parallel" / f"{kind}.en-{other}.tsv.gz").is_file()
        }
        for language, own in disjoint_halves(files).items():
            order = np.random.default_rng(0).permutation(len(own))[: most // len(KINDS)]
            found.setdefault(language, []).extend(own[at] for at in np.sort(order))
    return {language: found[language] for language in ("en", *OTHERS)}


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds parallel/")
    parser.add_argument("--model", default="mini")
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="of each language")
    parser.add_argument("--output", type=Path, default=ABOARD)
    arguments = parser.parse_args()
    encoder = load(arguments.model, dtype="fp32")
    corpora = texts(arguments.data, arguments.sentences)
    about = {"texts": f"{', '.join(KINDS)}; up to {arguments.sentences} sentences a language"}
    vectors = fit_languages(encoder, corpora, about=about)
    vectors.save(arguments.output)
    for language, n, tokens in zip(
        vectors.languages, vectors.sentences, vectors.tokens, strict=True
    ):
        print(f"{language}: {n} sentences, {tokens} tokens")


if __name__ == "__main__":
    main()
