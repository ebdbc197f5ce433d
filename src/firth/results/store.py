"""Where results live: ``runs/<experiment>/<model>/<hash of config, model and data>/``.

A result is written whole or not at all: both files go to a temporary folder beside the final one,
which is then renamed. The same question finds the same folder, so it is answered from the store.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from firth.errors import ResultError, first_line
from firth.results.files import replacing_folder
from firth.results.schema import SCHEMA_VERSION, DataCard, ModelCard, Result

RESULT_FILE = "result.json"
ARRAYS_FILE = "arrays.safetensors"


def key_of(
    experiment: str,
    version: str,
    config: Mapping[str, Any],
    model: ModelCard,
    data: Sequence[DataCard],
) -> str:
    """Return the 16 hexadecimal digits that name the question.

    Two runs have the same key when experiment, version of firth, configuration (seed included),
    the model's fingerprint and the data's sha256 agree; the time, the machine and the place of
    a file do not count.
    """
    question = {
        "schema": SCHEMA_VERSION,
        "experiment": experiment,
        "version": version,
        "config": {key: value for key, value in config.items() if key not in PLACES},
        "model": model.fingerprint,
        "data": sorted(card.sha256 for card in data),
    }
    text = json.dumps(question, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# Settings that say where something lies; what lies there is named by its sha256.
PLACES = frozenset({"sentences", "centre_corpus", "model", "models"})


def folder_of(runs: str | Path, experiment: str, model: ModelCard, key: str) -> Path:
    """Return the folder of a result below ``runs``."""
    name = re.sub(r"[^\w.-]+", "-", model.name)[:100].strip("-.") or "model"
    return Path(runs) / experiment / name / key


def save(result: Result, runs: str | Path) -> Path:
    """Write a result and its arrays whole, or leave what was there; returns its folder.

    Raises:
        ResultError: The folder cannot be written; whatever was stored before is still there.
    """
    key = key_of(result.experiment, result.version, result.config, result.model, result.data)
    folder = folder_of(runs, result.experiment, result.model, key)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with replacing_folder(folder) as staging:
            if result.arrays:
                save_file(dict(result.arrays), staging / ARRAYS_FILE)
            with (staging / RESULT_FILE).open("w", encoding="utf-8") as file:
                file.write(result.to_json() + "\n")
                file.flush()
                os.fsync(file.fileno())
    except (OSError, SafetensorError) as error:
        what = getattr(error, "strerror", None) or first_line(error)
        raise ResultError(f"cannot write results to {folder}: {what}") from error
    return folder


def load(path: str | Path) -> Result:
    """Read a result from its folder or its ``result.json``.

    Raises:
        ResultError: There is none, it is of another schema, or it is damaged.
    """
    path = Path(path)
    file = path / RESULT_FILE if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResultError(f"no result can be read at {path}: {first_line(error)}") from error
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ResultError(f"{file} is not JSON: {error.msg} (line {error.lineno})") from error
    found = document.get("schema_version") if isinstance(document, dict) else None
    if found != SCHEMA_VERSION:
        raise ResultError(f"{file} has schema version {found}; this firth reads {SCHEMA_VERSION}")
    try:
        result = Result.model_validate(document)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ResultError(f"{file} is no result: {where}: {error.errors()[0]['msg']}") from error
    arrays = file.with_name(ARRAYS_FILE)
    if arrays.exists():
        try:
            result.with_arrays(load_file(arrays))
        except (OSError, SafetensorError) as error:
            raise ResultError(f"{arrays} cannot be read: {first_line(error)}") from error
    return result


def find(
    runs: str | Path,
    experiment: str,
    version: str,
    config: Mapping[str, Any],
    model: ModelCard,
    data: Sequence[DataCard],
) -> Result | None:
    """Return the stored answer to the same question, or None; a damaged one counts as none."""
    key = key_of(experiment, version, config, model, data)
    folder = folder_of(runs, experiment, model, key)
    if not (folder / RESULT_FILE).exists():
        return None
    try:
        return load(folder)
    except ResultError:
        return None


def results_below(runs: str | Path) -> Iterator[Path]:
    """Yield the folders of all results below ``runs``, in the order of their names."""
    for file in sorted(Path(runs).glob(f"**/{RESULT_FILE}")):
        if not any(part.startswith(".") for part in file.relative_to(runs).parts):
            yield file.parent
