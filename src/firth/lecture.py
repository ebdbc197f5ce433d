"""The lecture's own sentences, and those that firth adds to them."""

from __future__ import annotations

from firth.text.carried import anchors, apples, blanks, girl, homographs

__all__ = ["anchors", "apples", "blanks", "girl", "homographs"]
