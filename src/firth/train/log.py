"""The log of a run: JSON lines, each written whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firth.results.files import replacing


@dataclass(frozen=True)
class Log:
    """Rows of ``log.jsonl``: each says its ``kind`` (train, validation, resumed) and its ``step``.

    Attributes:
        path: The file.
    """

    path: Path

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row in one call, so that no reader sees half of it."""
        line = json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)

    def rows(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return all rows, or those of one kind; a torn last line counts as none."""
        if not self.path.is_file():
            return []
        rows: list[dict[str, Any]] = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:  # a power cut in the middle of a line
                continue
        return [row for row in rows if kind is None or row.get("kind") == kind]

    def cut(self, step: int) -> None:
        """Drop the rows after ``step``: the steps behind a checkpoint are run again."""
        kept = [row for row in self.rows() if row["step"] <= step]
        with replacing(self.path) as staging:
            text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in kept)
            staging.write_text(text, encoding="utf-8")
