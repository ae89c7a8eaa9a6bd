"""Clocks that a test holds in its hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

__all__ = ["StandingClock"]


class StandingClock:
    """Shows the same moment until it is moved; who sleeps gives others a turn."""

    def __init__(self, now: datetime | None = None) -> None:
        self.time = now or datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
        self.slept = 0.0

    def now(self) -> datetime:
        """The moment."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let others work for a moment."""
        self.slept += seconds
        time.sleep(min(seconds, 0.002))

    def advance(self, **units: float) -> None:
        """Let time pass."""
        self.time += timedelta(**units)
