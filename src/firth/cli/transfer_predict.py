"""``firth transfer predict``: label sequences with a model that ``firth transfer run`` saved."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firth.cli import options
from firth.cli.screen import progress, warn
from firth.errors import OptionError

if TYPE_CHECKING:
    from firth.encoder.sequence_classifier import Labelling, SequenceClassifier
    from firth.text.sequences import SequenceSet


def predict(
    folder: Annotated[str, typer.Argument(help="What `firth transfer run --save` wrote.")],
    file: Annotated[str, typer.Argument(help="CSV, TSV, JSON lines or FASTA of sequences.")],
    sequence: Annotated[str, typer.Option("--sequence", help="Its column.")] = "sequence",
    unseen: Annotated[
        str,
        typer.Option("--unseen", help="Symbols that training did not see: refuse, or unknown."),
    ] = "refuse",
    header: Annotated[
        str, typer.Option("--header", help="FASTA: what the fields of a header line are.")
    ] = "id label split",
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="A .tsv or .jsonl file; else the screen.")
    ] = None,
    device: options.Device = "auto",
    dtype: options.Dtype = "auto",
    json: options.Json = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> None:
    """Label new sequences: class and probabilities, or a number, a line each."""
    if output is not None and Path(output).suffix not in (".tsv", ".jsonl"):
        raise OptionError(f"output {output}: the name may end in .tsv or .jsonl")
    from firth.encoder.sequence_classifier import SequenceClassifier
    from firth.text.sequence_files import read_sequences

    classifier = SequenceClassifier.load(folder, device=device, dtype=dtype)
    own = classifier.options
    data = read_sequences(
        file, sequence=sequence, target="none", symbols=own.symbols, upper=own.upper,
        split="", group="", header=header,
    )  # fmt: skip
    with progress("windows", None, quiet=quiet or json) as step:
        found = classifier.label(data, unseen=unseen, progress=step)
    as_json = json or (output is not None and output.endswith(".jsonl"))
    text = "\n".join((_objects if as_json else _table)(data, found, classifier)) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        _write(output, text)
    warn(_notes(data, classifier), quiet=quiet or json)


def _rows(data: SequenceSet, found: list[Labelling]) -> list[tuple[str, Labelling]]:
    """Return what each sequence is called, its id or its line, and what it is."""
    return [
        (example.name or example.where.rpartition("line ")[2], one)
        for example, one in zip(data.examples, found, strict=True)
    ]


def _objects(
    data: SequenceSet, found: list[Labelling], classifier: SequenceClassifier
) -> list[str]:
    from json import dumps

    lines: list[str] = []
    for name, one in _rows(data, found):
        row: dict[str, object] = {"id": name, "label": one.label, "windows": one.windows}
        if one.probabilities:
            names = classifier.options.classes
            row["probabilities"] = dict(zip(names, one.probabilities, strict=True))
        lines.append(dumps(row, ensure_ascii=False))
    return lines


def _table(data: SequenceSet, found: list[Labelling], classifier: SequenceClassifier) -> list[str]:
    lines = ["\t".join(["id", "label", *classifier.options.classes])]
    for name, one in _rows(data, found):
        label = one.label if isinstance(one.label, str) else f"{one.label:.6g}"
        lines.append("\t".join([name, label, *(f"{p:.4f}" for p in one.probabilities)]))
    return lines


def _notes(data: SequenceSet, classifier: SequenceClassifier) -> list[str]:
    notes = list(data.notes)
    if classifier.cut:
        notes.append(
            f"{classifier.cut:,} sequences are longer than {classifier.options.window:,} symbols: "
            "their windows answered together"
        )
    if classifier.unknown:
        shown = ", ".join(f"{one} {n:,}" for one, n in classifier.unknown.most_common(8))
        notes.append(f"symbols that training did not see became the unknown token: {shown}")
    return notes


def _write(output: str, text: str) -> None:
    from firth.results.files import replacing

    try:
        with replacing(output) as staging:
            staging.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OptionError(f"cannot write {output}: {error.strerror}") from error
