from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny

from firth.encoder.load import load
from firth.encoder.model import Encoder


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model by family, made once."""
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = tiny.save(name, tmp_path_factory.mktemp("models") / name)
        return made[name]

    return folder


@pytest.fixture(scope="session")
def encoder_of(folder_of: Callable[[str], Path]) -> Callable[..., Encoder]:
    """A tiny encoder by family and dtype, loaded once."""
    loaded: dict[tuple[str, str], Encoder] = {}

    def encoder(name: str, dtype: str = "fp32") -> Encoder:
        if (name, dtype) not in loaded:
            loaded[name, dtype] = load(str(folder_of(name)), device="cpu", dtype=dtype)
        return loaded[name, dtype]

    return encoder
