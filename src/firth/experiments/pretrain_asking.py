"""Ask the kept checkpoints of a run of `firth.experiments.pretrain` how far they have aligned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from tokenizers import Tokenizer

from firth.experiments.pretrain_alignment import Question, alignment, encoders_of
from firth.experiments.pretrain_arms import CBOW, kept_steps
from firth.experiments.pretrain_runs import Run, task_of, unigrams, weights_of, write_unigrams
from firth.text.corpora import Corpora
from firth.train.alone import alone

Tell = Callable[[Run, dict[str, Any]], None]


def ask_run(
    run: Run,
    texts: Corpora,
    held_out: Mapping[str, Sequence[str]],
    tokenizer: Tokenizer,
    question: Question,
    tell: Tell | None = None,
) -> None:
    """Add what is missing to the run's ``alignment`` and ``unigram.json``.

    Args:
        run: A finished run.
        texts: Language -> the run's own sentences.
        held_out: Language -> sentences that no run learns from.
        tokenizer: Of the experiment.
        question: What is asked.
        tell: Called with a row for each checkpoint.
    """
    if not _left(run, question) and unigrams(run) is not None:
        return
    with alone(run.folder):
        # Again: somebody else may have been at it until now.
        _ask(run, _left(run, question), texts, held_out, tokenizer, question, tell)


def _left(run: Run, question: Question) -> list[int]:
    """Return the steps whose checkpoints have not been asked."""
    if run.arm.control == CBOW or not question.is_about(run.arm.languages):
        return []  # nothing to align
    asked = {row["step"] for row in run.alignment.rows()}
    return [step for step in kept_steps(run.settings) if step not in asked]


def _ask(
    run: Run,
    left: Sequence[int],
    texts: Corpora,
    held_out: Mapping[str, Sequence[str]],
    tokenizer: Tokenizer,
    question: Question,
    tell: Tell | None,
) -> None:
    task, own = task_of(run, texts, held_out, tokenizer)
    write_unigrams(run, task)
    dtype = torch.bfloat16 if run.settings.dtype == "bf16" else torch.float32
    for step in left:
        task.model.load_state_dict(weights_of(run, step), strict=False)
        encoders = encoders_of(task, own, run.folder.name, f"step {step}", dtype)
        row = {"step": step, "scores": alignment(encoders, question, run.arm.seed)}
        run.alignment.append(row)
        if tell is not None:
            tell(run, {"kind": "alignment"} | row)
