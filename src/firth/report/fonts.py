"""A font with Chinese, Japanese, Korean and Cyrillic letters, whatever the machine has.

The font is WenQuanYi Micro Hei (Apache License 2.0), brought by a package of its own. Figures name
the family ``firth CJK``; pages and SVG files carry the letters they use under that name, and PNG
files are drawn with the whole font. Without the package the machine's own fonts are used.
"""

from __future__ import annotations

import base64
import importlib.metadata
import io
from functools import cache, lru_cache
from pathlib import Path

PACKAGE = "paperang-p2-fonts-cjk"
FAMILY = "firth CJK"
# After firth's own: the same font as installed, then what the common systems bring.
STACK = (
    f"{FAMILY}, WenQuanYi Micro Hei, Noto Sans CJK SC, PingFang SC, Hiragino Sans, "
    "Microsoft YaHei, sans-serif"
)
_SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
_ALWAYS = "".join(map(chr, range(32, 127))) + "…–−·×"


@cache
def font_file() -> Path | None:
    """Return the font's file, or None where its package is missing."""
    try:
        distribution = importlib.metadata.distribution(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in distribution.files or ():
        path = Path(str(distribution.locate_file(file)))
        if path.suffix.lower() in _SUFFIXES and path.is_file():
            return path
    return None


def register() -> None:
    """Make the font known to the renderer of PNG and SVG files; once is enough."""
    file = font_file()
    if file is not None:
        _register(file.parent)


@cache
def _register(folder: Path) -> None:
    import vl_convert

    vl_convert.register_font_directory(str(folder))


def status() -> str:
    """Return one line on which font the figures get, for ``firth doctor``."""
    file = font_file()
    if file is None:
        return (
            f"missing ({PACKAGE}): figures use the machine's fonts, and Chinese may show as boxes; "
            f"pip install {PACKAGE}"
        )
    return f"WenQuanYi Micro Hei, {file.stat().st_size / 1e6:.1f} MB ({PACKAGE})"


def subset_css(text: str) -> str:
    """Return an ``@font-face`` rule with the letters of ``text``, or an empty string.

    The font is in the rule itself (WOFF2 in base64), so nothing is fetched. Without the font's
    package the string is empty, and the other families of ``STACK`` take over.
    """
    return _subset_css("".join(sorted(set(text + _ALWAYS))))


@lru_cache(maxsize=32)
def _subset_css(letters: str) -> str:
    file = font_file()
    if file is None:
        return ""
    return (
        f'@font-face{{font-family:"{FAMILY}";src:url(data:font/woff2;base64,'
        f'{base64.b64encode(_subset(file, letters)).decode()}) format("woff2")}}'
    )


def _subset(file: Path, letters: str) -> bytes:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options()
    options.set(
        flavor="woff2",
        layout_features=[],
        hinting=False,
        name_IDs=[0, 13, 14],  # copyright and licence stay with the letters
        notdef_outline=True,
        drop_tables=[*options.drop_tables, "FFTM"],  # a font editor's time stamps
    )
    with TTFont(file, fontNumber=0, lazy=True) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text=letters)
        cutter.subset(font)
        font.flavor = "woff2"
        buffer = io.BytesIO()
        font.save(buffer)
    return buffer.getvalue()
