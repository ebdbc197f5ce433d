"""Fill the blanks of files of any length: sentence by sentence to JSON lines."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from firth.encoder.cloze import MaskedLMHead
from firth.encoder.likelihood import Likelihood, Masking, pseudo_log_likelihoods, pseudo_perplexity
from firth.errors import InputError
from firth.experiments.cloze import accuracy, answers_said, left_out, no_blank
from firth.experiments.cloze_fills import CHUNK_TEXTS, FilledText, Filler, Settings
from firth.results.files import replacing
from firth.text.cloze import Line


@dataclass
class StreamReport:
    """What happened on the way.

    Attributes:
        lines: Lines read.
        empty: Lines skipped because they are empty.
        without: Sentences left out because they have no blank.
        written: Sentences written.
    """

    lines: int = 0
    empty: int = 0
    without: int = 0
    written: int = 0
    too_long: int = 0
    right: list[bool] = field(default_factory=list[bool])
    likelihood: Likelihood = field(default_factory=lambda: Likelihood(0.0, 0))

    def sentences(self) -> list[str]:
        """Return what a reader of the file must know."""
        return [*left_out(self.lines, self.empty, self.without), *answers_said(self.too_long)]

    def summary(self, seed: int) -> dict[str, Any]:
        """Return the numbers of the whole stream."""
        found: dict[str, Any] = {
            "lines": self.lines, "empty": self.empty, "without_blank": self.without,
            "written": self.written,
        }  # fmt: skip
        if self.right:
            score = accuracy(self.right, np.random.default_rng(seed))
            found["mlm_accuracy"] = score.model_dump(exclude_none=True)
        perplexity = pseudo_perplexity([self.likelihood])
        if perplexity is not None and math.isfinite(perplexity):
            found["pseudo_perplexity"] = perplexity
        return found


def fill_to_file(
    head: MaskedLMHead,
    lines: Iterable[Line],
    output: str | Path,
    settings: Settings,
    masking: Masking | None = None,
    progress: Callable[[int], None] | None = None,
) -> StreamReport:
    """Fill a stream of sentences; each becomes one JSON line with its candidates.

    The file is written whole or not at all; memory holds one chunk of sentences.

    Raises:
        InputError: No line has a blank (and none is to be scored), or the file cannot be written.
    """
    report = StreamReport()
    filler = Filler(head, settings)
    try:
        with replacing(output) as staging, staging.open("w", encoding="utf-8") as file:
            for record in _records(filler, lines, masking, report, progress):
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
            if not report.written:
                raise (
                    no_blank(head.blanker.mask_token)
                    if report.without
                    else InputError("there are no sentences")
                )
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from error
    return report


def _records(
    filler: Filler,
    lines: Iterable[Line],
    masking: Masking | None,
    report: StreamReport,
    progress: Callable[[int], None] | None,
) -> Iterator[dict[str, Any]]:
    stream = iter(lines)
    while chunk := list(islice(stream, CHUNK_TEXTS)):
        filled_lines = [line for line in chunk if line.text.strip()]
        report.lines += len(chunk)
        report.empty += len(chunk) - len(filled_lines)
        head = filler.head
        kept = [one for one in filled_lines if masking or head.blanker.spans(one.text)]
        report.without += len(filled_lines) - len(kept)
        filled = list(filler.fill([line.text for line in kept]))
        scores: list[Likelihood] = []
        if masking is not None:
            scores = pseudo_log_likelihoods(head, [one.filled for one in filled], masking)
        for at, (line, one) in enumerate(zip(kept, filled, strict=True)):
            record = _record(line, one)
            if line.answer is not None and one.blanks:
                right, reachable = filler.judge(one, line.answer)
                record |= {"gold": line.answer, "right": right}
                report.right.append(right)
                report.too_long += not reachable
            if scores:
                record |= {"pseudo_log_likelihood": scores[at].total, "tokens": scores[at].tokens}
                before = report.likelihood
                report.likelihood = Likelihood(
                    before.total + scores[at].total, before.tokens + scores[at].tokens
                )
            report.written += 1
            yield record
        if progress is not None:
            progress(len(chunk))


def _record(line: Line, one: FilledText) -> dict[str, Any]:
    masks: list[list[dict[str, Any]]] = [[] for _ in range(one.blanks)]
    for candidate in one.candidates:
        row = candidate.row(line.number)
        masks[candidate.blank - 1].append({key: row[key] for key in ("token", "probability")})
    return {
        "line": line.number, "text": line.text, "filled": one.filled,
        "joint_log_probability": one.joint, "masks": masks,
    }  # fmt: skip
