"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(output: str | Path) -> Generator[Path]:
    """Yield a temporary file beside ``output`` that takes its place when all went well.

    After an error or Ctrl-C the old file is as it was, and the temporary one is gone.
    """
    path = Path(output)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    staging = Path(name)
    try:
        yield staging
        # What mkstemp made is private; an ordinary file follows the user's umask.
        mask = os.umask(0)
        os.umask(mask)
        staging.chmod(0o666 & ~mask)
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)


@contextmanager
def replacing_folder(output: str | Path) -> Generator[Path]:
    """Yield a temporary folder beside ``output`` that takes its place when all went well.

    An old folder goes only when the new one stands.
    """
    folder = Path(output)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.absolute().parent))
    try:
        yield staging
        # What mkdtemp made is private; ordinary files follow the user's umask.
        mask = os.umask(0)
        os.umask(mask)
        staging.chmod(0o777 & ~mask)
        for path in staging.rglob("*"):
            path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)
        swap(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def swap(staging: Path, folder: Path) -> None:
    """Put ``staging`` in the place of ``folder``; the old one goes only when the new one stands."""
    if not folder.exists():
        staging.rename(folder)
        return
    old = folder.with_name(f".{folder.name}-old-{os.getpid()}")
    folder.rename(old)
    try:
        staging.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
