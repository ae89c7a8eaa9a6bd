"""Reads that lag behind writes, as those of a cache in front of the primary do.

What lives here: earlier states kept open as snapshots, and which of them a read sees. What does
not: the live state (`store.py`).

The state before each write is held until the lag has passed, so a read right after a write shows
what was there before it, every time, and no read ever sees writes in another order.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["StaleViews"]

_GRAIN_SECONDS = 1.0
_GRAIN_SHARE = 0.1


@dataclass
class _View:
    """A state of the past: the first and the last write that it does not show."""

    connection: sqlite3.Connection
    first: float
    last: float


class StaleViews:
    """The states that reads may still see.

    Args:
        connect: Opens a connection.
        now: The world's time in seconds.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], now: Callable[[], float]) -> None:
        self.lag_seconds = 0.0
        self._connect = connect
        self._now = now
        self._views: list[_View] = []
        self._lock = threading.RLock()

    def set_lag(self, seconds: float) -> None:
        """Hide writes of the last so many seconds; 0 shows everything at once."""
        with self._lock:
            self.lag_seconds = float(seconds)
            self.forget()

    def before_write(self) -> None:
        """Keep the present state; to be called by the one writer before it begins."""
        if self.lag_seconds <= 0:
            return
        with self._lock:
            now = self._now()
            grain = min(_GRAIN_SECONDS, self.lag_seconds * _GRAIN_SHARE)
            # Writes close to each other come to light together: one snapshot serves them all.
            if self._views and 0 <= now - self._views[-1].first <= grain:
                self._views[-1].last = now
                return
            connection = self._connect()
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM facts").fetchone()
            self._views.append(_View(connection, now, now))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """The oldest state that still counts, for this caller alone; None for the live one."""
        with self._lock:
            now = self._now()
            # A clock set back must not keep a snapshot for ever.
            if any(view.last > now for view in self._views):
                self.forget()
            while self._views and now - self._views[0].last >= self.lag_seconds:
                self._views.pop(0).connection.close()
            yield self._views[0].connection if self._views else None

    def forget(self) -> None:
        """Show everything from now on."""
        with self._lock:
            while self._views:
                self._views.pop().connection.close()
