"""Where the language is in an encoder, and what a search in mixed languages gains without it.

``python -m benchmarks.fair [--model mini] [search fit unseen where grow]``; the data folder is what
FIRTH_DATA names. Tatoeba's pairs of English with Chinese, German and Japanese; corrections are
fitted on pairs that are set aside, and for ``fit`` on Bible verses, on a hundred sentences, and
with E5's prefix. ``unseen`` asks the questions of XQuAD, which mini never read; ``grow`` shows how
what a probe finds after a correction falls with the text that the correction is fitted on.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.shift import questions
from firth.encoder.load import load
from firth.encoder.model import Encoder
from firth.experiments.search import search
from firth.experiments.where import where
from firth.results.schema import Result
from firth.text.parallel import Parallel, read_parallel

OTHERS = ("zh", "de", "ja")
ARMS = ("none", "zero_mean", "lir_1", "lir_4", "agnostic", "agnostic_centred")
PARTS = ("search", "fit", "unseen", "where", "grow")
# Sentences of a language that the corrections of ``grow`` are fitted on.
GROWING = (200, 600, 2000, 6000)


def main() -> None:
    """Print the tables of docs/fair.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--model", default="mini")
    parser.add_argument("--runs", help="a store of results")
    given = parser.parse_args()
    folder = os.environ.get("FIRTH_DATA")
    if not folder:
        raise SystemExit("set FIRTH_DATA to the published data sets")
    place = Path(folder) / "parallel"
    pairs = [_read(place, "tatoeba", other) for other in OTHERS]
    encoder = load(given.model)
    for part in given.parts or PARTS:
        if part not in PARTS:
            parser.error(f"no part {part!r}; there is {', '.join(PARTS)}")
        run = {
            "search": _search, "fit": _fit, "unseen": _unseen, "where": _where, "grow": _grow,
        }  # fmt: skip
        run[part](encoder, pairs, place, given.runs)


def _read(place: Path, name: str, other: str) -> Parallel:
    return read_parallel(place / f"{name}.en-{other}.tsv.gz", ("en", other))


def _sides(pairs: Iterable[Parallel]) -> dict[str, list[str]]:
    """Return the sentences of each language of some pairs."""
    found: dict[str, list[str]] = {}
    for one in pairs:
        for side, language in enumerate((one.source, one.target)):
            found.setdefault(language, []).extend(pair[side] for pair in one.pairs)
    return found


def _search(encoder: Encoder, pairs: list[Parallel], place: Path, runs: str | None) -> None:
    last = encoder.n_layers
    result = search(encoder, pairs, runs=runs)
    print(f"\nanswer found first, layer {last} [95 % interval]; {result.tables['fit']}\n")
    _line("asked", *ARMS, "others only", "queries")
    _line(*["---"] + ["---:"] * (len(ARMS) + 2))
    for way in _ways(result):
        rows = [_one(result, "recall_at_1", way, arm, last) for arm in ARMS]
        apart = _one(result, "recall_at_1", way, "none", last, control="others_only")
        _line(way, *map(_interval, rows), _number(apart.value), rows[0].n)
    for metric in ("same_language_share", "mrr", "recall_at_10"):
        print(f"\n{metric}, layer {last}\n")
        for way in _ways(result):
            _line(way, *(_number(_one(result, metric, way, arm, last).value) for arm in ARMS))
    print("\nlargest p_adjusted of the MRR at that layer:", max(
        row.p_adjusted for row in result.rows("mrr", layer=last, control=None, split=None)
        if row.p_adjusted is not None
    ))  # fmt: skip
    print("\nanswer found first, mean over directions, by layer\n")
    _line("layer", *ARMS, "others only", "others only, agnostic_centred")
    for layer in range(last + 1):
        apart = [_mean(result, arm, layer, "others_only") for arm in ("none", ARMS[-1])]
        _line(layer, *(_mean(result, arm, layer) for arm in ARMS), *apart)
    print("\neach at its best layer on half of the queries, the other half: MRR, layer\n")
    for way in _ways(result):
        rows = result.rows("mrr", direction=way, split="best_on_half")
        _line(way, *(f"{row.arm} {_number(row.value)} at {row.layer}" for row in rows))


def _unseen(encoder: Encoder, pairs: list[Parallel], place: Path, runs: str | None) -> None:
    english = questions(place.parent, "en")
    texts: list[Parallel] = []
    for other in ("zh", "de", "es", "ru"):
        theirs = questions(place.parent, other)
        own = tuple((text, theirs[key]) for key, text in english.items() if key in theirs)
        texts.append(Parallel("en", other, own))
    _compare(encoder, {"questions set aside": {}}, texts, runs)


