"""What a page carries inside itself: the Vega libraries, and data that cannot break out."""

from __future__ import annotations

import json
from functools import cache
from typing import Any


@cache
def javascript() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script; ``vegaEmbed`` is global after it."""
    import vl_convert

    # A scope of its own: the bundle's short names must not become the page's.
    bundle = vl_convert.javascript_bundle()  # pyright: ignore[reportCallIssue] - has a default
    return "(function(){" + bundle + "\n})();"


def script_json(value: Any) -> str:
    """Return JSON that may stand inside ``<script>``, whatever text is in it.

    ``<``, ``>`` and ``&`` are written as escapes, so no sentence can end the script.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
