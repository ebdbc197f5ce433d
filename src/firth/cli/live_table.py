"""A table on standard error that is drawn again while work goes on."""

from __future__ import annotations

import sys
from typing import Self

from rich.console import Console
from rich.live import Live


class LiveTable:
    """What shows itself in `live` where somebody can see it.

    Args:
        quiet: Whether nothing is shown.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        console = Console(stderr=True, highlight=False)
        is_shown = not quiet and sys.stderr.isatty()
        self.live = Live(console=console, refresh_per_second=2) if is_shown else None

    def __enter__(self) -> Self:
        if self.live is not None:
            self.live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the last table standing."""
        if self.live is not None:
            self.live.stop()
            self.live = None
