"""How the process treats memory that tensors gave back.

By default the C library returns large pieces to the system at once, and the system hands them out
again page by page, each cleared: a step of training on a processor spends a tenth of its time
there. The command line asks it to keep them. What was needed once stays with the process until it
ends.
"""

from __future__ import annotations

import os
import sys

# mallopt(3): from which size on a piece is mapped by itself, and how much is kept at the top.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_MAPPED, _MAPPED_BEFORE_GLIBC_2_35, _KEPT = 1 << 30, 1 << 25, (1 << 31) - 1

# Whoever sets one of these has decided already.
DECIDED = (
    "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES",
)  # fmt: skip


def keep_freed_memory() -> bool:
    """Let freed memory stay with the process, so that the next tensors find it warm.

    It counts for the whole process and cannot be taken back; the command line calls it, the library
    never does. Without effect outside Linux with glibc, and where the environment sets an allocator
    or its thresholds.

    Returns:
        Whether it was done.
    """
    if sys.platform != "linux" or any(name in os.environ for name in DECIDED):
        return False
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    mapped = mallopt(_MMAP_THRESHOLD, _MAPPED) or mallopt(
        _MMAP_THRESHOLD, _MAPPED_BEFORE_GLIBC_2_35
    )
    return bool(mapped and mallopt(_TRIM_THRESHOLD, _KEPT))
