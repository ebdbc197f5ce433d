"""Train what a stored result of ``transfer`` was about again, from the first step."""

from __future__ import annotations

import tempfile
from dataclasses import replace

from firth.encoder.model import Encoder
from firth.errors import ResultError
from firth.experiments.transfer import transfer
from firth.experiments.transfer_arms import Settings
from firth.experiments.transfer_small import small
from firth.experiments.transfer_texts import SequenceSource
from firth.results.schema import Result


def rerun_transfer(old: Result, encoder: Encoder) -> Result:
    """Train all arms again in a folder of their own.

    Args:
        old: The result.
        encoder: Its encoder.

    Raises:
        ResultError: Its sequences were given as they are, not as files.
    """
    source = old.config["source"]
    if "grammar" in source:
        return small(encoder, seed=old.seed)
    if not source:
        raise ResultError("the sequences of this result were not read from files: give them again")
    settings = Settings.of(old.config["settings"], old.config["dtype"])
    data = replace(SequenceSource.of(source).read(), name=old.data[0].name)
    with tempfile.TemporaryDirectory(prefix="firth-transfer-") as folder:
        return transfer(encoder, data, settings, out=folder, source=source)[0]
