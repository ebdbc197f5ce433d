"""Train what a stored result of ``pretrain`` was about again, from the first step."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from firth.errors import ResultError
from firth.experiments.grown import grown
from firth.experiments.pretrain import pretrain
from firth.experiments.pretrain_arms import Settings
from firth.experiments.pretrain_texts import Sources
from firth.results.schema import Result


def rerun_pretrain(old: Result) -> Result:
    """Train all arms again in a folder of their own; only the tokenizer is the old one.

    The checkpoints that travel with firth are asked again.

    Raises:
        ResultError: Its texts were given as they are, not as files.
    """
    if old.config["source"].get("carried"):
        return grown()
    if not old.config["source"]:
        raise ResultError("the texts of this result were not read from files: give them again")
    sources = Sources.of(old.config["source"])
    settings = Settings.of(old.config["settings"], old.config["dtype"])
    store = Path(old.model.source).parent.parent
    with tempfile.TemporaryDirectory(prefix="firth-pretrain-") as folder:
        (Path(folder) / "pretraining").mkdir()
        for path in store.glob("tokenizer-*.json"):
            shutil.copy(path, Path(folder) / "pretraining" / path.name)
        result = pretrain(
            sources.text(), settings, sources.dictionaries(), out=folder, source=sources.config()
        )
    if result is None:
        raise ResultError("a result is run again by one process; leave torchrun out")
    return result