def _fit(encoder: Encoder, pairs: list[Parallel], place: Path, runs: str | None) -> None:
    bible = _sides(_read(place, "bible", other) for other in OTHERS)
    ways: dict[str, dict[str, Any]] = {
        "pairs set aside": {},
        "other sentences of Tatoeba": {"corpora": _sides(pairs)},
        "100 of them": {"corpora": _sides(pairs), "fit": 100},
        "Bible verses": {"corpora": bible},
        "prefix `query: `": {"prefix": "query: "},
        "one pool of four languages": {"pool": "all"},
    }
    _compare(encoder, ways, pairs, runs)


def _compare(
    encoder: Encoder, ways: dict[str, dict[str, Any]], pairs: list[Parallel], runs: str | None
) -> None:
    """Print what each way of fitting finds at the last layer."""
    last = encoder.n_layers
    print(f"\nanswer found first, layer {last}, mean over directions [least, most]; own language\n")
    _line("", *ARMS, "others only")
    for name, settings in ways.items():
        result = search(encoder, pairs, layers=[last], runs=runs, **settings)
        for metric in ("recall_at_1", "same_language_share"):
            cells = [_cell(result, metric, arm, last) for arm in ARMS]
            if metric == "recall_at_1":
                cells.append(_cell(result, metric, "none", last, "others_only"))
            _line(name, *cells)
        print(result.tables["fit"], [row["queries"] for row in result.tables["texts"]])


def _cell(result: Result, metric: str, arm: str, layer: int, control: str | None = None) -> str:
    values = [_one(result, metric, way, arm, layer, control).value for way in _ways(result)]
    return f"{_number(fmean(values))} [{_number(min(values))}, {_number(max(values))}]"


def _where(encoder: Encoder, pairs: list[Parallel], place: Path, runs: str | None) -> None:
    corpora = _sides([*pairs, _read(place, "tatoeba", "es")])
    result = where(encoder, corpora, pairs, most=4000, runs=runs)
    probed = ("none", "zero_mean", "lir_1", "agnostic")
    print(f"\nlanguage read by a linear probe: {result.tables['languages']}\n")
    heads = [f"{unit} {arm}" for unit in ("sentence", "token") for arm in probed]
    _line("layer", *heads, "shuffled", "translations none", "agnostic_centred")
    for layer in range(encoder.n_layers + 1):
        metric = "language_id_accuracy"
        cells = [
            _number(result.rows(metric, scorer=unit, arm=arm, layer=layer, control=None)[0].value)
            for unit in ("sentence", "token")
            for arm in probed
        ]
        nonsense = result.rows(metric, scorer="sentence", layer=layer, control="shuffled_labels")
        found = [
            _number(fmean(row.value for row in result.rows("retrieval_accuracy", arm=arm,
                                                           layer=layer)))
            for arm in ("none", "agnostic_centred")
        ]  # fmt: skip
        _line(layer, *cells, _number(nonsense[0].value), *found)


def _grow(encoder: Encoder, pairs: list[Parallel], place: Path, runs: str | None) -> None:
    corpora = _sides([*pairs, _read(place, "tatoeba", "es")])
    last = encoder.n_layers
    arms = ("none", "zero_mean", "lir_1", "agnostic")
    print(f"\nlanguage read by a linear probe, layer {last}, by sentences fitted on\n")
    _line("sentences", *(f"{unit} {arm}" for unit in ("sentence", "token") for arm in arms))
    for fitted in GROWING:
        result = where(encoder, corpora, layers=[last], most=2 * fitted, ranks=[1], runs=runs)
        rows = [
            result.rows("language_id_accuracy", scorer=unit, arm=arm, control=None)[0]
            for unit in ("sentence", "token")
            for arm in arms
        ]
        _line(fitted, *map(_interval, rows))


def _ways(result: Result) -> list[str]:
    return [str(row["direction"]) for row in result.tables["texts"]]


def _one(result: Result, metric: str, way: str, arm: str, layer: int, control: str | None = None):
    about = {"direction": way, "arm": arm, "layer": layer, "control": control, "split": None}
    return result.rows(metric, **about)[0]


def _mean(result: Result, arm: str, layer: int, control: str | None = None) -> str:
    rows = [_one(result, "recall_at_1", way, arm, layer, control) for way in _ways(result)]
    return _number(fmean(row.value for row in rows))


def _number(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _interval(row: Any) -> str:
    return f"{_number(row.value)} [{row.low:.2f}, {row.high:.2f}]".replace("[0.", "[.").replace(
        ", 0.", ", ."
    )


def _line(*cells: Any) -> None:
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
