"""Shapes are checked in tests, and nothing reaches a network."""

import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from jaxtyping import install_import_hook

HOOK = install_import_hook(["firth.probe", "firth.encoder"], "beartype.beartype")

import pytest  # noqa: E402


@pytest.fixture(scope="session")
def mini():
    from firth.encoder.load import load

    return load("mini", dtype="fp32")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The published data sets, where the environment says they are."""
    folder = Path(os.environ.get("FIRTH_DATA", ""))
    if not os.environ.get("FIRTH_DATA") or not folder.is_dir():
        pytest.skip("FIRTH_DATA does not name the folder of the published data sets")
    return folder
