"""Keep transformers' progress bars off the terminal while it writes a model."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def silent() -> Generator[None]:
    """Hide the bars, and show them again afterwards if they were shown before."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
