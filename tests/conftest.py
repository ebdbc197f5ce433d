"""Shapes are checked in tests, and nothing reaches a network."""

import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:  # before torch counts the cores for itself
    SHARE = max(1, (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    os.environ.setdefault("OMP_NUM_THREADS", str(SHARE))

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
