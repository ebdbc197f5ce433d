"""The texts of Hung-yi Lee's lecture: ``firth.lecture.apples()``."""

from __future__ import annotations

from firth.text.carried import apples

__all__ = ["apples"]
