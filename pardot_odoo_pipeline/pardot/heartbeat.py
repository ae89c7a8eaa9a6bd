"""A sign of life while calls are being made for minutes.

What lives here: giving it now and then, whichever thread comes along. What does not: what the sign
is, which is the caller's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["Heartbeat"]


class Heartbeat:
    """Calls ``sign`` at most once in so many seconds of real time; never twice at once.

    Args:
        sign: Called; ``None`` when nobody wants to know.
        seconds: Least time between two calls.
    """

    def __init__(self, sign: Callable[[], None] | None, seconds: float) -> None:
        self._sign = sign
        self._seconds = seconds
        self._lock = threading.Lock()
        self._last = time.monotonic()

    def begin(self) -> None:
        """The caller has just shown that it lives."""
        self._last = time.monotonic()

    def beat(self) -> None:
        """Give the sign if it is time for one."""
        if self._sign is None or not self._lock.acquire(blocking=False):
            return
        try:
            if time.monotonic() - self._last >= self._seconds:
                self._last = time.monotonic()
                self._sign()
        finally:
            self._lock.release()
