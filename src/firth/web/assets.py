"""The files that a page asks for: found in a list that is made once, never by a path.

Scripts and styles are firth's own; the Vega libraries come out of the package that draws the
figures (`firth.report.embed`), the letters out of the font's package (`firth.report.fonts`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from firth.report import fonts
from firth.report.embed import javascript

STATIC = Path(__file__).parent / "static"
VEGA = "vega.js"
FONT = "cjk.ttf"
_KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}


@dataclass(frozen=True)
class Asset:
    """A file as it is sent.

    Attributes:
        content: Its bytes.
        kind: Its media type.
        tag: What a browser compares before it asks for the bytes again.
    """

    content: bytes
    kind: str
    tag: str


def names() -> frozenset[str]:
    """Return the names of all files."""
    own = {file.name for file in STATIC.iterdir() if file.suffix in _KINDS}
    return frozenset(own | {VEGA, FONT})


@cache
def asset(name: str) -> Asset | None:
    """Return a file of `names`; None for another name, or where the font's package is missing."""
    if name not in names():
        return None
    made: dict[str, Callable[[], bytes]] = {VEGA: lambda: javascript().encode(), FONT: _font}
    content = made[name]() if name in made else (STATIC / name).read_bytes()
    if not content:
        return None
    kind = _KINDS[Path(name).suffix]
    return Asset(content, kind, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _font() -> bytes:
    """Return the font, the first one of a collection."""
    import io

    from fontTools.ttLib import TTFont

    file = fonts.font_file()
    if file is None:
        return b""
    if file.suffix.lower() == ".ttf":
        return file.read_bytes()
    buffer = io.BytesIO()
    with TTFont(file, fontNumber=0, lazy=True) as font:
        font.save(buffer)
    return buffer.getvalue()
