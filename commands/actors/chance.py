"""Everything the simulated people leave to chance, repeatable: the same seed, person and question, the same answer."""

from __future__ import annotations

from hashlib import sha256
from random import Random


def chance(seed: int, *about: object) -> Random:
    """Numbers of their own for each thing decided, so that one more question changes none of the other answers."""
    text = "/".join(str(part) for part in (seed, *about))
    return Random(int.from_bytes(sha256(text.encode()).digest()[:8], "big"))
