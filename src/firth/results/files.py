"""Files that are written whole or not at all."""

from __future__ import annotations

import os
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
