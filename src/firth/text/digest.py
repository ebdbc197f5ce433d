"""One hash for every choice by seed: the same on every machine and in every version of Python."""

from __future__ import annotations

import hashlib


def digest(*parts: str | bytes | int) -> bytes:
    """Return the hash of some parts, 16 bytes; where one part ends and the next begins counts."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        own = part if isinstance(part, bytes) else str(part).encode("utf-8")
        made.update(len(own).to_bytes(8, "big") + own)
    return made.digest()
