"""Make ``src/firth/encoder/mini_reader``: ``python -m recipes.reader.build --reader READER``.

READER is what this command makes (about an hour on a core)::

    firth reading train --train en=FILE --output READER --model mini --epochs 2 --batch 16 \
        --rate 2e-4 --dropout 0 --frozen-layers 0

Embeddings do not travel: a reader that kept them as they were loses nothing. With
``--test zh=FILE`` (repeatable) the compact reader and the whole one answer the same questions, and
the card says what compression cost. Answering takes a minute or two a thousand questions.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from recipes.mini.quantise import save_int8_rows
from recipes.reader.compress import Compressed, compress

from firth.encoder.compact_reader import ABOARD, WEIGHTS, compact_reader
from firth.encoder.load import load
from firth.encoder.reader import SETTINGS, Reader
from firth.encoder.span_head import head_names
from firth.errors import InputError
from firth.experiments.reading import Asking, ask
from firth.experiments.reading_exams import Exam, read_exams
from firth.experiments.reading_runs import read_training
from firth.probe.clustered import cluster_paired
from firth.text.question_files import parse_question_files

BYTES = 4_900_000


def build(reader: Path, output: Path, most: int = BYTES) -> Compressed:
    """Write ``change.safetensors`` and ``reader.json``.

    Args:
        reader: The folder of a reader that began with mini.
        output: Where to.
        most: Bytes at most.

    Raises:
        InputError: The reader began with something else.
    """
    mini = load("mini", device="cpu", dtype="fp32")
    about = read_training(reader)
    if about is None or about["encoder"]["fingerprint"] != mini.card.fingerprint:
        raise InputError(f"{reader} is no reader that firth reading train made of this mini")
    whole = Reader.load(str(reader), device="cpu", dtype="fp32")
    base, trained = _state(mini.model), _state(whole.encoder.model)
    trained = {name: trained[name] for name in base}  # no pooler
    moved = [n for n in trained if "embeddings." in n and trained[n].ndim == 2
             and not np.array_equal(trained[n], base[n])]  # fmt: skip
    if moved:
        print(f"note: {', '.join(moved)} changed, and that does not travel")
    head = {name: _numpy(weight) for name, weight in whole.head.named_parameters()}
    assert set(head) == set(head_names(whole.head))
    found = compress(base, trained, head, most)
    output.mkdir(parents=True, exist_ok=True)
    metadata = {"base": mini.card.fingerprint, "reader": about["key"]}
    save_int8_rows(found.tensors, output / WEIGHTS, metadata)
    shutil.copy(reader / SETTINGS, output / SETTINGS)
    return found


def _numpy(weight: Any) -> NDArray[np.float32]:
    return weight.detach().float().cpu().numpy()


def _state(model: Any) -> dict[str, NDArray[np.float32]]:
    return {name: _numpy(weight) for name, weight in model.named_parameters()}


def measure(reader: Path, output: Path, exams: list[Exam], seed: int = 0) -> list[dict[str, Any]]:
    """Let the whole reader and the compact one answer the same questions.

    Returns:
        A row a test and metric: both means, and their difference with its interval.
    """
    mini = load("mini", device="cpu")
    readers = {
        "whole": Reader.load(str(reader), device="cpu"),
        "compact": compact_reader(mini, output),
    }
    rows: list[dict[str, Any]] = []
    for exam in exams:
        scored = {
            name: exam.score(ask(one, exam, Asking(seed=seed)).texts, exam.scorers[0])
            for name, one in readers.items()
        }
        for metric in ("em", "f1"):
            first, second = (getattr(scored[name], metric) for name in ("compact", "whole"))
            paired = cluster_paired(first, second, exam.articles, np.random.default_rng(seed))
            rows.append(
                {
                    "test": exam.name, "n": len(first), "scorer": exam.scorers[0],
                    "metric": metric.upper(), "whole": float(second.mean()),
                    "compact": float(first.mean()), "low": paired.low, "high": paired.high,
                }
            )  # fmt: skip
    return rows


def card(about: Mapping[str, Any], found: Compressed, size: int, rows: list[dict[str, Any]]) -> str:
    """Return the README of the folder."""
    (language, learnt), *_ = about["training"].items()
    recipe = about["recipe"]
    ranks = sorted(found.ranks.values())
    lines = [
        "# The reader that travels with mini",
        "",
        f"It learnt from {learnt['questions']:,} {language} questions "
        f"({learnt['name'].rsplit('/', 1)[-1]}, {learnt['articles']} articles) and from no other "
        "language: what it answers in Chinese, German or Russian it was never taught. "
        f"{about['steps']:,} steps of {recipe['batch']} windows, highest rate {recipe['rate']:g}, "
        f"seed {recipe['seed']}; the embeddings stayed as they were.",
        "",
        f"`{WEIGHTS}` ({size:,} bytes) holds what training changed: the span head and the vectors "
        f"whole, the change of {len(ranks)} matrices at ranks {ranks[0]} to {ranks[-1]} (median "
        f"{ranks[len(ranks) // 2]}) in int8 rows. {100 * found.kept:.1f} % of the squared change "
        "of the matrices is kept. `python -m recipes.reader.build` makes it.",
        "",
    ]
    if rows:
        lines += [
            "What compression cost, on the same questions (per cent; difference with its 95 % "
            "interval, articles drawn):",
            "",
            "| test | n | scorer | | whole reader | compact | difference |",
            "|---|---:|---|---|---:|---:|---:|",
        ]
        for row in rows:
            ends = (
                "" if row["low"] is None else f" [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
            )
            lines.append(
                f"| {row['test']} | {row['n']} | {row['scorer']} | {row['metric']} | "
                f"{100 * row['whole']:.1f} | {100 * row['compact']:.1f} | "
                f"{100 * (row['compact'] - row['whole']):+.1f}{ends} |"
            )
        lines.append("")
    lines += [
        "The questions come from SQuADShifts (Miller et al. 2020), New Wikipedia; its repository "
        "states no licence, its texts are Wikipedia's (CC BY-SA). mini has a card of its own.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Build, measure, write the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=ABOARD)
    parser.add_argument("--bytes", type=int, default=BYTES)
    parser.add_argument("--test", action="append", default=[])
    parser.add_argument("--most", type=int, default=None)
    given = parser.parse_args()
    exams = read_exams(parse_question_files(given.test, "test"), given.most) if given.test else []
    found = build(given.reader, given.output, given.bytes)
    size = (given.output / WEIGHTS).stat().st_size
    print(f"{size:,} bytes, {100 * found.kept:.1f} % of the squared change kept", flush=True)
    rows = measure(given.reader, given.output, exams)
    for row in rows:
        print(json.dumps(row), flush=True)
    about = read_training(given.reader)
    assert about is not None
    (given.output / "README.md").write_text(card(about, found, size, rows), encoding="utf-8")


if __name__ == "__main__":
    main()
