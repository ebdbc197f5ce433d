"""A hook of mkdocs: the letters of the pages that a reader's machine may lack travel with the site.

Without it Chinese text is a row of boxes where no Chinese font is installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from firth.report import fonts

CSS = "letters.css"
TEXT = "-apple-system, BlinkMacSystemFont, Helvetica, Arial"
CODE = "SFMono-Regular, Consolas, Menlo, monospace"


def on_post_build(config: Any) -> None:
    """Write the style sheet that ``extra_css`` names."""
    site = Path(config["site_dir"])
    text = "".join(page.read_text(encoding="utf-8") for page in sorted(site.glob("*.html")))
    rules = (
        fonts.subset_css(text),
        f"body, input {{ font-family: {TEXT}, {fonts.STACK}; }}",
        f"code, pre, kbd {{ font-family: {CODE}, {fonts.STACK}; }}",
    )
    (site / CSS).write_text("\n".join(rules), encoding="utf-8")
