"""What a metric means, in the language of the page; the registry has the English."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from firth.results.metrics import METRICS


def meaning(metric: str, lang: str) -> str:
    """Return a metric's meaning in the language of an HTML ``lang``; English where there is none.

    Args:
        metric: A registered metric.
        lang: Such as ``en`` or ``zh-CN``.
    """
    return meanings(lang.partition("-")[0]).get(metric, METRICS[metric].meaning)


@cache
def meanings(language: str) -> dict[str, str]:
    """Return all meanings of ``metrics.<language>.toml``, nothing where there is no such file."""
    file = Path(__file__).parent / f"metrics.{language}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
