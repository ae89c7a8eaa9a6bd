"""What was done, in one number: the same seed gives the same one.

What lives here: a running hash of every call with its content. What does not: what people read
(the story of a seed, `world`).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable

__all__ = ["Trace"]

_BOUNDARY = re.compile(rb"--[0-9a-f]{32}")


class Trace:
    """A running hash.

    Attributes:
        lines: What went into it, where ``SIMULATION_TRACE`` asks for that.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.count = 0
        self.lines: list[str] | None = [] if os.environ.get("SIMULATION_TRACE") else None

    def add(self, who: str, what: str, *contents: bytes) -> None:
        """One call."""
        self.count += 1
        self._hash.update(f"{self.count} {who} {what}\n".encode())
        for content in contents:
            self._hash.update(_BOUNDARY.sub(b"--", content) if b"--" in content else content)
        if self.lines is not None:
            said = b" ".join(_BOUNDARY.sub(b"--", content) for content in contents)
            self.lines.append(f"{who} {what} {said!r}")

    @property
    def digest(self) -> str:
        """The number, in hexadecimal digits."""
        return self._hash.hexdigest()


def joined(pairs: Iterable[tuple[str, str]]) -> str:
    """A query in one line."""
    return "&".join(f"{name}={value}" for name, value in pairs)
