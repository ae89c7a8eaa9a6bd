"""What is wrong with one event of a request.

What lives here: the exception that reading an event raises. What does not: the answer to the sender
(`refusals`).
"""

from __future__ import annotations

__all__ = ["Mistake"]


class Mistake(Exception):
    """An event that cannot be understood; neither text may hold a value that was sent."""

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix
