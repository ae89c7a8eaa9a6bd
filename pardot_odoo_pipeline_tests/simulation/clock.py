"""The one time of the simulated world.

What lives here: a clock that moves only when it is told to; both sandboxes and every process of the
engine read it. What does not: who waits for it (`scheduler`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["BEGIN", "SimClock"]

BEGIN = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SimClock:
    """Stands still until it is moved; fits the sandboxes' `WorldClock` and the `Clock` port.

    Attributes:
        waits: How somebody lets time pass; nobody: the hands are moved.
    """

    frozen = True

    def __init__(self) -> None:
        self._now = BEGIN
        self.waits: Callable[[float], bool] | None = None

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self._now

    def timestamp(self) -> float:
        """The same in seconds since the epoch."""
        return (self._now - _EPOCH).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        if self.waits is None or not self.waits(seconds):
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the hands, in whole milliseconds."""
        self._now += timedelta(milliseconds=round(seconds * 1000))

    def set_now(self, moment: datetime) -> None:
        """Make it that moment."""
        self._now = moment

    def freeze(self) -> None:
        """It always stands."""
