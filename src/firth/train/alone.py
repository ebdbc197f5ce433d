"""One process at a time writes to the folder of a run."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from firth.errors import ResultError

LOCK = "training.lock"


@contextmanager
def alone(folder: str | Path) -> Generator[None]:
    """Keep others out of a folder, which is made where there is none.

    The system lets go of it when the process ends, however it ends; the lock's file stays. On a
    file system without locks the library takes the file itself for one, and says so.

    Raises:
        ResultError: Somebody else has it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ResultError(
            f"{folder}: another process is at work on this run; wait for it, or take another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()
