"""Counter-based random draws: the same (seed, purpose, number) gives the same integers anywhere.

Person k must be computable without persons 0..k-1, on every Python version and machine. Seeding a
Mersenne Twister per person costs more than building the whole row; one SHAKE-256 call gives a
person's integers at once, and they depend on nothing but the bytes hashed. Only integer
arithmetic is done with the draws, so no floating-point library can make two machines disagree.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable

Draw = Callable[[], int]

ONE_HUNDRED_PERCENT = 10_000  # rates are basis points: `draw() % ONE_HUNDRED_PERCENT < rate`


class Stream:
    """Draws of one purpose ("identity", "record", ...) under one seed."""

    __slots__ = ("_prefix", "_size", "_unpack")

    def __init__(self, seed: int, purpose: str, draws: int) -> None:
        self._prefix = f"{seed}:{purpose}:"
        self._size = draws * 4
        self._unpack = struct.Struct(f"<{draws}I").unpack

    def at(self, number: int) -> Draw:
        """Return the draws of one number, as a function that gives the next 32-bit integer."""
        text = f"{self._prefix}{number}"
        values = self._unpack(hashlib.shake_256(text.encode("ascii")).digest(self._size))
        return iter(values).__next__


__all__ = ["ONE_HUNDRED_PERCENT", "Draw", "Stream"]
