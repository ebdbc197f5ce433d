"""A trained reader as a Hugging Face folder: written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firth.encoder.question_windows import WindowOptions
from firth.encoder.reader import SETTINGS
from firth.encoder.silence import silent
from firth.results.files import replacing_folder


def write_reader(
    folder: str | Path,
    model: Any,
    tokenizer: Any,
    options: WindowOptions,
    card: str,
    threshold: float | None = None,
    beside: Mapping[str, str] | None = None,
) -> None:
    """Write config.json, model.safetensors, the fast tokenizer, reader.json and README.md.

    The folder is what ``AutoModelForQuestionAnswering.from_pretrained`` and
    `firth.encoder.reader.Reader.load` read.

    Args:
        folder: Where to; an old one is replaced.
        model: ``...ForQuestionAnswering``.
        tokenizer: Its fast tokenizer.
        options: How contexts are cut into windows.
        card: What the reader is, in Markdown.
        threshold: Above which probability of none no answer is given; None to answer always.
        beside: Name -> text of further files.
    """
    settings: dict[str, Any] = {**options.as_dict(), "threshold": threshold}
    with replacing_folder(folder) as staging, silent():
        model.save_pretrained(staging)
        tokenizer.save_pretrained(staging)
        text = json.dumps(settings, indent=2, allow_nan=False) + "\n"
        (staging / SETTINGS).write_text(text, encoding="utf-8")
        for name, text in {"README.md": card, **(beside or {})}.items():
            (staging / name).write_text(text, encoding="utf-8")
